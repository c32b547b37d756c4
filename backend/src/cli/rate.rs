//! `rate` and `hostrate HOST`: what happens, a line every few seconds, in the ancestor's columns.
//!
//! Promises: the first line comes at once, with zero for every difference; then one each interval until Ctrl-C or the
//! count is reached. What this server does not know stays `-`. Never: a difference below zero of what can only grow: a new
//! base of the counters reads as zero.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::hoststatus::no_record;
use crate::cli::query::encode;
use crate::cli::terminal::Terminal;
use common::layout::column::right;
use common::vocab::{Domain, Timestamp};
use common::wire::{HostDetail, ServerStatus};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often, and how many lines.
pub struct Beat {
    interval: Interval,
    left: Option<u64>,
}

impl Beat {
    /// A line every so many seconds, so many lines; without end if that is not given.
    pub fn new(seconds: u64, count: Option<u64>) -> Beat {
        let mut interval = interval(Duration::from_secs(seconds));
        // A slow answer is no reason to ask twice at once afterwards.
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Beat { interval, left: count }
    }

    /// Waits for the next line; `false` if there is none.
    async fn next(&mut self) -> bool {
        match &mut self.left {
            Some(0) => return false,
            Some(left) => *left -= 1,
            None => {}
        }
        self.interval.tick().await;
        true
    }
}

/// `rate`.
pub(super) async fn system(client: &Client, mut beat: Beat, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    head(client, &beat, SYSTEM_HEAD, terminal)?;
    let mut before = None;
    while beat.next().await {
        let answer = client.get("/api/v1/status").await?;
        let now: ServerStatus = client.read(&answer)?;
        if client.json {
            terminal.json(&answer)?;
        } else {
            terminal.line(&system_line(before.as_ref().unwrap_or(&now), &now))?;
        }
        before = Some(now);
    }
    Ok(())
}

/// `hostrate HOST`.
pub(super) async fn host(
    client: &Client,
    host: &Domain,
    mut beat: Beat,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let path = format!("/api/v1/hosts/{}", encode(host.as_str()));
    let mut before = None;
    while beat.next().await {
        let answer = client.get(&path).await.map_err(|failure| no_record(failure, host, client.json))?;
        let now: HostDetail = client.read(&answer)?;
        if before.is_none() {
            head(client, &beat, HOST_HEAD, terminal)?;
        }
        if client.json {
            terminal.json(&answer)?;
        } else {
            terminal.line(&host_line(before.as_ref().unwrap_or(&now), &now))?;
        }
        before = Some(now);
    }
    Ok(())
}

fn head(client: &Client, beat: &Beat, lines: [&str; 2], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if client.json {
        return Ok(());
    }
    if beat.left.is_none() {
        terminal.line("Type Ctrl-C to end.\n")?;
    }
    lines.iter().try_for_each(|line| terminal.line(line))
}

const SYSTEM_HEAD: [&str; 2] = [
    "Time      Connections  Recipients        Recipients        Queue",
    "          In    Out    Received   Delta   Completed  Delta  K-Used",
];
const SYSTEM_ENDS: [usize; 7] = [12, 18, 30, 38, 50, 57, 65];

const HOST_HEAD: [&str; 2] = [
    "   Time      Host  CrtCncOut   ActvRcp ActvRcp  DlvRcp HrdBncRcp  SftBncEvt",
    "            Status                       Delta   Delta     Delta      Delta",
];
const HOST_ENDS: [usize; 7] = [18, 28, 38, 46, 54, 64, 75];

/// A line of `rate`.
pub fn system_line(before: &ServerStatus, now: &ServerStatus) -> String {
    let (received, completed) = (now.columns.reset.recipients_received, now.totals.completed_recipients);
    let unknown = || "-".to_owned();
    let cells = [
        unknown(),
        now.totals.current_outbound_connections.to_string(),
        received.to_string(),
        received.saturating_sub(before.columns.reset.recipients_received).to_string(),
        completed.to_string(),
        completed.saturating_sub(before.totals.completed_recipients).to_string(),
        unknown(),
    ];
    line(now.as_of, &cells, &SYSTEM_ENDS)
}

/// A line of `hostrate`.
pub fn host_line(before: &HostDetail, now: &HostDetail) -> String {
    let (old, new) = (&before.row, &now.row);
    let cells = [
        new.status.to_string(),
        new.current_outbound_connections.to_string(),
        new.active_recipients.to_string(),
        (i128::from(new.active_recipients) - i128::from(old.active_recipients)).to_string(),
        new.delivered_recipients.saturating_sub(old.delivered_recipients).to_string(),
        new.hard_bounced_recipients.saturating_sub(old.hard_bounced_recipients).to_string(),
        new.soft_bounced_events.saturating_sub(old.soft_bounced_events).to_string(),
    ];
    line(now.as_of, &cells, &HOST_ENDS)
}

fn line(at: Timestamp, cells: &[String; 7], ends: &[usize; 7]) -> String {
    let (_, _, _, hour, minute, second, _) = at.civil();
    let mut line = format!("{hour:02}:{minute:02}:{second:02}");
    cells.iter().zip(ends).for_each(|(cell, end)| right(&mut line, *end, cell));
    line
}
