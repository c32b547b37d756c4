//! `dig`: one question to one name server, past every cache, answered as the server said it.
//!
//! Promises: only a server of the list is asked; the question is checked first and refused with what to write;
//! it ends within [`TIME_LIMIT`]; the answer's text is in presentation format (RFC 1035 §5.1, RFC 3597), so that no
//! octet of a hostile answer reaches a terminal, and bounded. Never: a zone transfer, a recursion of our own, an alias
//! followed. What delivery would use for the same domain is said by `delivery`, in terms of the answer of `resolve`.

pub mod delivery;
mod exchange;
mod text;

use crate::clock::Clock;
use common::vocab::Domain;
use common::wire::{ApiError, DigAnswer, DigRecord, DigRequest, ErrorCode};
use exchange::{Question, exchange};
use hickory_resolver::proto::rr::{Name, Record, RecordType};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The whole question, TCP after UDP included.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Servers named in a refusal.
const SHOWN_SERVERS_MAX: usize = 8;
/// Characters shown of a name that is none.
const SHOWN_NAME_CHARS_MAX: usize = 80;
/// Records shown of one section; an answer by TCP holds up to 64 KiB of them.
const SECTION_RECORDS_MAX: usize = 500;
/// Octets of text shown of one answer: 64 KiB of data, each octet escaped as `\ddd`. Names that are written short on
/// the wire (RFC 1035 §4.1.4) could make much more of it.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// What may be asked for, as dig spells it.
const TYPES: [(&str, RecordType); 9] = [
    ("A", RecordType::A),
    ("AAAA", RecordType::AAAA),
    ("MX", RecordType::MX),
    ("TXT", RecordType::TXT),
    ("TLSA", RecordType::TLSA),
    ("PTR", RecordType::PTR),
    ("NS", RecordType::NS),
    ("CNAME", RecordType::CNAME),
    ("SOA", RecordType::SOA),
];

/// Asks. `servers` are those that may be asked, the first unless another is named.
///
/// Errors: `BadField` (`name`, `rtype`, `server`) for a question that cannot be asked, `NotAllowed` for a server that
/// may not be asked, `Unavailable` when it does not answer.
pub async fn dig(request: &DigRequest, servers: &[SocketAddr], clock: Clock) -> Result<DigAnswer, ApiError> {
    let server = choose(request.server.as_deref(), servers)?;
    let (rtype_text, rtype) = read_type(&request.rtype)?;
    let name = read_name(&request.name, rtype)?;
    let question = Question::new(&name, rtype, request.dnssec).map_err(|error| {
        ApiError::field(ErrorCode::BadField, "name", format!("{name} cannot be asked for: {error}"))
    })?;
    let (at, started) = (clock.now(), Instant::now());
    let heard = timeout(TIME_LIMIT, exchange(server, &question, request.tcp)).await;
    let heard = heard.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let heard = heard.map_err(|error| no_answer(server, &error))?;
    let answer = heard.message;
    let mut page = Page { room: TEXT_BYTES_MAX, left_out: 0 };
    Ok(DigAnswer {
        name: name.to_ascii(),
        rtype: rtype_text.into(),
        status: text::status(answer.metadata.response_code),
        id: answer.metadata.id,
        flags: text::flags(&answer),
        answer: page.section(&answer.answers),
        authority: page.section(&answer.authorities),
        additional: page.section(&answer.additionals),
        left_out: page.left_out,
        query_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        server: server.to_string(),
        transport: heard.transport.into(),
        at,
        size_bytes: heard.size as u64,
        delivery: None,
    })
}

/// What an answer may take, section after section.
struct Page {
    /// Octets of text that are left.
    room: usize,
    left_out: u64,
}

