//! From a text to a filter: cut into terms, then read each.
//!
//! Full-width signs are taken for their ASCII forms outside of quotes: they come from Japanese keyboards.

use super::{
    Comparison, FILTER_CHARS_MAX, FILTER_TERMS_MAX, Filter, FilterError, FilterProblem, HostPattern, Standing, Term,
    Test,
};
use crate::vocab::{MessageId, WaitCause};
use crate::wire::RecipientState;
use std::str::FromStr;
use std::time::Duration;

/// Every field, with whether it is compared.
pub(super) const FIELDS: [(&str, bool); 13] = [
    ("host", false),
    ("domain", false),
    ("status", false),
    ("active", true),
    ("from", false),
    ("to", false),
    ("mid", false),
    ("cause", false),
    ("state", false),
    ("reply", false),
    ("age", true),
    ("attempts", true),
    ("size", true),
];

/// Those that a list of hosts understands.
pub(super) const HOST_FIELDS: [&str; 5] = ["host", "domain", "status", "active", "cause"];

/// The text of a term without its quotes, and where its first quoted part began: no field reaches behind that.
#[derive(Default)]
struct Piece {
    place: usize,
    text: String,
    unquoted_bytes: Option<usize>,
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Filter, FilterError> {
        read(text, Reader::default())
    }
}

/// How a text is read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reader {
    /// For a list of hosts: its fields only, and a bare word is part of a name.
    pub(super) hosts: bool,
    /// Somebody is at the keys: the beginning of a value stands for all values that begin so, and a term that has no value
    /// yet is passed over.
    pub(super) typing: bool,
    /// For somebody who sees addresses masked: no term may tell what is behind the mask.
    pub(super) masked: bool,
}

pub(super) fn read(text: &str, reader: Reader) -> Result<Filter, FilterError> {
    let error = |problem| FilterError { place: 1, problem };
    if text.chars().count() > FILTER_CHARS_MAX {
        return Err(error(FilterProblem::TooLong));
    }
    let pieces = cut(text, reader.typing)?;
    if pieces.len() > FILTER_TERMS_MAX {
        return Err(error(FilterProblem::TooManyTerms));
    }
    let mut terms = Vec::with_capacity(pieces.len());
    for piece in &pieces {
        match reader.term(piece) {
            Ok(term) if reader.masked && term.test.looks_behind_the_mask() => {
                return Err(FilterError { place: piece.place, problem: FilterProblem::Masked });
            }
            Ok(term) => terms.push(term),
            Err(FilterProblem::NoValue(_)) if reader.typing => {}
            Err(problem) => return Err(FilterError { place: piece.place, problem }),
        }
    }
    Ok(Filter { terms })
}

fn cut(text: &str, typing: bool) -> Result<Vec<Piece>, FilterError> {
    let mut pieces = Vec::new();
    let mut piece: Option<Piece> = None;
    let mut quoted = false;
    for (at, character) in text.chars().enumerate() {
        let character = if quoted && character != '"' { character } else { half_width(character) };
        if !quoted && character.is_whitespace() {
            pieces.extend(piece.take());
            continue;
        }
        let piece = piece.get_or_insert_with(|| Piece { place: at + 1, ..Piece::default() });
        if character == '"' {
            quoted = !quoted;
            piece.unquoted_bytes.get_or_insert(piece.text.len());
        } else {
            piece.text.push(character);
        }
    }
    if let Some(Piece { place, .. }) = piece
        && quoted
        && !typing
    {
        return Err(FilterError { place, problem: FilterProblem::OpenQuote });
    }
    pieces.extend(piece);
    Ok(pieces)
}

/// ASCII for a full-width form (U+FF01 to U+FF5E).
fn half_width(character: char) -> char {
    match u32::from(character) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(character),
        _ => character,
    }
}

impl Reader {
    fn term(self, piece: &Piece) -> Result<Term, FilterProblem> {
        let open = piece.unquoted_bytes.unwrap_or(piece.text.len());
        let turned = open > 0 && piece.text.starts_with('-');
        let start = usize::from(turned);
        let Some(sign) = piece.text[start..open].find([':', '<', '>', '=']).map(|at| at + start) else {
            return self.word(piece.text[start..].to_lowercase(), turned);
        };
        let name = piece.text[start..sign].to_lowercase();
        let Some((field, compared)) = FIELDS.into_iter().find(|(field, _)| *field == name) else {
            return Err(FilterProblem::UnknownField(piece.text[start..sign].to_owned()));
        };
        if self.hosts && !HOST_FIELDS.contains(&field) {
            return Err(FilterProblem::NotOfHosts(field));
        }
        let (comparison, value) = comparison(&piece.text[sign..]);
        if comparison.is_some() != compared {
            return Err(FilterProblem::WrongSign(field));
        }
        // `from:""` asks for the null sender.
        if value.is_empty() && !(field == "from" && piece.unquoted_bytes.is_some()) {
            return Err(FilterProblem::NoValue(field));
        }
        Ok(Term { turned, test: self.test(field, comparison.unwrap_or(Comparison::Equal), value)? })
    }

