//! `sendmail`: the door for programs of this machine that know no other (cron, mail(1), PHP). A drop-in.
//!
//! Promises: exit 0 only after the server said that the message is on disk; every other exit is the one of sysexits.h
//! that says whether to try again (75) or to mend something; without a server 75, naming the socket that was tried.
//! Never: keeps a message itself; sends anything to a part of the recipients.
//! The walk goes on in `POST /api/v1/messages`.

mod flags;
mod people;
mod session;
mod text;

use crate::cli::arguments::{Arguments, Common, Verb};
use crate::cli::client::Client;
use crate::cli::delivernow::{self, Mode as RetryMode, Target, What};
use crate::cli::failure::Failure;
use crate::cli::query::encode;
use crate::cli::terminal::Terminal;
use crate::cli::tophosts::{self, SortKey};
use crate::cli::{Surroundings, client};
use crate::config::{self, Config, ConfigError};
use common::wire::{AcceptedMessage, ErrorCode, NewMessage, ServerStatus};
use common::words::SendmailPhrase;
use flags::{Call, Mode};
use mail_builder::headers::Header;
use people::Person;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use text::Text;
use tokio::io::AsyncReadExt;

/// Octets of a message that are read: above what servers take, below what makes a machine swap.
const MESSAGE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Octets of the envelope in a request's target. Above it the whole request is JSON; the server reads 16 KiB of head.
const TARGET_BYTES_MAX: usize = 8 * 1024;

/// sysexits.h: wrong usage.
const EX_USAGE: u8 = 64;
/// Wrong data.
const EX_DATAERR: u8 = 65;
/// No such user.
const EX_NOUSER: u8 = 67;
/// No such host.
const EX_NOHOST: u8 = 68;
/// The server cannot do it, ever.
const EX_UNAVAILABLE: u8 = 69;
/// Input or output failed.
const EX_IOERR: u8 = 74;
/// Later it may work.
const EX_TEMPFAIL: u8 = 75;
/// Not allowed.
const EX_NOPERM: u8 = 77;
/// Wrong configuration.
const EX_CONFIG: u8 = 78;

/// The arguments of a process that was called by one of the old names; `None` for any other name.
pub fn called_as(mut words: impl Iterator<Item = OsString>) -> Option<Arguments> {
    let program = words.next()?;
    let before = match Path::new(&program).file_name().and_then(OsStr::to_str)? {
        "sendmail" => None,
        "mailq" => Some("-bp"),
        "newaliases" => Some("-bi"),
        _ => return None,
    };
    let words = before.map(OsString::from).into_iter().chain(words).collect();
    Some(Arguments { common: Common::default(), verb: Verb::Sendmail { words } })
}

/// Why it failed, with the exit code if it is another than the failure's own.
struct Failed(Failure, Option<u8>);

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Failed {
        Failed(failure, None)
    }
}

impl From<std::io::Error> for Failed {
    fn from(why: std::io::Error) -> Failed {
        Failed(Failure::Output(why), None)
    }
}

/// Runs it and answers the exit code.
pub(super) async fn run(
    words: Vec<OsString>,
    common: Common,
    surroundings: &Surroundings,
    terminal: &mut Terminal<'_>,
) -> u8 {
    let language = surroundings.language(&common);
    let call = match flags::read(words, language) {
        Ok(call) => call,
        Err(sentence) => {
            terminal.fail(&Failure::Usage(sentence), common.json);
            return EX_USAGE;
        }
    };
    let common = Common {
        json: common.json || call.json,
        server: call.server.clone().or(common.server),
        config: call.config.clone().or(common.config),
        ca_file: common.ca_file,
        token_file: call.token_file.clone().or(common.token_file),
        lang: call.lang.or(common.lang),
    };
    match act(call, &common, surroundings, terminal).await {
        Ok(()) => 0,
        Err(Failed(failure, code)) => {
            terminal.fail(&failure, common.json);
            code.unwrap_or_else(|| exit_code(&failure))
        }
    }
}

