//! The page of one host: why its mail waits, with whom we talked, what they said, what waits, and its figures.
//!
//! Follows the host live. Promises: a host without a record says so. The walk goes on in `waiting` (its messages).

mod steps;
mod test;
mod waiting;

use crate::address::Address;
use crate::browser;
use crate::derived::{effect, memo};
use crate::format::visible;
use crate::live::Live;
use crate::page::Peer;
use crate::part::{CopyButton, Sparkline, StatusBadge, while_it};
use crate::preference::Tongue;
use crate::session::Entry;
use crate::store::{self, Store};
use common::layout;
use common::vocab::{Badge, Domain};
use common::wire::{Exchanger, Figure, HostDetail, Role, SaidReply};
use common::words::{Label, Note, PanelWord, Phrase, grouped};
use leptos::prelude::*;

/// Characters of a reply that are shown: more is no sentence any more.
const REPLY_MAX: usize = 2_000;
/// Characters of a name of theirs that are shown.
const NAME_MAX: usize = 255;

/// The page.
#[component]
pub fn HostPage() -> impl IntoView {
    let (store, tongue, live, entry) = (Store::here(), Tongue::here(), Live::here(), Entry::here());
    let address = Address::here();
    // An address without a host is another page's: this one keeps its name until it is gone.
    let name = Memo::new(move |before: Option<&String>| address.segment(1).or(before.cloned()).unwrap_or_default());
    let host = memo(move || name.with(|name| name.parse::<Domain>().ok()));
    effect(move || {
        browser::set_title(&format!("{} · nexthop", visible(&name.get(), NAME_MAX)));
        store.host.set(host.with(Option::is_none).then_some(None));
        live.look_at(host.get().map(|host| (host, tongue.get().tag())));
    });
    on_cleanup(move || {
        live.look_at(None);
        store.notices.turned.try_set(None);
    });
    let peer = Peer::new();
    fill_in(host, peer);
    let waits = memo(move || store.host.with(Option::is_none));
    let operator = memo(move || entry.has(Role::Operator));
    let unknown = memo(move || store.host.with(|known| matches!(known, Some(None))));
    view! {
        <section class="page host" aria-busy=move || waits.get().to_string()>
            <p class="back"><a href="/hosts">"← "{tongue.label(Label::BackToHosts)}</a></p>
            <h1 id="title" tabindex="-1" translate="no">{move || visible(&name.get(), NAME_MAX)}</h1>
            {while_it(unknown, move || view! { <p class="lead">{tongue.note(Note::NoRecordOfHost)}</p> }.into_any())}
            <Card host peer/>
            <Servers/>
            <Replies/>
            {while_it(operator, move || view! { <test::Test host peer/> }.into_any())}
            <waiting::Messages host/>
            <Figures/>
        </section>
    }
    .into_any()
}

/// The terminal's fields follow the mail server that is tried first, until somebody writes into them.
fn fill_in(host: Memo<Option<Domain>>, peer: Peer) {
    let first = part(|detail| {
        let exchanger = detail.exchangers.first()?;
        let (ip, port) = exchanger.addresses.first()?.address.rsplit_once(':')?;
        // A route's exchanger is named by its address.
        let name = if exchanger.name.contains(':') { ip } else { &exchanger.name };
        Some((name.trim_matches(['[', ']']).to_owned(), port.to_owned()))
    });
    Effect::new(move |before: Option<(String, String)>| {
        let domain = move || host.with(|host| host.as_ref().map(Domain::to_string).unwrap_or_default());
        let now = first.get().unwrap_or_else(|| (domain(), String::new()));
        let written = (peer.host.get_untracked(), peer.port.get_untracked());
        if before.is_none_or(|before| before == written) {
            peer.host.set(now.0.clone());
            peer.port.set(now.1.clone());
        }
        now
    });
}

/// A part of what is known of the host, as a signal that changes only with that part.
fn part<T: Clone + Default + PartialEq + Send + Sync + 'static>(
    take: impl Fn(&HostDetail) -> T + Send + Sync + 'static,
) -> Memo<T> {
    let store = Store::here();
    memo(move || store.host.with(|known| known.as_ref().and_then(Option::as_ref).map(&take).unwrap_or_default()))
}