    fn word(self, word: String, turned: bool) -> Result<Term, FilterProblem> {
        match word.as_str() {
            "" => Err(FilterProblem::NoValue("-")),
            _ if self.hosts => Ok(Term { turned, test: Test::Domain(word) }),
            _ => Ok(Term { turned, test: Test::Word(word) }),
        }
    }

    fn test(self, field: &str, comparison: Comparison, value: &str) -> Result<Test, FilterProblem> {
        let word = value.to_lowercase();
        Ok(match field {
            "host" => Test::Host(pattern(&word)?),
            "domain" => Test::Domain(word),
            "status" => {
                let known = Standing::ALL.map(Standing::as_str);
                Test::Status(self.meant(&known, &word).ok_or_else(|| FilterProblem::UnknownStatus(value.to_owned()))?)
            }
            "active" => Test::Active(comparison, number(value)?),
            "from" => Test::From(word),
            "to" => Test::To(word),
            "mid" => Test::Mid(MessageId(number(value)?)),
            "cause" => {
                let known = WaitCause::ALL.map(WaitCause::as_str);
                Test::Cause(self.meant(&known, &word).ok_or_else(|| FilterProblem::UnknownCause(value.to_owned()))?)
            }
            "state" => Test::State(match word.as_str() {
                "queued" => RecipientState::Queued,
                "sending" => RecipientState::Sending,
                "held" => RecipientState::Held,
                _ => return Err(FilterProblem::UnknownState(value.to_owned())),
            }),
            "reply" => Test::Reply(word),
            "age" => Test::Age(comparison, span(value)?),
            "attempts" => Test::Attempts(comparison, number(value)?),
            _ => Test::Size(comparison, size(value)?),
        })
    }

    /// Which of the known words is meant, as bits in their order; `None` if none is.
    fn meant(self, known: &[&str], word: &str) -> Option<u16> {
        let is_meant = |known: &str| known == word || (self.typing && known.starts_with(word));
        let bits =
            known.iter().enumerate().filter(|(_, known)| is_meant(known)).fold(0, |bits, (at, _)| bits | 1 << at);
        (bits != 0).then_some(bits)
    }
}

fn comparison(rest: &str) -> (Option<Comparison>, &str) {
    for (sign, comparison) in [
        (":", None),
        ("<=", Some(Comparison::AtMost)),
        (">=", Some(Comparison::AtLeast)),
        ("<", Some(Comparison::Less)),
        (">", Some(Comparison::More)),
        ("=", Some(Comparison::Equal)),
    ] {
        if let Some(value) = rest.strip_prefix(sign) {
            return (comparison, value);
        }
    }
    (None, rest)
}

fn pattern(word: &str) -> Result<HostPattern, FilterProblem> {
    match word.strip_prefix('*') {
        Some(end) if end.len() > 1 && end.starts_with('.') && !end.contains('*') => {
            Ok(HostPattern::EndsWith(end.to_owned()))
        }
        None if !word.contains('*') => Ok(HostPattern::Is(word.strip_suffix('.').unwrap_or(word).to_owned())),
        _ => Err(FilterProblem::Pattern(word.to_owned())),
    }
}

fn number(value: &str) -> Result<u64, FilterProblem> {
    let digits = value.bytes().all(|octet| octet.is_ascii_digit());
    value.parse().ok().filter(|_| digits).ok_or_else(|| FilterProblem::NoNumber(value.to_owned()))
}

/// A number and the power of its last letter, if it is one of these.
fn scaled(value: &str, scales: &[(char, u64)]) -> Option<u64> {
    let scale = |(letter, factor): &(char, u64)| Some((value.strip_suffix(*letter)?, *factor));
    let (digits, factor) = scales.iter().find_map(scale)?;
    number(digits).ok()?.checked_mul(factor)
}

fn span(value: &str) -> Result<Duration, FilterProblem> {
    let seconds = scaled(value, &[('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)]);
    seconds.map(Duration::from_secs).ok_or_else(|| FilterProblem::NoSpan(value.to_owned()))
}

fn size(value: &str) -> Result<u64, FilterProblem> {
    match scaled(value, &[('k', 1 << 10), ('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)]) {
        Some(bytes) => Ok(bytes),
        None => number(value),
    }
}
