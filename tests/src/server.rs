//! The real binary, started for a test on free loopback ports, ended with it.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long a start may take on a loaded machine.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// A running `nexthop`.
pub struct Server {
    child: Child,
    /// Where it takes mail.
    pub smtp: SocketAddr,
    /// Where its console is.
    pub console: SocketAddr,
    /// Its data directory.
    pub data: PathBuf,
    /// Its folder: gone with the server.
    folder: tempfile::TempDir,
}

/// The binary under test: what xtask built, or the debug build beside the tests.
pub fn binary() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug/nexthop");
    let path = std::env::var_os("NEXTHOP_BIN").map_or(beside, PathBuf::from);
    assert!(path.exists(), "{} is not there: run `cargo build -p backend`", path.display());
    path
}

/// A loopback address that nobody listens on at this moment.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}

impl Server {
    /// `nexthop lab`, ready to take mail.
    pub async fn lab() -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let (smtp, console) = (free_address(), free_address());
        let mut command = Command::new(binary());
        command.arg("lab").arg("--data").arg(&data);
        command.arg("--smtp").arg(smtp.to_string()).arg("--console").arg(console.to_string());
        Server::start(command, folder, data, smtp, console).await
    }

    /// `nexthop serve` with these lines added to a configuration that has listeners and a data directory.
    pub async fn serve(more: &str) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let (smtp, console) = (free_address(), free_address());
        let file = folder.path().join("nexthop.toml");
        let text = format!(
            "hostname = \"mail.lab.test\"\ndata_dir = {data:?}\n[smtp]\nlisten = [\"{smtp}\"]\n\
             [console]\nlisten = \"{console}\"\nauth = \"none\"\n{more}"
        );
        std::fs::write(&file, text).expect("the configuration");
        let mut command = Command::new(binary());
        command.arg("serve").arg("--config").arg(&file);
        Server::start(command, folder, data, smtp, console).await
    }

    async fn start(
        mut command: Command,
        folder: tempfile::TempDir,
        data: PathBuf,
        smtp: SocketAddr,
        console: SocketAddr,
    ) -> Server {
        let log = std::fs::File::create(folder.path().join("log")).expect("a log file");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).env("NEXTHOP_LOG", "warn").kill_on_drop(true);
        let child = command.spawn().expect("the binary starts");
        let mut server = Server { child, smtp, console, data, folder };
        let ready = tokio::time::timeout(START_PATIENCE, server.ready()).await;
        assert!(ready.is_ok(), "not ready in time; it said:\n{}", server.log());
        server
    }

    /// Waits until both listeners answer and the control socket is there.
    async fn ready(&mut self) {
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("it ended with {status}; it said:\n{}", self.log());
            }
            let smtp = tokio::net::TcpStream::connect(self.smtp).await.is_ok();
            let console = tokio::net::TcpStream::connect(self.console).await.is_ok();
            if smtp && console && self.data.join("control.sock").exists() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Runs a verb against it; its exit code, output and errors.
    pub async fn verb(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(binary());
        command.args(words).arg("--server").arg(format!("http://{}", self.console)).stdin(Stdio::null());
        let output = command.output().await.expect("the verb runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    /// The JSON that a verb prints.
    pub async fn json(&self, words: &[&str]) -> serde_json::Value {
        let mut all = words.to_vec();
        all.push("--json");
        let (code, output, errors) = self.verb(&all).await;
        assert_eq!(code, 0, "{words:?}: {errors}");
        serde_json::from_str(&output).expect("JSON")
    }
}
