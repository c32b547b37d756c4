//! A message as JSON: `{"from": "…", "to": ["…"], "raw": "…"}`, read strictly.
//!
//! Promises: an unknown or repeated field, a lone surrogate, a wrong type is refused with its place; nothing nests.
//! Never: guesses what was meant.

use crate::intake::http::refusal;
use common::wire::{ApiError, NewMessage};

/// Octets of JSON that are read for one message: above it the message itself is to be sent, which is read as it comes.
pub const JSON_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A JSON body on its way in.
#[derive(Debug)]
pub struct JsonBody {
    octets: Vec<u8>,
    limit: usize,
}

impl JsonBody {
    /// An empty one of at most `limit` octets.
    pub fn new(limit: usize) -> JsonBody {
        JsonBody { octets: Vec::new(), limit }
    }

    /// Octets of memory that it takes.
    pub(super) fn capacity(&self) -> usize {
        self.octets.capacity()
    }

    /// Takes what came next.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<(), ApiError> {
        if self.octets.len() + chunk.len() > self.limit {
            self.octets = Vec::new();
            return Err(refusal::json_too_large(self.limit));
        }
        self.octets.extend_from_slice(chunk);
        Ok(())
    }

    /// What it says.
    ///
    /// # Errors
    /// It is not what belongs here.
    pub fn read(self) -> Result<NewMessage, ApiError> {
        serde_json::from_slice(&self.octets).map_err(|why| refusal::bad_json(&why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::wire::ErrorCode;

    fn read(text: &[u8]) -> Result<NewMessage, ApiError> {
        let mut body = JsonBody::new(10_000);
        body.feed(text)?;
        body.read()
    }

    #[test]
    fn the_three_fields_are_read_and_the_wishes_may_be_left_out() {
        let message = read(br#"{"from":"","to":["a@b.test"],"raw":"A: b\n\n\u00e9"}"#).unwrap();
        assert_eq!((message.from.as_str(), message.to.len(), message.raw.as_str()), ("", 1, "A: b\n\n\u{e9}"));
        assert_eq!(message.notify, None);
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
            br#"{"from":"","to":["a@b.test"],"raw":"\ud800"}"#,
            br#"{"from":"","to":["a@b.test"],"raw":NaN}"#,
            br#"{"from":1e400,"to":["a@b.test"],"raw":""}"#,
            b"{\"from\":\"\",\"to\":[\"a@b.test\"],\"raw\":\"\xff\"}",
            br#"{"from":"","to":["a@b.test"],"raw":""} trailing"#,
            deep.as_bytes(),
        ] {
            let refusal = read(text).map(|_| ()).unwrap_err().error;
            let code = if text.len() > 10_000 { ErrorCode::TooLarge } else { ErrorCode::BadRequest };
            assert_eq!(refusal.code, code, "{}", text.escape_ascii());
            assert!(refusal.sentence.len() < 1_000);
        }
    }
}
