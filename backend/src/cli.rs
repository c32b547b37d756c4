//! The verbs: the command line's questions to a running server, and their answers in the ancestor's layout.
//!
//! Promises: an answer goes to standard output, everything else to standard error; exit codes are those of DESIGN 9;
//! remote text never reaches a terminal unescaped, except under `--json`, which prints what the API gave.
//! Never: decides anything. A verb is one request and a layout; the layouts are functions of the answer alone.

pub mod arguments;
mod audit;
mod because;
mod check;
mod client;
mod delivernow;
mod diagnose;
mod dig;
mod failure;
mod hoststatus;
mod live;
mod look;
mod password;
mod place;
mod printable;
mod query;
mod rate;
mod resetcounters;
mod sendmail;
mod showmessage;
mod showrecipients;
mod status;
mod suspenddel;
mod telnet;
mod terminal;
mod tophosts;
mod user;

pub use client::Client;
pub use failure::Failure;
pub use place::{Place, Secure};
pub use printable::printable;
pub use sendmail::called_as;
pub use terminal::Terminal;

use crate::config::{self, Found};
use arguments::{Arguments, Common, Verb};
use common::wire::{ActionKind, TelnetRequest};
use common::words::{Language, VerbPhrase};
use std::io::Read;
use std::path::{Path, PathBuf};
use suspenddel::Wish;

/// Octets of a bearer token.
const TOKEN_BYTES_MAX: u64 = 4096;

/// What the process brings besides its arguments.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `NEXTHOP_SERVER`.
    pub server: Option<String>,
    /// `NEXTHOP_TOKEN`.
    pub token: Option<String>,
    /// `NEXTHOP_CA_FILE`.
    pub ca_file: Option<PathBuf>,
    /// `LC_ALL`, `LC_MESSAGES` or `LANG`.
    pub locale: Option<String>,
}

impl Surroundings {
    /// Those of this process. An empty variable is none.
    pub fn of_process() -> Surroundings {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Surroundings {
            server: variable("NEXTHOP_SERVER"),
            token: variable("NEXTHOP_TOKEN"),
            ca_file: variable("NEXTHOP_CA_FILE").map(PathBuf::from),
            locale: variable("LC_ALL").or_else(|| variable("LC_MESSAGES")).or_else(|| variable("LANG")),
        }
    }

    /// The language of this run.
    pub fn language(&self, common: &Common) -> Language {
        common.lang.unwrap_or_else(|| Language::from_tag(self.locale.as_deref().unwrap_or("en")))
    }
}

/// Runs a verb and answers the exit code. `serve` and `lab` are not verbs against a server: `main` runs them.
pub async fn run(arguments: Arguments, surroundings: &Surroundings, terminal: &mut Terminal<'_>) -> u8 {
    let json = arguments.common.json;
    match dispatch(arguments, surroundings, terminal).await {
        Ok(code) => code,
        Err(failure) => terminal.fail(&failure, json),
    }
}

