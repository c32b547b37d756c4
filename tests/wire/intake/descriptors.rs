//! A server whose open files run out: it refuses, waits, and comes back; the console stays reachable.

use super::DISCARD;
use std::net::Ipv4Addr;
use std::time::Duration;
use tests::caller::Caller;
use tests::server::Server;

/// The limit of open files that these servers get.
const FILES: usize = 256;

async fn server_with_few_files() -> Server {
    let limit = format!("--nofile={FILES}:{FILES}");
    Server::serve_as(&["prlimit", &limit, "--"], "", DISCARD).await
}

/// 127.0.0.2, 127.0.0.3, …: each has a hundred connections of its own.
fn client(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, u8::try_from(2 + number / 100).expect("few clients"))
}

#[tokio::test]
async fn five_hundred_clients_take_half_of_256_files_and_the_console_answers() {
    let server = server_with_few_files().await;
    let (mut greeted, mut refused) = (Vec::new(), 0);
    for number in 0..500 {
        let mut caller = Caller::call_from(client(number), server.smtp).await.expect("the server accepts");
        let reply = caller.reply().await;
        match &reply[..3] {
            "220" => greeted.push(caller),
            "421" => refused += 1,
            _ => panic!("{reply}"),
        }
    }
    assert_eq!((greeted.len(), refused), (FILES / 2, 500 - FILES / 2));
    let (code, _, errors) = server.verb(&["status"]).await;
    assert_eq!(code, 0, "{errors}");
    let mut first = greeted.swap_remove(0);
    first.says("EHLO caller.test", "250").await;
    first.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0").await;
}

#[tokio::test]
async fn while_no_file_is_free_accepting_rests_and_afterwards_it_goes_on() {
    let server = server_with_few_files().await;
    let mut held = Vec::new();
    for _ in 0..FILES {
        held.push(tokio::net::TcpStream::connect(server.console).await.expect("the kernel accepts"));
    }
    // One may still find a file, if it comes before the console has taken them all: then the next one does not.
    let mut callers = vec![Caller::call(server.smtp).await];
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    while !server.log().contains("smtp intake cannot accept connections") {
        assert!(tokio::time::Instant::now() < end, "the files never ran out:\n{}", server.log());
        tokio::time::sleep(Duration::from_millis(500)).await;
        callers.push(Caller::call(server.smtp).await);
    }
    let mut waiting = callers.pop().expect("the last one waits");
    // A loop that did not rest would use a processor all the time.
    let before = processor_ticks(&server);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let used = processor_ticks(&server) - before;
    assert!(used < 50, "{used} of 100 ticks");
    drop(held);
    waiting.expect("220").await;
    waiting.says("EHLO caller.test", "250").await;
    waiting.sends_a_message("x: y\r\n\r\n.\r\n", "250 2.0.0").await;
    let (code, _, errors) = server.verb(&["status"]).await;
    assert_eq!(code, 0, "{errors}");
    assert_eq!(server.log().matches("smtp intake cannot accept connections").count(), 1, "it is said once");
}

/// Hundredths of a second that the server has used (proc(5): `utime` and `stime` behind the name in brackets).
fn processor_ticks(server: &Server) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.process())).expect("it runs");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}
