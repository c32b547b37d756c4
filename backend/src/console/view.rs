//! From what the engine shows of itself to what crosses the wire. The only file that knows both.
//!
//! Promises: every field of the wire is filled from one place; the badge comes from `common` alone; remote text goes
//! out as it came, only cut where a list would grow without bound.
//! Never: a look at the clock, a decision. The walk goes on in `index` (lists) and `http` (details).

use crate::connect::tls::state::tls_state;
use crate::console::letterhead::Letterhead;
use common::filter::{HostCandidate, state_of};
use common::vocab::{
    Badge, CauseCounts, CountWindow, Counters, Domain, Reply, Timestamp, VerdictCode, WaitCause, badge,
};
use common::wire::{
    Action, ActionKind, ActionState, Because, Counted, CounterColumns, Exchanger, ExchangerAddress, Held, HostDetail,
    HostRow, Limited, MessageDetail, NextHops, RecipientRow, SaidReply, StandingAlert, TlsTrouble, Totals, Trend,
    Verdict,
};
use common::words::{self, ActionPhrase, Language, Phrase};
use engine::count::CountsView;
use engine::route::{Route, RouteKind};
use engine::suspension::Suspension;
use engine::view::{
    AlertView, Basis, Evidence, HostDetailView, HostView, LimitedView, MessageView, RecipientView, RetryView,
    SuspendView,
};
use std::net::SocketAddr;
use std::time::Duration;

/// Octets of remote text in a row of a list. A window of 200 rows then stays below 400 KiB whatever peers say;
/// the whole text is in the host's detail.
pub const ROW_REPLY_BYTES_MAX: usize = 1_024;

/// What people see beside the host.
pub fn host_badge(view: &HostView) -> Badge {
    badge(view.status, view.limited.is_some(), view.held.is_some())
}

/// Since when the host has its badge.
fn badge_since(view: &HostView, badge: Badge) -> Option<Timestamp> {
    match badge {
        Badge::Held => view.held.as_ref().map(|held| held.since),
        Badge::Limited => view.limited.as_ref().map(|limited| limited.since),
        Badge::Down | Badge::Up | Badge::Unknown => view.status_since,
    }
}

/// A row of every list of hosts. `verdict` is `None` while nothing is wrong or known.
pub fn host_row(view: &HostView, language: Language) -> HostRow {
    let badge = host_badge(view);
    let counters = view.counters;
    let wrong = view.evidence.as_ref().filter(|evidence| evidence.code != VerdictCode::Ok);
    HostRow {
        host: view.host.clone(),
        status: view.status,
        badge,
        since: badge_since(view, badge),
        held: view.held.as_deref().map(held),
        limited: view.limited.as_ref().map(|found| limited(found, language)),
        verdict: match &view.held {
            Some(suspension) => Some(suspended(suspension, language)),
            None => wrong.map(|evidence| verdict(evidence, language, ROW_REPLY_BYTES_MAX)),
        },
        active_recipients: view.active(),
        unattempted_recipients: view.unattempted,
        attempted_recipients: view.attempted,
        completed_recipients: counters.completed_recipients,
        delivered_recipients: counters.delivered_recipients,
        deleted_recipients: counters.deleted_recipients,
        soft_bounced_events: counters.soft_bounced_events,
        hard_bounced_recipients: counters.hard_bounced_recipients,
        dns_hard_bounces: counters.dns_hard_bounces,
        five_xx_hard_bounces: counters.five_xx_hard_bounces,
        filter_hard_bounces: counters.filter_hard_bounces,
        expired_hard_bounces: counters.expired_hard_bounces,
        other_hard_bounces: counters.other_hard_bounces,
        current_outbound_connections: view.connections.into(),
        pending_outbound_connections: view.pending.into(),
        connections_max: view.connections_max.into(),
        oldest_message_at: view.oldest_at,
        next_attempt_at: view.next_attempt_at,
        wait_causes: view.causes,
        cause: view.cause,
        because: view.cause.zip(view.basis.as_ref()).map(|(cause, basis)| because(cause, basis, language)),
        also: view.also.clone(),
        last_activity_at: view.last_activity_at,
        trend: view
            .windows
            .as_deref()
            .and_then(|windows| windows.waited().points())
            .map(|(at, all)| Trend::of(at, &all)),
    }
}

