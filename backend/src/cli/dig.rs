//! `dig [@SERVER] [TYPE] NAME`: a question to the name server that delivery uses, in dig's layout.

use crate::cli::client::Client;
use crate::cli::column::left;
use crate::cli::failure::Failure;
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use common::vocab::Timestamp;
use common::wire::{DigAnswer, DigRecord, Probe, ProbeKind, ProbeRequest, ProbeState};
use common::words::{Language, VerbPhrase};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::Instant;

/// Seconds that the server may hold one question for the result of a probe.
const WAIT_SECONDS: u64 = 30;
/// In all; a resolver that has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(120);
/// Record types that a word may name.
const TYPES: [&str; 9] = ["A", "AAAA", "MX", "TXT", "TLSA", "PTR", "NS", "CNAME", "SOA"];

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Which server, without its `@`.
    pub server: Option<String>,
    /// Which type; `None` for A.
    pub rtype: Option<String>,
    /// Which name.
    pub name: String,
}

impl Question {
    /// Reads the words in any order: `@SERVER`, a type, a name. A type alone is a name.
    ///
    /// # Errors
    /// A sentence that says what is missing or too much.
    pub fn parse(words: &[String], language: Language) -> Result<Question, String> {
        let (mut server, mut rtype, mut name) = (None, None, None::<String>);
        for word in words {
            let known = TYPES.iter().find(|known| known.eq_ignore_ascii_case(word));
            match (word.strip_prefix('@'), known) {
                (Some(address), _) if server.is_none() => server = Some(address.to_owned()),
                (None, Some(known)) if rtype.is_none() && words.len() > 1 => rtype = Some(known.to_string()),
                _ if name.is_none() => name = Some(word.clone()),
                _ => return Err(language.say_verb(&VerbPhrase::DigTwoNames { second: &printable(word) })),
            }
        }
        let name = name.or_else(|| rtype.take()).ok_or_else(|| language.say_verb(&VerbPhrase::DigNoName))?;
        Ok(Question { server, rtype, name })
    }
}

/// The number of a probe that was begun.
#[derive(Deserialize)]
struct Begun {
    id: u64,
}

/// Asks, waits for the answer, prints it.
pub(super) async fn run(client: &Client, question: Question, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let request = ProbeRequest {
        kind: ProbeKind::Dig,
        target: question.name.clone(),
        rtype: question.rtype.clone(),
        server: question.server.clone(),
        port: None,
    };
    let begun: Begun = client.read(&client.post("/api/v1/probes", &request).await?)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let asked = Instant::now();
        let answer = client.get(&format!("/api/v1/probes/{}?wait={WAIT_SECONDS}", begun.id)).await?;
        let probe: Probe = client.read(&answer)?;
        match (probe.state, probe.dig) {
            (ProbeState::Done, Some(_)) if client.json => return terminal.json(&answer),
            (ProbeState::Done, Some(dig)) => return terminal.print(&layout(&question, &dig)),
            (ProbeState::Done, None) => break,
            _ if Instant::now() >= deadline => break,
            _ => tokio::time::sleep_until((asked + Duration::from_millis(200)).min(deadline)).await,
        }
    }
    Err(Failure::Later(client.language.say_verb(&VerbPhrase::DigNoAnswer)))
}

/// The answer as text.
pub fn layout(question: &Question, answer: &DigAnswer) -> String {
    let asked = question.rtype.iter().map(|rtype| format!("{} ", rtype.to_ascii_lowercase()));
    let server = question.server.iter().map(|server| format!("@{server} "));
    let command: String = server.chain(asked).chain([question.name.clone()]).collect();
    let flags: String = answer.flags.iter().map(|flag| format!(" {}", printable(flag))).collect();
    let [answers, authorities, additionals] = [&answer.answer, &answer.authority, &answer.additional].map(Vec::len);
    let mut lines = vec![
        String::new(),
        format!("; <<>> nexthop dig <<>> {}", printable(&command)),
        ";; Got answer:".into(),
        format!(";; ->>HEADER<<- opcode: QUERY, status: {}, id: {}", printable(&answer.status), answer.id),
        format!(";; flags:{flags}; QUERY: 1, ANSWER: {answers}, AUTHORITY: {authorities}, ADDITIONAL: {additionals}"),
        String::new(),
        ";; QUESTION SECTION:".into(),
        asked_for(answer),
        String::new(),
    ];
    section(&mut lines, "ANSWER", &answer.answer);
    section(&mut lines, "AUTHORITY", &answer.authority);
    section(&mut lines, "ADDITIONAL", &answer.additional);
    lines.extend([
        format!(";; Query time: {} msec", answer.query_ms),
        format!(";; SERVER: {} ({})", server_of(&answer.server), printable(&answer.transport)),
        format!(";; WHEN: {}", when(answer.at)),
        format!(";; MSG SIZE  rcvd: {}", answer.size_bytes),
        String::new(),
        String::new(),
    ]);
    lines.join("\n")
}

/// Where class, type and data begin, as dig's tabs of eight put them.
const COLUMNS: [usize; 4] = [25, 33, 41, 49];

fn asked_for(answer: &DigAnswer) -> String {
    let mut line = format!(";{}", printable(&answer.name));
    left(&mut line, COLUMNS[1]);
    line.push_str("IN");
    left(&mut line, COLUMNS[2]);
    line.push_str(&printable(&answer.rtype));
    line
}

fn section(lines: &mut Vec<String>, name: &str, records: &[DigRecord]) {
    if records.is_empty() {
        return;
    }
    lines.push(format!(";; {name} SECTION:"));
    for record in records {
        let mut line = printable(&record.name);
        let cells =
            [record.ttl.to_string(), printable(&record.class), printable(&record.rtype), printable(&record.data)];
        for (cell, start) in cells.iter().zip(COLUMNS) {
            left(&mut line, start);
            line.push_str(cell);
        }
        lines.push(line);
    }
    lines.push(String::new());
}

/// dig's way to write a server: `127.0.0.1#53(127.0.0.1)`.
fn server_of(server: &str) -> String {
    let address = server.parse().or_else(|_| server.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)));
    match address {
        Ok(address) => format!("{0}#{1}({0})", address.ip(), address.port()),
        Err(_) => printable(server),
    }
}

/// dig's way to write a time: the zone before the year.
fn when(at: Timestamp) -> String {
    let line = at.status_line();
    match line.rsplitn(3, ' ').collect::<Vec<_>>()[..] {
        [zone, year, day] => format!("{day} {zone} {year}"),
        _ => line,
    }
}
