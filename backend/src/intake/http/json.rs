//! A message as JSON: `{"from": "…", "to": ["…"], "raw": "…"}`, read strictly, and the message in it as it comes.
//!
//! Promises: an unknown or repeated field, a lone surrogate, a wrong type is refused with its place; nothing nests. Of the
//! message nothing is kept here: the content of `raw` is cut out and given on, all else is bounded
//! ([`JSON_REST_BYTES_MAX`]) and read once it is whole, with an empty string where `raw` stood. To take a string's content
//! out changes nothing about whether the rest is JSON. Never: guesses what was meant.

mod unescape;

use crate::intake::http::refusal;
use common::wire::{ApiError, NewMessage};
use unescape::{Fault, Unescape};

/// Octets of JSON that are read for one message: above it the message itself is to be sent.
pub const JSON_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Octets of JSON around the message: a thousand recipients of the greatest length have room.
pub const JSON_REST_BYTES_MAX: usize = 512 * 1024;

/// Where the reader is.
#[derive(Debug)]
enum At {
    /// Between strings.
    Outside,
    /// In a string that is no message, begun at this octet of the rest; the octet before was a `\`.
    Text { start: usize, escaped: bool },
    /// In the message.
    Raw(Unescape),
}

/// A JSON body on its way in.
#[derive(Debug)]
pub struct JsonBody {
    rest: Vec<u8>,
    limit: usize,
    seen: usize,
    at: At,
    depth: usize,
    /// In the outermost object, a name comes next.
    wants_name: bool,
    /// The last name there was `raw`.
    named_raw: bool,
}

impl JsonBody {
    /// An empty one of at most `limit` octets.
    pub fn new(limit: usize) -> JsonBody {
        let at = At::Outside;
        JsonBody { rest: Vec::new(), limit, seen: 0, at, depth: 0, wants_name: false, named_raw: false }
    }

    /// Octets of memory that it takes.
    pub(super) fn capacity(&self) -> usize {
        let raw = if let At::Raw(raw) = &self.at { raw.capacity() } else { 0 };
        self.rest.capacity() + raw
    }

    /// Takes what came next; what of it belongs to the message goes behind `message`.
    pub(super) fn feed(&mut self, chunk: &[u8], message: &mut Vec<u8>) -> Result<(), ApiError> {
        self.seen += chunk.len();
        if self.seen > self.limit {
            return Err(refusal::json_too_large(self.limit));
        }
        let mut left = chunk;
        while let Some((&octet, behind)) = left.split_first() {
            if let At::Raw(raw) = &mut self.at {
                let at = self.seen - left.len();
                let refuse = |fault: Fault| refusal::bad_raw(fault.what(), at);
                let (count, ended) = raw.feed(left).map_err(refuse)?;
                raw.take(message).map_err(refuse)?;
                left = &left[count..];
                if ended {
                    raw.end().map_err(refuse)?;
                    self.at = At::Outside;
                    self.rest.push(b'"');
                }
                continue;
            }
            left = behind;
            self.rest.push(octet);
            match &mut self.at {
                At::Text { escaped, .. } if *escaped => *escaped = false,
                At::Text { escaped, .. } if octet == b'\\' => *escaped = true,
                At::Text { start, .. } if octet == b'"' => {
                    let text = *start..self.rest.len() - 1;
                    self.ended(text);
                }
                At::Text { .. } | At::Raw(_) => {}
                At::Outside => self.outside(octet),
            }
            if self.rest.len() > JSON_REST_BYTES_MAX {
                return Err(refusal::envelope_too_large(JSON_REST_BYTES_MAX));
            }
        }
        Ok(())
    }

    /// A string has ended that is no message; it may be a name.
    fn ended(&mut self, text: std::ops::Range<usize>) {
        self.at = At::Outside;
        if self.depth == 1 && self.wants_name {
            self.named_raw = &self.rest[text] == b"raw";
        }
    }