/// What a cause rests on, in words.
fn because(cause: WaitCause, basis: &Basis, language: Language) -> Because {
    let &Basis { until, limit, most, period, verdict, .. } = basis;
    let (most, rule) = (most.map(u64::from), basis.rule.as_deref());
    let (hold, guard, asked) = (basis.hold.as_deref().map(held), basis.guard, basis.asked);
    let said =
        words::Waiting { cause, limit, most, period, rule, verdict, hold: hold.as_ref().map(Held::hold), guard, asked };
    Because {
        sentence: language.say(&Phrase::Waiting(said)),
        until,
        limit,
        most,
        period_seconds: period.map(|period| period.as_secs()),
        rule: rule.map(str::to_owned),
        verdict,
        asked_seconds: asked.map(|asked| asked.as_secs()),
        hold,
        guard,
    }
}

fn held(suspension: &Suspension) -> Held {
    Held {
        since: suspension.since,
        by: suspension.by.to_string(),
        reason: suspension.reason.as_deref().map(str::to_owned),
        until: suspension.until,
    }
}

fn limited(found: &LimitedView, language: Language) -> Limited {
    let by = found.by.as_ref();
    Limited {
        since: found.since,
        cause: by.map(|(cause, _)| *cause),
        because: by.map(|(cause, basis)| because(*cause, basis, language)),
    }
}

/// What is wrong on our own side, in words.
pub fn alerts(standing: &[AlertView], language: Language) -> Vec<StandingAlert> {
    let said = |alert: &AlertView| StandingAlert {
        what: alert.what,
        since: alert.since,
        until: alert.until,
        sentence: language.say(&Phrase::Alert(alert.what)),
        advice: language.say(&Phrase::AlertAdvice(alert.what)),
    };
    standing.iter().map(said).collect()
}

/// What an operator did to it comes before what was seen of it.
fn suspended(suspension: &Suspension, language: Language) -> Verdict {
    let Suspension { by, reason, since, until } = suspension;
    let phrase = ActionPhrase::Suspended { by, reason: reason.as_deref(), until: *until };
    Verdict {
        code: VerdictCode::Suspended,
        owner: VerdictCode::Suspended.owner(),
        sentence: language.say_action(&phrase),
        advice: language.verdict_advice(VerdictCode::Suspended).into(),
        reply: None,
        exchanger: None,
        address: None,
        at: Some(*since),
        addresses_tried: 0,
    }
}

/// The evidence in words.
fn verdict(evidence: &Evidence, language: Language, reply_bytes_max: usize) -> Verdict {
    Verdict {
        code: evidence.code,
        owner: evidence.code.owner(),
        sentence: language.verdict_sentence(evidence.code).into(),
        advice: language.verdict_advice(evidence.code).into(),
        reply: evidence.reply.as_ref().map(|reply| cut(reply.to_string(), reply_bytes_max)),
        exchanger: evidence.exchanger.as_deref().map(str::to_owned),
        address: evidence.address.map(|address| address.to_string()),
        at: Some(evidence.at),
        addresses_tried: evidence.addresses_tried,
    }
}

/// The text, cut at a character with `…` behind it if it is longer than `bytes_max` octets.
fn cut(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        text.push('…');
    }
    text
}

