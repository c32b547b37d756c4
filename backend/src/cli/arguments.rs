//! The command line: verbs and flags, with their help.

use crate::cli::delivernow::{Mode, Target, What};
use crate::cli::showrecipients::Selection;
use crate::cli::tophosts::SortKey;
use crate::cli::user::UserAct;
use crate::config::parse_span;
use clap::{Args, ColorChoice, Parser, Subcommand};
use common::vocab::{CountWindow, Domain};
use common::words::Language;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// An outbound mail queue that you can see into.
#[derive(Debug, Parser)]
#[command(name = "nexthop", version, color = ColorChoice::Never, arg_required_else_help = true)]
pub struct Arguments {
    /// What holds for every verb.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags that every verb takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Common {
    /// Print the answer as JSON, as the API gives it
    #[arg(long, global = true)]
    pub json: bool,
    /// Where the server is: http://HOST:PORT or https://HOST:PORT [env: NEXTHOP_SERVER]
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// The configuration file; its data directory holds the server's control socket
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A file with the bearer token for --server [env: NEXTHOP_TOKEN holds the token itself]
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// A PEM file of authorities for https://, beside the public ones [env: NEXTHOP_CA_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// The language of sentences: en or ja [env: LANG]
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = language)]
    pub lang: Option<Language>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the server
    Serve,
    /// Say what is wrong with a configuration and what a server with it would do
    Check,
    /// Run a playground of its own: name server, next hops of every temper, steady traffic; loopback only
    Lab(Lab),
    /// The server as a whole: counters and gauges
    Status {
        /// `detail`: the same as --detail
        #[arg(value_name = "detail", value_parser = ["detail"])]
        word: Option<String>,
        /// Counters since the start and over the lifetime too, and rates
        #[arg(long)]
        detail: bool,
        /// What was counted in the last minute, hour or day, instead of since the reset: 1m, 1h, 24h
        #[arg(long, value_name = "WINDOW", conflicts_with_all = ["detail", "word"])]
        window: Option<CountWindow>,
    },
    /// Let every counter begin anew; those of the lifetime go on
    Resetcounters {
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// The hosts with most of something
    Tophosts {
        /// By what
        #[arg(value_name = "KEY", default_value = "active_rcpts")]
        key: SortKey,
        /// By what was counted in the last minute, hour or day: 1m, 1h, 24h
        #[arg(long, value_name = "WINDOW")]
        window: Option<CountWindow>,
    },
    /// Everything known of one host, and why its mail waits
    Hoststatus {
        /// The destination domain
        host: Domain,
        /// What was counted in the last minute, hour or day: 1m, 1h, 24h
        #[arg(long, value_name = "WINDOW")]
        window: Option<CountWindow>,
    },
    /// What the server does, a line every few seconds, until Ctrl-C
    Rate {
        /// Seconds between two lines
        #[arg(default_value = "10", value_parser = clap::value_parser!(u64).range(1..=3600))]
        seconds: u64,
        /// Lines to print; until Ctrl-C unless given
        #[arg(long, value_name = "LINES", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
    },
    /// What one host does, a line every few seconds, until Ctrl-C
    Hostrate {
        /// The destination domain
        host: Domain,
        /// Seconds between two lines
        #[arg(default_value = "10", value_parser = clap::value_parser!(u64).range(1..=3600))]
        seconds: u64,
        /// Lines to print; until Ctrl-C unless given
        #[arg(long, value_name = "LINES", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
    },
    /// A queued message, and why each of its recipients waits
    Showmessage {
        /// Its number
        mid: u64,
    },
    /// What waits in the queue, the oldest first
    Showrecipients {
        /// Which recipients; all unless told
        #[command(flatten)]
        selection: Selection,
        /// Messages at most
        #[arg(long, value_name = "COUNT", default_value = "100", value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
    },
    /// Ask a name server: [@SERVER] [TYPE] NAME [+tcp] [+dnssec], or -x ADDRESS
    Dig {
        /// In any order
        #[arg(required_unless_present = "reverse", num_args = 1..=5, value_name = "@SERVER|TYPE|NAME|+tcp|+dnssec")]
        words: Vec<String>,
        /// The name behind an address (PTR)
        #[arg(short = 'x', value_name = "ADDRESS")]
        reverse: Option<std::net::IpAddr>,
    },
    /// Find out where delivery to a domain stops: every mail server, every address, stage by stage
    Diagnose {
        /// The destination domain
        host: Domain,
    },
    /// Talk to a mail server line by line
    Telnet {
        /// A name or an address
        #[arg(value_parser = host_or_address)]
        host: String,
        /// The port; the delivery port unless given
        #[arg(value_parser = clap::value_parser!(u16).range(1..))]
        port: Option<u16>,
    },
    /// Users of the console, and tokens for programs
    User {
        /// What to do
        #[command(subcommand)]
        act: UserAct,
    },
    /// What was done and refused, newest first
    Audit {
        /// How many rows
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
    },
    /// Hand in a message as programs do: takes the flags of the old sendmail, and its names (also as mailq, newaliases)
    #[command(disable_help_flag = true)]
    Sendmail {
        /// [-i] [-t] [-f SENDER] [-F NAME] [RECIPIENT ...]; -bs, -bp, -q and others
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FLAGS AND RECIPIENTS")]
        words: Vec<OsString>,
    },
    /// Stop delivery: what is in a session ends, nothing new is started
    Suspenddel {
        /// All mail, or that of one destination domain
        #[arg(value_name = "all|HOST", default_value = "all")]
        target: Target,
        /// Why, for the record and for whoever asks why the mail waits
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// It ends by itself after so long: 90s, 30m, 2h, 1d
        #[arg(long = "for", value_name = "TIME", value_parser = span)]
        span: Option<Duration>,
        /// Only count
        #[arg(long)]
        dry_run: bool,
    },
    /// Let delivery go on
    Resumedel {
        /// All mail, that of hosts suspended by themselves too, or that of one destination domain
        #[arg(value_name = "all|HOST", default_value = "all")]
        target: Target,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Only count
        #[arg(long)]
        dry_run: bool,
    },
    /// Make due now what waits for a timer
    Delivernow {
        /// What
        #[command(flatten)]
        what: What,
        /// Only count
        #[arg(long)]
        dry_run: bool,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// How
        #[arg(long, default_value = "all")]
        mode: Mode,
    },
}

