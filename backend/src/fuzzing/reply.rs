//! What a next hop answers.

use super::{cuts, pieces};
use common::vocab::{REPLY_TEXT_BYTES_MAX, Reply};
use engine::smtp::reply::{ReplyError, ReplyReader};

/// The same octets give the same replies and the same end, in whatever pieces they come; each reply is bounded.
pub fn a_reply_does_not_depend_on_how_it_arrives(input: &[u8]) {
    let (sizes, wire) = cuts(input);
    let (replies, end) = read(wire, &sizes);
    let whole = read(wire, &[usize::MAX]);
    assert_eq!((&replies, &end), (&whole.0, &whole.1));
    for reply in replies {
        assert!((200..600).contains(&reply.code.0), "{reply:?}");
        assert!(reply.text.len() <= REPLY_TEXT_BYTES_MAX, "{} octets are kept", reply.text.len());
    }
}

fn read(wire: &[u8], sizes: &[usize]) -> (Vec<Reply>, Option<ReplyError>) {
    let mut reader = ReplyReader::new();
    let mut replies = Vec::new();
    for mut piece in pieces(wire, sizes) {
        while !piece.is_empty() {
            match reader.read(&mut piece) {
                Ok(Some(reply)) => replies.push(reply),
                Ok(None) => assert!(piece.is_empty(), "a reader that wants more leaves nothing"),
                Err(error) => return (replies, Some(error)),
            }
        }
    }
    (replies, None)
}
