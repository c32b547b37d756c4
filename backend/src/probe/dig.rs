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
use common::wire::{ApiError, DigAnswer, DigRecord, DigRequest, ErrorCode, RECORD_TYPES};
use common::words::{Language, ProbeRefusal};
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
/// Characters shown of what makes no sense.
const SHOWN_CHARS_MAX: usize = 80;
/// Records shown of one section; an answer by TCP holds up to 64 KiB of them.
const SECTION_RECORDS_MAX: usize = 500;
/// Octets of text shown of one answer: 64 KiB of data, each octet escaped as `\ddd`. Names that are written short on
/// the wire (RFC 1035 §4.1.4) could make much more of it.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// What dig's spelling of [`RECORD_TYPES`] means, one for one.
const TYPES: [RecordType; RECORD_TYPES.len()] = [
    RecordType::A,
    RecordType::AAAA,
    RecordType::MX,
    RecordType::TXT,
    RecordType::TLSA,
    RecordType::PTR,
    RecordType::NS,
    RecordType::CNAME,
    RecordType::SOA,
];

/// Asks. `servers` are those that may be asked, the first unless another is named; refusals are said in `language`.
///
/// Errors: `BadField` (`name`, `rtype`, `server`) for a question that cannot be asked, `NotAllowed` for a server that
/// may not be asked, `Unavailable` when it does not answer.
pub async fn dig(
    request: &DigRequest,
    servers: &[SocketAddr],
    clock: Clock,
    language: Language,
) -> Result<DigAnswer, ApiError> {
    let server = choose(request.server.as_deref(), servers, language)?;
    let (rtype_text, rtype) = read_type(&request.rtype, language)?;
    let name = read_name(&request.name, rtype, language)?;
    let question =
        Question::new(&name, rtype, request.dnssec).map_err(|why| no_domain(&name.to_ascii(), &why, language))?;
    let (at, started) = (clock.now(), Instant::now());
    let heard = timeout(TIME_LIMIT, exchange(server, &question, request.tcp)).await;
    let heard = heard.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let heard = heard.map_err(|error| no_answer(server, &error, language))?;
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
fn choose(named: Option<&str>, servers: &[SocketAddr], language: Language) -> Result<SocketAddr, ApiError> {
    let first =
        *servers.first().ok_or_else(|| ApiError::new(ErrorCode::Unavailable, ProbeRefusal::NoServers.say(language)))?;
    let Some(named) = named.map(|text| text.trim().trim_start_matches('@')).filter(|text| !text.is_empty()) else {
        return Ok(first);
    };
    let bare = named.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(named);
    let found = match (named.parse::<SocketAddr>(), bare.parse::<IpAddr>()) {
        (Ok(address), _) => servers.iter().find(|server| **server == address),
        (_, Ok(ip)) => servers.iter().find(|server| server.ip() == ip),
        _ => {
            let refusal = ProbeRefusal::NoServerAddress { named: &cut(named) };
            return Err(ApiError::field(ErrorCode::BadField, "server", refusal.say(language)));
        }
    };
    found.copied().ok_or_else(|| {
        let known: Vec<String> = servers.iter().take(SHOWN_SERVERS_MAX).map(SocketAddr::to_string).collect();
        let refusal = ProbeRefusal::ServerNotListed { named, known: &known.join(", ") };
        ApiError::field(ErrorCode::NotAllowed, "server", refusal.say(language))
    })
}

fn read_type(text: &str, language: Language) -> Result<(&'static str, RecordType), ApiError> {
    let text = text.trim();
    let asked = if text.is_empty() { "A" } else { text };
    let place = RECORD_TYPES.iter().position(|name| name.eq_ignore_ascii_case(asked));
    place.map(|place| (RECORD_TYPES[place], TYPES[place])).ok_or_else(|| {
        let refusal = ProbeRefusal::NoSuchType { asked: &cut(text), known: &RECORD_TYPES.join(", ") };
        ApiError::field(ErrorCode::BadField, "rtype", refusal.say(language))
    })
}

/// A domain, `.`, or for PTR an address, which becomes its reverse name.
fn read_name(text: &str, rtype: RecordType, language: Language) -> Result<Name, ApiError> {
    let refuse = |why: ProbeRefusal<'_>| ApiError::field(ErrorCode::BadField, "name", why.say(language));
    let text = text.trim();
    if text.is_empty() {
        return Err(refuse(ProbeRefusal::NoName));
    }
    if text == "." {
        return Ok(Name::root());
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return match rtype {
            RecordType::PTR => Ok(Name::from(ip.to_canonical())),
            _ => Err(refuse(ProbeRefusal::AddressNeedsPtr { address: text })),
        };
    }
    let domain: Domain = text.parse().map_err(|why| no_domain(text, &format!("{why}"), language))?;
    let mut name = Name::from_ascii(domain.as_str()).map_err(|why| no_domain(text, &why.to_string(), language))?;
    name.set_fqdn(true);
    Ok(name)
}

/// As much of it as a sentence can bear.
fn cut(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

fn no_domain(text: &str, why: &str, language: Language) -> ApiError {
    let refusal = ProbeRefusal::NoDomain { shown: &cut(text), why };
    ApiError::field(ErrorCode::BadField, "name", refusal.say(language))
}

fn no_answer(server: SocketAddr, error: &io::Error, language: Language) -> ApiError {
    let (server, why) = (&server.to_string(), &error.to_string());
    let refusal = match error.kind() {
        io::ErrorKind::TimedOut => ProbeRefusal::Silent { server, seconds: TIME_LIMIT.as_secs() },
        io::ErrorKind::ConnectionRefused => ProbeRefusal::Refused { server },
        io::ErrorKind::UnexpectedEof => ProbeRefusal::Closed { server },
        _ => ProbeRefusal::Failed { server, why },
    };
    ApiError::new(ErrorCode::Unavailable, refusal.say(language))
}

#[cfg(test)]
mod tests;
