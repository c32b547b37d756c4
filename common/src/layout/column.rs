//! Numbers, spans and columns as the ancestor prints them.

use std::time::Duration;

/// A number with commas between thousands.
pub use crate::words::grouped as thousands;

/// Appends `cell` so that it ends at `end` (columns from 1); at least one space stands before it. What is too wide
/// moves its own line only, and the next cell finds its place again.
pub fn right(line: &mut String, end: usize, cell: &str) {
    let width = line.chars().count() + cell.chars().count();
    let gap = end.saturating_sub(width).max(usize::from(!line.is_empty()));
    line.extend(std::iter::repeat_n(' ', gap));
    line.push_str(cell);
}

/// Appends spaces until the next cell begins at `start` (columns from 1); at least one.
pub fn left(line: &mut String, start: usize) {
    let gap = (start - 1).saturating_sub(line.chars().count()).max(1);
    line.extend(std::iter::repeat_n(' ', gap));
}

const UNITS: [(u64, &str, char); 5] =
    [(604_800, "week", 'w'), (86_400, "day", 'd'), (3_600, "hour", 'h'), (60, "min", 'm'), (1, "sec", 's')];

/// An age in words: `4 weeks 46 mins 53 secs`.
pub fn age(span: Duration) -> String {
    let mut rest = span.as_secs();
    let mut words = Vec::new();
    for (size, name, _) in UNITS {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            words.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
        }
    }
    if words.is_empty() { "0 secs".into() } else { words.join(" ") }
}

/// A span in letters, days at most: `17d 20h 37m 45s`. `between` stands between the units.
pub fn letters(span: Duration, between: &str) -> String {
    let mut rest = span.as_secs();
    let mut words = Vec::new();
    for (size, _, letter) in &UNITS[1..] {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            words.push(format!("{count}{letter}"));
        }
    }
    if words.is_empty() { "0s".into() } else { words.join(between) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_parted_by_commas() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (62_049_822, "62,049,822")] {
            assert_eq!(thousands(number), text);
        }
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn a_cell_too_wide_moves_itself_and_not_the_next() {
        let mut line = String::from("a-long-name");
        right(&mut line, 5, "1");
        right(&mut line, 20, "2");
        assert_eq!(line, "a-long-name 1      2");
    }

    #[test]
    fn spans_read_as_the_ancestor_writes_them() {
        assert_eq!(age(Duration::from_secs(4 * 604_800 + 46 * 60 + 53)), "4 weeks 46 mins 53 secs");
        assert_eq!(age(Duration::from_secs(90_061)), "1 day 1 hour 1 min 1 sec");
        assert_eq!(age(Duration::ZERO), "0 secs");
        assert_eq!(letters(Duration::from_secs(17 * 86_400 + 20 * 3_600 + 37 * 60 + 45), " "), "17d 20h 37m 45s");
        assert_eq!(letters(Duration::from_secs(52 * 60 + 24), ""), "52m24s");
        assert_eq!(letters(Duration::ZERO, ""), "0s");
    }
}
