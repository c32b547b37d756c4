//! The wire as it was promised: every frame and every answer, octet by octet.
//!
//! A change here breaks consoles and scripts that run somewhere. Add fields; never rename or remove one.

use super::house::{MORNING, down, host};
use crate::console::letterhead::Letterhead;
use crate::console::view;
use common::vocab::{
    ActionId, Alert, CountWindow, Counters, MessageId, RecipientId, Reply, ReplyCode, VerdictCode, WaitCause,
};
use common::vocab::{NotSent, SessionEnd};
use common::wire::{
    Action, ActionKind, ActionRequest, ActionState, ApiError, ClientFrame, Delta, ErrorCode, Health, Hello, HostRow,
    HostSort, HostsCount, HostsQuery, Limits, LineEnd, Overview, Probe, ProbeEvent, ProbeEvents, ProbeKind, ProbeState,
    Recovering, RetryMode, Scope, ServerFrame, ServerStatus, Snapshot, StandingAlert, TelnetRequest, TlsState, Topic,
    Totals, Welcome, Window,
};
use common::words::Language;
use engine::envelope::Envelope;
use engine::route::{ExchangerAnswer, NamedBy, Route, RouteKind};
use engine::tls::{ClearBecause, Protection};
use engine::view::{AlertView, Evidence, HostDetailView, MessageView, RecipientView, RetryView};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;

/// Compares with the file; `UPDATE_GOLDEN=1` writes it anew, for a change that was meant.
fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/console/golden").join(format!("{name}.json"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{text}\n")).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    assert_eq!(kept.trim_end(), text, "{name}.json");
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// The words of verdicts are the catalogue's business, not the wire's.
fn without_words(mut row: HostRow) -> HostRow {
    if let Some(verdict) = &mut row.verdict {
        (verdict.sentence, verdict.advice) = ("What it means.".into(), "What to do.".into());
    }
    row
}

fn rows() -> Vec<HostRow> {
    [host("a.test", 3), down("b.test", 2)]
        .iter()
        .map(|view| without_words(view::host_row(view, Language::En)))
        .collect()
}

fn raw_rows() -> Vec<Box<serde_json::value::RawValue>> {
    rows().iter().map(|row| serde_json::value::to_raw_value(row).unwrap()).collect()
}

fn count() -> HostsCount {
    let mut totals = Totals::default();
    view::add_host(&mut totals, &host("a.test", 3));
    view::add_host(&mut totals, &down("b.test", 2));
    HostsCount { total: 2, matching: 2, totals }
}

fn overview() -> Overview {
    Overview {
        totals: count().totals,
        minute: Counters { delivered_recipients: 850, ..Counters::default() },
        troubled: 1,
        attention: raw_rows().into_iter().skip(1).collect(),
        health: Some(Health::Online),
        damaged: 2,
        alerts: alerts(),
        recovering: Some(Recovering { messages: 3, of: 9 }),
    }
}

fn alerts() -> Vec<StandingAlert> {
    let what = Alert::BrakePulled { refused: 61, hosts: 3 };
    let mut alerts = view::alerts(&[AlertView { what, since: MORNING, until: MORNING }], Language::En);
    alerts.iter_mut().for_each(|alert| {
        (alert.sentence, alert.advice) = ("What it is.".into(), "What to do.".into());
    });
    alerts
}

fn receipt() -> Action {
    let view = RetryView {
        recipients: 5,
        hosts: 2,
        sample: vec!["a.test".parse().unwrap()],
        already_due: 1,
        ..RetryView::default()
    };
    Action { id: Some(ActionId(8)), ..view::retry_receipt(&view, ActionState::Done, Language::En) }
}

fn refusal() -> ApiError {
    ApiError::field(ErrorCode::BadField, "scope", "Say what.")
}

fn events() -> Vec<ProbeEvent> {
    let address = || "127.0.0.9:25".to_owned();
    vec![
        ProbeEvent::Trying { ms: 1, address: address() },
        ProbeEvent::Connected { ms: 2, address: address(), host: "mx.test".into() },
        ProbeEvent::Line { ms: 3, text: "220 \u{1b}[2J mx.test".into() },
        ProbeEvent::Sent { ms: 4, text: "QUIT".into() },
        ProbeEvent::Ended {
            ms: 5,
            connected: true,
            reason: "They closed the connection.".into(),
            why: SessionEnd::TheyClosed,
        },
    ]
}

