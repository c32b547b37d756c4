//! `hoststatus HOST`: everything known of one host, in the ancestor's layout, with our reasons below its state.

use crate::cli::because::{also, reason};
use crate::cli::client::Client;
use crate::cli::column::{age, left, letters, right, thousands};
use crate::cli::failure::Failure;
use crate::cli::printable::{printable, printable_lines};
use crate::cli::query::encode;
use crate::cli::terminal::Terminal;
use common::vocab::{Badge, CauseCounts, CountWindow, Domain, Timestamp};
use common::wire::{
    ErrorCode, Exchanger, Figure, HostDetail, HostRow, NextHops, SaidReply, TlsState, TlsTrouble, Verdict,
};
use common::words::{Language, ProbePhrase};

/// Asks and prints.
pub(super) async fn run(
    client: &Client,
    host: &Domain,
    window: Option<CountWindow>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let window = window.map(|window| format!("?window={window}")).unwrap_or_default();
    let answer = client.get(&format!("/api/v1/hosts/{}{window}", encode(host.as_str()))).await;
    let answer = answer.map_err(|failure| no_record(failure, host, client.json))?;
    let detail: HostDetail = client.read(&answer)?;
    if client.json {
        return terminal.json(&answer);
    }
    terminal.print(&layout(&detail, client.language))
}

/// The ancestor's words for a host that is not known.
pub(super) fn no_record(failure: Failure, host: &Domain, json: bool) -> Failure {
    match failure {
        Failure::Refused(error) if error.error.code == ErrorCode::NotFound && !json => {
            Failure::No(format!("No record of host: {host}"))
        }
        other => other,
    }
}

/// Where the values of the first block begin, and those of the last facts.
const VALUE: usize = 23;
/// The last column of a counter or gauge.
const NUMBER: usize = 37;

