//! Why an SMTP session that somebody held by hand is over, or why there never was one.
//!
//! Texts in it (`host`, `detail`) may come from outside and are hostile; whoever shows them escapes them.

use super::{TargetRule, VerdictCode};
use serde::{Deserialize, Serialize};

/// See the head of this file.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", from = "Flat")]
pub enum SessionEnd {
    /// The name has no address.
    NoAddress {
        /// The name.
        host: String,
    },
    /// Its address could not be found.
    NotFound {
        /// The name.
        host: String,
        /// What DNS came to.
        verdict: VerdictCode,
        /// More of it; may be empty.
        #[serde(default)]
        detail: String,
    },
    /// An address that is not dialled.
    Forbidden {
        /// `192.0.2.25:25`.
        address: String,
        /// Why.
        rule: TargetRule,
    },
    /// The connection was refused.
    Refused {
        /// `192.0.2.25:25`.
        address: String,
    },
    /// There is no route to it.
    NoRoute {
        /// `192.0.2.25:25`.
        address: String,
    },
    /// Nothing answered.
    Unanswered {
        /// `192.0.2.25:25`.
        address: String,
        /// Within so many seconds.
        seconds: u64,
    },
    /// The connection failed in another way.
    Unreachable {
        /// `192.0.2.25:25`.
        address: String,
        /// As the operating system says it.
        detail: String,
    },
    /// The peer closed the connection.
    TheyClosed,
    /// We closed it.
    WeClosed,
    /// It broke.
    Broke {
        /// As the operating system says it.
        detail: String,
    },
    /// Neither side said a word.
    Quiet {
        /// For so many seconds.
        seconds: u64,
    },
    /// It lasted as long as a session may.
    TooLong {
        /// So many seconds.
        seconds: u64,
    },
    /// The peer sent too many octets.
    TooMuch {
        /// More than these.
        octets: u64,
    },
    /// The peer sent too many lines.
    TooManyLines {
        /// More than these.
        lines: u64,
    },
    /// Too many lines were typed.
    TypedTooMany {
        /// As many as a session may have.
        lines: u64,
    },
    /// The peer took nothing of what was sent.
    TookNothing {
        /// For so many seconds.
        seconds: u64,
    },
    /// Something came in clear between their 220 and the handshake: whoever sits in between may have put it there.
    Injected,
    /// They answered 220 to STARTTLS under TLS.
    SecuredTwice,
    /// The handshake failed.
    Handshake {
        /// As the TLS library says it.
        detail: String,
    },
    /// The handshake took too long.
    HandshakeSlow {
        /// More than so many seconds.
        seconds: u64,
    },
    /// This server stops.
    Stopping,
    /// Nobody follows the session any more.
    Unheard,
    /// A reason of a newer server, or none.
    #[default]
    Other,
}

/// All reasons with all that any of them says: read at once, and then told apart. A reader made for each variant would be
/// a tenth of the page's program.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Flat {
    code: String,
    host: String,
    address: String,
    detail: String,
    verdict: Option<VerdictCode>,
    rule: TargetRule,
    seconds: u64,
    octets: u64,
    lines: u64,
}

impl From<Flat> for SessionEnd {
    fn from(flat: Flat) -> SessionEnd {
        let Flat { code, host, address, detail, verdict, rule, seconds, octets, lines } = flat;
        match &*code {
            "no_address" => SessionEnd::NoAddress { host },
            "not_found" => SessionEnd::NotFound { host, verdict: verdict.unwrap_or(VerdictCode::Other), detail },
            "forbidden" => SessionEnd::Forbidden { address, rule },
            "refused" => SessionEnd::Refused { address },
            "no_route" => SessionEnd::NoRoute { address },
            "unanswered" => SessionEnd::Unanswered { address, seconds },
            "unreachable" => SessionEnd::Unreachable { address, detail },
            "they_closed" => SessionEnd::TheyClosed,
            "we_closed" => SessionEnd::WeClosed,
            "broke" => SessionEnd::Broke { detail },
            "quiet" => SessionEnd::Quiet { seconds },
            "too_long" => SessionEnd::TooLong { seconds },
            "too_much" => SessionEnd::TooMuch { octets },
            "too_many_lines" => SessionEnd::TooManyLines { lines },
            "typed_too_many" => SessionEnd::TypedTooMany { lines },
            "took_nothing" => SessionEnd::TookNothing { seconds },
            "injected" => SessionEnd::Injected,
            "secured_twice" => SessionEnd::SecuredTwice,
            "handshake" => SessionEnd::Handshake { detail },
            "handshake_slow" => SessionEnd::HandshakeSlow { seconds },
            "stopping" => SessionEnd::Stopping,
            "unheard" => SessionEnd::Unheard,
            _ => SessionEnd::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back_as_itself() {
        let text = || "x".to_owned();
        for end in [
            SessionEnd::NoAddress { host: text() },
            SessionEnd::NotFound { host: text(), verdict: VerdictCode::DnsNxdomain, detail: text() },
            SessionEnd::Forbidden { address: text(), rule: TargetRule::Loopback },
            SessionEnd::Refused { address: text() },
            SessionEnd::NoRoute { address: text() },
            SessionEnd::Unanswered { address: text(), seconds: 1 },
            SessionEnd::Unreachable { address: text(), detail: text() },
            SessionEnd::TheyClosed,
            SessionEnd::WeClosed,
            SessionEnd::Broke { detail: text() },
            SessionEnd::Quiet { seconds: 1 },
            SessionEnd::TooLong { seconds: 1 },
            SessionEnd::TooMuch { octets: 1 },
            SessionEnd::TooManyLines { lines: 1 },
            SessionEnd::TypedTooMany { lines: 1 },
            SessionEnd::TookNothing { seconds: 1 },
            SessionEnd::Injected,
            SessionEnd::SecuredTwice,
            SessionEnd::Handshake { detail: text() },
            SessionEnd::HandshakeSlow { seconds: 1 },
            SessionEnd::Stopping,
            SessionEnd::Unheard,
            SessionEnd::Other,
        ] {
            let json = serde_json::to_string(&end).unwrap();
            assert_eq!(serde_json::from_str::<SessionEnd>(&json).unwrap(), end, "{json}");
        }
    }

    #[test]
    fn a_reason_of_a_newer_server_is_another() {
        let read = serde_json::from_str::<SessionEnd>(r#"{"code":"bored","for":"ever"}"#);
        assert_eq!(read.unwrap(), SessionEnd::Other);
    }
}
