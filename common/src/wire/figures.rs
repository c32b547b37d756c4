//! The ancestor's counters and gauges of a host by its names and in its order, the same in verb and page.

use super::HostRow;

/// One line: how deep it stands, its name (`None` for a heading's figure), and the figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Steps to the right: a part of the line above that stands less deep.
    pub depth: usize,
    /// The ancestor's name, the same in every language: scripts and manuals use it.
    pub name: &'static str,
    /// Recipients, events or connections.
    pub value: u64,
}

impl HostRow {
    /// Under *Counters: Queue* the first, under *Completion* the others.
    pub fn counter_figures(&self) -> [Figure; 10] {
        [
            (0, "Soft Bounced Events", self.soft_bounced_events),
            (0, "Completed Recipients", self.completed_recipients),
            (1, "Hard Bounced Recipients", self.hard_bounced_recipients),
            (2, "DNS Hard Bounces", self.dns_hard_bounces),
            (2, "5XX Hard Bounces", self.five_xx_hard_bounces),
            (2, "Filter Hard Bounces", self.filter_hard_bounces),
            (2, "Expired Hard Bounces", self.expired_hard_bounces),
            (2, "Other Hard Bounces", self.other_hard_bounces),
            (1, "Delivered Recipients", self.delivered_recipients),
            (1, "Deleted Recipients", self.deleted_recipients),
        ]
        .map(|(depth, name, value)| Figure { depth, name, value })
    }

    /// Under *Gauges: Queue* the first three, under *Connections* the others.
    pub fn gauge_figures(&self) -> [Figure; 5] {
        [
            (0, "Active Recipients", self.active_recipients),
            (1, "Unattempted Recipients", self.unattempted_recipients),
            (1, "Attempted Recipients", self.attempted_recipients),
            (0, "Current Outbound Connections", self.current_outbound_connections),
            (0, "Pending Outbound Connections", self.pending_outbound_connections),
        ]
        .map(|(depth, name, value)| Figure { depth, name, value })
    }
}