async fn act(
    call: Call,
    common: &Common,
    surroundings: &Surroundings,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failed> {
    if call.mode == Mode::Aliases {
        return Ok(());
    }
    let language = surroundings.language(common);
    let found = config::find(common.config.as_deref());
    if call.mode == Mode::Session {
        if common.server.is_some() || surroundings.server.is_some() {
            return Err(Failure::Usage(language.say_sendmail(&SendmailPhrase::SessionNeedsConfig)).into());
        }
        let config = found.map_or_else(|| Ok(Config::without_file()), |found| Config::load(&found.file));
        let config =
            config.map_err(|why: ConfigError| Failed(Failure::Usage(why.say(language).join("\n")), Some(EX_CONFIG)))?;
        return Ok(session::run(&config.smtp.listen, language, terminal).await?);
    }
    let client = client(common, found, surroundings, terminal).map_err(|failure| {
        let code = matches!(failure, Failure::Usage(_)).then_some(EX_CONFIG);
        Failed(failure, code)
    })?;
    match call.mode {
        Mode::Queue => Ok(queue(&client, terminal).await?),
        Mode::Flush(None) => Ok(flush(&client, Target::All, terminal).await?),
        Mode::Flush(Some(ref host)) => {
            let host = host.parse().map_err(|_| Failed(Failure::Usage(host.clone()), Some(EX_NOHOST)))?;
            Ok(flush(&client, Target::Host(host), terminal).await?)
        }
        Mode::Send => send(&client, call, terminal).await,
        Mode::Session | Mode::Aliases => Ok(()),
    }
}

/// `-bp`: what waits, by host. Nothing is said in numbers that an old program could misread: it reads for people.
async fn queue(client: &Client, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let status: ServerStatus = client.read(&client.get("/api/v1/status").await?)?;
    if status.totals.active_recipients == 0 && !client.json {
        return terminal.line(&client.language.say_sendmail(&SendmailPhrase::QueueEmpty));
    }
    tophosts::run(client, SortKey::default(), None, terminal).await
}

async fn flush(client: &Client, target: Target, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    delivernow::run(client, &What::of(target), RetryMode::All, None, false, terminal).await
}

/// Reads the message and hands it in.
async fn send(client: &Client, call: Call, terminal: &mut Terminal<'_>) -> Result<(), Failed> {
    let language = client.language;
    let usage = |phrase| Failed(Failure::Usage(language.say_sendmail(&phrase)), Some(EX_USAGE));
    if call.recipients.is_empty() && !call.from_header {
        return Err(usage(SendmailPhrase::NoRecipients));
    }
    let mut input = Vec::new();
    (&mut terminal.input).take(MESSAGE_BYTES_MAX + 1).read_to_end(&mut input).await?;
    if input.len() as u64 > MESSAGE_BYTES_MAX {
        let sentence = language.say_sendmail(&SendmailPhrase::TooLarge { most: MESSAGE_BYTES_MAX });
        return Err(Failed(Failure::Usage(sentence), Some(EX_DATAERR)));
    }
    let mut text = Text::read(&input, call.dots_are_text);
    drop(input);
    let mut to: Vec<String> = call.recipients.iter().flat_map(|argument| people::of_argument(argument)).collect();
    if call.from_header {
        to.extend(people::of_header(&text.header));
    }
    if to.is_empty() {
        return Err(usage(SendmailPhrase::NoneInHeader));
    }
    let person = Person::of_process();
    let from = match &call.sender {
        Some(given) => sender(given),
        None => person.login.clone(),
    };
    if !text.has("From") {
        let line = from_field(client, &from, call.full_name.clone().unwrap_or(person.full_name), &person.login).await?;
        text.header.extend_from_slice(&line);
    }
    let answer = hand_in(client, &call, from, to, text.into_message()).await?;
    let accepted: AcceptedMessage = client.read(&answer)?;
    if client.json {
        terminal.json(&answer)?;
    } else if call.verbose {
        let taken = SendmailPhrase::Taken { mid: accepted.mid.0, recipients: accepted.recipients.len() as u64 };
        terminal.line(&language.say_sendmail(&taken))?;
    }
    Ok(())
}

/// The envelope sender as it was given: `<>` and nothing are the null sender.
fn sender(given: &str) -> String {
    match given.trim() {
        "" | "<>" => String::new(),
        given => people::of_argument(given).into_iter().next().unwrap_or_default(),
    }
}

/// A From for a message that has none. A login name gets the server's own name behind it.
async fn from_field(client: &Client, sender: &str, full_name: String, login: &str) -> Result<Vec<u8>, Failure> {
    let mut address = if sender.is_empty() { login.to_owned() } else { sender.to_owned() };
    if !address.contains('@') {
        let status: ServerStatus = client.read(&client.get("/api/v1/status").await?)?;
        address = format!("{address}@{}", status.hostname);
    }
    let name: String = full_name.chars().filter(|letter| !letter.is_control()).collect();
    let address: String = address.chars().filter(|letter| !letter.is_control()).collect();
    let name = (!name.trim().is_empty()).then_some(name);
    let mut line = b"From: ".to_vec();
    mail_builder::headers::address::Address::new_address(name, address).write_header(&mut line, "From: ".len());
    Ok(line)
}

/// One request: the message as it is, with the envelope in the target; or JSON, if that would be too long.
async fn hand_in(
    client: &Client,
    call: &Call,
    from: String,
    to: Vec<String>,
    message: Vec<u8>,
) -> Result<bytes::Bytes, Failed> {
    let mut target = format!("/api/v1/messages?from={}", encode(&from));
    let wishes = [("notify", &call.notify), ("ret", &call.ret), ("envid", &call.envid)];
    let wished = wishes.into_iter().filter_map(|(name, value)| value.as_deref().map(|value| (name, value)));
    for (name, value) in wished.chain(to.iter().map(|recipient| ("to", recipient.as_str()))) {
        target.push_str(&format!("&{name}={}", encode(value)));
    }
    if target.len() <= TARGET_BYTES_MAX {
        return Ok(client.hand_in(&target, "message/rfc822", message.into()).await?);
    }
    let Ok(raw) = String::from_utf8(message) else {
        let sentence = client.language.say_sendmail(&SendmailPhrase::TooManyForRaw);
        return Err(Failed(Failure::Usage(sentence), Some(EX_DATAERR)));
    };
    let Call { notify, ret, envid, .. } = call.clone();
    let message = serde_json::to_vec(&NewMessage { from, to, raw, notify, ret, envid });
    let message = message.map_err(|why| Failure::Usage(why.to_string()))?;
    Ok(client.hand_in("/api/v1/messages", "application/json", message.into()).await?)
}

/// What sysexits.h calls a failure.
fn exit_code(failure: &Failure) -> u8 {
    match failure {
        Failure::Refused(error) => match error.error.code {
            ErrorCode::UnknownUser => EX_NOUSER,
            ErrorCode::BadRequest | ErrorCode::BadField | ErrorCode::TooLarge | ErrorCode::Conflict => EX_DATAERR,
            ErrorCode::SignIn | ErrorCode::NotAllowed => EX_NOPERM,
            ErrorCode::NotFound => EX_UNAVAILABLE,
            ErrorCode::Busy | ErrorCode::Unavailable | ErrorCode::DiskFull | ErrorCode::Internal => EX_TEMPFAIL,
        },
        Failure::No(_) => EX_NOHOST,
        Failure::Usage(_) => EX_USAGE,
        Failure::NoServer(_) | Failure::Later(_) => EX_TEMPFAIL,
        Failure::Denied(_) => EX_NOPERM,
        Failure::Output(_) => EX_IOERR,
    }
}
