//! The real binary, started for a test on free loopback ports, ended with it.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// How long a start may take on a loaded machine.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// A running `nexthop`.
pub struct Server {
    child: Child,
    arguments: Vec<String>,
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

/// Ports below the range from which the kernel takes those of outgoing connections.
const PORTS: u32 = 10_000;
static NEXT_PORT: AtomicU32 = AtomicU32::new(0);

/// A loopback address that nobody listens on at this moment, and that no outgoing connection will be given:
/// a server that is killed must find its port again.
pub fn free_address() -> SocketAddr {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let clients_from: u32 = range.split_whitespace().next().and_then(|low| low.parse().ok()).unwrap_or(32_768);
    // Test processes that run side by side begin at different places.
    let offset = std::process::id().wrapping_mul(7_919);
    for _ in 0..PORTS {
        let step = NEXT_PORT.fetch_add(1, Ordering::Relaxed);
        let port = clients_from - PORTS + offset.wrapping_add(step) % PORTS;
        let address = SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).expect("ports end at 65,535")));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port is free below {clients_from}");
}

fn spawn(arguments: &[String], folder: &Path) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).expect("a log file");
    let mut command = Command::new(&arguments[0]);
    command.args(&arguments[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.env("NEXTHOP_LOG", "warn").kill_on_drop(true).spawn().expect("the binary starts")
}

/// Runs the binary with these words; its exit code, output and errors.
pub async fn nexthop(words: &[&str]) -> (i32, String, String) {
    let output = Command::new(binary()).args(words).stdin(Stdio::null()).output().await.expect("the verb runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

impl Server {
    /// `nexthop lab`, ready to take mail.
    pub async fn lab() -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let (smtp, console) = (free_address(), free_address());
        let arguments = [
            binary().display().to_string(),
            "lab".into(),
            format!("--data={}", data.display()),
            format!("--smtp={smtp}"),
            format!("--console={console}"),
        ];
        Server::start(arguments.into(), folder, data, smtp, console).await
    }

    /// `nexthop serve` with these lines added to a configuration that has listeners and a data directory.
    pub async fn serve(more: &str) -> Server {
        Server::serve_as(&[], "", more).await
    }

    /// The same with lines for `[smtp]`, run by a command of these words, such as `prlimit --nofile=256`.
    pub async fn serve_as(runner: &[&str], smtp_lines: &str, more: &str) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        Server::serve_in(folder, data, runner, smtp_lines, more).await
    }

    /// The same, with its data where the test wants it.
    pub async fn serve_at(data: PathBuf, more: &str) -> Server {
        Server::serve_in(tempfile::tempdir().expect("a folder"), data, &[], "", more).await
    }

    /// One where people sign in, with these lines for `[console]`.
    pub async fn with_sign_in(console_lines: &str) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let console = format!("auth = \"password\"\n{console_lines}");
        Server::serve_with(folder, data, &[], "", &console, "").await
    }

    async fn serve_in(
        folder: tempfile::TempDir,
        data: PathBuf,
        runner: &[&str],
        smtp_lines: &str,
        more: &str,
    ) -> Server {
        Server::serve_with(folder, data, runner, smtp_lines, "auth = \"none\"", more).await
    }

    async fn serve_with(
        folder: tempfile::TempDir,
        data: PathBuf,
        runner: &[&str],
        smtp_lines: &str,
        console_lines: &str,
        more: &str,
    ) -> Server {
        let (smtp, console) = (free_address(), free_address());
        let file = folder.path().join("nexthop.toml");
        let text = format!(
            "hostname = \"mail.lab.test\"\ndata_dir = {data:?}\n[smtp]\nlisten = [\"{smtp}\"]\n{smtp_lines}\n\
             [console]\nlisten = \"{console}\"\n{console_lines}\n{more}"
        );
        std::fs::write(&file, text).expect("the configuration");
        let mut arguments: Vec<String> = runner.iter().map(|word| (*word).to_owned()).collect();
        arguments.extend([binary().display().to_string(), "serve".into(), format!("--config={}", file.display())]);
        Server::start(arguments, folder, data, smtp, console).await
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    async fn start(
        arguments: Vec<String>,
        folder: tempfile::TempDir,
        data: PathBuf,
        smtp: SocketAddr,
        console: SocketAddr,
    ) -> Server {
        let child = spawn(&arguments, folder.path());
        let mut server = Server { child, arguments, smtp, console, data, folder };
        server.until_ready().await;
        server
    }

    async fn until_ready(&mut self) {
        let ready = tokio::time::timeout(START_PATIENCE, self.ready()).await;
        assert!(ready.is_ok(), "not ready in time; it said:\n{}", self.log());
    }

    /// Ends it as a power cut of the process would: no word of warning.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it is killed");
    }

    /// Stops it where it is: it does nothing more until it is killed.
    pub async fn pause(&self) {
        let pid = self.child.id().expect("it runs").to_string();
        let paused = Command::new("kill").args(["-STOP", &pid]).status().await.expect("`kill` runs");
        assert!(paused.success(), "it is paused");
        let stopped = || std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") T "));
        while !stopped() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Ends it as its users do: SIGTERM; it has its ten seconds.
    pub async fn stop(&mut self) {
        let pid = self.child.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().await.expect("`kill` runs");
        assert!(told.success(), "it is told");
        let ended = tokio::time::timeout(START_PATIENCE, self.child.wait()).await.expect("it ends in time");
        assert!(ended.is_ok_and(|status| status.success()), "it ends with 0; it said:\n{}", self.log());
    }

    /// Has it read its configuration again (SIGHUP) after `change`, and waits until it has logged this.
    pub async fn reload(&self, change: impl FnOnce(String) -> String, said: &str) {
        let before = self.log().matches(said).count();
        let text = std::fs::read_to_string(self.configuration()).expect("the configuration");
        std::fs::write(self.configuration(), change(text)).expect("the configuration");
        let pid = self.child.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-HUP", &pid]).status().await.expect("`kill` runs");
        assert!(told.success(), "it is told");
        let heard = async {
            while self.log().matches(said).count() == before {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let heard = tokio::time::timeout(START_PATIENCE, heard).await;
        assert!(heard.is_ok(), "it has not said {said:?}, but:\n{}", self.log());
    }

    /// Waits until it has ended by itself; its exit code.
    pub async fn ended(&mut self) -> i32 {
        let ended = tokio::time::timeout(START_PATIENCE, self.child.wait()).await;
        let ended = ended.unwrap_or_else(|_| panic!("it does not end; it said:\n{}", self.log()));
        ended.expect("its end is known").code().unwrap_or(-1)
    }

    /// Tries to start it again where it cannot; its exit code.
    pub async fn fails_to_start(&mut self) -> i32 {
        self.child = spawn(&self.arguments, self.folder.path());
        self.ended().await
    }

    /// Starts it again on the same directory and ports.
    pub async fn start_again(&mut self) {
        self.child = spawn(&self.arguments, self.folder.path());
        self.until_ready().await;
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
        let url = format!("http://{}", self.console);
        nexthop(&[words, &["--server", &url]].concat()).await
    }

    /// Runs a verb against its control socket, with this on its input; its exit code, output and errors.
    pub async fn own_verb(&self, words: &[&str], input: &str) -> (i32, String, String) {
        let mut command = Command::new(binary());
        command.arg("--config").arg(self.configuration()).args(words).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the verb runs");
        let mut typed = child.stdin.take().expect("its input");
        // A verb that reads nothing may have ended before.
        drop(typed.write_all(input.as_bytes()).await);
        drop(typed);
        let output = child.wait_with_output().await.expect("the verb ends");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    /// Its configuration file; `lab` has none.
    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join("nexthop.toml")
    }

    /// A POST with these head lines (each with its CRLF) and this body; status and answer.
    pub async fn post(&self, path: &str, head: &str, body: &[u8]) -> (u16, serde_json::Value) {
        let mut stream = tokio::net::TcpStream::connect(self.console).await.expect("the console listens");
        let (host, length) = (self.console, body.len());
        let head = format!("POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n{head}\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).await.expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or_else(|why| panic!("{path}: {why}: {body}")))
    }

    /// What the API answers to a GET.
    pub async fn get(&self, path: &str) -> serde_json::Value {
        let mut stream = tokio::net::TcpStream::connect(self.console).await.expect("the console listens");
        let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.console);
        stream.write_all(request.as_bytes()).await.expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(" 200 "), "{path}: {answer}");
        serde_json::from_str(body).unwrap_or_else(|why| panic!("{path}: {why}: {body}"))
    }

    /// The totals, once all that waits from before the start is in them and they are as wished.
    pub async fn until_totals(
        &self,
        limit: Duration,
        wished: impl Fn(&serde_json::Value) -> bool,
    ) -> serde_json::Value {
        let end = tokio::time::Instant::now() + limit;
        loop {
            let mut status = self.get("/api/v1/status").await;
            let totals = status["totals"].take();
            if status["recovering"].is_null() && wished(&totals) {
                return totals;
            }
            assert!(tokio::time::Instant::now() < end, "not in time; the totals are {totals}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
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
