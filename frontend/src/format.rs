//! Values as text: countdowns, remote text, headers. Pure; the same on every machine.
//!
//! Words come from `common::words`; here is only what is no language.

use common::words::{Column, Language, Phrase};
use std::time::Duration;

/// `04:12`, or `1:04:12` from one hour on. A begun second counts: `00:00` is never shown for what is still to come.
pub fn countdown(left: Duration) -> String {
    let seconds = left.as_secs() + u64::from(left.subsec_millis() > 0);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours == 0 { format!("{minutes:02}:{seconds:02}") } else { format!("{hours}:{minutes:02}:{seconds:02}") }
}

/// Remote text for the screen: control characters become pictures (`␛`), those that turn the direction of
/// writing become `\u{fffd}`, and what is longer than `max` characters is cut with `…`.
pub fn visible(text: &str, max: usize) -> String {
    let mut shown: String = text.chars().take(max).map(visible_character).collect();
    if text.chars().nth(max).is_some() {
        shown.push('…');
    }
    shown
}

fn visible_character(character: char) -> char {
    match character {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + character as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' => '\u{fffd}',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        other => other,
    }
}

/// Full-width letters, digits and signs as a Japanese keyboard gives them, folded to ASCII.
pub fn fold_width(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0).unwrap_or(character),
            '\u{3000}' => ' ',
            '。' | '｡' => '.',
            other => other,
        })
        .collect()
}

/// The head of a column on at most two lines, so that numbers stand narrow.
pub fn header_lines(language: Language, column: Column) -> (String, Option<String>) {
    let text = language.say(&Phrase::Column(column));
    let (first, second) = match (language, column) {
        (_, Column::DestinationDomain) => (text.as_str(), None),
        (Language::En, _) => match text.split_once(' ') {
            Some((first, second)) => (first, Some(second)),
            None => (text.as_str(), None),
        },
        (Language::Ja, _) => JAPANESE_BREAKS
            .iter()
            .find_map(|first| Some((*first, Some(text.strip_prefix(first)?))))
            .unwrap_or((text.as_str(), None)),
    };
    (first.to_owned(), second.map(str::to_owned))
}

/// Where Japanese heads may be broken without tearing a word.
const JAPANESE_BREAKS: [&str; 7] = ["最新の", "アクティブな", "次回", "送信", "配信済み", "ソフト", "ハード"];

/// Splits a sentence at the place where a name goes (`common::words::SLOT`).
pub fn around_slot(sentence: &str) -> (String, Option<String>) {
    match sentence.split_once(common::words::SLOT) {
        Some((before, behind)) => (before.to_owned(), Some(behind.to_owned())),
        None => (sentence.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_shows_hours_only_when_there_are_any() {
        for (seconds, text) in
            [(0, "00:00"), (252, "04:12"), (3_599, "59:59"), (3_852, "1:04:12"), (90_000, "25:00:00")]
        {
            assert_eq!(countdown(Duration::from_secs(seconds)), text);
        }
        assert_eq!(countdown(Duration::from_millis(1)), "00:01");
    }

    #[test]
    fn remote_text_cannot_hide_turn_or_overflow() {
        assert_eq!(visible("220 a\u{1b}[31m\r\n", 99), "220 a␛[31m␍␊");
        assert_eq!(visible("a\u{202e}b\u{2066}c\u{85}", 99), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(visible("abcdef", 3), "abc…");
        assert_eq!(visible("例え。", 3), "例え。");
    }

    #[test]
    fn full_width_input_is_folded() {
        assert_eq!(fold_width("ｓｔａｔｕｓ：ｄｏｗｎ　ｅｘａｍｐｌｅ。ｃｏｍ"), "status:down example.com");
    }

    #[test]
    fn heads_break_into_the_two_lines_that_are_meant() {
        let lines = |language, column| {
            let (first, second) = header_lines(language, column);
            format!("{first}|{}", second.unwrap_or_default())
        };
        assert_eq!(lines(Language::En, Column::DestinationDomain), "Destination Domain|");
        assert_eq!(lines(Language::En, Column::LatestHostStatus), "Latest|Host Status");
        assert_eq!(lines(Language::En, Column::Why), "Why|");
        assert_eq!(lines(Language::Ja, Column::LatestHostStatus), "最新の|ホストステータス");
        assert_eq!(lines(Language::Ja, Column::SoftBounced), "ソフト|バウンス");
        assert_eq!(lines(Language::Ja, Column::DestinationDomain), "宛先ドメイン|");
    }

    #[test]
    fn a_sentence_opens_where_the_name_goes() {
        assert_eq!(around_slot("for \u{fffc}, which"), ("for ".into(), Some(", which".into())));
        assert_eq!(around_slot("All mail is moving."), ("All mail is moving.".into(), None));
    }
}
