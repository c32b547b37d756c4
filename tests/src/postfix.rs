//! Postfix as a next hop: a real receiver with STARTTLS, a mailbox, a refusal and a greylist of its own.
//!
//! Promises: one instance in a folder of its own, on a port of the kernel's choice; it ends with the value.
//! Needs root, for Postfix starts for nobody else, and Debian's package; it says so. Never: the machine's own Postfix.

use crate::server::free_address;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A start takes a second; more is trouble.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// How often a folder is looked at: it tells nobody of what arrives.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A running instance. It takes mail for `one@DOMAIN`; `later@DOMAIN` is put off; it knows nobody else.
pub struct Postfix {
    /// Where it listens.
    pub address: SocketAddr,
    folder: tempfile::TempDir,
    child: Child,
}

impl Postfix {
    /// One for this domain, with this PEM file of certificate and key; ready to take mail.
    pub async fn start(domain: &str, certificate: &str) -> Postfix {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let at = folder.path();
        open(at, 0o755); // its delivery agent is nobody
        for (name, mode) in [("etc", 0o755), ("queue", 0o755), ("data", 0o755), ("mail", 0o777)] {
            std::fs::create_dir(at.join(name)).expect("a folder");
            open(&at.join(name), mode);
        }
        let owned = Command::new("chown").arg("postfix").arg(at.join("data")).status();
        assert!(owned.is_ok_and(|status| status.success()), "needs root, and: apt-get install postfix");
        std::fs::write(at.join("etc/tls.pem"), certificate).expect("its certificate");
        std::fs::write(at.join("etc/main.cf"), main_cf(at, domain)).expect("its settings");
        std::fs::write(at.join("etc/master.cf"), master_cf(address)).expect("its services");
        let mut command = Command::new("/usr/sbin/postfix");
        command.arg("-c").arg(at.join("etc")).arg("start-fg").stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let postfix = Postfix { address, child: child.expect("apt-get install postfix"), folder };
        let listens = async {
            while tokio::net::TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let listens = tokio::time::timeout(START_PATIENCE, listens).await;
        assert!(listens.is_ok(), "it does not listen; it said:\n{}", postfix.log());
        postfix
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("mail/log")).unwrap_or_default()
    }

    /// The messages in the mailbox, oldest first, once there are so many.
    pub async fn until(&self, count: usize) -> Vec<String> {
        let so_many = async {
            loop {
                let found = self.mailbox();
                if found.len() >= count {
                    return found;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let found = tokio::time::timeout(START_PATIENCE, so_many).await;
        found.unwrap_or_else(|_| panic!("{count} do not arrive; it said:\n{}", self.log()))
    }

    fn mailbox(&self) -> Vec<String> {
        let Ok(folder) = std::fs::read_dir(self.folder.path().join("mail/one/new")) else { return Vec::new() };
        let mut files: Vec<PathBuf> = folder.filter_map(|entry| Some(entry.ok()?.path())).collect();
        let arrived = |file: &PathBuf| std::fs::metadata(file).and_then(|found| found.modified()).ok();
        files.sort_by_key(arrived);
        files.iter().map(|file| String::from_utf8_lossy(&std::fs::read(file).expect("mail")).into_owned()).collect()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // The wrapper's child is the master, whose children end with it.
        let master = std::fs::read_to_string(self.folder.path().join("queue/pid/master.pid")).unwrap_or_default();
        drop(Command::new("kill").arg(master.trim()).status());
        drop(self.child.wait());
    }
}

fn open(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("its permissions");
}

fn main_cf(at: &Path, domain: &str) -> String {
    let at = at.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {at}/queue
data_directory = {at}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {at}
maillog_file = {at}/mail/log
myhostname = mx.{domain}
mydestination =
mynetworks =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_tls_security_level = may
smtpd_tls_chain_files = {at}/etc/tls.pem
smtpd_tls_received_header = yes
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {at}/mail
virtual_mailbox_maps = inline:{{ one@{domain}=one/ later@{domain}=later/ }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{later@{domain} = 450 4.7.1 Greylisted}} }},
  reject_unlisted_recipient, reject_unauth_destination
"
    )
}

fn master_cf(address: SocketAddr) -> String {
    let services = "
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
";
    format!("{address} inet n - n - - smtpd{services}")
}
