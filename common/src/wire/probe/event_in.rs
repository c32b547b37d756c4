//! An event of a probe as it is read: every field of every kind, of which a kind takes its own.
//!
//! Derived by its tag the enum would hold what it reads until it knows the kind, and that costs the console 13.7 kB after
//! brotli together with `SessionEnd`'s. Promises that what is written reads back as itself; an unknown kind is `Other`.

use super::ProbeEvent;
use crate::vocab::{NotSent, SessionEnd};
use crate::wire::TlsState;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct EventIn {
    what: String,
    ms: Option<u64>,
    id: Option<u64>,
    lines_max: Option<u64>,
    octets_max: Option<u64>,
    idle_seconds: Option<u64>,
    total_seconds: Option<u64>,
    address: Option<String>,
    host: Option<String>,
    text: Option<String>,
    seconds: Option<u64>,
    tls: Option<TlsState>,
    connected: Option<bool>,
    reason: Option<String>,
    /// Why a line was not sent, or why the session ended: by `what`.
    why: Option<Why>,
}

/// Two types under one name; each is read when the kind is known.
type Why = Box<serde_json::value::RawValue>;

fn read<'a, T: Deserialize<'a>>(why: &'a Why) -> Option<T> {
    serde_json::from_str(why.get()).ok()
}

impl TryFrom<EventIn> for ProbeEvent {
    type Error = String;

    fn try_from(it: EventIn) -> Result<ProbeEvent, String> {
        let what = it.what.clone();
        known(it).ok_or_else(|| format!("{what:?} lacks a field"))
    }
}

fn known(it: EventIn) -> Option<ProbeEvent> {
    let ms = it.ms;
    Some(match it.what.as_str() {
        "opened" => ProbeEvent::Opened {
            ms: ms?,
            id: it.id?,
            lines_max: it.lines_max?,
            octets_max: it.octets_max?,
            idle_seconds: it.idle_seconds?,
            total_seconds: it.total_seconds?,
        },
        "trying" => ProbeEvent::Trying { ms: ms?, address: it.address? },
        "connected" => ProbeEvent::Connected { ms: ms?, address: it.address?, host: it.host? },
        "line" => ProbeEvent::Line { ms: ms?, text: it.text? },
        "sent" => ProbeEvent::Sent { ms: ms?, text: it.text? },
        "waiting" => ProbeEvent::Waiting { ms: ms?, seconds: it.seconds? },
        "secured" => ProbeEvent::Secured { ms: ms?, tls: it.tls? },
        "not_sent" => ProbeEvent::NotSent { ms: ms?, why: read::<NotSent>(&it.why?)? },
        "ended" => ProbeEvent::Ended {
            ms: ms?,
            connected: it.connected?,
            reason: it.reason?,
            why: it.why.map_or(Some(SessionEnd::Other), |why| read(&why))?,
        },
        _ => ProbeEvent::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_reads_back_as_itself() {
        let (ms, text) = (7, || "x".to_owned());
        for event in [
            ProbeEvent::Opened { ms, id: 1, lines_max: 2, octets_max: 3, idle_seconds: 4, total_seconds: 5 },
            ProbeEvent::Trying { ms, address: text() },
            ProbeEvent::Connected { ms, address: text(), host: text() },
            ProbeEvent::Line { ms, text: text() },
            ProbeEvent::Sent { ms, text: text() },
            ProbeEvent::Waiting { ms, seconds: 2 },
            ProbeEvent::NotSent { ms, why: NotSent::TooLong },
            ProbeEvent::Ended { ms, connected: true, reason: text(), why: SessionEnd::Quiet { seconds: 3 } },
            ProbeEvent::Other,
        ] {
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<ProbeEvent>(&json).unwrap(), event, "{json}");
        }
    }

    #[test]
    fn an_event_of_a_newer_server_is_another_and_one_without_its_field_an_error() {
        let read = |json: &str| serde_json::from_str::<ProbeEvent>(json);
        assert_eq!(read(r#"{"what":"sang","ms":1}"#).unwrap(), ProbeEvent::Other);
        assert!(read(r#"{"what":"line","ms":1}"#).is_err());
        let ended = r#"{"what":"ended","ms":1,"connected":false,"reason":"r"}"#;
        assert!(matches!(read(ended), Ok(ProbeEvent::Ended { why: SessionEnd::Other, .. })));
    }
}