/// Everything known of one host, as of `as_of`.
/// With a window, its counters are those of the window.
pub fn host_detail(
    view: &HostDetailView,
    window: Option<CountWindow>,
    as_of: Timestamp,
    language: Language,
) -> HostDetail {
    let said = |said: &Option<(Reply, Timestamp)>| {
        said.as_ref().map(|(reply, at)| SaidReply { reply: reply.to_string(), at: *at })
    };
    let route = view.route.as_deref();
    let mut row = host_row(&view.row, language);
    if let Some(window) = window {
        let counted = view.row.windows.as_deref().map(|windows| windows.sum(as_of, window));
        row.set_counters(&counted.unwrap_or_default());
    }
    HostDetail {
        row,
        window,
        as_of,
        counters_since: view.counters_since,
        exchangers: route.map(|route| exchangers(route, &view.addresses, language)).unwrap_or_default(),
        named_by: route.map(|route| match route.kind {
            RouteKind::Mx => NextHops::Mx,
            RouteKind::ImplicitMx => NextHops::ImplicitMx,
            RouteKind::Configured | RouteKind::Discard => NextHops::Route,
        }),
        exchangers_expire_at: route.map(|route| route.expires_at),
        mx_expire_at: route.and_then(|route| route.mx_expire_at),
        route: route.and_then(configured),
        last_4xx: said(&view.last_4xx),
        last_5xx: said(&view.last_5xx),
        last_tls_error: view.last_tls.as_ref().map(|trouble| TlsTrouble {
            verdict: verdict(&trouble.evidence, language, usize::MAX),
            asked: trouble.asked.as_str().into(),
            detail: trouble.detail.as_deref().map(str::to_owned),
        }),
        tls: view.protection.as_ref().map(|how| tls_state(how, language)),
    }
}

fn exchangers(route: &Route, tried: &[(SocketAddr, Evidence)], language: Language) -> Vec<Exchanger> {
    let seen = |address: &SocketAddr| {
        let found = tried.iter().find(|(tried, _)| tried == address);
        found.map(|(_, evidence)| verdict(evidence, language, usize::MAX))
    };
    let address = |address: &SocketAddr| ExchangerAddress { address: address.to_string(), verdict: seen(address) };
    let exchanger = |found: &engine::route::ExchangerAnswer| Exchanger {
        preference: found.preference,
        name: found.name.to_string(),
        addresses: found.addresses.iter().map(address).collect(),
    };
    route.exchangers.iter().map(exchanger).collect()
}

