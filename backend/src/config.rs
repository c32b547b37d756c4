//! The configuration: one TOML file, every key with a default (DESIGN 9).
//!
//! Promises: a file is read whole and every complaint about it is made at once, with file, line and what would be
//! right; an unknown key is refused with the nearest known one; every value that passes is typed and inside its limits.
//! Paths in the file are relative to the file's own directory, so that a verb run from anywhere finds the same
//! control socket as the server. Never: binds, connects, creates, or asks the network anything.
//! The walk goes on in `app`, which turns this into each room's settings.

mod brake;
mod complaint;
mod found;
mod hostname;
mod local;
mod network;
mod note;
mod reload;
mod route;
mod section;
mod sheet;
mod span;

pub use complaint::{Complaint, ConfigError};
pub use found::{Found, find};
pub use local::Local;
pub use route::{Destination, Route};
pub use section::{Auth, CertificateFiles, Console, Dane, Delivery, Dns, Guard, Probe, Retry, Smtp, Tls};
pub use span::{parse_span, write_span};

use common::vocab::Domain;
use common::words::SettingPhrase;
use engine::brake::BrakeSettings;
use sheet::Sheet;
use std::path::{Path, PathBuf};

/// Octets of a configuration file. The largest sensible one has some thousand routes of 100 octets.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Octets of the path of a Unix socket on Linux (`sun_path` with its final zero is 108).
const SOCKET_PATH_BYTES_MAX: usize = 107;
/// The control socket within the data directory.
pub const CONTROL_SOCKET: &str = "control.sock";
/// The data directory where none is configured.
pub const DATA_DIR_DEFAULT: &str = "nexthop-data";

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file it came from; `None` if there was none and all is default.
    pub file: Option<PathBuf>,
    /// The name we greet with, and the domain of an address that has none.
    pub hostname: Domain,
    /// Whether the file names it; else it is the machine's.
    pub hostname_given: bool,
    /// Where spool, records and the control socket live.
    pub data_dir: PathBuf,
    /// Intake.
    pub smtp: Smtp,
    /// Console and API.
    pub console: Console,
    /// Name servers.
    pub dns: Dns,
    /// Roots and policies.
    pub tls: Tls,
    /// Outbound connections.
    pub delivery: Delivery,
    /// dig, telnet and the like.
    pub probe: Probe,
    /// Room that stays free.
    pub guard: Guard,
    /// The two clocks.
    pub retry: Retry,
    /// The brake on mass bounces.
    pub brake: BrakeSettings,
    /// Mail for our own names.
    pub local: Local,
    /// `[[route]]`, in the order of the file.
    pub routes: Vec<Route>,
    /// `[[destination]]`, in the order of the file.
    pub destinations: Vec<Destination>,
    /// Keys that the file sets and that do nothing yet.
    pub not_built: Vec<String>,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// All complaints about the file at once, or why it could not be read.
    pub fn load(file: &Path) -> Result<Config, ConfigError> {
        let text = complaint::read(file)?;
        let (config, complaints) = Config::parse(&text, Some(file));
        if complaints.is_empty() { Ok(config) } else { Err(ConfigError::Refused { file: file.to_owned(), complaints }) }
    }

    /// Reads a file for its data directory alone: a running server is not hidden by a mistake elsewhere in its file.
    ///
    /// # Errors
    /// All complaints at once if one of them may hide where the data is, or why the file could not be read.
    pub fn load_to_find_server(file: &Path) -> Result<Config, ConfigError> {
        let text = complaint::read(file)?;
        let (config, complaints) = Config::parse(&text, Some(file));
        let hides = |complaint: &Complaint| match &complaint.problem {
            SettingPhrase::Syntax(_) => true,
            SettingPhrase::UnknownKey { nearest, .. } => nearest.as_deref() == Some("data_dir"),
            _ => complaint.key == "data_dir",
        };
        if complaints.iter().any(hides) {
            return Err(ConfigError::Refused { file: file.to_owned(), complaints });
        }
        Ok(config)
    }

    /// What holds where there is no file; data lies below the current directory.
    pub fn without_file() -> Config {
        Config::parse("", None).0
    }

    /// Reads the text of a file. A value that was complained of is the default in the result.
    pub fn parse(text: &str, file: Option<&Path>) -> (Config, Vec<Complaint>) {
        let base = file.and_then(Path::parent).unwrap_or(Path::new(""));
        let (tree, syntax) = toml::de::DeTable::parse_recoverable(text);
        let sheet = Sheet::new(text, syntax);
        let top = sheet.top(tree.get_ref());
        let named = top.text("hostname", "\"mail.example.net\"", hostname::read);
        let data_dir = top.text("data_dir", "\"nexthop-data\"", sheet::path).unwrap_or_else(|| DATA_DIR_DEFAULT.into());
        let hostname_given = named.is_some();
        let hostname = named.unwrap_or_else(hostname::of_machine);
        let smtp = Smtp::read(&top.section("smtp"), base);
        let console = Console::read(&top.section("console"), base);
        let config = Config {
            file: file.map(Path::to_owned),
            data_dir: base.join(data_dir),
            dns: Dns::read(&top.section("dns"), base),
            tls: Tls::read(&top.section("tls"), base),
            delivery: Delivery::read(&top.section("delivery")),
            probe: Probe::read(&top.section("probe")),
            guard: Guard::read(&top.section("guard")),
            retry: Retry::read(&top.section("retry")),
            brake: brake::read(&top.section("brake")),
            local: Local::read(&top.section("local"), &hostname),
            routes: route::routes(&top),
            destinations: route::destinations(&top),
            not_built: note::not_built(&top),
            smtp,
            console,
            hostname,
            hostname_given,
        };
        config.check_together(&top);
        drop(top);
        (config, sheet.complaints())
    }

    /// What can only be judged once several keys are known.
    fn check_together(&self, top: &sheet::Section<'_, '_>) {
        if self.smtp.listen.contains(&self.console.listen) {
            let address = self.console.listen.to_string();
            top.section("console").complain("listen", SettingPhrase::SameListener(address.into()));
        }
        let socket = std::path::absolute(self.control_socket()).unwrap_or_else(|_| self.control_socket());
        if socket.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            let path = socket.display().to_string().into();
            top.complain("data_dir", SettingPhrase::SocketPathTooLong { path, most: SOCKET_PATH_BYTES_MAX as u64 });
        }
    }

    /// Where the verbs reach the server.
    pub fn control_socket(&self) -> PathBuf {
        self.data_dir.join(CONTROL_SOCKET)
    }

    /// What the writer of the file should know although nothing is wrong: said by `check` and at the start.
    pub fn notes(&self) -> Vec<SettingPhrase<'static>> {
        note::notes(self)
    }
}

#[cfg(test)]
mod tests;
