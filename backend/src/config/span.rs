//! Spans of time as people write them: `30s`, `5m`, `4h`, `5d`, `1h30m`.

use std::time::Duration;

/// The units, largest first, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads whole numbers with units, largest unit first, each at most once. `None` for anything else.
pub fn parse_span(text: &str) -> Option<Duration> {
    let mut seconds: u64 = 0;
    let mut rest = text;
    let mut smallest = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let (_, size) = UNITS.into_iter().find(|(letter, _)| *letter == unit)?;
        if size >= smallest {
            return None;
        }
        smallest = size;
        seconds = seconds.checked_add(count.checked_mul(size)?)?;
        rest = &rest[digits + 1..];
    }
    (!text.is_empty()).then_some(Duration::from_secs(seconds))
}

/// Writes a span as [`parse_span`] reads it, in whole seconds.
pub fn write_span(span: Duration) -> String {
    let mut rest = span.as_secs();
    if rest == 0 {
        return "0s".into();
    }
    let mut text = String::new();
    for (letter, size) in UNITS {
        if rest >= size {
            text.push_str(&format!("{}{letter}", rest / size));
            rest %= size;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_alike() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("4h", 14_400), ("5d", 432_000), ("1h30m", 5_400), ("0s", 0)]
        {
            assert_eq!(parse_span(text), Some(Duration::from_secs(seconds)), "{text}");
            assert_eq!(write_span(Duration::from_secs(seconds)), text);
        }
        assert_eq!(parse_span("90m"), Some(Duration::from_secs(5_400)));
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in [
            "",
            "5",
            "m",
            "5 m",
            "5M",
            "-5m",
            "5m5m",
            "5s1h",
            "1.5h",
            "5w",
            "5分",
            "99999999999999999999d",
            "9999999999999999d",
        ] {
            assert_eq!(parse_span(text), None, "{text}");
        }
    }
}
