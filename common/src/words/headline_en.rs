//! The sentence at the head of the page, in English. Its twin is `headline_ja`.

use crate::vocab::VerdictCode as Code;
use crate::words::en::counted;
use crate::words::phrase::{Headline, HostTrouble};
use crate::words::{Language, duration};

/// The sentence, or two.
pub(super) fn say(headline: &Headline<'_>) -> String {
    match headline {
        Headline::NoMail => "No mail is waiting.".into(),
        Headline::AllMoving => "All mail is moving.".into(),
        Headline::Host(trouble) => host(trouble),
        Headline::Several { recipients, down, limited, held } => {
            let counts = [(*down, "down"), (*limited, "limited"), (*held, "held")];
            let hosts: Vec<String> =
                counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| hosts_are(*count, word)).collect();
            format!("{}. {}.", waiting(*recipients), hosts.join(", "))
        }
    }
}

fn hosts_are(count: u64, word: &str) -> String {
    format!("{} {} {word}", counted(count, "host", "hosts"), if count == 1 { "is" } else { "are" })
}

fn waiting(recipients: u64) -> String {
    let verb = if recipients == 1 { "is" } else { "are" };
    format!("{} {verb} waiting", counted(recipients, "recipient", "recipients"))
}

fn host(trouble: &HostTrouble<'_>) -> String {
    let lasting = match trouble.span {
        Some(span) => format!(" for {}", duration::long(Language::En, span)),
        None => String::new(),
    };
    let others = match trouble.others {
        0 => "Everything else is moving.".into(),
        1 => "1 other host needs attention.".into(),
        count => format!("{} need attention.", counted(count, "other host", "other hosts")),
    };
    let (waiting, clause) = (waiting(trouble.recipients), clause(trouble.code));
    format!("{waiting} for {}, {clause}{lasting}. {others}", trouble.host)
}

/// What the host has done, so that "for 47 minutes" can follow.
fn clause(code: Option<Code>) -> &'static str {
    match code {
        Some(Code::TcpRefused) => "which has refused connections",
        Some(Code::TcpTimeout | Code::SmtpGreetDelay) => "which has not answered",
        Some(Code::TcpNoRoute | Code::TcpTimeoutAll) => "which has not been reachable from here",
        Some(Code::GuardTarget) => "whose address we have not been allowed to connect to",
        Some(Code::DnsOurs) => "which our own name server has not found",
        Some(Code::DnsServfail | Code::DnsMxUnusable | Code::DnsNxdomain | Code::DnsNullMx) => {
            "whose mail servers have not been found"
        }
        Some(Code::SmtpGreylist | Code::SmtpDeferred | Code::SmtpBanner4xx | Code::SmtpMailboxFull) => {
            "which has put our mail off"
        }
        Some(Code::SmtpRate) => "which has asked us to slow down",
        Some(Code::LimitOurs) => "which a limit of ours has held back",
        Some(Code::SmtpDropped | Code::SmtpProtocol) => "which has broken our conversations off",
        Some(
            Code::SmtpRejected
            | Code::SmtpContent
            | Code::SmtpBanner5xx
            | Code::SmtpAuth
            | Code::SmtpUnsupported
            | Code::SmtpUnknownUser,
        ) => "which has rejected our mail",
        Some(
            Code::TlsNoneRequired
            | Code::TlsHandshake
            | Code::TlsCertExpired
            | Code::TlsCertName
            | Code::TlsCertChain
            | Code::PolicyMtaSts
            | Code::PolicyDane,
        ) => "whose encryption has not passed our checks",
        Some(Code::Held | Code::Suspended) => "which has been held",
        Some(Code::GuardDisk | Code::GuardBrake) => "which our own guard has stopped",
        Some(Code::RouteLoop) => "whose route has led back to us",
        Some(Code::Ok | Code::OkPartial | Code::Other) | None => "which has had trouble",
    }
}