/// The events of a session that is typed by hand, beside those above.
fn session_events() -> Vec<ProbeEvent> {
    let tls = TlsState {
        sentence: "How it is protected.".into(),
        version: Some("TLS 1.3".into()),
        cipher: Some("TLS_AES_128_GCM_SHA256".into()),
        group: Some("X25519".into()),
        verified: false,
        because: Some(VerdictCode::TlsCertChain),
        names: vec!["mx.test".into()],
        issuer: Some("Somebody".into()),
        not_after: Some(MORNING),
    };
    vec![
        ProbeEvent::Opened {
            ms: 0,
            id: 3,
            lines_max: 200,
            octets_max: 1_048_576,
            idle_seconds: 60,
            total_seconds: 300,
        },
        ProbeEvent::Waiting { ms: 10_003, seconds: 10 },
        ProbeEvent::Secured { ms: 10_004, tls },
        ProbeEvent::NotSent { ms: 10_005, why: NotSent::BeginsMessage },
    ]
}

#[test]
fn server_frames_are_as_promised() {
    let limits = Limits { subscriptions: 16, window_rows: 200, frame_bytes: 65_536 };
    let welcome = Welcome {
        conn: 1,
        epoch: 2,
        build: "0.1.0".into(),
        now: MORNING,
        hostname: "mail.test".into(),
        lab: true,
        limits,
    };
    let order = Some(vec!["b.test".into(), "a.test".into()]);
    let delta = Delta { rows: raw_rows(), order, first: 50, count: Some(count()), moved: 0 };
    for (name, frame) in [
        ("server-welcome", ServerFrame::Welcome(welcome)),
        (
            "server-snap",
            ServerFrame::Snapshot { sid: 1, seq: 1, body: Snapshot { rows: raw_rows(), first: 0, count: count() } },
        ),
        ("server-delta", ServerFrame::Delta { sid: 1, seq: 2, body: delta }),
        ("server-delta-moved", ServerFrame::Delta { sid: 1, seq: 3, body: Delta { moved: 4, ..Delta::default() } }),
        ("server-overview", ServerFrame::Overview { sid: 2, seq: 1, body: Box::new(overview()) }),
        ("server-host-none", ServerFrame::Host { sid: 3, seq: 1, body: None }),
        ("server-events", ServerFrame::Events { sid: 2, seq: 1, body: ProbeEvents { items: events() } }),
        (
            "server-events-session",
            ServerFrame::Events { sid: 4, seq: 1, body: ProbeEvents { items: session_events() } },
        ),
        ("server-end", ServerFrame::End { sid: 2, error: None }),
        ("server-end-error", ServerFrame::End { sid: 2, error: Some(refusal()) }),
        ("server-reply", ServerFrame::Reply { id: 9, result: Ok(receipt()) }),
        ("server-reply-error", ServerFrame::Reply { id: 9, result: Err(refusal()) }),
        ("server-tick", ServerFrame::Tick { now: MORNING }),
        ("server-pong", ServerFrame::Pong { n: 7 }),
        ("server-drain", ServerFrame::Drain { retry_ms: 637 }),
    ] {
        golden(name, &frame.encode());
    }
}

#[test]
fn client_frames_are_as_promised() {
    let query = HostsQuery {
        filter: "status:down".into(),
        sort: HostSort::OldestMessageAt,
        ascending: true,
        window: Window { first: 50, len: 100 },
        freeze: true,
    };
    let action = ActionRequest {
        kind: ActionKind::Retry,
        scope: Scope::Host("a.test".parse().unwrap()),
        mode: RetryMode::All,
        reason: Some("mended".into()),
        for_seconds: None,
        dry_run: true,
        key: Some("k".into()),
    };
    let request = TelnetRequest { host: "mx.test".into(), port: None };
    for (name, frame) in [
        ("client-hello", ClientFrame::Hello(Hello { build: "0.1.0".into(), locale: "ja".into() })),
        ("client-sub-hosts", ClientFrame::Subscribe { sid: 1, topic: Topic::Hosts { query: query.clone() } }),
        ("client-sub-overview", ClientFrame::Subscribe { sid: 2, topic: Topic::Overview }),
        (
            "client-sub-host",
            ClientFrame::Subscribe {
                sid: 3,
                topic: Topic::Host { host: "a.test".parse().unwrap(), locale: "ja".into() },
            },
        ),
        ("client-sub-smtp", ClientFrame::Subscribe { sid: 2, topic: Topic::Smtp { request } }),
        ("client-tune", ClientFrame::Tune { sid: 1, query }),
        ("client-unsub", ClientFrame::Unsubscribe { sid: 1 }),
        ("client-ack", ClientFrame::Ack { sid: 1, seq: 41 }),
        ("client-cmd", ClientFrame::Command { id: 9, action }),
        ("client-input", ClientFrame::Input { sid: 2, data: "EHLO me.test".into(), eol: LineEnd::Lf }),
        ("client-ping", ClientFrame::Ping { n: 7 }),
    ] {
        golden(name, &frame.encode());
        assert_eq!(ClientFrame::decode(&frame.encode()).unwrap(), frame);
    }
}

