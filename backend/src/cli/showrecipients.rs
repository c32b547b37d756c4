//! `showrecipients`: what waits in the queue, two lines to a recipient as the ancestor prints them. Where it had the
//! subject stand age and cause: they answer why.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::printable::printable;
use crate::cli::query::encode;
use crate::cli::terminal::Terminal;
use crate::clock::Clock;
use clap::Args;
use common::filter::Filter;
use common::layout::column::{left, letters};
use common::vocab::Timestamp;
use common::wire::{List, MessageDetail, RecipientRow};
use common::words::VerbPhrase;

/// Which recipients: all that is given has to hold.
#[derive(Args, Clone, Debug, Default)]
pub struct Selection {
    /// Of this destination domain; *.example.com for all below it
    #[arg(long, value_name = "HOST", value_parser = word)]
    host: Option<String>,
    /// From a sender that holds this text; "" is the null sender
    #[arg(long, value_name = "TEXT", value_parser = word)]
    from: Option<String>,
    /// To a recipient that holds this text
    #[arg(long, value_name = "TEXT", value_parser = word)]
    to: Option<String>,
    /// Terms such as cause:retry age>2h attempts>=3 reply:greylist; - before a term turns it round
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    filter: Option<String>,
}

/// A text that stands between quotation marks in a filter.
fn word(text: &str) -> Result<String, String> {
    if text.contains('"') { Err("write it without quotation marks".into()) } else { Ok(text.to_owned()) }
}

impl Selection {
    /// The same as one filter.
    fn expression(&self) -> String {
        let named = [("host", &self.host), ("from", &self.from), ("to", &self.to)];
        let named = named.into_iter().filter_map(|(field, text)| Some(format!("{field}:\"{}\"", text.as_ref()?)));
        named.chain(self.filter.clone()).collect::<Vec<_>>().join(" ")
    }
}

/// Asks and prints.
pub(super) async fn run(
    client: &Client,
    selection: &Selection,
    limit: u16,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let expression = selection.expression();
    let read = expression.parse::<Filter>();
    read.map_err(|error| Failure::Usage(client.language.say_filter(&error)))?; // before anybody is asked
    let answer = client.get(&format!("/api/v1/messages?limit={limit}&q={}", encode(&expression))).await?;
    let list: List<MessageDetail> = client.read(&answer)?;
    if client.json {
        return terminal.json(&answer);
    }
    if list.items.is_empty() {
        return terminal.line(&client.language.say_verb(&VerbPhrase::NothingMatches));
    }
    terminal.print(&layout(Clock.now(), &list.items))?;
    if list.next.is_some() {
        let (shown, total) = (list.items.len() as u64, list.total);
        terminal.line(&client.language.say_verb(&VerbPhrase::NotAllShown { shown, total }))?;
    }
    Ok(())
}

/// The list as text.
pub fn layout(now: Timestamp, messages: &[MessageDetail]) -> String {
    let mut lines = vec![String::new()];
    lines.push(columns(["MID/", "Bytes/", "Sender/", "Age"]));
    lines.push(columns(["[RID]", "[Atmps]", "Recipient", "Cause"]));
    for message in messages {
        let (mid, size) = (message.mid.to_string(), message.size_bytes.to_string());
        let age = letters(now.since(message.received_at), " ");
        for row in &message.recipients {
            lines.push(columns([&mid, &size, &sender(message), &age]));
            lines.push(recipient(row));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The envelope sender, `<>` for none.
pub(super) fn sender(message: &MessageDetail) -> String {
    if message.from.is_empty() { "<>".into() } else { printable(&message.from) }
}

/// The second line: number, attempts, address, and why it waits.
pub(super) fn recipient(row: &RecipientRow) -> String {
    let (rid, attempts) = (format!("[{}]", row.rid), format!("[{}]", row.attempts));
    columns([&rid, &attempts, &printable(&row.address), row.cause.map_or("-", |cause| cause.as_str())])
}

/// The ancestor's columns; what is too wide moves the rest of its line.
fn columns(cells: [&str; 4]) -> String {
    let mut line = cells[0].to_owned();
    for (cell, start) in cells[1..].iter().zip([19, 28, 60]) {
        left(&mut line, start);
        line.push_str(cell);
    }
    line
}
