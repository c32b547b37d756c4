//! What every verdict means and what to do about it, in English.
//!
//! Promises: one arm per code; plain calm words; the advice says who has to act. Never: remote text.
//! Its twin is `verdict_ja`.

use crate::vocab::VerdictCode as Code;

/// What it means, in one sentence.
pub(super) fn sentence(code: Code) -> &'static str {
    match code {
        Code::Ok => "Mail can flow.",
        Code::OkPartial => "Some of its mail servers do not work, but mail can flow.",
        Code::SmtpGreylist => "They greylist us: a first attempt is put off on purpose, and a later one is taken.",
        Code::Held => "A person or a rule holds this mail.",
        Code::Suspended => "Delivery was suspended by a person.",
        Code::DnsNxdomain => "The domain does not exist.",
        Code::DnsNullMx => "The domain says that it takes no mail.",
        Code::SmtpMailboxFull => "The recipient's mailbox is full.",
        Code::SmtpUnknownUser => "There is no such mailbox at the destination.",
        Code::DnsServfail => "Their name servers fail, so we cannot learn where their mail goes.",
        Code::DnsMxUnusable => "Their MX records lead to no address that mail can be sent to.",
        Code::TcpRefused => "Their mail servers refuse connections: nothing listens there, or a firewall refuses us.",
        Code::SmtpBanner4xx => "They answer, but say that they take no mail just now.",
        Code::SmtpGreetDelay => "They accept the connection, but do not greet us in time.",
        Code::SmtpRate => "They ask us to send less.",
        Code::SmtpDropped => "They closed the connection in the middle of the conversation.",
        Code::SmtpProtocol => "What answers there does not speak SMTP.",
        Code::SmtpDeferred => "They put the mail off; their reply says why.",
        Code::SmtpRejected => "They refuse the mail for good; their reply says why.",
        Code::TlsNoneRequired => "A policy demands encryption, and they offer none.",
        Code::TlsHandshake => "The encrypted connection could not be set up.",
        Code::TlsCertExpired => "Their certificate has expired.",
        Code::TlsCertName => "Their certificate is made out for another name.",
        Code::TlsCertChain => "Their certificate leads to no authority that we trust.",
        Code::PolicyMtaSts => "Their mail servers do not meet their own MTA-STS policy.",
        Code::PolicyDane => "Their certificate does not match what they publish in DNS (DANE).",
        Code::TcpTimeout => "Their mail servers do not answer our connection.",
        Code::DnsOurs => "Our own name server does not answer.",
        Code::TcpTimeoutAll => "No destination answers: outgoing port 25 is probably blocked on our side.",
        Code::TcpNoRoute => "Our network has no route to the address.",
        Code::SmtpBanner5xx => "They turn us away at the greeting.",
        Code::SmtpContent => "They refuse the message for its content or its sender.",
        Code::SmtpAuth => "The next hop refused our user name or password.",
        Code::SmtpUnsupported => "They cannot take what the message needs, such as its size or its characters.",
        Code::LimitOurs => "A limit of ours holds it back.",
        Code::GuardTarget => "The address is one that we never connect to.",
        Code::GuardDisk => "Our disk is nearly full.",
        Code::GuardBrake => "Unusually many messages were about to be returned at once, so we stopped to ask.",
        Code::RouteLoop => "The route leads back to this server.",
        Code::Other => "The server reports something that is not known here yet.",
    }
}