#[test]
fn answers_are_as_promised() {
    let address = "127.0.0.9:25".parse().unwrap();
    let evidence = Evidence {
        code: VerdictCode::Ok,
        reply: Some(Reply::new(ReplyCode(250), "ok")),
        exchanger: None,
        address: Some(address),
        at: MORNING,
        addresses_tried: 1,
    };
    let route = Route {
        kind: RouteKind::Configured,
        hops: Vec::new(),
        exchangers: vec![ExchangerAnswer {
            preference: 10,
            name: "mx.test".into(),
            named_by: NamedBy::Dns,
            addresses: vec![address],
        }],
        expires_at: MORNING,
        provider: None,
        mx_expire_at: None,
    };
    let detail = HostDetailView {
        row: down("b.test", 2),
        counters_since: MORNING,
        route: Some(Arc::new(route)),
        addresses: vec![(address, evidence)],
        last_4xx: Some((Reply::new(ReplyCode(451), "4.7.1 later"), MORNING)),
        last_5xx: None,
        last_tls: None,
        protection: Some(Protection::Clear(ClearBecause::NotOffered)),
    };
    let mut detail = view::host_detail(&detail, None, MORNING, Language::En);
    detail.row = without_words(detail.row);
    for address in detail.exchangers.iter_mut().flat_map(|exchanger| &mut exchanger.addresses) {
        let verdict = address.verdict.as_mut().unwrap();
        (verdict.sentence, verdict.advice) = ("What it means.".into(), "What to do.".into());
    }
    golden("host", &json(&detail));
    golden("server-host", &ServerFrame::Host { sid: 3, seq: 2, body: Some(Box::new(detail)) }.encode());
    golden("message", &json(&view::message_detail(&message(), Letterhead::default(), Language::En)));
    golden("action", &json(&receipt()));
    golden("error", &json(&refusal()));
    let (kind, state, target) = (ProbeKind::Smtp, ProbeState::Done, "mx.test".into());
    let (rtype, port, begun_at) = (None, Some(25), Some(MORNING));
    let probe =
        Probe { id: 3, kind, state, target, rtype, port, begun_at, dig: None, diagnosis: None, events: events() };
    golden("probe", &json(&probe));
    golden("status", &json(&status()));
}

fn message() -> MessageView {
    let envelope = Envelope {
        mid: MessageId(7),
        from: Some("me@b.test".parse().unwrap()),
        recipients: vec!["x@a.test".parse().unwrap()],
        size_bytes: 1_234,
        received_at: MORNING,
        eight_bit: false,
        smtputf8: false,
        dsn: Default::default(),
    };
    let waiting = RecipientView {
        rid: RecipientId(0),
        cause: WaitCause::Sending,
        basis: Default::default(),
        also: Vec::new(),
        waited: Vec::new(),
        attempts: 1,
        next_attempt_at: None,
        expires_at: MORNING,
        latest: None,
    };
    MessageView { envelope: Arc::new(envelope), as_of: MORNING, recipients: vec![waiting] }
}

fn status() -> ServerStatus {
    ServerStatus {
        as_of: MORNING,
        up_since: MORNING,
        counters_since: MORNING,
        health: Health::Online,
        hostname: "mail.test".into(),
        version: "0.1.0".into(),
        lab: false,
        messages_received: 7,
        recipients_received: 9,
        recovery: None,
        alerts: alerts(),
        window: None,
        windows: CountWindow::ALL.map(|window| (window, Counters::default())).into(),
        columns: Default::default(),
        recovering: None,
        quarantine: Default::default(),
        totals: count().totals,
    }
}

#[test]
fn remote_text_in_a_row_is_cut_where_a_character_ends() {
    let mut view = down("b.test", 1);
    let long = "é".repeat(10_000);
    view.evidence.as_mut().unwrap().reply = Some(Reply::new(ReplyCode(451), &long));
    let reply = view::host_row(&view, Language::En).verdict.unwrap().reply.unwrap();
    assert!(reply.len() <= view::ROW_REPLY_BYTES_MAX + '…'.len_utf8());
    assert!(reply.ends_with("é…"), "{reply}");
}
