//! What `hoststatus` prints of a host before and behind our own words: whom it is about, counters and gauges, in the
//! ancestor's layout. The page copies these; the verb has more.

use super::column::{left, right, thousands};
use crate::vocab::CauseCounts;
use crate::wire::{Figure, HostDetail, HostRow};

/// Where the values of the first block begin, and those of the last facts.
const VALUE: usize = 23;
/// The last column of a counter or gauge.
const NUMBER: usize = 37;

/// Whom it is about, as of when, and the ancestor's word for how it is.
pub fn head(detail: &HostDetail) -> [String; 3] {
    [
        fact("Host mail status for:", &format!("'{}'", detail.row.host)),
        fact("Status as of:", &detail.as_of.status_line()),
        fact("Host up/down:", &detail.row.status.to_string()),
    ]
}

/// Counters and gauges, a line each, with a blank line before each block.
pub fn figures(row: &HostRow) -> Vec<String> {
    let mut lines = Vec::new();
    counters(&mut lines, row);
    gauges(&mut lines, row);
    lines
}

/// Head and figures as one text.
pub fn text(detail: &HostDetail) -> String {
    let lines: Vec<String> = head(detail).into_iter().chain(figures(&detail.row)).collect();
    lines.join("\n") + "\n"
}

/// A label and its value.
pub fn fact(label: &str, value: &str) -> String {
    let mut line = label.to_owned();
    left(&mut line, VALUE);
    line.push_str(value);
    line
}

/// An indented label and a number.
fn number(lines: &mut Vec<String>, label: &str, value: u64) {
    let mut line = label.to_owned();
    right(&mut line, NUMBER, &thousands(value));
    lines.push(line);
}

fn write(lines: &mut Vec<String>, figures: &[Figure]) {
    for Figure { depth, name, value } in figures {
        number(lines, &format!("    {}{name}", "  ".repeat(*depth)), *value);
    }
}

fn counters(lines: &mut Vec<String>, row: &HostRow) {
    lines.extend(["", "Counters:", "  Queue"].map(String::from));
    let all = row.counter_figures();
    write(lines, &all[..1]);
    lines.push("  Completion".into());
    write(lines, &all[1..]);
}

fn gauges(lines: &mut Vec<String>, row: &HostRow) {
    lines.extend(["", "Gauges:", "  Queue"].map(String::from));
    let all = row.gauge_figures();
    write(lines, &all[..3]);
    lines.push("  Connections".into());
    write(lines, &all[3..]);
    for (label, count) in waiting(&row.wait_causes) {
        number(lines, &label, count);
    }
}

/// Why recipients wait, by the words of the API: ours, below the ancestor's gauges. Empty while nothing waits.
pub fn waiting(causes: &CauseCounts) -> Vec<(String, u64)> {
    let all = causes.total();
    let heading = (all > 0).then(|| ("    Waiting Recipients".to_owned(), all));
    heading
        .into_iter()
        .chain(causes.iter().map(|(cause, count)| (format!("      {}", cause.as_str()), count)))
        .collect()
}
