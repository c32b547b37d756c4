//! The real binary, some of whose calls to the kernel are made to fail by strace.
//!
//! strace counts the calls of each thread for itself, so that the n-th call of whichever thread makes so many fails: a
//! start makes most of its calls on one thread, and the threads that work later make theirs afterwards. Hence the two
//! moments from which it counts. Needs strace, and the right to trace.

use crate::playground::towards;
use crate::server::{Server, binary, free_address};
use backend::lab::Lab;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long an end may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// From when on calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// From the start of the process.
    Start,
    /// From the moment when it takes mail.
    Running,
}

/// Which calls fail.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The names of the calls, as strace takes them.
    pub call: &'static str,
    /// With this error.
    pub error: &'static str,
    /// At these files alone; none: wherever it is called.
    pub paths: Vec<PathBuf>,
    /// The number of the call, from 1.
    pub number: u32,
    /// From when on it is counted.
    pub since: Since,
}

/// A server under strace.
pub struct Failing {
    strace: Child,
    trace: PathBuf,
    /// What strace was attached to.
    server: Option<Server>,
    /// Where it takes mail.
    pub smtp: SocketAddr,
}

impl Failing {
    /// One with its data at `folder/data` and this lab outside. That it ends before it takes mail is an answer too: see
    /// [`Failing::lives`].
    pub async fn start(folder: &Path, lab: &Lab, failure: &Failure) -> Failing {
        let trace = folder.join("trace");
        let mut strace = Command::new("strace");
        let Failure { call, error, number, .. } = failure;
        strace.args(["-f", "-qq", "-o"]).arg(&trace).arg("-e").arg(format!("trace={call}"));
        strace.arg("-e").arg(format!("inject={call}:error={error}:when={number}"));
        for path in &failure.paths {
            strace.arg("-P").arg(path);
        }
        strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        match failure.since {
            Since::Start => Failing::under(strace, trace, folder, lab).await,
            Since::Running => Failing::attached(strace, trace, folder, lab).await,
        }
    }

    async fn under(mut strace: Command, trace: PathBuf, folder: &Path, lab: &Lab) -> Failing {
        let (smtp, console) = (free_address(), free_address());
        let (file, data) = (folder.join("nexthop.toml"), folder.join("data"));
        let text = format!(
            "hostname = \"mail.lab.test\"\ndata_dir = {data:?}\n[smtp]\nlisten = [\"{smtp}\"]\n\
             [console]\nlisten = \"{console}\"\nauth = \"none\"\n{}",
            towards(lab)
        );
        std::fs::write(&file, text).expect("the configuration");
        strace.arg(binary()).arg("serve").arg(format!("--config={}", file.display()));
        let strace = strace.spawn().expect("strace runs");
        let mut failing = Failing { strace, trace, server: None, smtp };
        while failing.lives() && tokio::net::TcpStream::connect(smtp).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        failing
    }

    async fn attached(mut strace: Command, trace: PathBuf, folder: &Path, lab: &Lab) -> Failing {
        let server = Server::serve_at(folder.join("data"), &towards(lab)).await;
        let pid = server.process();
        let strace = strace.arg("-p").arg(pid.to_string()).spawn().expect("strace runs");
        let smtp = server.smtp;
        let mut failing = Failing { strace, trace, server: Some(server), smtp };
        while failing.lives() && !every_thread_is_traced(pid) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        failing
    }

    /// Whether it has not ended yet.
    pub fn lives(&mut self) -> bool {
        matches!(self.strace.try_wait(), Ok(None))
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) {
        drop(self.strace.wait().await); // with what, says the next start
    }

    /// Tells it to stop, waits for its end; whether a call was made to fail.
    pub async fn stop(mut self) -> bool {
        let pids = match (&self.server, self.strace.id()) {
            (Some(server), Some(_)) => server.process().to_string(),
            (None, Some(pid)) => {
                std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default()
            }
            (_, None) => String::new(), // it has ended
        };
        for pid in pids.split_whitespace() {
            drop(Command::new("kill").args(["-TERM", pid]).status().await);
        }
        tokio::time::timeout(PATIENCE, self.strace.wait()).await.expect("it ends in time").expect("its end is known");
        if let Some(server) = &mut self.server {
            server.ended().await;
        }
        std::fs::read_to_string(&self.trace).unwrap_or_default().contains("(INJECTED)")
    }
}

fn every_thread_is_traced(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let traced = |path: PathBuf| {
        let status = std::fs::read_to_string(path.join("status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|tracer| tracer.trim() != "0"))
    };
    threads.map(|thread| thread.path()).all(traced)
}
