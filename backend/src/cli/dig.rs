//! `dig [@SERVER] [TYPE] NAME`: a question to the name server that delivery uses, in dig's layout, and below it what
//! delivery itself would use.

use crate::cli::client::Client;
use crate::cli::column::left;
use crate::cli::failure::Failure;
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use common::vocab::Timestamp;
use common::wire::{DigAnswer, DigHop, DigRecord, Probe, ProbeEvent, ProbeKind, ProbeRequest, ProbeState};
use common::words::{Language, ProbePhrase, VerbPhrase};
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
    /// Which name; an address for its PTR.
    pub name: String,
    /// `+tcp`.
    pub tcp: bool,
    /// `+dnssec`.
    pub dnssec: bool,
}

impl Question {
    /// Reads the words in any order: `@SERVER`, a type, a name, `+tcp`, `+dnssec`. A type alone is a name. `reverse`
    /// stands for type and name.
    ///
    /// # Errors
    /// A sentence that says what is missing or too much.
    pub fn parse(words: &[String], reverse: Option<IpAddr>, language: Language) -> Result<Question, String> {
        let (flags, words): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('+'));
        if let Some(unknown) = flags.iter().find(|flag| !["+tcp", "+dnssec"].contains(&flag.as_str())) {
            return Err(language.say_verb(&VerbPhrase::DigUnknownFlag { flag: &printable(unknown) }));
        }
        let (mut server, mut rtype) = (None, reverse.map(|_| "PTR".to_owned()));
        let mut name = reverse.map(|address| address.to_string());
        for word in &words {
            let word = word.as_str();
            let known = TYPES.iter().find(|known| known.eq_ignore_ascii_case(word));
            match (word.strip_prefix('@'), known) {
                (Some(address), _) if server.is_none() => server = Some(address.to_owned()),
                (None, Some(known)) if rtype.is_none() && words.len() > 1 => rtype = Some(known.to_string()),
                _ if name.is_none() => name = Some(word.to_owned()),
                _ => return Err(language.say_verb(&VerbPhrase::DigTwoNames { second: &printable(word) })),
            }
        }
        let name = name.or_else(|| rtype.take()).ok_or_else(|| language.say_verb(&VerbPhrase::DigNoName))?;
        let has = |flag: &str| flags.iter().any(|given| *given == flag);
        Ok(Question { server, rtype, name, tcp: has("+tcp"), dnssec: has("+dnssec") })
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
        tcp: question.tcp,
        dnssec: question.dnssec,
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
            (ProbeState::Done, Some(dig)) => {
                let text = layout(&question, &dig) + &delivery(&dig, client.language);
                return terminal.print(&text);
            }
            (ProbeState::Done, None) => return Err(Failure::Later(no_answer(&probe.events, client.language))),
            _ if Instant::now() >= deadline => break,
            _ => tokio::time::sleep_until((asked + Duration::from_millis(200)).min(deadline)).await,
        }
    }
    Err(Failure::Later(client.language.say_verb(&VerbPhrase::DigNoAnswer)))
}

/// Why there is no answer, in the server's words.
fn no_answer(events: &[ProbeEvent], language: Language) -> String {
    let said = events.iter().find_map(|event| match event {
        ProbeEvent::Ended { reason, .. } => Some(printable(reason)),
        _ => None,
    });
    said.unwrap_or_else(|| language.say_verb(&VerbPhrase::DigNoAnswer))
}

/// What is not dig's: records that are left out, and what delivery would use.
pub fn delivery(answer: &DigAnswer, language: Language) -> String {
    let mut lines = Vec::new();
    if answer.left_out > 0 {
        lines.push(language.say_probe(&ProbePhrase::LeftOut { records: answer.left_out }));
    }
    if let Some(delivery) = &answer.delivery {
        let (seconds, detail) = (delivery.ttl_seconds.unwrap_or(0), delivery.detail.as_deref().unwrap_or_default());
        let phrase = match delivery.because {
            Some(code) => ProbePhrase::WouldFail { sentence: language.verdict_sentence(code), detail },
            None if delivery.discards => ProbePhrase::WouldDiscard,
            None if delivery.by_route => ProbePhrase::WouldUseByRoute { seconds },
            None => ProbePhrase::WouldUse { seconds },
        };
        lines.push(language.say_probe(&phrase));
        let hop = |hop: &DigHop| format!("  {} {} {}", hop.preference, hop.exchanger, hop.address);
        lines.extend(delivery.hops.iter().map(hop));
    }
    if lines.is_empty() {
        return String::new();
    }
    lines.iter().map(|line| format!(";; {}\n", printable(line))).collect::<String>() + "\n"
}

/// The answer as text.
pub fn layout(question: &Question, answer: &DigAnswer) -> String {
    let command = command(question);
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

/// The question as it was typed, its words in dig's order.
fn command(question: &Question) -> String {
    let asked = question.rtype.iter().map(|rtype| rtype.to_ascii_lowercase());
    let server = question.server.iter().map(|server| format!("@{server}"));
    let flags = [(question.tcp, "+tcp"), (question.dnssec, "+dnssec")];
    let flags = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.to_string());
    let words: Vec<String> = server.chain(asked).chain([question.name.clone()]).chain(flags).collect();
    words.join(" ")
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
