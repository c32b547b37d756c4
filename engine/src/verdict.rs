//! What a reply or a failure means, and how far it reaches: decided here and nowhere else.
//!
//! Rules: local faults, DNS trouble and policy look-ups are never permanent; NXDOMAIN and a null MX are;
//! the reply code decides, the enhanced code and known texts only choose the word for it.

use crate::failure::{Failure, RouteFailure, Stage, Trouble};
use common::vocab::{EnhancedCode, Reply, ReplyCode, VerdictCode};

/// What something means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The word of the catalogue.
    pub code: VerdictCode,
    /// Trying again would not help.
    pub permanent: bool,
    /// The whole host asks us to slow down, not only this recipient.
    pub slow_down: bool,
}

impl Judgement {
    const fn temporary(code: VerdictCode) -> Judgement {
        Judgement { code, permanent: false, slow_down: false }
    }
    const fn permanent(code: VerdictCode) -> Judgement {
        Judgement { code, permanent: true, slow_down: false }
    }
}

/// A 4xx or 5xx to MAIL, RCPT, DATA or the final dot.
pub fn of_reply(reply: &Reply) -> Judgement {
    if wants_login(reply) {
        return Judgement::temporary(VerdictCode::SmtpAuth); // ours to repair: nothing bounces for it
    }
    if reply.code.is_permanent() { refused(reply) } else { deferred(reply) }
}

/// Whether a refusal is about who we are rather than about one recipient: 5.7.x, or the sender's own MAIL FROM.
pub fn is_about_us(stage: Stage, reply: &Reply) -> bool {
    let policy = reply.enhanced.is_some_and(|enhanced| enhanced.subject == 7);
    reply.code.is_permanent() && (policy || stage == Stage::MailFrom) && !wants_login(reply)
}

/// They want a login that we did not give, or refused the one we gave (RFC 4954 §6). A 530 that asks for STARTTLS
/// (RFC 3207 §4) is none.
fn wants_login(reply: &Reply) -> bool {
    match reply.code.0 {
        535 => true,
        530 => !reply.text.to_ascii_lowercase().contains("tls"),
        _ => false,
    }
}

fn refused(reply: &Reply) -> Judgement {
    let text = reply.text.to_ascii_lowercase();
    let code = match reply.enhanced {
        Some(EnhancedCode { subject: 1, detail: 1 | 2 | 6 | 10, .. }) => VerdictCode::SmtpUnknownUser,
        Some(EnhancedCode { subject: 2, detail: 2, .. }) => VerdictCode::SmtpMailboxFull,
        Some(EnhancedCode { subject: 7, .. }) => VerdictCode::SmtpContent,
        Some(EnhancedCode { subject: 3, detail: 4, .. }) => VerdictCode::SmtpUnsupported,
        _ if holds(&text, &["user unknown", "unknown user", "no such user", "does not exist"]) => {
            VerdictCode::SmtpUnknownUser
        }
        _ if holds(&text, &["mailbox full", "over quota", "quota exceeded"]) => VerdictCode::SmtpMailboxFull,
        _ if holds(&text, &["spam", "blocked", "blacklist", "blocklist"]) => VerdictCode::SmtpContent,
        _ => VerdictCode::SmtpRejected,
    };
    Judgement::permanent(code)
}

fn deferred(reply: &Reply) -> Judgement {
    let text = reply.text.to_ascii_lowercase();
    let greylist = holds(&text, &["greylist", "graylist", "grey list", "greylisted"]);
    let rate = holds(&text, &["rate limit", "too many", "too fast", "throttl", "slow down"]);
    match reply.enhanced {
        _ if greylist => Judgement::temporary(VerdictCode::SmtpGreylist),
        _ if rate || reply.code.0 == 421 => {
            Judgement { code: VerdictCode::SmtpRate, permanent: false, slow_down: true }
        }
        Some(EnhancedCode { subject: 7, detail: 1, .. }) if matches!(reply.code.0, 450 | 451) => {
            Judgement::temporary(VerdictCode::SmtpGreylist)
        }
        Some(EnhancedCode { subject: 2, detail: 2, .. }) => Judgement::temporary(VerdictCode::SmtpMailboxFull),
        _ if holds(&text, &["mailbox full", "over quota"]) => Judgement::temporary(VerdictCode::SmtpMailboxFull),
        _ => Judgement::temporary(VerdictCode::SmtpDeferred),
    }
}