/// The verdict first: the state, since when, our words, what it means and what to do, and their words.
#[component]
fn Card(host: Memo<Option<Domain>>, peer: Peer) -> impl IntoView {
    let (store, tongue, entry) = (Store::here(), Tongue::here(), Entry::here());
    let row = part(|detail| Some(detail.row.clone()));
    let known = memo(move || row.with(Option::is_some));
    let badge = memo(move || row.with(|row| row.as_ref().map_or(Badge::Unknown, |row| row.badge)));
    let since = memo(move || {
        let (now, since) = (store.server_now.get(), row.with(|row| row.as_ref().and_then(|row| row.since)));
        since.map(|since| tongue.say(Phrase::ShortSpan(now.since(since)))).unwrap_or_default()
    });
    let why = memo(move || row.with(|row| row.as_ref().map(|row| store::why(row, tongue.get())).unwrap_or_default()));
    let count = memo(move || {
        let recipients = row.with(|row| row.as_ref().map_or(0, |row| row.active_recipients));
        tongue.say(Phrase::Recipients(recipients))
    });
    let trend = memo(move || row.with(|row| row.as_ref().and_then(|row| row.trend.clone())));
    // The steps count already.
    let counts = move || entry.has(Role::Operator);
    let silent = move || why.with(|why| why.reply.is_empty());
    // Words that say all there is to say are their own advice.
    let advice = move || why.with(|why| (why.advice != why.words).then(|| why.advice.clone()));
    let steps =
        move || host.get().filter(|_| entry.has(Role::Operator)).map(|host| view! { <steps::Steps host row peer/> });
    while_it(known, move || {
        view! {
            <div class="card" data-part="verdict">
                <p><StatusBadge badge/>" "<small>{since}</small><span hidden=counts>" · "{count}</span><Sparkline trend/></p>
                <p class="lead" hidden=move || why.with(|why| why.words.is_empty())>{move || why.with(|why| why.words.clone())}</p>
                <p>{advice}</p>
                <p hidden=silent><bdi class="mono" translate="no">{move || why.with(|why| why.reply.clone())}</bdi></p>
                {steps}
            </div>
        }
        .into_any()
    })
}

/// Exchangers and addresses in the order of an attempt, each with what is known of it.
#[component]
fn Servers() -> impl IntoView {
    let tongue = Tongue::here();
    let exchangers = part(|detail| detail.exchangers.clone());
    let tls = part(|detail| detail.tls.as_ref().map(|tls| tls.sentence.clone()));
    let line = move |exchanger: Exchanger| {
        let addresses = exchanger.addresses.into_iter().map(|one| {
            let code = one.verdict.map(|verdict| verdict.code);
            let word = move || match code {
                Some(code) => tongue.say(Phrase::Brief(code)),
                None => tongue.say(Phrase::Label(Label::NotTried)),
            };
            view! { <li><span class="mono" translate="no">{visible(&one.address, NAME_MAX)}</span><span>{word}</span></li> }
        });
        let name = visible(&exchanger.name, NAME_MAX);
        view! {
            <li><span class="mono" translate="no">{exchanger.preference}" "<bdi>{name}</bdi></span>
                <ul>{addresses.collect_view()}</ul></li>
        }
    };
    let any = memo(move || exchangers.with(|all| !all.is_empty()));
    while_it(any, move || {
        view! {
            <h2>{tongue.label(Label::MailServers)}</h2>
            <ul class="servers" data-part="servers">{move || exchangers.get().into_iter().map(line).collect_view()}</ul>
            <p class="muted">{move || tls.get().map(|said| visible(&said, REPLY_MAX))}</p>
        }
        .into_any()
    })
}

/// Their latest replies of each kind.
#[component]
fn Replies() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let said = part(|detail| [detail.last_5xx.clone(), detail.last_4xx.clone()]);
    let line = move |said: SaidReply| {
        let ago = move || tongue.say(Phrase::ShortSpan(store.server_now.get().since(said.at)));
        view! { <li><bdi class="mono" translate="no">{visible(&said.reply, REPLY_MAX)}</bdi>" "<small>{ago}</small></li> }
    };
    let any = memo(move || said.with(|said| said.iter().any(Option::is_some)));
    while_it(any, move || {
        view! {
            <h2>{tongue.label(Label::WhatTheySaid)}</h2>
            <ul class="said" data-part="said">
                {move || said.get().into_iter().flatten().map(line).collect_view()}
            </ul>
        }
        .into_any()
    })
}

/// The ancestor's counters and gauges, and the verb that prints them.
#[component]
fn Figures() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let row = part(|detail| Some(detail.row.clone()));
    let known = memo(move || row.with(Option::is_some));
    let name = Signal::derive(move || tongue.panel(PanelWord::CopyAsVerb)().to_owned());
    let text = Callback::new(move |()| {
        store.host.with_untracked(|known| known.as_ref()?.as_ref().map(layout::hoststatus::text)).unwrap_or_default()
    });
    let figures = move || {
        let all = row.with(|row| row.as_ref().map(|row| (row.gauge_figures(), row.counter_figures())));
        let line = |figure: Figure| {
            let depth = format!("depth{}", figure.depth);
            view! { <div class=depth><dt>{figure.name}</dt><dd>{grouped(figure.value)}</dd></div> }
        };
        all.map(|(gauges, counters)| gauges.into_iter().chain(counters).map(line).collect_view())
    };
    while_it(known, move || {
        view! {
            <h2 id="figures" tabindex="-1">{tongue.label(Label::CountersAndGauges)}</h2>
            <dl class="figures" translate="no" data-part="figures">{figures}</dl>
            <p><CopyButton name copied=Signal::derive(tongue.label(Label::Copied)) text/></p>
        }
        .into_any()
    })
}
