//! An answer of a name server as dig prints it, and below it what delivery would use.
//!
//! Never: an octet that steers a terminal, whoever said it.

use super::column::left;
use crate::vocab::Timestamp;
use crate::wire::{DigAnswer, DigDelivery, DigHop, DigRecord, DigRequest};
use crate::words::{Language, ProbePhrase, printable};

/// What is not dig's, a line each: records that are left out, and what delivery would use, its addresses indented.
pub fn delivery_lines(answer: &DigAnswer, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    if answer.left_out > 0 {
        lines.push(language.say_probe(&ProbePhrase::LeftOut { records: answer.left_out }));
    }
    lines.extend(answer.delivery.iter().flat_map(|delivery| would_use_lines(delivery, language)));
    lines
}

/// What delivery would use, a line each, its addresses indented.
pub fn would_use_lines(delivery: &DigDelivery, language: Language) -> Vec<String> {
    let (seconds, detail) = (delivery.ttl_seconds.unwrap_or(0), delivery.detail.as_deref().unwrap_or_default());
    let phrase = match delivery.because {
        Some(code) => ProbePhrase::WouldFail { sentence: language.verdict_sentence(code), detail },
        None if delivery.discards => ProbePhrase::WouldDiscard,
        None if delivery.by_route => ProbePhrase::WouldUseByRoute { seconds },
        None => ProbePhrase::WouldUse { seconds },
    };
    let hop = |hop: &DigHop| format!("  {} {} {}", hop.preference, hop.exchanger, hop.address);
    [language.say_probe(&phrase)].into_iter().chain(delivery.hops.iter().map(hop)).collect()
}

/// The same as comments below the text of an answer; empty where there is nothing to say.
pub fn delivery(answer: &DigAnswer, language: Language) -> String {
    let mut text: String =
        delivery_lines(answer, language).iter().map(|line| format!(";; {}\n", printable(line))).collect();
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// The answer as text.
pub fn text(question: &DigRequest, answer: &DigAnswer) -> String {
    let flags: String = answer.flags.iter().map(|flag| format!(" {}", printable(flag))).collect();
    let [answers, authorities, additionals] = [&answer.answer, &answer.authority, &answer.additional].map(Vec::len);
    let mut lines = vec![
        String::new(),
        format!("; <<>> nexthop dig <<>> {}", printable(&command(question))),
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

/// The words behind `nexthop dig` that ask this question, in dig's order.
pub fn command(question: &DigRequest) -> String {
    let rtype = Some(question.rtype.to_ascii_lowercase()).filter(|rtype| !rtype.is_empty());
    let server = question.server.iter().map(|server| format!("@{server}"));
    let flags = [(question.tcp, "+tcp"), (question.dnssec, "+dnssec")];
    let flags = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.to_string());
    let words: Vec<String> = server.chain(rtype).chain([question.name.clone()]).chain(flags).collect();
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
    let server = printable(server);
    match server.rsplit_once(':') {
        Some((ip, port)) if !ip.contains(':') || ip.starts_with('[') => {
            let ip = ip.trim_matches(['[', ']']);
            format!("{ip}#{port}({ip})")
        }
        _ => server,
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
