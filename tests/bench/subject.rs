//! The subjects: our binary, Postfix as its own papers tune it, and the ceiling. Each a process of its own in a folder of its
//! own on the same disk, each with everything to one next hop.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tests::process::processor_time;
use tests::server::free_address;
use tokio::net::TcpStream;

/// A start takes a second; more is trouble.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// The kernel ends each with what it holds; nobody has to be asked twice.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ours.
    Nexthop,
    /// Debian's Postfix.
    Postfix,
    /// The least that can be done.
    Ceiling,
}

/// Everybody, in the order of the table.
pub const ALL: [Kind; 3] = [Kind::Nexthop, Kind::Ceiling, Kind::Postfix];

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Nexthop => "nexthop",
            Kind::Postfix => "postfix",
            Kind::Ceiling => "ceiling",
        })
    }
}

/// One that runs. It ends with the value.
pub struct Subject {
    kind: Kind,
    /// Where it takes mail.
    pub smtp: SocketAddr,
    child: Child,
    folder: tempfile::TempDir,
    nexthop: PathBuf,
    /// Processes that have ended cost time too: the most that was seen of each.
    console: SocketAddr,
}

impl Subject {
    /// Starts one whose next hop is this, and waits until it greets. Of ours, `more` is part of the settings.
    pub async fn start(kind: Kind, nexthop: &Path, sink: SocketAddr, more: &str) -> Subject {
        let folder = tempfile::Builder::new().prefix("bench").tempdir_in(place()).expect("a folder");
        let (smtp, console) = (free_address(), free_address());
        let mut command = match kind {
            Kind::Nexthop => ours(folder.path(), nexthop, (smtp, console, sink), more),
            Kind::Ceiling => {
                let mut command = Command::new(std::env::current_exe().expect("this program"));
                command.args(["ceiling", &smtp.to_string(), &sink.to_string()]).arg(folder.path().join("log"));
                command
            }
            Kind::Postfix => postfix(folder.path(), smtp, sink),
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|why| panic!("{kind}: {why}"));
        let nexthop = nexthop.to_owned();
        let subject = Subject { kind, smtp, child, folder, nexthop, console };
        let greets = async {
            while TcpStream::connect(smtp).await.is_err() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(START_PATIENCE, greets).await.unwrap_or_else(|_| panic!("{kind} does not start"));
        subject
    }

    /// Processor time so far, of all its processes, those that have ended included.
    pub fn processor_time(&self) -> Duration {
        match self.kind {
            Kind::Nexthop | Kind::Ceiling => processor_time(self.child.id()),
            Kind::Postfix => family(self.master()).iter().map(|pid| with_children(*pid)).sum(),
        }
    }

    /// Hosts that were tried and are down, as `status` counts them.
    pub fn hosts_down(&self) -> u64 {
        let server = format!("http://{}", self.console);
        let said = Command::new(&self.nexthop).args(["status", "--json", "--server", &server]).output();
        let said = said.expect("the verb runs").stdout;
        let status: serde_json::Value = serde_json::from_slice(&said).unwrap_or_default();
        status["totals"]["hosts_down"].as_u64().unwrap_or(0)
    }

    /// Has everything tried now: `delivernow all`, `postqueue -f`.
    pub fn flush(&self) {
        let done = match self.kind {
            Kind::Nexthop => Command::new(&self.nexthop)
                .args(["delivernow", "all", "--server", &format!("http://{}", self.console)])
                .stdout(Stdio::null())
                .status(),
            Kind::Postfix => {
                Command::new("/usr/sbin/postqueue").arg("-c").arg(self.folder.path().join("etc")).arg("-f").status()
            }
            Kind::Ceiling => return,
        };
        assert!(done.is_ok_and(|status| status.success()), "{} flushes", self.kind);
    }

    fn master(&self) -> u32 {
        let file = self.folder.path().join("queue/pid/master.pid");
        std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()).expect("Postfix runs")
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        if self.kind == Kind::Postfix {
            // The wrapper's child is the master, whose children end with it.
            drop(Command::new("kill").arg(self.master().to_string()).status());
        } else {
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

/// Where the folders are: a disk, not memory.
fn place() -> PathBuf {
    let place = std::env::var_os("NEXTHOP_BENCH_DIR").map(PathBuf::from).unwrap_or_else(|| "target/bench".into());
    std::fs::create_dir_all(&place).expect("a folder");
    std::fs::canonicalize(place).expect("its whole path")
}

fn ours(
    folder: &Path,
    nexthop: &Path,
    (smtp, console, sink): (SocketAddr, SocketAddr, SocketAddr),
    more: &str,
) -> Command {
    let file = folder.join("nexthop.toml");
    let text = format!(
        "hostname = \"bench.test\"\ndata_dir = \"data\"\n[smtp]\nlisten = [\"{smtp}\"]\n\
         max_connections_per_address = 1000\n[console]\nlisten = \"{console}\"\nauth = \"none\"\n\
         {more}[[route]]\nmatch = \"*\"\nto = [\"{sink}\"]\n"
    );
    std::fs::write(&file, text).expect("its settings");
    let mut command = Command::new(nexthop);
    command.arg("serve").arg("--config").arg(file).env("NEXTHOP_LOG", "warn");
    command
}

/// What Postfix runs besides its SMTP listener: twenty delivery agents, the best of what was tried.
const SERVICES: &str = "
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
pickup unix n - n 60 1 pickup
flush unix n - n 1000? 0 flush
showq unix n - n - - showq
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - 20 smtp
relay unix - - n - 20 smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
";

fn postfix(folder: &Path, smtp: SocketAddr, sink: SocketAddr) -> Command {
    for name in ["etc", "queue", "data"] {
        std::fs::create_dir(folder.join(name)).expect("a folder");
    }
    let owned = Command::new("chown").arg("postfix").arg(folder.join("data")).status();
    assert!(owned.is_ok_and(|status| status.success()), "needs root, and: apt-get install postfix");
    let at = folder.display();
    let main = format!(
        "compatibility_level = 3.6
queue_directory = {at}/queue
data_directory = {at}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {at}
maillog_file = {at}/postfix.log
myhostname = bench.test
mydestination =
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relay_domains = static:ALL
relayhost = [{}]:{}
in_flow_delay = 0
default_process_limit = 200
qmgr_message_active_limit = 200000
qmgr_message_recipient_limit = 200000
initial_destination_concurrency = 50
default_destination_concurrency_limit = 50
smtp_connection_cache_on_demand = yes
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_peername_lookup = no
disable_dns_lookups = yes
smtp_tls_security_level = none
smtpd_tls_security_level = none
max_use = 10000
minimal_backoff_time = 3000s
maximal_backoff_time = 4000s
",
        sink.ip(),
        sink.port()
    );
    std::fs::write(folder.join("etc/main.cf"), main).expect("its settings");
    std::fs::write(folder.join("etc/master.cf"), format!("{smtp} inet n - n - 300 smtpd{SERVICES}")).expect("services");
    let mut command = Command::new("/usr/sbin/postfix");
    command.arg("-c").arg(folder.join("etc")).arg("start-fg");
    command
}

/// The process and all below it.
fn family(first: u32) -> Vec<u32> {
    let mut all = vec![first];
    let mut place = 0;
    while let Some(parent) = all.get(place).copied() {
        place += 1;
        let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    all
}

/// Processor time of a process and of those of its children that have ended and were waited for.
fn with_children(pid: u32) -> Duration {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return Duration::ZERO };
    let Some((_, fields)) = stat.rsplit_once(") ") else { return Duration::ZERO };
    let ticks: u64 = fields.split(' ').skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
