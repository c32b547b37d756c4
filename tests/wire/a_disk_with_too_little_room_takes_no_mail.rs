//! The low-water guard, seen from outside: 452 for mail, 503 for `/readyz`, a word in `status`; the rest goes on.

use tests::caller::Caller;
use tests::server::Server;

/// No disk of a test has so much room: 1 TiB.
const MORE_THAN_THERE_IS: &str = "[guard]\ndisk_free_min = 1099511627776\n";

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_answered_452_and_ready_and_status_say_so() {
    let server = Server::serve(MORE_THAN_THERE_IS).await;
    let mut caller = Caller::known(server.smtp).await;
    caller.sends_a_message("x: y\r\n\r\nsmall\r\n.\r\n", "452 4.3.1").await;
    let large = format!("x: y\r\n\r\n{}.\r\n", "a line of text\r\n".repeat(40_000));
    caller.sends_a_message(large, "452 4.3.1").await;
    let message = "application/json\r\n";
    let body = br#"{"from":"","to":["a@b.test"],"raw":"A: b\n\nc\n"}"#;
    let (status, said) = server.post("/api/v1/messages", &format!("Content-Type: {message}"), body).await;
    assert_eq!((status, &said["error"]["code"]), (507, &serde_json::json!("disk_full")));
    let (code, told, errors) = server.verb(&["status"]).await;
    assert!(code == 0 && told.contains("Receiving suspended"), "{told}{errors}");
    assert_eq!(server.get("/api/v1/status").await["health"], "receiving_stopped");
}
