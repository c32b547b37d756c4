//! The SMTP door of the real binary against everything that a client may do wrong: a file per theme, a test per fact.
//! What only a stopped clock shows (silence, slowness, long sessions) is tested inside the intake itself.

mod addresses;
mod descriptors;
mod dsn;
mod junk;
mod limits;
mod line_ends;
mod own_names;
mod pipelining;
mod relay;
mod smuggling;
mod starttls;

use tests::server::Server;

/// Where the mail of these tests goes.
const DISCARD: &str = "[[route]]\nmatch = \"*\"\nto = [\"discard\"]\n";

/// A server that keeps what it accepts and sends it nowhere.
async fn server() -> Server {
    Server::serve(DISCARD).await
}

/// Messages that the server has acknowledged.
async fn received(server: &Server) -> u64 {
    server.get("/api/v1/status").await["messages_received"].as_u64().expect("a count")
}

/// Waits until the server counts so many: its page is a quarter of a second behind its spool.
async fn until_received(server: &Server, wished: u64) {
    let end = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let counted = received(server).await;
        if counted == wished {
            return;
        }
        assert!(counted < wished && tokio::time::Instant::now() < end, "{counted} received, not {wished}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