/// The answer as text.
pub fn layout(detail: &HostDetail, language: Language) -> String {
    let row = &detail.row;
    let mut lines = vec![String::new(), fact("Host mail status for:", &format!("'{}'", row.host))];
    lines.push(fact("Status as of:", &detail.as_of.status_line()));
    lines.push(fact("Host up/down:", &row.status.to_string()));
    reasons(&mut lines, row, detail.as_of, language);
    waits(&mut lines, row, detail.as_of, language);
    if let Some(tls) = &detail.tls {
        protection(&mut lines, tls);
    }
    counters(&mut lines, row);
    gauges(&mut lines, row);
    lines.push(String::new());
    let oldest = row.oldest_message_at.map(|at| age(detail.as_of.since(at)));
    lines.push(fact("Oldest Message", oldest.as_deref().unwrap_or("No Messages")));
    let activity = row.last_activity_at.map(Timestamp::status_line);
    lines.push(fact("Last Activity", activity.as_deref().unwrap_or("Never")));
    addresses(&mut lines, detail);
    exchangers(&mut lines, detail, language);
    said(&mut lines, "Last 4XX Error:", detail.last_4xx.as_ref());
    said(&mut lines, "Last 5XX Error:", detail.last_5xx.as_ref());
    tls_error(&mut lines, detail.last_tls_error.as_ref());
    if let Some(route) = &detail.route {
        lines.extend([String::new(), "SMTP routes for this host:".into()]);
        lines.extend(printable_lines(route).iter().map(|target| format!("  {target}")));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A label and its value.
fn fact(label: &str, value: &str) -> String {
    let mut line = label.to_owned();
    left(&mut line, VALUE);
    line.push_str(value);
    line
}

/// A label and a value that may have many lines.
fn long_fact(lines: &mut Vec<String>, label: &str, value: &str) {
    for (place, line) in printable_lines(value).iter().enumerate() {
        lines.push(fact(if place == 0 { label } else { "" }, line));
    }
}

/// What the ancestor does not say: since when, why, what they said, what to do, and when we try again.
fn reasons(lines: &mut Vec<String>, row: &HostRow, now: Timestamp, language: Language) {
    if let Some(since) = row.since {
        let badge = badge_word(row.badge);
        lines
            .push(fact("Since:", &format!("{} ({badge} for {})", since.status_line(), letters(now.since(since), " "))));
    }
    if let Some((cause, limit)) = row.limited.as_ref().and_then(|limited| limited.cause.zip(limited.because.as_ref())) {
        long_fact(lines, "Limited by:", &language.say(&limit.phrase(cause)));
    }
    if let Some(verdict) = &row.verdict {
        because(lines, verdict);
    }
    if let Some(at) = row.next_attempt_at {
        let wait = if at > now { format!("in {}", letters(at.since(now), " ")) } else { "now".into() };
        lines.push(fact("Next attempt:", &format!("{} ({wait})", at.status_line())));
    }
}

/// What its due mail waits for at this moment, and what else would hold it.
fn waits(lines: &mut Vec<String>, row: &HostRow, now: Timestamp, language: Language) {
    if let Some(because) = &row.because {
        long_fact(lines, "Wait cause:", &reason(row.cause, because, now, language));
    }
    if let Some(also) = also(&row.also, language) {
        long_fact(lines, "Also:", &also);
    }
}

/// The word of a badge in a sentence.
fn badge_word(badge: Badge) -> &'static str {
    match badge {
        Badge::Held => "held",
        Badge::Down => "down",
        Badge::Limited => "limited",
        Badge::Up => "up",
        Badge::Unknown => "unknown",
    }
}

fn because(lines: &mut Vec<String>, verdict: &Verdict) {
    long_fact(lines, "Because:", &format!("{} ({})", verdict.sentence, verdict.code));
    if let Some(reply) = &verdict.reply {
        long_fact(lines, "Reply:", reply.trim_end());
    }
    if let Some(place) = seen_at(verdict) {
        long_fact(lines, "Seen at:", &place);
    }
    if !verdict.advice.is_empty() {
        long_fact(lines, "What to do:", &verdict.advice);
    }
}

/// The exchanger with its address, as far as known.
fn seen_at(verdict: &Verdict) -> Option<String> {
    match (&verdict.exchanger, &verdict.address) {
        (Some(name), Some(address)) => Some(format!("{name} [{address}]")),
        (one, other) => one.as_ref().or(other.as_ref()).cloned(),
    }
}

/// How the latest session is protected, and by whose certificate.
fn protection(lines: &mut Vec<String>, tls: &TlsState) {
    let by = [&tls.cipher, &tls.group].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
    let by = if by.is_empty() { by } else { format!(" ({by})") };
    long_fact(lines, "TLS:", &format!("{}{by}", tls.sentence));
    if !tls.names.is_empty() || tls.issuer.is_some() {
        let until = tls.not_after.map(|at| format!(", until {}", at.status_line())).unwrap_or_default();
        let names = if tls.names.is_empty() { "without names".to_owned() } else { tls.names.join(" ") };
        let issuer = tls.issuer.as_deref().map(|issuer| format!(", by {issuer}")).unwrap_or_default();
        long_fact(lines, "Certificate:", &format!("{names}{issuer}{until}"));
    }
}

/// An indented label and a number.
fn number(lines: &mut Vec<String>, label: &str, value: u64) {
    let mut line = label.to_owned();
    right(&mut line, NUMBER, &thousands(value));
    lines.push(line);
}

fn figures(lines: &mut Vec<String>, figures: &[Figure]) {
    for Figure { depth, name, value } in figures {
        number(lines, &format!("    {}{name}", "  ".repeat(*depth)), *value);
    }
}

fn counters(lines: &mut Vec<String>, row: &HostRow) {
    lines.extend(["", "Counters:", "  Queue"].map(String::from));
    let all = row.counter_figures();
    figures(lines, &all[..1]);
    lines.push("  Completion".into());
    figures(lines, &all[1..]);
}

fn gauges(lines: &mut Vec<String>, row: &HostRow) {
    lines.extend(["", "Gauges:", "  Queue"].map(String::from));
    let all = row.gauge_figures();
    figures(lines, &all[..3]);
    lines.push("  Connections".into());
    figures(lines, &all[3..]);
    for (label, count) in waiting(&row.wait_causes) {
        number(lines, &label, count);
    }
}

/// Why recipients wait, by the words of the API: ours, below the ancestor's gauges. Empty while nothing waits.
pub(super) fn waiting(causes: &CauseCounts) -> Vec<(String, u64)> {
    let all = causes.total();
    let heading = (all > 0).then(|| ("    Waiting Recipients".to_owned(), all));
    heading
        .into_iter()
        .chain(causes.iter().map(|(cause, count)| (format!("      {}", cause.as_str()), count)))
        .collect()
}

/// Addresses in the order in which they are tried, three to a line, those of one exchanger together.
fn addresses(lines: &mut Vec<String>, detail: &HostDetail) {
    if detail.exchangers.iter().all(|exchanger| exchanger.addresses.is_empty()) {
        return;
    }
    let expiry = detail.exchangers_expire_at.map(|at| format!(" (expiring at {})", at.status_line()));
    lines.extend([String::new(), format!("Ordered IP addresses:{}", expiry.unwrap_or_default())]);
    lines.push("  Preference   IPs".into());
    for exchanger in &detail.exchangers {
        for three in exchanger.addresses.chunks(3) {
            let mut line = format!("  {}", exchanger.preference);
            for (column, address) in three.iter().enumerate() {
                left(&mut line, 16 + 17 * column);
                line.push_str(&printable(address.address.strip_suffix(":25").unwrap_or(&address.address)));
            }
            lines.push(line);
        }
    }
}

/// MX records with what their TTL has left. A configured route has none; nor has a domain whose own address takes its
/// mail, and that is said.
fn exchangers(lines: &mut Vec<String>, detail: &HostDetail, language: Language) {
    match detail.named_by {
        Some(NextHops::Mx) => {}
        Some(NextHops::ImplicitMx) => {
            let says = language.say_probe(&ProbePhrase::NoMxRecord);
            return lines.extend([String::new(), "MX Records:".into(), format!("  {says}")]);
        }
        Some(NextHops::Route) | None => return,
    }
    lines.extend([String::new(), "MX Records:".into(), "  Preference   TTL       Hostname".into()]);
    let ttl = detail.mx_expire_at.map(|at| letters(at.since(detail.as_of), ""));
    let ttl = ttl.as_deref().unwrap_or("-");
    for Exchanger { preference, name, .. } in &detail.exchangers {
        let mut line = format!("  {preference}");
        left(&mut line, 16);
        line.push_str(ttl);
        left(&mut line, 26);
        line.push_str(&printable(name));
        lines.push(line);
    }
}

/// A reply between rules, as it came.
fn said(lines: &mut Vec<String>, heading: &str, reply: Option<&SaidReply>) {
    let Some(SaidReply { reply, at }) = reply else { return };
    lines.extend([String::new(), heading.into(), "----------".into()]);
    lines.extend(printable_lines(reply.trim_end()));
    lines.extend([format!("(at {})", at.status_line()), "----------".into()]);
}

/// The latest failure of TLS between rules, with what the destination asks for.
fn tls_error(lines: &mut Vec<String>, trouble: Option<&TlsTrouble>) {
    let Some(TlsTrouble { verdict, asked, detail }) = trouble else { return };
    lines.extend([String::new(), "Last TLS Error:".into(), "----------".into()]);
    lines.extend(printable_lines(&format!("{} ({})", verdict.sentence, verdict.code)));
    let said = [verdict.reply.as_deref(), detail.as_deref()].into_iter().flatten();
    lines.extend(said.flat_map(|text| printable_lines(text.trim_end())));
    let place = seen_at(verdict).map(|place| format!(" at {}", printable(&place))).unwrap_or_default();
    let at = verdict.at.map(|at| format!("at {}, ", at.status_line())).unwrap_or_default();
    lines.extend([format!("({at}TLS mode: {asked}{place})"), "----------".into()]);
}
