//! A moment, in milliseconds since 1970 UTC. Arithmetic and RFC 3339 text; there is no `now()` here:
//! time walks in through the door.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z. Serialised as RFC 3339 text, e.g. `2026-11-24T04:08:38.120Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

/// Why a text is no RFC 3339 time in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseTimestampError;

impl fmt::Display for ParseTimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a time such as 2026-11-24T04:08:38Z")
    }
}
impl std::error::Error for ParseTimestampError {}

const DAY_MS: u64 = 86_400_000;

impl Timestamp {
    /// Milliseconds since 1970.
    pub fn millis(self) -> u64 {
        self.0
    }

    /// The span since `earlier`; zero if that is not earlier (clocks may step back, spans never do).
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Year, month (1–12), day (1–31), hour, minute, second, millisecond, in UTC.
    /// The day count is Howard Hinnant's `civil_from_days`, for years from 1970.
    pub fn civil(self) -> (u64, u64, u64, u64, u64, u64, u64) {
        let (days, rest) = (self.0 / DAY_MS, self.0 % DAY_MS);
        let shifted = days + 719_468; // days since 0000-03-01
        let era = shifted / 146_097;
        let day_of_era = shifted % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        (year, month, day, rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60, rest % 1_000)
    }

    /// Day of the week, 0 for Sunday.
    pub fn weekday(self) -> usize {
        ((self.0 / DAY_MS + 4) % 7) as usize
    }

    /// RFC 5322 §3.3, in UTC: `Tue, 24 Nov 2026 04:08:38 +0000`.
    pub fn rfc5322(self) -> String {
        let (year, month, day, hour, minute, second, _) = self.civil();
        let (weekday, month) = (WEEKDAYS[self.weekday()], MONTHS[month as usize - 1]);
        format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} +0000")
    }

    /// As the ancestor's status pages print it, in UTC: `Tue Nov 24 04:08:38 2026 UTC`.
    pub fn status_line(self) -> String {
        let (year, month, day, hour, minute, second, _) = self.civil();
        let (weekday, month) = (WEEKDAYS[self.weekday()], MONTHS[month as usize - 1]);
        format!("{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} {year} UTC")
    }
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, hour, minute, second, ms) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction]Z` (RFC 3339, UTC only, years 1970–9999).
    fn from_str(text: &str) -> Result<Timestamp, ParseTimestampError> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Option<u64> {
            let part = bytes.get(from..to)?;
            part.iter().try_fold(0u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))
        };
        let read = || -> Option<Timestamp> {
            let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
            if separators.iter().any(|&(at, byte)| bytes.get(at) != Some(&byte)) {
                return None;
            }
            let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
            let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
            let in_range = year >= 1970
                && (1..=12).contains(&month)
                && (1..=31).contains(&day)
                && hour < 24
                && minute < 60
                && second < 60;
            let fraction = match bytes.get(19)? {
                b'Z' if bytes.len() == 20 => 0,
                b'.' if bytes.len() > 21 && bytes.last() == Some(&b'Z') => {
                    let digits = bytes.len() - 21;
                    let kept = number(20, 20 + digits.min(3))?;
                    number(20, bytes.len() - 1).or((digits > 18).then_some(0))?;
                    kept * [100, 10, 1][digits.min(3) - 1]
                }
                _ => return None,
            };
            let time = ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
            in_range.then_some(Timestamp(time * 1_000 + fraction))
        };
        read().ok_or(ParseTimestampError)
    }
}

/// Howard Hinnant's `days_from_civil`, for years from 1970.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let era = year / 400;
    let year_of_era = year % 400;
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day.saturating_sub(1);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).saturating_sub(719_468)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments_read_as_known_text() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_493_318_120, "2026-11-24T04:08:38.120Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(ms).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp(ms)));
        }
        assert_eq!(Timestamp(1_795_493_318_120).rfc5322(), "Tue, 24 Nov 2026 04:08:38 +0000");
        assert_eq!(Timestamp(1_795_493_318_120).status_line(), "Tue Nov 24 04:08:38 2026 UTC");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026",
            "2026-11-24 04:08:38Z",
            "2026-13-24T04:08:38Z",
            "2026-11-24T04:08:38",
            "2026-11-24T04:08:38.Z",
            "2026-11-24T04:08:38.xZ",
            "１９７０-01-01T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(ParseTimestampError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_number_agree(ms in 0u64..253_402_300_799_999) {
            prop_assert_eq!(Timestamp(ms).to_string().parse(), Ok(Timestamp(ms)));
        }
    }
}