/// Where a `[[route]]` of the configuration sends the host; `None` if DNS decides.
fn configured(route: &Route) -> Option<String> {
    match route.kind {
        RouteKind::Mx | RouteKind::ImplicitMx => None,
        RouteKind::Discard => Some("discard".into()),
        RouteKind::Configured => {
            Some(route.exchangers.iter().map(|exchanger| &*exchanger.name).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A queued message, with what its own header says.
pub fn message_detail(view: &MessageView, head: Letterhead, language: Language) -> MessageDetail {
    let envelope = &view.envelope;
    MessageDetail {
        mid: envelope.mid,
        from: envelope.from.as_ref().map(|from| from.to_string()).unwrap_or_default(),
        size_bytes: envelope.size_bytes,
        received_at: envelope.received_at,
        as_of: Some(view.as_of),
        message_id: head.message_id,
        subject: head.subject,
        recipients: view.recipients.iter().filter_map(|waiting| recipient(view, waiting, language)).collect(),
    }
}

/// `None` for a number that the envelope does not have: nothing to show, and no reason to fall over.
fn recipient(view: &MessageView, waiting: &RecipientView, language: Language) -> Option<RecipientRow> {
    let address = view.envelope.recipients.get(waiting.rid.0 as usize)?;
    let (waited_seconds, unrecorded_seconds) = waited(view.as_of.since(view.envelope.received_at), &waiting.waited);
    let reply = waiting.latest.as_ref().and_then(|(_, reply)| reply.as_ref());
    Some(RecipientRow {
        rid: waiting.rid,
        host: address.domain().clone(),
        address: address.to_string(),
        state: state_of(waiting.cause),
        cause: Some(waiting.cause),
        because: Some(because(waiting.cause, &waiting.basis, language)),
        also: waiting.also.clone(),
        waited_seconds,
        unrecorded_seconds,
        attempts: waiting.attempts,
        next_attempt_at: waiting.next_attempt_at,
        expires_at: Some(waiting.expires_at),
        reply: reply.map(|reply| reply.to_string()),
    })
}

/// Whole seconds by cause, and what of the age is not recorded. Together they are the age in whole seconds: each part
/// is rounded where the sum of all before it is.
fn waited(age: Duration, parts: &[(WaitCause, Duration)]) -> (CauseCounts, u64) {
    let (mut seconds, mut sum) = (CauseCounts::default(), Duration::ZERO);
    for (cause, time) in parts {
        let before = sum.as_secs();
        sum += *time;
        seconds[*cause] = sum.as_secs() - before;
    }
    (seconds, age.as_secs().saturating_sub(sum.as_secs()))
}

/// The receipt of a retry; without its number while it is only planned.
pub fn retry_receipt(view: &RetryView, state: ActionState, language: Language) -> Action {
    Action {
        id: None,
        kind: ActionKind::Retry,
        state,
        matched: view.recipients,
        messages: None,
        hosts: view.hosts,
        done: if state == ActionState::Planned { 0 } else { view.recipients },
        failed: 0,
        undo_until: None,
        until: None,
        sample: names(&view.sample),
        obstacles: said(
            language,
            &[
                (view.already_due, ActionPhrase::RetryDue { recipients: view.already_due }),
                (view.suspended, ActionPhrase::RetrySuspended { recipients: view.suspended }),
                (view.sending, ActionPhrase::InHand { recipients: view.sending }),
                (view.down, ActionPhrase::RetryDown { hosts: view.down }),
            ],
        ),
        progress: None,
        asked: None,
    }
}

/// The receipt of a suspension or a resumption; without its number while it is only planned.
pub fn suspend_receipt(view: &SuspendView, kind: ActionKind, state: ActionState, language: Language) -> Action {
    let sending = if kind == ActionKind::Suspend { view.sending } else { 0 };
    Action {
        id: None,
        kind,
        state,
        matched: view.recipients,
        messages: None,
        hosts: view.hosts,
        done: 0,
        failed: 0,
        undo_until: None,
        until: None,
        sample: names(&view.sample),
        obstacles: said(
            language,
            &[
                (sending, ActionPhrase::InHand { recipients: sending }),
                (view.all_remains.into(), ActionPhrase::AllRemains),
            ],
        ),
        progress: None,
        asked: None,
    }
}

fn names(hosts: &[Domain]) -> Vec<String> {
    hosts.iter().map(|host| host.to_string()).collect()
}

/// The sentences whose number is not zero.
fn said(language: Language, phrases: &[(u64, ActionPhrase<'_>)]) -> Vec<String> {
    phrases.iter().filter(|(count, _)| *count > 0).map(|(_, phrase)| language.say_action(phrase)).collect()
}

/// By what a list of hosts can be sorted and filtered, in one small value without pointers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostKeys {
    /// Recipients in the queue.
    pub active: u64,
    /// Delivered recipients.
    pub delivered: u64,
    /// Soft bounces, events.
    pub soft_bounced: u64,
    /// Hard bounced recipients.
    pub hard_bounced: u64,
    /// When its oldest message was accepted.
    pub oldest_at: Option<Timestamp>,
    /// When something of it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// Sessions past their greeting.
    pub connections: u32,
    /// What people see.
    pub badge: Badge,
    /// The causes under which recipients wait: bit `n` for the `n`-th of [`WaitCause::ALL`].
    pub causes: u16,
}

impl HostKeys {
    /// As a filter looks at it.
    pub fn candidate<'a>(&self, host: &'a Domain) -> HostCandidate<'a> {
        HostCandidate { host: host.as_str(), badge: self.badge, active: self.active, causes: self.causes }
    }
}

/// The keys of a host.
pub fn host_keys(view: &HostView) -> HostKeys {
    HostKeys {
        active: view.active(),
        delivered: view.counters.delivered_recipients,
        soft_bounced: view.counters.soft_bounced_events,
        hard_bounced: view.counters.hard_bounced_recipients,
        oldest_at: view.oldest_at,
        next_attempt_at: view.next_attempt_at,
        connections: view.connections,
        badge: host_badge(view),
        causes: view.causes.iter().fold(0, |bits, (cause, _)| bits | cause.bit()),
    }
}

/// Adds a host to the totals.
pub fn add_host(totals: &mut Totals, view: &HostView) {
    let badge = host_badge(view);
    add_totals(
        totals,
        &Totals {
            hosts: 1,
            hosts_up: u64::from(badge == Badge::Up),
            hosts_down: u64::from(badge == Badge::Down),
            hosts_limited: u64::from(badge == Badge::Limited),
            hosts_held: u64::from(badge == Badge::Held),
            hosts_waiting: u64::from(view.active() > 0),
            active_recipients: view.active(),
            unattempted_recipients: view.unattempted,
            attempted_recipients: view.attempted,
            current_outbound_connections: view.connections.into(),
            pending_outbound_connections: view.pending.into(),
            oldest_message_at: view.oldest_at,
            wait_causes: view.causes,
            ..counted(&view.counters)
        },
    );
}

/// Totals that know counters alone.
pub fn counted(counters: &Counters) -> Totals {
    Totals {
        completed_recipients: counters.completed_recipients,
        delivered_recipients: counters.delivered_recipients,
        deleted_recipients: counters.deleted_recipients,
        soft_bounced_events: counters.soft_bounced_events,
        hard_bounced_recipients: counters.hard_bounced_recipients,
        dns_hard_bounces: counters.dns_hard_bounces,
        five_xx_hard_bounces: counters.five_xx_hard_bounces,
        filter_hard_bounces: counters.filter_hard_bounces,
        expired_hard_bounces: counters.expired_hard_bounces,
        other_hard_bounces: counters.other_hard_bounces,
        ..Totals::default()
    }
}

/// What was counted, by base. Accepted is what is in the queue and what has left it, so that the books agree whatever a
/// kill has taken of the last seconds.
pub fn columns(counts: &CountsView, totals: &Totals) -> CounterColumns {
    let total = &counts.total;
    let (reset, mut lifetime) = (totals.counters(), total.before);
    lifetime.add(&reset);
    let mut uptime = lifetime;
    uptime.sub(&counts.counted_at_start);
    let accepted = |counters: &Counters| totals.active_recipients + counters.completed_recipients;
    let counted =
        |messages_received, recipients_received, counters| Counted { messages_received, recipients_received, counters };
    let since_base = accepted(&reset).saturating_sub(total.active_at_base);
    let messages_since = |before| total.messages.saturating_sub(before);
    CounterColumns {
        lifetime_since: total.first,
        reset: counted(messages_since(total.messages_at_base), since_base, reset),
        uptime: counted(messages_since(counts.messages_at_start), counts.recipients_accepted, uptime),
        lifetime: counted(total.messages, accepted(&lifetime), lifetime),
    }
}

/// The receipt of a new base of the counters.
pub fn reset_receipt(state: ActionState) -> Action {
    Action { kind: ActionKind::ResetCounters, ..retry_receipt(&RetryView::default(), state, Language::En) }
}

/// Adds the totals of other hosts.
pub fn add_totals(totals: &mut Totals, other: &Totals) {
    totals.hosts += other.hosts;
    totals.hosts_up += other.hosts_up;
    totals.hosts_down += other.hosts_down;
    totals.hosts_limited += other.hosts_limited;
    totals.hosts_held += other.hosts_held;
    totals.hosts_waiting += other.hosts_waiting;
    totals.active_recipients += other.active_recipients;
    totals.unattempted_recipients += other.unattempted_recipients;
    totals.attempted_recipients += other.attempted_recipients;
    totals.completed_recipients += other.completed_recipients;
    totals.delivered_recipients += other.delivered_recipients;
    totals.deleted_recipients += other.deleted_recipients;
    totals.soft_bounced_events += other.soft_bounced_events;
    totals.hard_bounced_recipients += other.hard_bounced_recipients;
    totals.dns_hard_bounces += other.dns_hard_bounces;
    totals.five_xx_hard_bounces += other.five_xx_hard_bounces;
    totals.filter_hard_bounces += other.filter_hard_bounces;
    totals.expired_hard_bounces += other.expired_hard_bounces;
    totals.other_hard_bounces += other.other_hard_bounces;
    totals.current_outbound_connections += other.current_outbound_connections;
    totals.pending_outbound_connections += other.pending_outbound_connections;
    totals.oldest_message_at = [totals.oldest_message_at, other.oldest_message_at].into_iter().flatten().min();
    totals.wait_causes.add(&other.wait_causes);
}
