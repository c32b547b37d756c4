//! Fifty messages of 4 MiB come in and go out at once: the server never holds more than pieces of them, also where they come
//! as strings in JSON.

use std::sync::Arc;
use std::time::Duration;
use tests::large::pass;
use tests::process::resident_bytes_peak;
use tests::server::Server;

const COUNT: usize = 50;
const BYTES: usize = 4 << 20;
/// Half of what the messages have together; a debug build without mail takes a tenth.
const PEAK_BYTES_MAX: u64 = (COUNT * BYTES) as u64 / 2;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_of_4_mib_need_less_than_half_of_their_size() {
    let passed = pass(COUNT, BYTES, Duration::from_secs(180)).await;
    assert_eq!((passed.messages, passed.files_left), (COUNT, 0));
    assert!(passed.peak_bytes < PEAK_BYTES_MAX, "{passed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_of_4_mib_as_json_need_less_than_half_of_their_size() {
    let server = Arc::new(Server::serve("").await);
    assert_eq!(server.verb(&["suspenddel", "all"]).await.0, 0);
    let text = "The quick brown fox jumps over the lazy dog.\\r\\n".repeat(BYTES / 46);
    let json = Arc::new(format!(r#"{{"from":"a@lab.test","raw":"Subject: x\r\n\r\n{text}","to":["b@x.test"]}}"#));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..COUNT {
        let (server, json) = (server.clone(), json.clone());
        clients.spawn(async move {
            server.post("/api/v1/messages", "Content-Type: application/json\r\n", json.as_bytes()).await.0
        });
    }
    assert_eq!(clients.join_all().await, [202; COUNT]);
    let peak = resident_bytes_peak(server.process());
    let files = std::fs::read_dir(server.data.join("blobs")).expect("the folder of large bodies");
    let sizes: Vec<u64> = files.map(|file| file.and_then(|file| file.metadata()).expect("a file").len()).collect();
    assert!(sizes.len() == COUNT && sizes.iter().all(|size| *size > BYTES as u64 * 9 / 10), "{sizes:?}");
    assert!(peak < PEAK_BYTES_MAX, "{peak} octets at most");
    println!("{COUNT} messages of {BYTES} octets as JSON at once: {peak} octets at most");
}
