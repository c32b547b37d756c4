//! `showmessage MID`: a queued message, and why each of its recipients waits.

use crate::cli::because::{also, reason, seconds_by_cause};
use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::printable::{printable, printable_lines};
use crate::cli::showrecipients::{recipient, sender};
use crate::cli::terminal::Terminal;
use common::vocab::{MessageId, Timestamp};
use common::wire::{ErrorCode, MessageDetail, RecipientRow};
use common::words::Language;

/// Asks and prints.
pub(super) async fn run(client: &Client, mid: u64, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let answer = client.get(&format!("/api/v1/messages/{mid}")).await;
    let answer = answer.map_err(|failure| match failure {
        // The ancestor's words.
        Failure::Refused(error) if error.error.code == ErrorCode::NotFound && !client.json => {
            Failure::No(format!("MID {} not found.", MessageId(mid)))
        }
        other => other,
    })?;
    let message: MessageDetail = client.read(&answer)?;
    if client.json {
        return terminal.json(&answer);
    }
    terminal.print(&layout(&message, client.language))
}

/// The answer as text.
pub fn layout(message: &MessageDetail, language: Language) -> String {
    let mut lines = vec![String::new()];
    let mut fact = |label: &str, value: &str| lines.push(format!("{label:<23}{}", printable(value)));
    fact("MID:", &message.mid.to_string());
    fact("Envelope Sender:", &sender(message));
    fact("Bytes:", &message.size_bytes.to_string());
    fact("Received:", &message.received_at.status_line());
    fact("Message-ID:", message.message_id.as_deref().unwrap_or("-"));
    fact("Subject:", message.subject.as_deref().unwrap_or("-"));
    for row in &message.recipients {
        lines.extend([String::new(), recipient(row)]);
        lines.extend(message.as_of.iter().flat_map(|now| waits(row, *now, language)));
        let times = [("Next attempt:", row.next_attempt_at), ("Expires:", row.expires_at)];
        let known = times.into_iter().filter_map(|(label, at)| Some((label, at?)));
        lines.extend(known.map(|(label, at)| format!("  {label:<21}{}", at.status_line())));
        for (at, line) in row.reply.iter().flat_map(|reply| printable_lines(reply)).enumerate() {
            lines.push(format!("  {:<21}{line}", if at == 0 { "Latest reply:" } else { "" }));
        }
        let age = message.as_of.map_or(0, |now| now.since(message.received_at).as_secs());
        let seconds = seconds_by_cause(row, age, language);
        lines.extend((!seconds.is_empty()).then(|| "  Waited for:".to_owned()));
        lines.extend(seconds);
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What a recipient waits for at this moment, and what else would hold it.
fn waits(row: &RecipientRow, now: Timestamp, language: Language) -> Vec<String> {
    let because = row.because.as_ref().map(|because| ("Wait cause:", reason(row.cause, because, now, language)));
    let also = also(&row.also, language).map(|also| ("Also:", also));
    because.into_iter().chain(also).map(|(label, text)| format!("  {label:<21}{text}")).collect()
}