/// What to do about it, and who has to.
///
/// Long: one `match` over the whole catalogue, so that a code without its words does not compile.
pub(super) fn advice(code: Code) -> &'static str {
    match code {
        Code::Ok => "Nothing to do.",
        Code::OkPartial => {
            "Nothing to do here: mail goes to the servers that work. Tell their administrator of the others."
        }
        Code::SmtpGreylist => {
            "Nothing to do: it is tried again by itself, usually taken within half an hour. Retrying sooner does not help."
        }
        Code::Held => "Release it when it may go.",
        Code::Suspended => "Resume delivery when the reason for it is gone.",
        Code::DnsNxdomain => "Check the spelling with the sender. Mail to a domain that does not exist is returned.",
        Code::DnsNullMx => "Tell the sender that this domain receives no mail. The mail is returned.",
        Code::SmtpMailboxFull => "The recipient has to make room. It is tried again by itself until it expires.",
        Code::SmtpUnknownUser => "Check the address with the sender. The mail is returned.",
        Code::DnsServfail => {
            "Their DNS administrator has to act. Mail is kept and tried again by itself; dig shows when it works."
        }
        Code::DnsMxUnusable => "They have to correct their MX records. Mail is kept and tried again by itself.",
        Code::TcpRefused => {
            "They have to act. Mail is kept and tried again by itself; retry once a connection test shows their 220 greeting."
        }
        Code::SmtpBanner4xx => {
            "Nothing to do: it is tried again by itself. If it lasts for hours, ask their administrator."
        }
        Code::SmtpGreetDelay => "Their server is overloaded or makes strangers wait. It is tried again by itself.",
        Code::SmtpRate => {
            "We have slowed down by ourselves. Retrying makes it worse: wait, or lower the limits of this host."
        }
        Code::SmtpDropped => {
            "It is tried again by itself. If it goes on, read the transcript of the last failure and ask their administrator."
        }
        Code::SmtpProtocol => {
            "Check that the address and port belong to a mail server. If they do, their administrator has to act."
        }
        Code::SmtpDeferred => "Read their reply. It is tried again by itself.",
        Code::SmtpRejected => "Read their reply and tell the sender. The mail is returned.",
        Code::TlsNoneRequired => "They have to switch on STARTTLS. Mail is kept, for sending it in clear is forbidden.",
        Code::TlsHandshake => {
            "Compare the TLS versions of both sides; most often theirs are out of date. It is tried again by itself."
        }
        Code::TlsCertExpired => "They have to renew it. Mail is kept and tried again by itself.",
        Code::TlsCertName => {
            "They have to install a certificate for the name in their MX record. Mail is kept and tried again by itself."
        }
        Code::TlsCertChain => {
            "They have to install the whole chain. If it is an authority of your own, name its root in tls.ca_file."
        }
        Code::PolicyMtaSts => {
            "They have to bring policy and servers into line. Mail is kept, for the policy forbids sending it otherwise."
        }
        Code::PolicyDane => "They have to publish a TLSA record for the certificate in use. Mail is kept until then.",
        Code::TcpTimeout => {
            "They are down, or a firewall on the way drops our packets. Test the connection from here and from elsewhere."
        }
        Code::DnsOurs => "Check the name servers that this server uses (dns.servers). Nothing is returned meanwhile.",
        Code::TcpTimeoutAll => {
            "Check our firewall, and ask our provider whether port 25 is blocked. A relay is the other way out."
        }
        Code::TcpNoRoute => "Check the network of this server: interfaces, addresses, default route.",
        Code::SmtpBanner5xx => {
            "They do not want our address. Check its reverse name and the block lists, then ask their administrator."
        }
        Code::SmtpContent => "Read their reply. Check SPF, DKIM and DMARC of the sender's domain, and the block lists.",
        Code::SmtpAuth => "Correct the login of this route in the configuration and reload.",
        Code::SmtpUnsupported => "Tell the sender: the message must become smaller or simpler for this destination.",
        Code::LimitOurs => {
            "It moves by itself as places become free. Raise the limit of this host if that is too slow."
        }
        Code::GuardTarget => {
            "If it is meant, permit it in delivery.allow_targets. Otherwise their DNS points astray, and they have to act."
        }
        Code::GuardDisk => "Make room on the disk of the data folder. New mail is then taken again by itself.",
        Code::GuardBrake => "Read the replies, then release the mail or have it returned.",
        Code::RouteLoop => "Correct the MX record or the route that names this server.",
        Code::Other => "Read the server's log, or update this program to the server's version.",
    }
}

/// A few words, for a table's cell.
pub(super) fn brief(code: Code) -> &'static str {
    match code {
        Code::Ok => "all well",
        Code::OkPartial => "some servers fail",
        Code::SmtpGreylist => "greylisted",
        Code::Held => "held",
        Code::Suspended => "suspended",
        Code::DnsNxdomain => "no such domain",
        Code::DnsNullMx => "takes no mail",
        Code::SmtpMailboxFull => "mailbox full",
        Code::SmtpUnknownUser => "no such mailbox",
        Code::DnsServfail => "their DNS fails",
        Code::DnsMxUnusable => "no usable MX",
        Code::TcpRefused => "refused",
        Code::SmtpBanner4xx => "not accepting now",
        Code::SmtpGreetDelay => "no greeting",
        Code::SmtpRate => "asked to slow down",
        Code::SmtpDropped => "connection dropped",
        Code::SmtpProtocol => "no SMTP there",
        Code::SmtpDeferred => "deferred",
        Code::SmtpRejected => "rejected",
        Code::TlsNoneRequired => "no TLS offered",
        Code::TlsHandshake => "TLS failed",
        Code::TlsCertExpired => "certificate expired",
        Code::TlsCertName => "certificate for another name",
        Code::TlsCertChain => "certificate not trusted",
        Code::PolicyMtaSts => "MTA-STS not met",
        Code::PolicyDane => "DANE not met",
        Code::TcpTimeout => "no answer",
        Code::DnsOurs => "our DNS fails",
        Code::TcpTimeoutAll => "port 25 blocked here",
        Code::TcpNoRoute => "no route",
        Code::SmtpBanner5xx => "turned away at greeting",
        Code::SmtpContent => "content or sender refused",
        Code::SmtpAuth => "login refused",
        Code::SmtpUnsupported => "not supported there",
        Code::LimitOurs => "our own limit",
        Code::GuardTarget => "forbidden address",
        Code::GuardDisk => "our disk is full",
        Code::GuardBrake => "mass-bounce brake",
        Code::RouteLoop => "route leads back here",
        Code::Other => "not known here",
    }
}
