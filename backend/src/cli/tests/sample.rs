//! Wire values for the tests.

use common::vocab::{Badge, CauseCounts, HostStatus, MessageId, Owner, RecipientId, Timestamp, VerdictCode, WaitCause};
use common::wire::*;

/// Tue Nov 24 04:08:38 2026 UTC.
pub(super) const NOW: Timestamp = Timestamp(1_795_493_318_000);

/// An idle host that took 336 messages.
pub(super) fn row(host: &str) -> HostRow {
    HostRow {
        host: host.parse().unwrap(),
        status: HostStatus::Up,
        badge: Badge::Up,
        since: None,
        held: None,
        limited: None,
        verdict: None,
        active_recipients: 0,
        unattempted_recipients: 0,
        attempted_recipients: 0,
        completed_recipients: 336,
        delivered_recipients: 336,
        deleted_recipients: 0,
        soft_bounced_events: 0,
        hard_bounced_recipients: 0,
        dns_hard_bounces: 0,
        five_xx_hard_bounces: 0,
        filter_hard_bounces: 0,
        expired_hard_bounces: 0,
        other_hard_bounces: 0,
        current_outbound_connections: 0,
        pending_outbound_connections: 0,
        connections_max: 10,
        oldest_message_at: None,
        next_attempt_at: None,
        wait_causes: CauseCounts::default(),
        cause: None,
        because: None,
        also: Vec::new(),
        last_activity_at: None,
        trend: None,
    }
}

/// A host that is down, with all there is to say about it.
pub(super) fn down(host: &str) -> HostRow {
    let mut causes = CauseCounts::default();
    causes[WaitCause::HostDown] = 12_000;
    causes[WaitCause::Retry] = 345;
    HostRow {
        status: HostStatus::Down,
        badge: Badge::Down,
        since: Some(Timestamp(NOW.0 - 3_600_000)),
        verdict: Some(Verdict {
            code: VerdictCode::SmtpBanner4xx,
            owner: Owner::Theirs,
            sentence: "The server greets with a temporary refusal.".into(),
            advice: "Wait; it is tried again.".into(),
            reply: Some("421-busy\n421 \u{1b}[31mcome back\u{202e}".into()),
            exchanger: Some("mx1.down.test".into()),
            address: Some("192.0.2.25:25".into()),
            at: Some(NOW),
            addresses_tried: 3,
        }),
        active_recipients: 12_345,
        unattempted_recipients: 12_000,
        attempted_recipients: 345,
        soft_bounced_events: 1_234_567,
        pending_outbound_connections: 1,
        oldest_message_at: Some(Timestamp(NOW.0 - 93_784_000)),
        next_attempt_at: Some(Timestamp(NOW.0 + 250_000)),
        wait_causes: causes,
        last_activity_at: Some(Timestamp(NOW.0 - 60_000)),
        ..row(host)
    }
}

/// What is known of a row and nothing more.
pub(super) fn detail(row: HostRow) -> HostDetail {
    HostDetail {
        row,
        as_of: NOW,
        counters_since: NOW,
        window: None,
        exchangers: Vec::new(),
        named_by: None,
        exchangers_expire_at: None,
        mx_expire_at: None,
        route: None,
        last_4xx: None,
        last_5xx: None,
        last_tls_error: None,
        tls: None,
    }
}

pub(super) fn exchanger(preference: u16, name: &str, addresses: &[&str]) -> Exchanger {
    let address = |text: &&str| ExchangerAddress { address: text.to_string(), verdict: None };
    Exchanger { preference, name: name.into(), addresses: addresses.iter().map(address).collect() }
}

/// So many messages with five million recipients each, and what the totals say.
fn counted(messages: u64, totals: &Totals) -> Counted {
    Counted { messages_received: messages, recipients_received: messages * 5_000_000, counters: totals.counters() }
}