    fn outside(&mut self, octet: u8) {
        match octet {
            b'"' if self.depth == 1 && !self.wants_name && self.named_raw => {
                self.named_raw = false;
                self.at = At::Raw(Unescape::default());
            }
            b'"' => self.at = At::Text { start: self.rest.len(), escaped: false },
            b'{' | b'[' => {
                self.depth += 1;
                self.wants_name = self.depth == 1 && octet == b'{';
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b',' if self.depth == 1 => (self.wants_name, self.named_raw) = (true, false),
            b':' if self.depth == 1 => self.wants_name = false,
            _ => {}
        }
    }

    /// What it says, but for the message that was given on. A message whose name was written with escapes is still in it.
    ///
    /// # Errors
    /// It is not what belongs here.
    pub fn read(self) -> Result<NewMessage, ApiError> {
        serde_json::from_slice(&self.rest).map_err(|why| refusal::bad_json(&why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::wire::ErrorCode;
    use proptest::prelude::*;

    /// In pieces of so many octets: what stands around the message, and the message.
    fn read_by(text: &[u8], piece: usize) -> Result<(NewMessage, Vec<u8>), ApiError> {
        let (mut body, mut message) = (JsonBody::new(10_000), Vec::new());
        text.chunks(piece).try_for_each(|piece| body.feed(piece, &mut message))?;
        Ok((body.read()?, message))
    }

    fn read(text: &[u8]) -> Result<(NewMessage, Vec<u8>), ApiError> {
        read_by(text, 3)
    }

    #[test]
    fn the_three_fields_are_read_and_the_wishes_may_be_left_out() {
        let (message, raw) = read(br#"{"from":"","to":["a@b.test"],"raw":"A: b\n\n\u00e9"}"#).unwrap();
        assert_eq!((message.from.as_str(), message.to.len(), message.raw.as_str()), ("", 1, ""));
        assert_eq!(raw, "A: b\n\n\u{e9}".as_bytes());
        assert_eq!(message.notify, None);
    }

    #[test]
    fn the_message_is_found_wherever_it_stands_and_nothing_else_is_taken_for_it() {
        for text in [
            r#" { "raw" : "x" , "from":"raw","to":["raw","\"raw\":\"no\""] } "#,
            r#"{"to":["raw","\"raw\":\"no\""],"from":"raw","raw":"x"}"#,
            "{\"to\":[\"raw\",\"\\\"raw\\\":\\\"no\\\"\"],\n\"raw\"\t:\r\n\"x\",\"from\":\"raw\"}",
        ] {
            let (message, raw) = read(text.as_bytes()).unwrap();
            assert_eq!((message.from.as_str(), &message.to[1][..], &raw[..]), ("raw", "\"raw\":\"no\"", &b"x"[..]));
        }
        let (message, raw) = read(br#"{"from":"","to":["a@b.test"],"r\u0061w":"x"}"#).unwrap();
        assert_eq!((message.raw.as_str(), raw.len()), ("x", 0), "it is not lost when its name is written otherwise");
    }

    #[test]
    fn what_is_not_exactly_that_is_refused() {
        let deep = format!(r#"{{"from":"","to":{}{},"raw":""}}"#, "[".repeat(5_000), "]".repeat(5_000));
        for text in [
            &b""[..],
            b"null",
            b"[]",
            br#"{"from":"","to":["a@b.test"]}"#,
            br#"{"to":["a@b.test"],"raw":""}"#,
            br#"{"from":"","to":"a@b.test","raw":""}"#,
            br#"{"from":"","to":["a@b.test"],"raw":"","subject":"x"}"#,
            br#"{"from":"","from":"a@b.test","to":["a@b.test"],"raw":""}"#,
            br#"{"from":"","to":["a@b.test"],"raw":"a","raw":"b"}"#,
            br#"{"from":"","to":["a@b.test"],"raw":"a" "b"}"#,
            br#"{"from":"","to":["a@b.test"],"raw":["x"]}"#,
            br#"{"from":"","to":["a@b.test"],"raw":{"raw":"x"}}"#,
            br#"{"from":"","to":["a@b.test"],"raw":"x"#,
            br#"{"from":"","to":["a@b.test"],"raw":"x""#,
            br#"{"from":"","to":["a@b.test"],"raw":"\ud800"}"#,
            br#"{"from":"","to":["a@b.test"],"raw":"\ud800\n"}"#,
            br#"{"from":"","to":["a@b.test"],"raw":"\ud800\ud800"}"#,
            br#"{"from":"","to":["a@b.test"],"raw":"\udc00"}"#,
            br#"{"from":"","to":["a@b.test"],"raw":"\x"}"#,
            br#"{"from":"","to":["a@b.test"],"raw":"\u00g0"}"#,
            b"{\"from\":\"\",\"to\":[\"a@b.test\"],\"raw\":\"a\nb\"}",
            br#"{"from":"","to":["a@b.test"],"raw":NaN}"#,
            br#"{"from":1e400,"to":["a@b.test"],"raw":""}"#,
            b"{\"from\":\"\",\"to\":[\"a@b.test\"],\"raw\":\"\xff\"}",
            b"{\"from\":\"\",\"to\":[\"a@b.test\"],\"raw\":\"\xc3\"}",
            b"{\"from\":\"\",\"to\":[\"a@b.test\"],\"raw\":\"\xc3\\n\"}",
            br#"{"from":"","to":["a@b.test"],"raw":""} trailing"#,
            deep.as_bytes(),
        ] {
            let refusal = read(text).map(|_| ()).unwrap_err().error;
            let code = if text.len() > 10_000 { ErrorCode::TooLarge } else { ErrorCode::BadRequest };
            assert_eq!(refusal.code, code, "{}", text.escape_ascii());
            assert!(refusal.sentence.len() < 1_000);
        }
    }

    #[test]
    fn of_a_large_message_nothing_is_kept_and_what_stands_around_it_is_bounded() {
        let (mut body, mut message, mut most, mut octets) = (JsonBody::new(usize::MAX), Vec::new(), 0, 0);
        body.feed(br#"{"from":"","raw":""#, &mut message).unwrap();
        for _ in 0..1_000 {
            body.feed("0123456789\\r\\n".repeat(500).as_bytes(), &mut message).unwrap();
            octets += message.len();
            message.clear();
            most = most.max(body.capacity());
        }
        assert_eq!(octets, 12 * 500 * 1_000);
        assert!(most < 20_000, "{most} octets are held of {octets}");
        body.feed(br#"","to":["a@b.test"]}"#, &mut message).unwrap();
        assert_eq!(body.read().unwrap().to, ["a@b.test"]);

        let mut greedy = JsonBody::new(usize::MAX);
        let piece = br#""a@b.test","#.repeat(1_000);
        greedy.feed(br#"{"to":["#, &mut message).unwrap();
        let refused = (0..1_000).find_map(|_| greedy.feed(&piece, &mut message).err()).unwrap();
        assert_eq!(refused.error.code, ErrorCode::TooLarge);
        assert!(greedy.capacity() <= 2 * JSON_REST_BYTES_MAX);
    }

    proptest! {
        /// A reader of the whole is the judge, in whatever pieces it comes.
        #[test]
        fn it_says_what_a_reader_of_the_whole_says(raw in ".{0,60}", from in ".{0,9}", piece in 1..40usize, hurt in 0..400usize, by in any::<u8>()) {
            let message = serde_json::json!({"from": from, "to": [raw.clone()], "raw": raw});
            let mut text = serde_json::to_vec(&message).unwrap();
            if let Some(octet) = text.get_mut(hurt) {
                *octet = by;
            }
            match (serde_json::from_slice::<NewMessage>(&text), read_by(&text, piece)) {
                (Ok(whole), Ok((rest, message))) => {
                    let said = if rest.raw.is_empty() { message } else { rest.raw.clone().into_bytes() };
                    prop_assert_eq!((&whole.from, &whole.to), (&rest.from, &rest.to));
                    prop_assert_eq!(whole.raw.as_bytes(), &said[..]);
                }
                (Err(_), Err(_)) => {}
                (whole, other) => prop_assert!(false, "{:?} but {:?} of {}", whole, other.map(|_| ()), text.escape_ascii()),
            }
        }
    }
}
