//! How far the run is, and the table at its end.

use crate::elapsed;
use std::time::Duration;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Passed,
    Skipped,
    Failed,
}

impl Ending {
    /// As printed.
    pub fn word(self) -> &'static str {
        match self {
            Ending::Passed => "passed",
            Ending::Skipped => "skipped",
            Ending::Failed => "FAILED",
        }
    }
}

/// The steps that have ended, of so many.
pub struct Report {
    of: usize,
    ended: Vec<(&'static str, Ending, Duration)>,
}

impl Report {
    /// Nothing has ended yet.
    pub fn new(of: usize) -> Report {
        let ended = Vec::with_capacity(of);
        Report { of, ended }
    }

    /// The next step's number: `3/13`.
    pub fn place_of_next(&self) -> String {
        format!("{}/{}", self.ended.len() + 1, self.of)
    }

    /// Notes that a step has ended.
    pub fn note(&mut self, name: &'static str, ending: Ending, took: Duration) {
        self.ended.push((name, ending, took));
    }

    /// One line for each step that has ended, then the sum; a step that was not reached is not listed.
    pub fn table(&self) -> String {
        let line = |name: &str, word: &str, time: &str| format!("{name:<14}{word:<9}{time:>11}\n");
        let mut text = line("step", "result", "time");
        for (name, ending, took) in &self.ended {
            text.push_str(&line(name, ending.word(), &elapsed::words(*took)));
        }
        let sum = self.ended.iter().map(|(_, _, took)| took).sum();
        let count = format!("{} of {}", self.ended.len(), self.of);
        text.push_str(&line("in all", &count, &elapsed::words(sum)));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_every_ended_step_and_the_sum() {
        let mut report = Report::new(3);
        assert_eq!(report.place_of_next(), "1/3");
        report.note("format", Ending::Passed, Duration::from_millis(500));
        report.note("wire", Ending::Failed, Duration::from_secs(61));
        assert_eq!(report.place_of_next(), "3/3");
        let table = report.table();
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0], "step          result          time");
        assert_eq!(lines[1], "format        passed         0.5 s");
        assert_eq!(lines[2], "wire          FAILED    1 min 01 s");
        assert_eq!(lines[3], "in all        2 of 3    1 min 01 s");
    }
}
