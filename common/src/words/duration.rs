//! Spans of time in words: the two largest units, rounded down, never negative.

use crate::words::Language;
use std::time::Duration;

#[derive(Clone, Copy)]
enum Unit {
    Day,
    Hour,
    Minute,
    Second,
}

/// The two largest units that count; seconds only below one minute.
fn parts(span: Duration) -> [(u64, Unit); 2] {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    if days > 0 {
        [(days, Unit::Day), (hours % 24, Unit::Hour)]
    } else if hours > 0 {
        [(hours, Unit::Hour), (minutes % 60, Unit::Minute)]
    } else if minutes > 0 {
        [(minutes, Unit::Minute), (0, Unit::Second)]
    } else {
        [(seconds, Unit::Second), (0, Unit::Second)]
    }
}

fn joined(span: Duration, gap: &str, word: impl Fn(u64, Unit) -> String) -> String {
    let [large, small] = parts(span);
    let first = word(large.0, large.1);
    if small.0 == 0 { first } else { format!("{first}{gap}{}", word(small.0, small.1)) }
}

/// `2 h 14 min`, 「2時間14分」: for tables.
pub(super) fn short(language: Language, span: Duration) -> String {
    match language {
        Language::En => joined(span, " ", |count, unit| format!("{count} {}", unit_en_short(unit))),
        Language::Ja => joined(span, "", |count, unit| format!("{count}{}", unit_ja(unit))),
    }
}

/// `2 hours 14 minutes`, 「2時間14分」: for sentences.
pub(super) fn long(language: Language, span: Duration) -> String {
    match language {
        Language::En => {
            joined(span, " ", |count, unit| format!("{count} {}{}", unit_en(unit), if count == 1 { "" } else { "s" }))
        }
        Language::Ja => joined(span, "", |count, unit| format!("{count}{}", unit_ja(unit))),
    }
}

fn unit_en_short(unit: Unit) -> &'static str {
    match unit {
        Unit::Day => "d",
        Unit::Hour => "h",
        Unit::Minute => "min",
        Unit::Second => "s",
    }
}

fn unit_en(unit: Unit) -> &'static str {
    match unit {
        Unit::Day => "day",
        Unit::Hour => "hour",
        Unit::Minute => "minute",
        Unit::Second => "second",
    }
}

fn unit_ja(unit: Unit) -> &'static str {
    match unit {
        Unit::Day => "日",
        Unit::Hour => "時間",
        Unit::Minute => "分",
        Unit::Second => "秒",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_names_its_two_largest_units() {
        for (seconds, en, long_en, ja) in [
            (0, "0 s", "0 seconds", "0秒"),
            (1, "1 s", "1 second", "1秒"),
            (119, "1 min", "1 minute", "1分"),
            (47 * 60, "47 min", "47 minutes", "47分"),
            (7_200, "2 h", "2 hours", "2時間"),
            (8_040, "2 h 14 min", "2 hours 14 minutes", "2時間14分"),
            (90_060, "1 d 1 h", "1 day 1 hour", "1日1時間"),
        ] {
            let span = Duration::from_secs(seconds);
            assert_eq!(short(Language::En, span), en);
            assert_eq!(long(Language::En, span), long_en);
            assert_eq!(short(Language::Ja, span), ja);
            assert_eq!(long(Language::Ja, span), ja);
        }
    }
}
