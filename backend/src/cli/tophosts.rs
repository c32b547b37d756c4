//! `tophosts [KEY]`: the hosts with most of something, in the ancestor's layout.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::clock::Clock;
use common::layout::column::{left, right, thousands};
use common::vocab::{CountWindow, HostStatus, Timestamp};
use common::wire::{HostRow, List};
use common::words::VerbPhrase;

/// Rows of the list, as the ancestor's.
const ROWS_MAX: usize = 20;

/// By what `tophosts` sorts: the ancestor's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum SortKey {
    /// Recipients in the queue
    #[default]
    ActiveRcpts,
    /// Open connections
    ConnOut,
    /// Delivered recipients
    Delivered,
    /// Temporary failures
    SoftBounced,
    /// Recipients that failed for good
    HardBounced,
}

impl SortKey {
    /// The field of the API.
    fn field(self) -> &'static str {
        match self {
            SortKey::ActiveRcpts => "active_recipients",
            SortKey::ConnOut => "current_outbound_connections",
            SortKey::Delivered => "delivered_recipients",
            SortKey::SoftBounced => "soft_bounced_events",
            SortKey::HardBounced => "hard_bounced_recipients",
        }
    }
}

/// Asks and prints.
pub(super) async fn run(
    client: &Client,
    key: SortKey,
    window: Option<CountWindow>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let window = window.map(|window| format!("&window={window}")).unwrap_or_default();
    let answer = client.get(&format!("/api/v1/hosts?sort=-{}&limit={ROWS_MAX}{window}", key.field())).await?;
    let list: List<HostRow> = client.read(&answer)?;
    if client.json {
        return terminal.json(&answer);
    }
    terminal.print(&layout(Clock.now(), &list.items))?;
    if list.items.is_empty() {
        terminal.line(&client.language.say_verb(&VerbPhrase::NoHosts))?;
    }
    Ok(())
}

/// The last column of each number: Active, Conn., Deliv., Soft, Hard.
const ENDS: [usize; 5] = [37, 44, 55, 66, 77];

/// The list as text. A host that was down at the last attempt has `*` behind its rank.
pub fn layout(now: Timestamp, rows: &[HostRow]) -> String {
    let mut lines = vec![
        String::new(),
        format!("Status as of:                   {}", now.status_line()),
        "Hosts marked with '*' were down as of the last delivery attempt.".into(),
        String::new(),
        heading("", "", ["Active", "Conn.", "Deliv.", "Soft", "Hard"]),
        heading("#", "Recipient Host", ["Recip.", "Out", "Recip.", "Bounced", "Bounced"]),
        String::new(),
    ];
    for (place, row) in rows.iter().take(ROWS_MAX).enumerate() {
        let mark = if row.status == HostStatus::Down { "*" } else { "" };
        let numbers = [
            row.active_recipients,
            row.current_outbound_connections,
            row.delivered_recipients,
            row.soft_bounced_events,
            row.hard_bounced_recipients,
        ];
        lines.push(heading(&format!("{}{mark}", place + 1), row.host.as_str(), numbers.map(thousands)));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn heading<T: AsRef<str>>(rank: &str, host: &str, cells: [T; 5]) -> String {
    let mut line = rank.to_owned();
    if !host.is_empty() {
        left(&mut line, 5);
        line.push_str(host);
    }
    for (cell, end) in cells.iter().zip(ENDS) {
        right(&mut line, end, cell.as_ref());
    }
    line
}
