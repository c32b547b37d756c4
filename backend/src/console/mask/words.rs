//! What mail servers say, and what is typed to them: the hard case, since a name may stand there without its domain.
//!
//! Decided: a peer's words are of use to a viewer where they say why mail is refused for its sender, its content or its
//! source; those stay, with addresses masked, and so does what stands alone in angle brackets. Where codes or known texts
//! say that the reply is about one mailbox (x.1.x and x.2.x of RFC 3463, 251 and 252, a 2xx that quotes an address, and
//! what the engine takes for an unknown user or a full mailbox), the codes alone stay: our own sentence says the rest.

use super::{LEFT_OUT, address};
use common::vocab::{Owner, Reply, ReplyCode};
use engine::verdict;

/// A text of so many octets may have been cut where it came in: a line has 2,048, a reply 16 KiB.
const CUT_BYTES: usize = 2_000;

/// A reply, or one line of it.
pub(super) fn of_peer(text: &str) -> String {
    let is_cut = text.ends_with(LEFT_OUT) || text.len() >= CUT_BYTES;
    let masked = bracketed(&address::masked_of(text, is_cut));
    let Some((code, sign, words)) = split(text) else { return masked };
    let reply = Reply::new(code, words);
    if words.is_empty() || !is_about_somebody(&reply, masked != text) {
        return masked;
    }
    match reply.enhanced {
        Some(enhanced) => format!("{code}{sign}{enhanced} {LEFT_OUT}"),
        None => format!("{code}{sign}{LEFT_OUT}"),
    }
}

/// A line that somebody typed. What names a mailbox without a domain is left out.
pub(super) fn typed(text: &str) -> String {
    const NAMING: [&str; 7] = ["MAIL", "RCPT", "VRFY", "EXPN", "SEND", "SOML", "SAML"];
    let masked = address::masked(text);
    let line = text.trim_start();
    let verb = line.get(..4).filter(|verb| NAMING.iter().any(|naming| verb.eq_ignore_ascii_case(naming)));
    match verb {
        Some(verb) if masked == text && !line[4..].trim().is_empty() && !line.contains("<>") => {
            format!("{verb} {LEFT_OUT}")
        }
        _ => masked,
    }
}

fn split(text: &str) -> Option<(ReplyCode, char, &str)> {
    let code: u16 = text.get(..3)?.parse().ok().filter(|code| (200..=599).contains(code))?;
    let mut rest = text[3..].chars();
    let sign = rest.next().unwrap_or(' ');
    matches!(sign, ' ' | '-').then(|| (ReplyCode(code), sign, rest.as_str()))
}

fn is_about_somebody(reply: &Reply, quotes_address: bool) -> bool {
    let by_code = match (reply.code.0, &reply.enhanced) {
        (251 | 252, _) => true,
        // 7 and 8 of subject 1 are about the sender's address: a fault of ours, which a viewer should read.
        (_, Some(enhanced)) => match enhanced.subject {
            1 => !matches!(enhanced.detail, 7 | 8),
            2 => true,
            _ => false,
        },
        (_, None) => false,
    };
    let by_words = !reply.code.is_positive() && verdict::of_reply(reply).code.owner() == Owner::Recipient;
    by_code || by_words || (reply.code.is_positive() && quotes_address)
}

/// The text with what stands alone in angle brackets masked: `<ann>`. A link there stays.
fn bracketed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('<') {
        out.push_str(before);
        out.push('<');
        rest = behind;
        let Some((inner, _)) = behind.split_once('>') else { break };
        let is_name = !inner.is_empty() && !inner.contains(['@', '/', '<', ' ']) && !inner.contains(LEFT_OUT);
        if is_name {
            out.push_str(&address::first(inner));
            out.push_str(LEFT_OUT);
            rest = &behind[inner.len()..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_about_a_mailbox_keeps_its_codes_alone() {
        for (text, shown) in [
            ("550 5.1.1 <ann@a.test>: Recipient address rejected", "550 5.1.1 …"),
            ("550 No such user ann here", "550 …"),
            ("552-ann is over quota", "552-…"),
            ("452 4.2.2 Ann Smith has no room", "452 4.2.2 …"),
            ("250 Ann Smith <ann@a.test>", "250 …"),
            ("252 ann", "252 …"),
            ("550", "550"),
        ] {
            assert_eq!(of_peer(text), shown);
        }
    }

    #[test]
    fn a_reply_about_us_keeps_its_words_and_masks_addresses() {
        for (text, shown) in [
            ("550 5.7.1 blocked, see https://x.test/why", "550 5.7.1 blocked, see https://x.test/why"),
            ("550 5.1.8 <us@a.test>: domain not found", "550 5.1.8 <u…@a.test>: domain not found"),
            ("451 4.7.1 <ann>: greylisted", "451 4.7.1 <a…>: greylisted"),
            ("554 ask <https://x.test/ann> or <>", "554 ask <https://x.test/ann> or <>"),
            ("220 mx.test ESMTP", "220 mx.test ESMTP"),
            ("250-PIPELINING", "250-PIPELINING"),
            ("999 <ann@a.test>", "999 <a…@a.test>"),
            ("no code, ann@a.test < b", "no code, a…@a.test < b"),
            ("45é", "45é"),
        ] {
            assert_eq!(of_peer(text), shown);
        }
        let long = format!("{}ann.smi", "554 words ".repeat(200));
        assert!(of_peer(&long).ends_with("words …"));
    }

    #[test]
    fn a_typed_line_shows_its_verb_and_nobodys_name() {
        for (text, shown) in [
            ("RCPT TO:<ann@a.test>", "RCPT TO:<a…@a.test>"),
            ("rcpt to:ann", "rcpt …"),
            ("VRFY ann", "VRFY …"),
            (" expn staff", "expn …"),
            ("MAIL FROM:<>", "MAIL FROM:<>"),
            ("EHLO mail.test", "EHLO mail.test"),
            ("VRFY", "VRFY"),
            ("vérification", "vérification"),
        ] {
            assert_eq!(typed(text), shown);
        }
    }
}
