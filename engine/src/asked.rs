//! They say when to come back: the delay that a temporary refusal states, read from its text.
//!
//! Greylisting says so in many ways: `try again in 300 seconds`, `Greylisted for 5 minutes`, `please come back in
//! 00:05:00`. Read is only what stands right behind words that ask for patience: `100 messages in 60 minutes` is no wish.
//! Promises: bounded work over hostile text; a number without a unit, or beyond [`ASKED_MAX`], says nothing.
//! Never: decides when a leg is due; `schedule` does.

use std::time::Duration;

/// Longer wishes are not followed: our longest step is as long, and a typing error must not hold mail for a week.
pub const ASKED_MAX: Duration = Duration::from_secs(4 * 3600);
/// Words of a reply that are looked at: whoever has a wish says it early.
const WORDS_MAX: usize = 200;
/// Digits of a number: a week has 604,800 seconds.
const DIGITS_MAX: usize = 6;

/// Words that ask for patience; a delay counts only behind one of them.
const PATIENCE: [&str; 11] = [
    "again",
    "back",
    "retry",
    "wait",
    "delay",
    "greylisted",
    "graylisted",
    "greylisting",
    "graylisting",
    "greylist",
    "reconnect",
];
/// What may stand between.
const BETWEEN: [&str; 18] = [
    "in",
    "after",
    "for",
    "at",
    "least",
    "about",
    "approximately",
    "another",
    "the",
    "next",
    "please",
    "wait",
    "is",
    "period",
    "of",
    "later",
    "and",
    "try",
];

/// The delay that a text states; `None` where it states none that we follow.
pub fn delay(text: &str) -> Option<Duration> {
    let words: Vec<String> = text.split_whitespace().take(WORDS_MAX).map(plain).collect();
    let asks = |word: &String| PATIENCE.contains(&word.as_str());
    let starts = words.iter().enumerate().filter(|(_, word)| asks(word)).map(|(at, _)| at + 1);
    let said = starts.filter_map(|at| {
        let rest = &words[at..];
        let skip = rest.iter().take_while(|word| BETWEEN.contains(&word.as_str())).count();
        span(&rest[skip..])
    });
    said.max().filter(|delay| !delay.is_zero() && *delay <= ASKED_MAX)
}

/// Without the marks around it, in small letters.
fn plain(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase()
}

/// `00:05:00`, `5 minutes`, `300s`, `4 min 3 secs` at the head of some words.
fn span(words: &[String]) -> Option<Duration> {
    let first = words.first()?;
    if first.contains(':') {
        return clock(first);
    }
    let (mut total, mut rest, mut found) = (Duration::ZERO, words, false);
    while let Some((part, used)) = part(rest) {
        (total, found) = (total + part, true);
        rest = &rest[used..];
        if rest.first().is_some_and(|word| word == "and") {
            rest = &rest[1..];
        }
    }
    found.then_some(total)
}

/// `5 minutes` or `5min`, and how many words that took.
fn part(words: &[String]) -> Option<(Duration, usize)> {
    let first = words.first()?;
    let digits = first.find(|c: char| !c.is_ascii_digit()).unwrap_or(first.len());
    let (number, unit) = first.split_at(digits);
    let (unit, used) = if unit.is_empty() { (words.get(1)?.as_str(), 2) } else { (unit, 1) };
    let seconds = match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
        _ => return None,
    };
    Some((Duration::from_secs(self::number(number)? * seconds), used))
}

/// `HH:MM:SS`, or `MM:SS`.
fn clock(word: &str) -> Option<Duration> {
    let parts: Vec<u64> = word.splitn(4, ':').map(number).collect::<Option<_>>()?;
    match parts[..] {
        [hours, minutes @ 0..60, seconds @ 0..60] => Some(Duration::from_secs(hours * 3600 + minutes * 60 + seconds)),
        [minutes, seconds @ 0..60] => Some(Duration::from_secs(minutes * 60 + seconds)),
        _ => None,
    }
}

fn number(digits: &str) -> Option<u64> {
    (1..=DIGITS_MAX).contains(&digits.len()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_of_replies_as_they_are_in_the_world() {
        for (text, seconds) in [
            // postgrey, of old and with %s in its text
            (
                "4.7.1 <a@b.test>: Recipient address rejected: Greylisted for 300 seconds (see http://x.test/h.html)",
                300,
            ),
            ("4.2.0 <a@b.test>: Recipient address rejected: Greylisted, try again in 281 seconds", 281),
            // sqlgrey
            ("4.7.1 <a@b.test>: Recipient address rejected: Greylisted for 5 minutes", 300),
            ("Greylisted for 1 minutes, see http://sqlgrey.test/", 60),
            // milter-greylist
            ("4.7.1 Greylisting in action, please come back in 00:05:00", 300),
            ("4.7.1 Greylisting in action, please come back in 01:00:00", 3600),
            // Exim's recipes, gld, OpenBSD's spamd neighbours
            ("greylisted - try again in 180 secs.", 180),
            ("Temporarily deferred, please retry after 10min", 600),
            ("4.7.1 Please try again later (wait at least 4 min 30 secs)", 270),
            ("4.7.1 Please wait 1 hour and 30 minutes, then retry", 5400),
            ("please try again in 299s", 299),
            ("Greylisted: retry in 05:00", 300),
            ("4.7.0 Greylisted for 00:05:00.", 300),
        ] {
            assert_eq!(delay(text), Some(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_states_no_delay_of_ours_is_not_read_as_one() {
        for text in [
            "4.2.0 <a@b.test>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/b.test.html",
            "4.7.1 Greylisting in action, please come back later",
            "4.7.1 Try again later", // rspamd
            "4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712004)", // Exchange Online
            "4.7.0 Temporary server error. Please try again later. PRX2",
            "4.3.2 System not accepting network messages",
            "4.7.0 Too many messages: 100 in 60 minutes",
            "4.7.28 Our system has detected 50 messages in the last 10 minutes",
            "try again in 5",
            "try again in 5 parsecs",
            "try again in 9999999999999999999999 seconds",
            "try again in 30 days",
            "try again in 5 hours",
            "try again in 0 seconds",
            "come back in 00:99:00",
            "come back in 1:2:3:4",
            "",
        ] {
            assert_eq!(delay(text), None, "{text}");
        }
        let long = "again ".repeat(10_000) + "in 5 minutes";
        assert_eq!(delay(&long), None);
    }
}
