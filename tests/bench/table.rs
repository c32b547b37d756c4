//! The rows that go into `BENCHMARKS.md`: medians, ranges, ratios.

use crate::measure::{Run, Shape};
use crate::subject::{ALL, Kind};
use std::fmt;
use tests::process::load_average;

/// The runs of one shape.
pub struct Rows {
    shape: Shape,
    runs: Vec<(Kind, Run)>,
}

/// A row is written when there is a run of it.
struct Figures {
    relayed: Spread,
    accepted: Spread,
    cpu: Spread,
    p50: Spread,
    p99: Spread,
}

/// Median, least, most.
#[derive(Clone, Copy)]
struct Spread(f64, f64, f64);

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Spread> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        Some(Spread(*values.get(values.len() / 2)?, *values.first()?, *values.last()?))
    }

    fn show(self, digits: usize) -> String {
        let Spread(median, least, most) = self;
        format!("{median:.digits$} ({least:.digits$}–{most:.digits$})")
    }
}

impl Rows {
    /// None yet.
    pub fn new(shape: Shape) -> Rows {
        Rows { shape, runs: Vec::new() }
    }

    /// One more run.
    pub fn add(&mut self, kind: Kind, run: Run) {
        self.runs.push((kind, run));
    }

    fn figures(&self, kind: Kind) -> Option<Figures> {
        let of = |value: fn(&Run) -> f64| {
            Spread::of(self.runs.iter().filter(|(which, _)| *which == kind).map(|(_, run)| value(run)))
        };
        Some(Figures {
            relayed: of(|run| run.relayed)?,
            accepted: of(|run| run.accepted)?,
            cpu: of(|run| run.cpu)?,
            p50: of(|run| run.p50.as_secs_f64() * 1e3)?,
            p99: of(|run| run.p99.as_secs_f64() * 1e3)?,
        })
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| {} | relayed, messages/s | accepted, messages/s | CPU s per 10,000 | `250` after, ms | 99 % within, ms |",
            self.shape
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for kind in ALL {
            let Some(row) = self.figures(kind) else { continue };
            let Figures { relayed, accepted, cpu, p50, p99 } = row;
            let (relayed, accepted, cpu) = (relayed.show(0), accepted.show(0), cpu.show(2));
            writeln!(f, "| {kind} | {relayed} | {accepted} | {cpu} | {} | {} |", p50.show(1), p99.show(1))?;
        }
        let (Some(ours), Some(postfix), Some(ceiling)) =
            (self.figures(Kind::Nexthop), self.figures(Kind::Postfix), self.figures(Kind::Ceiling))
        else {
            return Ok(());
        };
        writeln!(
            f,
            "| ratios | {:.1} × Postfix, {:.0} % of the ceiling | {:.1} × Postfix | {:.1} × Postfix's messages per CPU second | | |",
            ours.relayed.0 / postfix.relayed.0,
            100.0 * ours.relayed.0 / ceiling.relayed.0,
            ours.accepted.0 / postfix.accepted.0,
            postfix.cpu.0 / ours.cpu.0,
        )
    }
}

/// What the machine was doing meanwhile.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} processors, load {} at the start", load_average())
}