async fn dispatch(
    arguments: Arguments,
    surroundings: &Surroundings,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    let Arguments { common, verb } = arguments;
    let language = surroundings.language(&common);
    let found = config::find(common.config.as_deref());
    if let Verb::Check = verb {
        return check::run(found.as_ref(), common.json, language, terminal);
    }
    if let Verb::Sendmail { words } = verb {
        return Ok(sendmail::run(words, common, surroundings, terminal).await);
    }
    if let Verb::Dig { words, reverse } = &verb {
        dig::question(words, *reverse, language).map_err(Failure::Usage)?; // before anybody is asked
    }
    let client = client(&common, found, surroundings, terminal)?;
    match verb {
        Verb::Status { word, detail, window } => {
            status::run(&client, detail || word.is_some(), window, terminal).await?;
        }
        Verb::Resetcounters { reason } => resetcounters::run(&client, reason, terminal).await?,
        Verb::Tophosts { key, window } => tophosts::run(&client, key, window, terminal).await?,
        Verb::Hoststatus { host, window } => hoststatus::run(&client, &host, window, terminal).await?,
        Verb::Rate { seconds, count } => {
            rate::system(&client, rate::Beat::new(seconds, count), terminal).await?;
        }
        Verb::Hostrate { host, seconds, count } => {
            rate::host(&client, &host, rate::Beat::new(seconds, count), terminal).await?;
        }
        Verb::Showmessage { mid } => showmessage::run(&client, mid, terminal).await?,
        Verb::Showrecipients { selection, limit } => {
            showrecipients::run(&client, &selection, limit, terminal).await?;
        }
        Verb::Dig { words, reverse } => {
            let question = dig::question(&words, reverse, language).map_err(Failure::Usage)?;
            dig::run(&client, question, terminal).await?;
        }
        Verb::Diagnose { host } => return diagnose::run(&client, &host, terminal).await,
        Verb::Telnet { host, port } => telnet::run(&client, TelnetRequest { host, port }, terminal).await?,
        Verb::Delivernow { what, dry_run, reason, mode } => {
            delivernow::run(&client, &what, mode, reason, dry_run, terminal).await?;
        }
        Verb::Suspenddel { target, reason, span, dry_run } => {
            let wish = Wish { kind: ActionKind::Suspend, target, reason, span, dry_run };
            suspenddel::run(&client, wish, terminal).await?;
        }
        Verb::Resumedel { target, reason, dry_run } => {
            let wish = Wish { kind: ActionKind::Resume, target, reason, span: None, dry_run };
            suspenddel::run(&client, wish, terminal).await?;
        }
        Verb::User { act } => user::run(&client, act, terminal).await?,
        Verb::Audit { limit } => audit::run(&client, limit, terminal).await?,
        Verb::Check | Verb::Serve | Verb::Lab(_) | Verb::Sendmail { .. } => {}
    }
    Ok(failure::DONE)
}

/// Finds the server and the token for it.
fn client(
    common: &Common,
    found: Option<Found>,
    surroundings: &Surroundings,
    terminal: &mut Terminal<'_>,
) -> Result<Client, Failure> {
    let language = surroundings.language(common);
    let server = common.server.as_deref().or(surroundings.server.as_deref());
    let ca_file = common.ca_file.clone().or_else(|| surroundings.ca_file.clone());
    let place = Place::find(server, Secure { ca_file }, found, language)?;
    let mut token = None;
    if let Place::Tcp { host, .. } = &place {
        token = read_token(common.token_file.as_deref(), surroundings.token.as_deref(), language)?;
        if token.is_some() && !place.is_private() && !common.json {
            let note = language.say_verb(&VerbPhrase::TokenInClear { host });
            writeln!(terminal.err, "{}", printable(&note))?;
        }
    }
    Ok(Client { place, token, language, json: common.json })
}

/// The token of the file, else of the variable.
fn read_token(file: Option<&Path>, variable: Option<&str>, language: Language) -> Result<Option<String>, Failure> {
    let (place, text) = match (file, variable) {
        (None, None) => return Ok(None),
        (None, Some(token)) => ("NEXTHOP_TOKEN".to_owned(), token.to_owned()),
        (Some(file), _) => {
            let place = file.display().to_string();
            let mut text = String::new();
            let read = std::fs::File::open(file).and_then(|f| f.take(TOKEN_BYTES_MAX + 1).read_to_string(&mut text));
            read.map_err(|why| {
                let why = why.to_string();
                Failure::Usage(language.say_verb(&VerbPhrase::BadToken { place: &place, why: &why }))
            })?;
            (place, text)
        }
    };
    let token = text.trim();
    let sound =
        !token.is_empty() && token.len() as u64 <= TOKEN_BYTES_MAX && token.bytes().all(|b| b.is_ascii_graphic());
    if sound {
        return Ok(Some(token.to_owned()));
    }
    let why = language.say_verb(&VerbPhrase::TokenMalformed);
    Err(Failure::Usage(language.say_verb(&VerbPhrase::BadToken { place: &place, why: &why })))
}

#[cfg(test)]
mod tests;
