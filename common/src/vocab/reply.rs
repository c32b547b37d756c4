//! An SMTP answer: code, enhanced code, text (RFC 5321 §4.2, RFC 3463).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Octets of reply text that are kept; a peer may send more, it is cut here.
pub const REPLY_TEXT_BYTES_MAX: usize = 16 * 1024;

/// A three-digit reply code, 200–599.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplyCode(pub u16);

impl ReplyCode {
    /// 2xx.
    pub fn is_positive(self) -> bool {
        self.0 / 100 == 2
    }
    /// 3xx: go on with the body.
    pub fn is_intermediate(self) -> bool {
        self.0 / 100 == 3
    }
    /// 4xx: try again later.
    pub fn is_transient(self) -> bool {
        self.0 / 100 == 4
    }
    /// 5xx: do not try again.
    pub fn is_permanent(self) -> bool {
        self.0 / 100 == 5
    }
}

impl fmt::Display for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// RFC 3463 `class.subject.detail`, e.g. `4.7.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EnhancedCode {
    /// 2, 4 or 5.
    pub class: u8,
    /// Up to three digits.
    pub subject: u16,
    /// Up to three digits.
    pub detail: u16,
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl FromStr for EnhancedCode {
    type Err = ();
    fn from_str(text: &str) -> Result<EnhancedCode, ()> {
        let mut parts = text.split('.');
        let mut number = || -> Option<u16> {
            let part = parts.next()?;
            let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        };
        let code = (|| Some((number()?, number()?, number()?)))().ok_or(())?;
        if parts.next().is_some() || !matches!(code.0, 2 | 4 | 5) {
            return Err(());
        }
        Ok(EnhancedCode { class: code.0 as u8, subject: code.1, detail: code.2 })
    }
}

/// What a peer answered, as it came; hostile text. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The three digits.
    pub code: ReplyCode,
    /// The enhanced code at the head of the text, when it is there and of the same class.
    pub enhanced: Option<EnhancedCode>,
    /// The text without codes, lines joined by `\n`, at most 16 KiB. Invalid UTF-8 was replaced.
    pub text: Arc<str>,
}

impl Reply {
    /// From the code and the lines behind it; finds the enhanced code in the first line
    /// and drops its repetition from the others.
    pub fn new(code: ReplyCode, lines: &str) -> Reply {
        let first = lines.split([' ', '\n']).next().unwrap_or("");
        let enhanced: Option<EnhancedCode> =
            first.parse().ok().filter(|found: &EnhancedCode| u16::from(found.class) == code.0 / 100);
        let Some(_) = enhanced else {
            return Reply { code, enhanced: None, text: lines.into() };
        };
        let rest: Vec<&str> = lines
            .split('\n')
            .map(|line| line.strip_prefix(first).map_or(line, |rest| rest.strip_prefix(' ').unwrap_or(rest)))
            .collect();
        Reply { code, enhanced, text: rest.join("\n").into() }
    }
}

impl fmt::Display for Reply {
    /// One line: `451 4.7.1 Come back later`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        let text = self.text.replace('\n', " ");
        if text.is_empty() { Ok(()) } else { write!(f, " {text}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enhanced_code_is_taken_from_the_text_and_not_left_in_it() {
        let reply = Reply::new(ReplyCode(451), "4.7.1 Greylisted\n4.7.1 come back later");
        assert_eq!(reply.enhanced, Some(EnhancedCode { class: 4, subject: 7, detail: 1 }));
        assert_eq!(&*reply.text, "Greylisted\ncome back later");
        assert_eq!(reply.to_string(), "451 4.7.1 Greylisted come back later");
    }

    #[test]
    fn an_enhanced_code_that_contradicts_the_reply_is_only_text() {
        let reply = Reply::new(ReplyCode(250), "5.1.1 ok");
        assert_eq!(reply.enhanced, None);
        assert_eq!(reply.to_string(), "250 5.1.1 ok");
    }

    #[test]
    fn what_only_looks_like_an_enhanced_code_is_none() {
        for text in ["", "4.7", "4.7.1.1", "3.1.1", "4.7.1000", "4..1", "+4.7.1"] {
            assert!(text.parse::<EnhancedCode>().is_err(), "{text}");
        }
    }
}
