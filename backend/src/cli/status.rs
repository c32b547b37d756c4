//! `status`: the server as a whole, in the manner of the ancestor.
//!
//! Its base is honest: *Reset* counts since `counters_since`, *Uptime* since the start; a cell that is not known is empty.

use crate::cli::client::Client;
use crate::cli::column::{age, letters, right, thousands};
use crate::cli::failure::Failure;
use crate::cli::hoststatus::waiting;
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use common::wire::{Health, ServerStatus, Totals};

/// Asks and prints.
pub(super) async fn run(client: &Client, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let answer = client.get("/api/v1/status").await?;
    let status: ServerStatus = client.read(&answer)?;
    if client.json {
        return terminal.json(&answer);
    }
    terminal.print(&layout(&status))
}

/// The last columns of *Reset* (and *Current*) and of *Uptime*.
const ENDS: [usize; 2] = [45, 61];

/// The answer as text.
pub fn layout(status: &ServerStatus) -> String {
    let mut lines = vec![String::new()];
    head(&mut lines, status);
    counters(&mut lines, status);
    gauges(&mut lines, &status.totals);
    lines.push(String::new());
    lines.join("\n")
}

fn head(lines: &mut Vec<String>, status: &ServerStatus) {
    let mut fact = |label: &str, value: &str| lines.push(format!("{label:<31}{value}"));
    let up = letters(status.as_of.since(status.up_since), " ");
    let oldest = status.totals.oldest_message_at.map(|at| age(status.as_of.since(at)));
    let lab = if status.lab { ", lab" } else { "" };
    fact("Status as of:", &status.as_of.status_line());
    fact("Up since:", &format!("{} ({up})", status.up_since.status_line()));
    fact("Last counter reset:", &status.counters_since.status_line());
    fact(
        "System status:",
        match status.health {
            Health::Online => "Online",
            Health::ReceivingStopped => "Receiving suspended",
            Health::Stopping => "Stopping",
            Health::Other => "Unknown",
        },
    );
    fact("Oldest Message:", oldest.as_deref().unwrap_or("No Messages"));
    fact("Server:", &format!("{} (nexthop {}{lab})", printable(&status.hostname), printable(&status.version)));
    if let Some(recovery) = &status.recovery {
        fact("Recovered:", &printable(recovery));
    }
}

/// A label with a number for each column that has one.
fn cells(lines: &mut Vec<String>, label: &str, numbers: [Option<u64>; 2]) {
    let mut line = label.to_owned();
    for (number, end) in numbers.iter().zip(ENDS) {
        if let Some(number) = number {
            right(&mut line, end, &thousands(*number));
        }
    }
    lines.push(line);
}

fn counters(lines: &mut Vec<String>, status: &ServerStatus) {
    let totals = &status.totals;
    let mut line = String::from("Counters:");
    right(&mut line, ENDS[0], "Reset");
    right(&mut line, ENDS[1], "Uptime");
    lines.extend([String::new(), line, "  Receiving".into()]);
    cells(lines, "    Messages Received", [None, Some(status.messages_received)]);
    cells(lines, "    Recipients Received", [None, Some(status.recipients_received)]);
    for (label, number) in [
        ("  Queue", None),
        ("    Soft Bounced Events", Some(totals.soft_bounced_events)),
        ("  Completion", None),
        ("    Completed Recipients", Some(totals.completed_recipients)),
        ("      Hard Bounced Recipients", Some(totals.hard_bounced_recipients)),
        ("        DNS Hard Bounces", Some(totals.dns_hard_bounces)),
        ("        5XX Hard Bounces", Some(totals.five_xx_hard_bounces)),
        ("        Expired Hard Bounces", Some(totals.expired_hard_bounces)),
        ("        Filter Hard Bounces", Some(totals.filter_hard_bounces)),
        ("        Other Hard Bounces", Some(totals.other_hard_bounces)),
        ("      Delivered Recipients", Some(totals.delivered_recipients)),
        ("      Deleted Recipients", Some(totals.deleted_recipients)),
    ] {
        cells(lines, label, [number, None]);
    }
}

fn gauges(lines: &mut Vec<String>, totals: &Totals) {
    let mut line = String::from("Gauges:");
    right(&mut line, ENDS[0], "Current");
    lines.extend([String::new(), line, "  Connections".into()]);
    let queue = [
        ("    Current Outbound Conn.", Some(totals.current_outbound_connections)),
        ("    Pending Outbound Conn.", Some(totals.pending_outbound_connections)),
        ("  Queue", None),
        ("    Active Recipients", Some(totals.active_recipients)),
        ("      Unattempted Recipients", Some(totals.unattempted_recipients)),
        ("      Attempted Recipients", Some(totals.attempted_recipients)),
    ];
    let hosts = [
        ("  Hosts", None),
        ("    Destinations In Memory", Some(totals.hosts)),
        ("      Up", Some(totals.hosts_up)),
        ("      Down", Some(totals.hosts_down)),
        ("      Limited", Some(totals.hosts_limited)),
        ("      Held", Some(totals.hosts_held)),
    ];
    for (label, number) in queue {
        cells(lines, label, [number, None]);
    }
    for (label, count) in waiting(&totals.wait_causes) {
        cells(lines, &label, [Some(count), None]);
    }
    for (label, number) in hosts {
        cells(lines, label, [number, None]);
    }
}