fn holds(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// A session that failed, before it was ready or in the middle of a transaction.
pub fn of_failure(failure: &Failure) -> Judgement {
    let code = match (&failure.trouble, failure.stage) {
        (Trouble::Refused, _) => VerdictCode::TcpRefused,
        (Trouble::NoRoute, _) => VerdictCode::TcpNoRoute,
        (Trouble::Forbidden, _) => VerdictCode::GuardTarget,
        (Trouble::Ours(_), _) => VerdictCode::LimitOurs,
        (Trouble::NoTls, _) => VerdictCode::TlsNoneRequired,
        (Trouble::Unproven(why), _) => why.code(),
        // Closing at this moment is about our numbers, not about TLS.
        (Trouble::Reply(Reply { code: ReplyCode(421), .. }), Stage::StartTls) => VerdictCode::SmtpBanner4xx,
        (Trouble::Handshake(_), _) | (_, Stage::StartTls) => VerdictCode::TlsHandshake,
        (Trouble::TimedOut, Stage::Connect) => VerdictCode::TcpTimeout,
        (Trouble::TimedOut, Stage::Greeting) => VerdictCode::SmtpGreetDelay,
        (Trouble::TimedOut, _) => VerdictCode::SmtpDropped,
        (Trouble::Dropped, _) => VerdictCode::SmtpDropped,
        (Trouble::Protocol(_), _) => VerdictCode::SmtpProtocol,
        (Trouble::Unsupported(_), _) => return Judgement::permanent(VerdictCode::SmtpUnsupported),
        (Trouble::Reply(reply), Stage::Connect | Stage::Greeting | Stage::Ehlo) if reply.code.is_permanent() => {
            VerdictCode::SmtpBanner5xx
        }
        (Trouble::Reply(_), Stage::Connect | Stage::Greeting | Stage::Ehlo) => VerdictCode::SmtpBanner4xx,
        (Trouble::Reply(reply), _) if reply.code.is_transient() || reply.code.is_permanent() => return of_reply(reply),
        (Trouble::Reply(_), _) => VerdictCode::SmtpProtocol,
    };
    Judgement::temporary(code)
}

/// A destination domain without a next hop.
pub fn of_route(failure: &RouteFailure) -> Judgement {
    match failure {
        RouteFailure::Nxdomain => Judgement::permanent(VerdictCode::DnsNxdomain),
        RouteFailure::NullMx => Judgement::permanent(VerdictCode::DnsNullMx),
        RouteFailure::Servfail => Judgement::temporary(VerdictCode::DnsServfail),
        RouteFailure::Ours(_) => Judgement::temporary(VerdictCode::DnsOurs),
        RouteFailure::Unusable(_) => Judgement::temporary(VerdictCode::DnsMxUnusable),
        RouteFailure::Loop => Judgement::temporary(VerdictCode::RouteLoop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::Unproven;
    use std::time::Duration;

    fn reply(code: u16, text: &str) -> Reply {
        Reply::new(ReplyCode(code), text)
    }

    #[test]
    fn known_replies_get_their_word() {
        for (code, text, word, permanent) in [
            (451, "4.7.1 Greylisting in action, please come back later", VerdictCode::SmtpGreylist, false),
            (450, "4.7.1 Service unavailable", VerdictCode::SmtpGreylist, false),
            (421, "4.7.0 Too many connections", VerdictCode::SmtpRate, false),
            (452, "4.2.2 Mailbox full", VerdictCode::SmtpMailboxFull, false),
            (451, "4.3.0 Temporary trouble", VerdictCode::SmtpDeferred, false),
            (550, "5.1.1 No such user here", VerdictCode::SmtpUnknownUser, true),
            (550, "User unknown", VerdictCode::SmtpUnknownUser, true),
            (552, "5.2.2 Over quota", VerdictCode::SmtpMailboxFull, true),
            (554, "5.7.1 Message looks like spam", VerdictCode::SmtpContent, true),
            (554, "Transaction failed", VerdictCode::SmtpRejected, true),
            (530, "5.7.0 Authentication required", VerdictCode::SmtpAuth, false),
            (535, "5.7.8 Authentication credentials invalid", VerdictCode::SmtpAuth, false),
            (530, "5.7.0 Must issue a STARTTLS command first", VerdictCode::SmtpContent, true),
        ] {
            let found = of_reply(&reply(code, text));
            assert_eq!((found.code, found.permanent), (word, permanent), "{code} {text}");
        }
    }

    #[test]
    fn a_relay_that_wants_a_login_says_nothing_about_who_we_are() {
        assert!(!is_about_us(Stage::MailFrom, &reply(530, "5.7.0 Authentication required")));
        assert!(is_about_us(Stage::MailFrom, &reply(550, "5.7.1 listed")));
    }

    #[test]
    fn no_fault_of_the_connection_is_permanent() {
        let stages = [Stage::Connect, Stage::Greeting, Stage::Ehlo, Stage::StartTls, Stage::MailFrom, Stage::EndOfData];
        let troubles = [
            Trouble::Refused,
            Trouble::NoRoute,
            Trouble::TimedOut,
            Trouble::Dropped,
            Trouble::Forbidden,
            Trouble::Ours("x".into()),
            Trouble::Protocol("x".into()),
            Trouble::NoTls,
            Trouble::Handshake("x".into()),
            Trouble::Unproven(Unproven::Expired),
        ];
        for stage in stages {
            for trouble in troubles.clone() {
                assert!(!of_failure(&Failure { stage, trouble, elapsed: Duration::ZERO }).permanent);
            }
        }
        let banner =
            Failure { stage: Stage::Greeting, trouble: Trouble::Reply(reply(554, "go away")), elapsed: Duration::ZERO };
        assert_eq!(of_failure(&banner), Judgement::temporary(VerdictCode::SmtpBanner5xx));
    }

    #[test]
    fn whatever_goes_wrong_between_starttls_and_the_end_of_the_handshake_is_a_failure_of_tls() {
        let code = |trouble| of_failure(&Failure { stage: Stage::StartTls, trouble, elapsed: Duration::ZERO });
        let refused = |number| Trouble::Reply(reply(number, "no"));
        for trouble in [
            refused(454),
            refused(502),
            refused(354),
            Trouble::Dropped,
            Trouble::TimedOut,
            Trouble::Protocol("injected".into()),
            Trouble::Handshake("alert".into()),
        ] {
            assert_eq!(code(trouble.clone()), Judgement::temporary(VerdictCode::TlsHandshake), "{trouble:?}");
        }
        assert_eq!(code(refused(421)).code, VerdictCode::SmtpBanner4xx);
        assert_eq!(code(Trouble::Unproven(Unproven::Name)).code, VerdictCode::TlsCertName);
        assert_eq!(code(Trouble::Ours("x".into())).code, VerdictCode::LimitOurs);
    }

    #[test]
    fn only_nxdomain_and_null_mx_are_permanent_in_dns() {
        assert!(of_route(&RouteFailure::Nxdomain).permanent && of_route(&RouteFailure::NullMx).permanent);
        for failure in [
            RouteFailure::Servfail,
            RouteFailure::Ours("x".into()),
            RouteFailure::Unusable("x".into()),
            RouteFailure::Loop,
        ] {
            assert!(!of_route(&failure).permanent);
        }
    }
}