pub(super) fn status() -> ServerStatus {
    let mut totals = Totals {
        hosts: 1_201,
        hosts_up: 1_000,
        hosts_down: 200,
        hosts_limited: 1,
        active_recipients: 7_166,
        unattempted_recipients: 7_000,
        attempted_recipients: 166,
        completed_recipients: 50_441_741,
        delivered_recipients: 50_441_740,
        hard_bounced_recipients: 1,
        five_xx_hard_bounces: 1,
        soft_bounced_events: 2_334_552,
        current_outbound_connections: 14,
        oldest_message_at: Some(Timestamp(NOW.0 - 2_422_013_000)),
        ..Totals::default()
    };
    totals.wait_causes[WaitCause::Slot] = 7_166;
    ServerStatus {
        as_of: NOW,
        up_since: Timestamp(NOW.0 - 1_543_065_000),
        counters_since: Timestamp(NOW.0 - 1_543_065_000),
        health: Health::Online,
        hostname: "mail.example.net".into(),
        version: "0.1.0".into(),
        lab: false,
        messages_received: 62_049_822,
        recipients_received: 62_049_823,
        recovery: None,
        alerts: Vec::new(),
        window: None,
        windows: Default::default(),
        columns: CounterColumns {
            lifetime_since: totals.oldest_message_at.unwrap_or_default(),
            reset: counted(1, &totals),
            uptime: counted(2, &totals),
            lifetime: counted(3, &totals),
        },
        recovering: None,
        quarantine: Default::default(),
        totals,
    }
}

pub(super) fn record(name: &str, ttl: u32, rtype: &str, data: &str) -> DigRecord {
    DigRecord { name: name.into(), ttl, class: "IN".into(), rtype: rtype.into(), data: data.into() }
}

pub(super) fn dig_answer() -> DigAnswer {
    DigAnswer {
        name: "xmail.com.".into(),
        rtype: "MX".into(),
        status: "NOERROR".into(),
        id: 31_337,
        flags: vec!["qr".into(), "rd".into(), "ra".into()],
        answer: vec![
            record("xmail.com.", 300, "MX", "10 a11.xmail-smtp-in.example."),
            record("xmail.com.", 300, "MX", "20 alt.example."),
        ],
        authority: Vec::new(),
        additional: vec![record("a-very-long-name.of-an-exchanger.example.", 60, "A", "192.0.2.1")],
        left_out: 0,
        query_ms: 12,
        server: "127.0.0.1:5300".into(),
        transport: "UDP".into(),
        at: NOW,
        size_bytes: 92,
        delivery: None,
    }
}

pub(super) fn action(matched: u64, hosts: u64) -> Action {
    Action {
        id: Some(common::vocab::ActionId(7)),
        kind: ActionKind::Retry,
        state: ActionState::Done,
        matched,
        messages: None,
        hosts,
        done: matched,
        failed: 0,
        undo_until: None,
        until: None,
        sample: Vec::new(),
        obstacles: Vec::new(),
        progress: None,
        asked: None,
    }
}

/// A message that waits: number 1527, accepted at 04:00.
pub(super) fn message() -> MessageDetail {
    let waiting = RecipientRow {
        rid: RecipientId(0),
        address: "9554@example.net".into(),
        host: "example.net".parse().unwrap(),
        state: RecipientState::Queued,
        cause: Some(WaitCause::Retry),
        because: None,
        also: Vec::new(),
        waited_seconds: CauseCounts::default(),
        unrecorded_seconds: 0,
        attempts: 2,
        next_attempt_at: None,
        expires_at: Some(NOW),
        reply: Some("451 4.7.1 later\nor never".into()),
    };
    MessageDetail {
        mid: MessageId(1_527),
        from: String::new(),
        size_bytes: 1_230,
        received_at: "2026-11-24T04:00:00Z".parse().unwrap(),
        message_id: None,
        subject: Some("\u{1b}[5mTesting".into()),
        as_of: None,
        recipients: vec![waiting],
    }
}
