//! The ritual of a host whose mail waits, as three steps: count what waits, test the connection, move the mail. Each says
//! how it stands for this host, and is one click.

use crate::address::Address;
use crate::browser;
use crate::derived::memo;
use crate::format::{countdown, visible};
use crate::live::Live;
use crate::page::{Peer, RetryButton};
use crate::preference::Tongue;
use crate::probe::{self, Refused};
use crate::store::{self, Link, NextTry, SessionStage, Store};
use common::vocab::{Domain, SessionEnd};
use common::wire::{HostRow, ProbeEvent, ProbeKind, ProbeRequest, Scope};
use common::words::{Label, PanelWord, Phrase};
use leptos::prelude::*;

/// Characters of what a mail server said in the second step.
const SAID_MAX: usize = 90;
/// Characters of a refusal.
const SENTENCE_MAX: usize = 300;

/// The strip; the second step unfolds the terminal below.
#[component]
pub(super) fn Steps(host: Domain, row: Memo<Option<HostRow>>, peer: Peer) -> impl IntoView {
    let (store, live, tongue) = (Store::here(), Live::here(), Tongue::here());
    let counted = memo(move || row.with(|row| row.as_ref().map(|row| count(store, tongue, row)).unwrap_or_default()));
    let tested = memo(move || test(store, tongue));
    let moves = memo(move || row.with(|row| row.as_ref().map(|row| next(store, tongue, row)).unwrap_or_default()));
    let test = move |_| {
        if store.link.get_untracked() == Link::Live {
            peer.connect(live);
        }
        browser::unfold("fold-terminal");
    };
    let (address, refused, domain) = (Address::here(), RwSignal::new(String::new()), host.clone());
    let diagnose = move |_| {
        let (kind, target) = (ProbeKind::Diagnose, domain.to_string());
        let (rtype, server, port) = (None, None, None);
        let request = ProbeRequest { kind, target, rtype, server, tcp: false, dnssec: false, port, live: false };
        let begun = move |begun: Result<u64, Refused>| match begun {
            Ok(id) => address.go(&format!("/probes/{id}")),
            Err(why) => refused.set(visible(&why.sentence, SENTENCE_MAX)),
        };
        probe::start(tongue, &request, Callback::new(begun));
    };
    view! {
        <ol class="steps" data-part="steps" aria-label=tongue.panel(PanelWord::Steps)>
            <li>
                <small>{counted}</small>
                <button type="button" on:click=move |_| browser::focus("figures")>{tongue.panel(PanelWord::Count)}</button>
            </li>
            <li>
                <small><bdi>{tested}</bdi></small><small role="status">{refused}</small>
                <button type="button" data-part="diagnose" on:click=diagnose>{tongue.panel(PanelWord::Diagnose)}</button>
                <button type="button" data-part="test" on:click=test>{tongue.panel(PanelWord::Test)}</button>
            </li>
            <li>
                <small>{moves}</small>
                <RetryButton scope=Scope::Host(host) name=Label::Retry/>
            </li>
        </ol>
    }
    .into_any()
}

/// How many wait, and for how long.
fn count(store: Store, tongue: Tongue, row: &HostRow) -> String {
    let mut text = tongue.say(Phrase::Recipients(row.active_recipients));
    if let Some(oldest) = row.oldest_message_at {
        text.push_str(" · ");
        text.push_str(&tongue.say(Phrase::ShortSpan(store.server_now.get().since(oldest))));
    }
    text
}

/// What the latest session of this page came to: their greeting, or why there was none.
fn test(store: Store, tongue: Tongue) -> String {
    let language = tongue.get();
    store.session.0.with(|held| {
        let said = held.events.iter().find_map(|event| match event {
            ProbeEvent::Line { text, .. } => Some(text.clone()),
            ProbeEvent::Ended { reason, why: SessionEnd::Other, .. } => Some(reason.clone()),
            ProbeEvent::Ended { why, .. } => Some(language.say_end(why)),
            _ => None,
        });
        match (said, &held.stage) {
            (Some(said), _) => visible(&said, SAID_MAX),
            (None, SessionStage::Refused(said)) => visible(said, SAID_MAX),
            (None, SessionStage::Open) => PanelWord::Connecting.say(language).to_owned(),
            (None, _) => PanelWord::NotTested.say(language).to_owned(),
        }
    })
}

/// When the queue itself tries next.
fn next(store: Store, tongue: Tongue, row: &HostRow) -> String {
    let when = match store::next_try(row, store.server_now.get()) {
        NextTry::None => return "–".into(),
        NextTry::Now => tongue.say(Phrase::Label(Label::DueNow)),
        NextTry::In(left) => countdown(left),
        NextTry::Held => tongue.say(Phrase::Label(Label::OnHold)),
        NextTry::WhenFree => tongue.say(Phrase::Label(Label::WhenSlotFrees)),
    };
    format!("{}: {when}", PanelWord::NextTry.say(tongue.get()))
}
