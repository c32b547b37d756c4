//! `status`: the server as a whole, in the manner of the ancestor.
//!
//! Its base is honest: *Reset* counts since `counters_since`, *Uptime* since the start, *Lifetime* since counting first
//! began; accepted is what is in the queue and what has left it. A window says what it is.

use crate::cli::client::Client;
use crate::cli::column::{age, letters, right, thousands};
use crate::cli::failure::Failure;
use crate::cli::hoststatus::waiting;
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use common::vocab::{Alert, CountWindow, Counters};
use common::wire::{Counted, Health, Quarantined, ServerStatus, Totals};
use common::words::{Language, Phrase};

/// Asks and prints.
pub(super) async fn run(
    client: &Client,
    detail: bool,
    window: Option<CountWindow>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let window = window.map(|window| format!("?window={window}")).unwrap_or_default();
    let answer = client.get(&format!("/api/v1/status{window}")).await?;
    let status: ServerStatus = client.read(&answer)?;
    if client.json {
        return terminal.json(&answer);
    }
    terminal.print(&layout(&status, detail, client.language))
}

/// The last columns of *Reset* (and *Current*), of *Uptime* and of *Lifetime*.
const ENDS: [usize; 3] = [45, 61, 77];

/// The answer as text; with the bases besides *Reset*, and rates, if `detail` is asked for.
pub fn layout(status: &ServerStatus, detail: bool, language: Language) -> String {
    let mut lines = vec![String::new()];
    head(&mut lines, status);
    match (status.window, detail) {
        (Some(window), _) => counters(&mut lines, &[(window.as_str(), in_window(status))], false),
        (None, false) => counters(&mut lines, &[("Reset", status.columns.reset)], true),
        (None, true) => {
            let columns = &status.columns;
            let named = [("Reset", columns.reset), ("Uptime", columns.uptime), ("Lifetime", columns.lifetime)];
            counters(&mut lines, &named, true);
            rates(&mut lines, status);
        }
    }
    gauges(&mut lines, &status.totals);
    alerts(&mut lines, status, language);
    damage(&mut lines, &status.quarantine, language);
    lines.push(String::new());
    lines.join("\n")
}

/// What is wrong on the server's own side beyond any one host, since when, and what to do.
fn alerts(lines: &mut Vec<String>, status: &ServerStatus, language: Language) {
    if status.alerts.is_empty() {
        return;
    }
    heading(lines, "Alerts:", &[&thousands(status.alerts.len() as u64)]);
    for alert in &status.alerts {
        // Said anew in the language of the reader; what is a newer server's, as the server said it.
        let known = alert.what != Alert::Other;
        let said = |phrase: Phrase<'_>, server: &str| if known { language.say(&phrase) } else { printable(server) };
        let ago = letters(status.as_of.since(alert.since), " ");
        lines.push(format!("  {} ({ago})", said(Phrase::Alert(alert.what), &alert.sentence)));
        lines.push(format!("    {}", said(Phrase::AlertAdvice(alert.what), &alert.advice)));
    }
}

/// What is damaged, if anything is: where it lies, whose it is, why.
fn damage(lines: &mut Vec<String>, quarantine: &Quarantined, language: Language) {
    if quarantine.total == 0 {
        return;
    }
    heading(lines, "Damaged records:", &[&thousands(quarantine.total)]);
    lines.push(format!("  {}", printable(&quarantine.folder)));
    lines.extend(quarantine.items.iter().map(|record| format!("  {}", printable(&language.say_damage(record)))));
}

/// What a window counts: not what was accepted.
fn in_window(status: &ServerStatus) -> Counted {
    Counted { counters: status.totals.counters(), ..Counted::default() }
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

/// A label with a number for each column.
fn cells(lines: &mut Vec<String>, label: &str, numbers: &[u64]) {
    let mut line = label.to_owned();
    for (number, end) in numbers.iter().zip(ENDS) {
        right(&mut line, end, &thousands(*number));
    }
    lines.push(line);
}

/// A heading with the name of each column.
fn heading(lines: &mut Vec<String>, label: &str, names: &[&str]) {
    let mut line = label.to_owned();
    names.iter().zip(ENDS).for_each(|(name, end)| right(&mut line, end, name));
    lines.extend([String::new(), line]);
}

type Part = fn(&Counters) -> u64;

const COUNTERS: [(&str, Option<Part>); 12] = [
    ("  Queue", None),
    ("    Soft Bounced Events", Some(|c| c.soft_bounced_events)),
    ("  Completion", None),
    ("    Completed Recipients", Some(|c| c.completed_recipients)),
    ("      Hard Bounced Recipients", Some(|c| c.hard_bounced_recipients)),
    ("        DNS Hard Bounces", Some(|c| c.dns_hard_bounces)),
    ("        5XX Hard Bounces", Some(|c| c.five_xx_hard_bounces)),
    ("        Expired Hard Bounces", Some(|c| c.expired_hard_bounces)),
    ("        Filter Hard Bounces", Some(|c| c.filter_hard_bounces)),
    ("        Other Hard Bounces", Some(|c| c.other_hard_bounces)),
    ("      Delivered Recipients", Some(|c| c.delivered_recipients)),
    ("      Deleted Recipients", Some(|c| c.deleted_recipients)),
];

const RATES: [(&str, Part); 4] = [
    ("  Soft Bounced Events", |c| c.soft_bounced_events),
    ("  Completed Recipients", |c| c.completed_recipients),
    ("    Hard Bounced Recipients", |c| c.hard_bounced_recipients),
    ("    Delivered Recipients", |c| c.delivered_recipients),
];

/// The counters of each column. A window does not know what was received.
fn counters(lines: &mut Vec<String>, columns: &[(&str, Counted)], received: bool) {
    heading(lines, "Counters:", &columns.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let numbers = |of: &dyn Fn(&Counted) -> u64| columns.iter().map(|(_, counted)| of(counted)).collect::<Vec<_>>();
    if received {
        lines.push("  Receiving".into());
        cells(lines, "    Messages Received", &numbers(&|counted| counted.messages_received));
        cells(lines, "    Recipients Received", &numbers(&|counted| counted.recipients_received));
    }
    for (label, part) in COUNTERS {
        let numbers = part.map(|part| numbers(&|counted| part(&counted.counters)));
        cells(lines, label, &numbers.unwrap_or_default());
    }
}

/// Events of the latest minute, hour and day, extrapolated to an hour as the ancestor does.
fn rates(lines: &mut Vec<String>, status: &ServerStatus) {
    heading(lines, "Rates (Events Per Hour):", &["1-Minute", "1-Hour", "24-Hours"]);
    for (label, of) in RATES {
        let rate = |window: CountWindow| {
            let counted = status.windows.get(&window).map(of).unwrap_or_default();
            counted * 3_600 / window.span().as_secs()
        };
        cells(lines, label, &CountWindow::ALL.map(rate));
    }
}

fn gauges(lines: &mut Vec<String>, totals: &Totals) {
    heading(lines, "Gauges:", &["Current"]);
    lines.push("  Connections".into());
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
        cells(lines, label, number.as_slice());
    }
    for (label, count) in waiting(&totals.wait_causes) {
        cells(lines, &label, &[count]);
    }
    for (label, number) in hosts {
        cells(lines, label, number.as_slice());
    }
}
