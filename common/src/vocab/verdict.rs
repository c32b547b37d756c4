//! The catalogue of verdicts: a closed list of codes, each with the side that has to act.
//! What a reply means is decided in the engine; what a verdict says in words stands in `words`.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Whose side a failure is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Nobody has to act.
    None,
    /// This server or its settings.
    Ours,
    /// Something between the two.
    Network,
    /// The destination.
    Theirs,
    /// The address that was written.
    Recipient,
    /// A word of a newer server.
    #[serde(other)]
    Other,
}

macro_rules! verdicts {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $owner:ident;)*) => {
        /// What a reply or a failure means: one of a closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(into = "&'static str")]
        pub enum VerdictCode {
            $($(#[$doc])* $name,)*
            /// A code of a newer server.
            Other,
        }

        impl VerdictCode {
            /// Every code of the catalogue.
            pub const ALL: &[VerdictCode] = &[$(VerdictCode::$name,)*];

            /// The code as it is written everywhere.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(VerdictCode::$name => $code,)*
                    VerdictCode::Other => "other",
                }
            }

            /// Mail flows: there is nothing to explain in a failure.
            pub fn is_well(self) -> bool {
                matches!(self, VerdictCode::Ok | VerdictCode::OkPartial)
            }

            /// Whose side it is on.
            pub fn owner(self) -> Owner {
                match self {
                    $(VerdictCode::$name => Owner::$owner,)*
                    VerdictCode::Other => Owner::Other,
                }
            }
        }
    };
}

verdicts! {
    /// Delivered, or ready to be.
    Ok = "ok", None;
    /// Some exchangers work, some do not.
    OkPartial = "ok.partial", None;
    /// 450/451 asking to come back later, as a matter of policy.
    SmtpGreylist = "smtp.greylist", None;
    /// A person or a rule holds it.
    Held = "held", None;
    /// Delivery is suspended.
    Suspended = "suspended", None;
    /// The domain does not exist.
    DnsNxdomain = "dns.nxdomain", Recipient;
    /// The domain says that it takes no mail (RFC 7505).
    DnsNullMx = "dns.null_mx", Recipient;
    /// The mailbox is full.
    SmtpMailboxFull = "smtp.mailbox_full", Recipient;
    /// There is no such mailbox.
    SmtpUnknownUser = "smtp.unknown_user", Recipient;
    /// Their name servers fail.
    DnsServfail = "dns.servfail", Theirs;
    /// Their MX records lead nowhere that mail may go.
    DnsMxUnusable = "dns.mx_unusable", Theirs;
    /// Nothing listens on the port.
    TcpRefused = "tcp.refused", Theirs;
    /// They greet with 421 or another 4xx.
    SmtpBanner4xx = "smtp.banner_4xx", Theirs;
    /// Connected, but no greeting came in time.
    SmtpGreetDelay = "smtp.greet_delay", Theirs;
    /// They ask us to send less.
    SmtpRate = "smtp.rate", Theirs;
    /// The connection broke in the middle.
    SmtpDropped = "smtp.dropped", Theirs;
    /// They do not speak SMTP.
    SmtpProtocol = "smtp.protocol", Theirs;
    /// Any other 4xx.
    SmtpDeferred = "smtp.deferred", Theirs;
    /// Any other 5xx.
    SmtpRejected = "smtp.rejected", Theirs;
    /// A policy demands TLS and they offer none.
    TlsNoneRequired = "tls.none_required", Theirs;
    /// The handshake failed.
    TlsHandshake = "tls.handshake", Theirs;
    /// Their certificate has expired.
    TlsCertExpired = "tls.cert_expired", Theirs;
    /// Their certificate is for another name.
    TlsCertName = "tls.cert_name", Theirs;
    /// Their certificate leads to no trusted root.
    TlsCertChain = "tls.cert_chain", Theirs;
    /// MTA-STS is not met.
    PolicyMtaSts = "policy.mtasts", Theirs;
    /// DANE is not met.
    PolicyDane = "policy.dane", Theirs;
    /// No answer to the connection.
    TcpTimeout = "tcp.timeout", Network;
    /// Our resolver does not answer.
    DnsOurs = "dns.ours", Ours;
    /// No destination answers: port 25 is blocked on our side.
    TcpTimeoutAll = "tcp.timeout.all", Ours;
    /// There is no route to the address.
    TcpNoRoute = "tcp.no_route", Ours;
    /// They greet with 554: they do not want us.
    SmtpBanner5xx = "smtp.banner_5xx", Ours;
    /// They refuse the content or the sender for policy.
    SmtpContent = "smtp.content", Ours;
    /// Our login was refused.
    SmtpAuth = "smtp.auth", Ours;
    /// They cannot take what the message needs.
    SmtpUnsupported = "smtp.unsupported", Ours;
    /// A limit of ours holds it back.
    LimitOurs = "limit.ours", Ours;
    /// The address is one we never connect to.
    GuardTarget = "guard.target", Ours;
    /// Our disk is nearly full.
    GuardDisk = "guard.disk", Ours;
    /// The brake on mass bounces.
    GuardBrake = "guard.brake", Ours;
    /// The route leads back to us.
    RouteLoop = "route.loop", Ours;
}

impl From<VerdictCode> for &'static str {
    fn from(code: VerdictCode) -> &'static str {
        code.as_str()
    }
}

impl<'de> Deserialize<'de> for VerdictCode {
    /// By the list itself: what is derived for so many words is ten kilobytes of the console.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<VerdictCode, D::Error> {
        let word = String::deserialize(deserializer)?;
        let known = VerdictCode::ALL.iter().find(|code| code.as_str() == word);
        Ok(known.copied().unwrap_or(VerdictCode::Other))
    }
}

impl fmt::Display for VerdictCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_39_codes_and_each_reads_back_as_itself() {
        assert_eq!(VerdictCode::ALL.len(), 39);
        for &code in VerdictCode::ALL {
            let text = serde_json::to_string(&code).unwrap();
            assert_eq!(text, format!("\"{}\"", code.as_str()));
            assert_eq!(serde_json::from_str::<VerdictCode>(&text).unwrap(), code);
        }
    }

    #[test]
    fn a_code_of_a_newer_server_is_not_an_error() {
        assert_eq!(serde_json::from_str::<VerdictCode>("\"smtp.telepathy\"").unwrap(), VerdictCode::Other);
    }
}