/// Flags of the lab.
#[derive(Args, Debug)]
pub struct Lab {
    /// Where its data lives; a directory that ends with it unless given
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where it takes mail
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2525", value_parser = loopback)]
    pub smtp: SocketAddr,
    /// Where its console is
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8025", value_parser = loopback)]
    pub console: SocketAddr,
}

fn language(tag: &str) -> Result<Language, String> {
    let language = Language::from_tag(tag);
    if language == Language::Ja || tag.to_ascii_lowercase().starts_with("en") {
        return Ok(language);
    }
    Err("write en or ja".into())
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "write 127.0.0.1:PORT or [::1]:PORT".to_owned())?;
    if address.ip().to_canonical().is_loopback() {
        return Ok(address);
    }
    Err("the lab listens on loopback only: write 127.0.0.1:PORT or [::1]:PORT".into())
}

/// Octets of a name or an address that is asked for; the server judges the rest.
const HOST_BYTES_MAX: usize = 255;

fn host_or_address(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > HOST_BYTES_MAX || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("write a name such as mx.example.com, or an address".into());
    }
    Ok(text.to_owned())
}

fn span(text: &str) -> Result<Duration, String> {
    parse_span(text).filter(|span| span.as_secs() > 0).ok_or_else(|| "write a time such as 90s, 30m, 2h or 1d".into())
}