impl Page {
    fn section(&mut self, records: &[Record]) -> Vec<DigRecord> {
        let mut shown = Vec::new();
        for record in records {
            let record =
                if shown.len() < SECTION_RECORDS_MAX && self.room > 0 { Some(text::record(record)) } else { None };
            let fits = record.map(|record| (record.name.len() + record.data.len(), record));
            match fits.filter(|(octets, _)| *octets <= self.room) {
                Some((octets, record)) => {
                    self.room -= octets;
                    shown.push(record);
                }
                None => self.left_out += 1,
            }
        }
        shown
    }
}

/// The server that was named, if it is in the list; else the first. A name without a port means any of its ports.
fn choose(named: Option<&str>, servers: &[SocketAddr]) -> Result<SocketAddr, ApiError> {
    let first = *servers.first().ok_or_else(|| {
        ApiError::new(ErrorCode::Unavailable, "No name server is configured; name one under [dns] servers.")
    })?;
    let Some(named) = named.map(|text| text.trim().trim_start_matches('@')).filter(|text| !text.is_empty()) else {
        return Ok(first);
    };
    let bare = named.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(named);
    let found = match (named.parse::<SocketAddr>(), bare.parse::<IpAddr>()) {
        (Ok(address), _) => servers.iter().find(|server| **server == address),
        (_, Ok(ip)) => servers.iter().find(|server| server.ip() == ip),
        _ => {
            let sentence = format!("{named:?} is no server address; write 192.0.2.53 or 192.0.2.53:53.");
            return Err(ApiError::field(ErrorCode::BadField, "server", sentence));
        }
    };
    found.copied().ok_or_else(|| {
        let known: Vec<String> = servers.iter().take(SHOWN_SERVERS_MAX).map(SocketAddr::to_string).collect();
        let sentence = format!(
            "{named} may not be asked. dig asks these: {}; name others under [probe] dns_servers.",
            known.join(", ")
        );
        ApiError::field(ErrorCode::NotAllowed, "server", sentence)
    })
}

fn read_type(text: &str) -> Result<(&'static str, RecordType), ApiError> {
    let text = text.trim();
    let found = TYPES.iter().find(|(name, _)| (text.is_empty() && *name == "A") || name.eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        let sentence = format!("{text:?} is no record type that can be asked for; write one of {}.", known.join(", "));
        ApiError::field(ErrorCode::BadField, "rtype", sentence)
    })
}

/// A domain, `.`, or for PTR an address, which becomes its reverse name.
fn read_name(text: &str, rtype: RecordType) -> Result<Name, ApiError> {
    let refuse = |why: String| ApiError::field(ErrorCode::BadField, "name", why);
    let text = text.trim();
    if text.is_empty() {
        return Err(refuse("A name is needed; write a domain such as example.com.".into()));
    }
    if text == "." {
        return Ok(Name::root());
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return match rtype {
            RecordType::PTR => Ok(Name::from(ip.to_canonical())),
            _ => Err(refuse(format!("{text} is an address; ask for its PTR, or write a domain."))),
        };
    }
    let domain: Domain = text.parse().map_err(|why| {
        let shown: String = text.chars().take(SHOWN_NAME_CHARS_MAX).collect();
        refuse(format!("{shown:?} is no domain: {why}."))
    })?;
    let mut name = Name::from_ascii(domain.as_str()).map_err(|why| refuse(format!("{domain} is no domain: {why}.")))?;
    name.set_fqdn(true);
    Ok(name)
}

fn no_answer(server: SocketAddr, error: &io::Error) -> ApiError {
    let sentence = match error.kind() {
        io::ErrorKind::TimedOut => {
            format!("{server} did not answer within {} s; is it running and reachable?", TIME_LIMIT.as_secs())
        }
        io::ErrorKind::ConnectionRefused => format!("{server} refused: no name server listens there."),
        io::ErrorKind::UnexpectedEof => format!("{server} closed the connection before it answered."),
        _ => format!("{server} cannot be asked: {error}."),
    };
    ApiError::new(ErrorCode::Unavailable, sentence)
}

#[cfg(test)]
mod tests;
