//! Which enhanced status code (RFC 3463) a report gives a recipient.
//!
//! The remote's own code where it said one: it knows best. Else the nearest code for our verdict.

use common::vocab::{EnhancedCode, VerdictCode};
use engine::report::{ReportKind, Reported};

/// The code for one recipient. `gave_up`: its time ran out, so the trouble is one that might have passed.
pub fn status(kind: ReportKind, reported: &Reported, gave_up: bool) -> EnhancedCode {
    let transient = reported.reply.as_ref().is_some_and(|reply| reply.code.is_transient());
    let class = match kind {
        ReportKind::Relayed => 2,
        ReportKind::Delayed => 4,
        // RFC 3463 §3.5 (X.4.7): the code of the trouble that was met tells more than "too old".
        ReportKind::Failed if gave_up && (transient || reported.reply.is_none()) => 4,
        ReportKind::Failed => 5,
    };
    let said = reported.reply.as_ref().and_then(|reply| reply.enhanced);
    if let Some(said) = said.filter(|said| said.class == class) {
        return said;
    }
    let (subject, detail) = if kind == ReportKind::Relayed { (0, 0) } else { of_verdict(reported.verdict) };
    EnhancedCode { class, subject, detail }
}

/// Subject and detail for a verdict.
fn of_verdict(code: VerdictCode) -> (u16, u16) {
    use VerdictCode::*;
    match code {
        SmtpUnknownUser => (1, 1),
        DnsNxdomain => (1, 2),
        DnsNullMx => (1, 10),
        SmtpMailboxFull => (2, 2),
        SmtpBanner4xx | SmtpBanner5xx => (3, 2),
        GuardDisk => (3, 1),
        TcpRefused | TcpTimeout | TcpTimeoutAll | SmtpGreetDelay => (4, 1),
        SmtpDropped => (4, 2),
        DnsServfail | DnsOurs => (4, 3),
        DnsMxUnusable | TcpNoRoute | GuardTarget => (4, 4),
        SmtpRate | LimitOurs => (4, 5),
        RouteLoop => (4, 6),
        SmtpProtocol => (5, 0),
        SmtpUnsupported => (6, 3),
        SmtpContent | SmtpGreylist => (7, 1),
        SmtpAuth => (7, 8),
        TlsNoneRequired | TlsHandshake | TlsCertExpired | TlsCertName | TlsCertChain | PolicyMtaSts | PolicyDane => {
            (7, 5)
        }
        Ok | OkPartial | Held | Suspended | GuardBrake | SmtpDeferred | SmtpRejected | Other => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::vocab::{RecipientId, Reply, ReplyCode, Timestamp};

    fn reported(verdict: VerdictCode, reply: Option<(u16, &str)>) -> Reported {
        Reported {
            rid: RecipientId(0),
            verdict,
            reply: reply.map(|(code, text)| Reply::new(ReplyCode(code), text)),
            exchanger: None,
            last_attempt_at: None,
            expires_at: Timestamp(0),
        }
    }

    #[test]
    fn the_remotes_own_code_is_given_where_it_fits_and_the_verdicts_else() {
        use VerdictCode::*;
        let failed = ReportKind::Failed;
        for (kind, verdict, reply, gave_up, code) in [
            (failed, SmtpUnknownUser, Some((550, "5.1.10 no such user")), false, "5.1.10"),
            (failed, SmtpUnknownUser, Some((550, "no such user")), false, "5.1.1"),
            (failed, SmtpRejected, Some((554, "4.7.1 contradicts itself")), false, "5.0.0"),
            (failed, DnsNxdomain, None, false, "5.1.2"),
            (failed, SmtpMailboxFull, Some((452, "4.2.2 full")), true, "4.2.2"),
            (failed, TcpTimeout, None, true, "4.4.1"),
            (failed, SmtpRejected, Some((550, "5.7.1 no")), true, "5.7.1"),
            (ReportKind::Delayed, TcpRefused, None, false, "4.4.1"),
            (ReportKind::Relayed, Ok, Some((250, "2.1.5 ok")), false, "2.1.5"),
            (ReportKind::Relayed, Ok, Some((250, "ok")), false, "2.0.0"),
        ] {
            let found = status(kind, &reported(verdict, reply), gave_up).to_string();
            assert_eq!(found, code, "{kind:?} {verdict} {reply:?}");
        }
    }
}
