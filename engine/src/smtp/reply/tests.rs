//! What a reply is, what is none, and that no peer can make us keep much.

use super::*;
use proptest::prelude::*;

fn read_all(mut input: &[u8]) -> Result<Vec<Reply>, ReplyError> {
    let mut reader = ReplyReader::new();
    let mut replies = Vec::new();
    while let Some(reply) = reader.read(&mut input)? {
        replies.push(reply);
    }
    Ok(replies)
}

fn one(input: &[u8]) -> Reply {
    let replies = read_all(input).unwrap();
    assert_eq!(replies.len(), 1, "{input:?}");
    replies.into_iter().next().unwrap()
}

#[test]
fn replies_of_one_and_many_lines_are_read() {
    for (input, code, text) in [
        (&b"250 ok\r\n"[..], 250, "ok"),
        (b"250\r\n", 250, ""),
        (b"250 \r\n", 250, ""),
        (b"354 go\n", 354, "go"),
        (b"250-a\r\n250-b\r\n250 c\r\n", 250, "a\nb\nc"),
        (b"250-\r\n250-\r\n250\r\n", 250, "\n\n"),
        (b"250-a\n250 b\r\n", 250, "a\nb"),
        (b"599 last\r\n", 599, "last"),
        (b"200 first\r\n", 200, "first"),
    ] {
        let reply = one(input);
        assert_eq!((reply.code.0, &*reply.text), (code, text), "{input:?}");
    }
}

#[test]
fn several_replies_in_one_piece_are_told_apart() {
    let codes: Vec<u16> =
        read_all(b"250 a\r\n550-b\r\n550 c\r\n354 d\r\n25").unwrap().iter().map(|r| r.code.0).collect();
    assert_eq!(codes, [250, 550, 354]);
}

#[test]
fn what_is_no_reply_is_an_error_that_quotes_it() {
    for line in ["2", "25", "999 x", "199 x", "600 x", "abc", "", "2500 x", "250x", "250\tok", " 250 ok", "-25 a"] {
        let error = read_all(format!("{line}\r\n").as_bytes()).unwrap_err();
        assert_eq!(error, ReplyError::NotAReply(line.escape_debug().to_string().into()), "{line:?}");
    }
    let error = read_all(b"HTTP/1.1 400 Bad\x1b[31m Request\r\n").unwrap_err();
    assert_eq!(error.to_string(), r#"not an SMTP reply: "HTTP/1.1 400 Bad\u{1b}[31m Request""#);
}

#[test]
fn mixed_codes_in_one_reply_are_an_error() {
    let error = read_all(b"250-a\r\n550 b\r\n").unwrap_err();
    assert_eq!(error, ReplyError::MixedCodes(ReplyCode(250), ReplyCode(550)));
}

#[test]
fn a_reply_without_end_is_given_up_at_a_thousand_lines() {
    let most = [b"250-x\r\n".repeat(REPLY_LINES_MAX - 1), b"250 x\r\n".to_vec()].concat();
    assert_eq!(read_all(&most).unwrap().len(), 1);
    assert_eq!(read_all(&b"250-x\r\n".repeat(REPLY_LINES_MAX + 1)), Err(ReplyError::TooManyLines));
}

#[test]
fn a_line_without_end_is_given_up_at_a_mebibyte_and_only_its_begin_is_kept() {
    let mut reader = ReplyReader::new();
    let piece = [b'2'; 4096];
    let mut error = None;
    for _ in 0..=REPLY_BYTES_MAX / piece.len() {
        match reader.read(&mut &piece[..]) {
            Ok(reply) => assert_eq!(reply, None),
            Err(found) => error = Some(found),
        }
        assert!(reader.line.capacity() <= 2 * LINE_BYTES_KEPT);
    }
    assert_eq!(error, Some(ReplyError::TooLong));
}

#[test]
fn long_lines_and_long_replies_are_cut() {
    let long = [b"250 ".to_vec(), b"a".repeat(10_000), b"\r\n".to_vec()].concat();
    assert_eq!(one(&long).text.len(), LINE_BYTES_KEPT - 4);
    let line = [b"250-".to_vec(), b"\x80".repeat(2_000), b"\r\n".to_vec()].concat();
    let many = [line.repeat(100), b"250 end\r\n".to_vec()].concat();
    let text = one(&many).text;
    assert!(text.len() <= REPLY_TEXT_BYTES_MAX && text.len() > REPLY_TEXT_BYTES_MAX - 4, "{}", text.len());
}

#[test]
fn control_characters_are_kept_and_what_is_no_utf8_is_replaced() {
    let reply = one(b"550 a\x1b[2J\x07\0b\rc\xe2\x80\xaed\x9b<script>\r\n");
    assert_eq!(&*reply.text, "a\u{1b}[2J\u{7}\0b\rc\u{202e}d\u{fffd}<script>");
}

proptest! {
    #[test]
    fn where_the_octets_are_cut_makes_no_difference(
        lines in proptest::collection::vec("(250|354|550)[ -][a-zé.\\PC]{0,8}\r?\n", 0..12),
        cuts in proptest::collection::vec(1usize..9, 1..20),
    ) {
        let whole = lines.concat().into_bytes();
        let mut reader = ReplyReader::new();
        let mut pieces: Result<Vec<Reply>, ReplyError> = Ok(Vec::new());
        let (mut rest, mut turn) = (&whole[..], 0);
        while !rest.is_empty() && pieces.is_ok() {
            let (mut piece, behind) = rest.split_at(cuts[turn % cuts.len()].min(rest.len()));
            (rest, turn) = (behind, turn + 1);
            while let Ok(replies) = &mut pieces {
                match reader.read(&mut piece) {
                    Ok(Some(reply)) => replies.push(reply),
                    Ok(None) => break,
                    Err(error) => pieces = Err(error),
                }
            }
        }
        prop_assert_eq!(pieces, read_all(&whole));
    }

    #[test]
    fn no_octets_make_it_panic_or_keep_much(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..64),
    ) {
        let mut reader = ReplyReader::new();
        'stream: for piece in &pieces {
            let mut input = &piece[..];
            while !input.is_empty() {
                if reader.read(&mut input).is_err() {
                    break 'stream;
                }
            }
        }
        prop_assert!(reader.line.len() <= LINE_BYTES_KEPT && reader.text.len() <= REPLY_TEXT_BYTES_MAX);
    }
}
