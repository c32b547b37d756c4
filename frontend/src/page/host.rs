//! The page of one host: why its mail waits, with whom we talked, what they said, what waits, and its figures.
//!
//! Follows the host live. Promises: a host without a record says so. The walk goes on in `waiting` (its messages).

mod waiting;

use crate::address::Address;
use crate::browser;
use crate::format::visible;
use crate::live::Live;
use crate::page::RetryButton;
use crate::part::StatusBadge;
use crate::preference::Tongue;
use crate::session::Entry;
use crate::store::{self, Store};
use common::vocab::{Badge, Domain};
use common::wire::{Exchanger, Figure, HostDetail, Role, SaidReply, Scope};
use common::words::{Label, Note, Phrase, grouped};
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
    let host = Memo::new(move |_| name.with(|name| name.parse::<Domain>().ok()));
    Effect::new(move || {
        browser::set_title(&format!("{} · nexthop", visible(&name.get(), NAME_MAX)));
        store.host.set(host.with(Option::is_none).then_some(None));
        live.look_at(host.get().map(|host| (host, tongue.get().tag())));
    });
    on_cleanup(move || live.look_at(None));
    let waits = Memo::new(move |_| store.host.with(Option::is_none));
    let unknown = Memo::new(move |_| store.host.with(|known| matches!(known, Some(None))));
    view! {
        <section class="page host" aria-busy=move || waits.get().to_string()>
            <p class="back"><a href="/hosts">"← "{tongue.label(Label::BackToHosts)}</a></p>
            <h1 id="title" tabindex="-1" translate="no">{move || visible(&name.get(), NAME_MAX)}</h1>
            <Show when=move || entry.has(Role::Operator) && !unknown.get() && !waits.get()>
                {move || host.get().map(|host| view! { <p><RetryButton scope=Scope::Host(host) name=Label::Retry/></p> })}
            </Show>
            <Show when=move || unknown.get()><p class="lead">{tongue.note(Note::NoRecordOfHost)}</p></Show>
            <Card/>
            <Servers/>
            <Replies/>
            <waiting::Messages host/>
            <Figures/>
        </section>
    }
    .into_any()
}

/// A part of what is known of the host, as a signal that changes only with that part.
fn part<T: Clone + Default + PartialEq + Send + Sync + 'static>(
    take: impl Fn(&HostDetail) -> T + Send + Sync + 'static,
) -> Memo<T> {
    let store = Store::here();
    Memo::new(move |_| store.host.with(|known| known.as_ref().and_then(Option::as_ref).map(&take).unwrap_or_default()))
}

/// The verdict first: the state, since when, our words, what it means and what to do, and their words.
#[component]
fn Card() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let row = part(|detail| Some(detail.row.clone()));
    let known = Memo::new(move |_| row.with(Option::is_some));
    let badge = Memo::new(move |_| row.with(|row| row.as_ref().map_or(Badge::Unknown, |row| row.badge)));
    let since = Memo::new(move |_| {
        let (now, since) = (store.server_now.get(), row.with(|row| row.as_ref().and_then(|row| row.since)));
        since.map(|since| tongue.say(Phrase::ShortSpan(now.since(since)))).unwrap_or_default()
    });
    let why =
        Memo::new(move |_| row.with(|row| row.as_ref().map(|row| store::why(row, tongue.get())).unwrap_or_default()));
    let count = Memo::new(move |_| {
        let recipients = row.with(|row| row.as_ref().map_or(0, |row| row.active_recipients));
        tongue.say(Phrase::Recipients(recipients))
    });
    let silent = move || why.with(|why| why.reply.is_empty());
    view! {
        <Show when=move || known.get()>
            <div class="card" data-part="verdict">
                <p><StatusBadge badge/>" "<small>{since}</small>" · "{count}</p>
                <p class="lead">{move || why.with(|why| why.words.clone())}</p>
                <p>{move || why.with(|why| why.advice.clone())}</p>
                <p hidden=silent><bdi class="mono" translate="no">{move || why.with(|why| why.reply.clone())}</bdi></p>
            </div>
        </Show>
    }
    .into_any()
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
    view! {
        <Show when=move || exchangers.with(|all| !all.is_empty())>
            <h2>{tongue.label(Label::MailServers)}</h2>
            <ul class="servers" data-part="servers">{move || exchangers.get().into_iter().map(line).collect_view()}</ul>
            <p class="muted">{move || tls.get().map(|said| visible(&said, REPLY_MAX))}</p>
        </Show>
    }
    .into_any()
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
    view! {
        <Show when=move || said.with(|said| said.iter().any(Option::is_some))>
            <h2>{tongue.label(Label::WhatTheySaid)}</h2>
            <ul class="said" data-part="said">
                {move || said.get().into_iter().flatten().map(line).collect_view()}
            </ul>
        </Show>
    }
    .into_any()
}

/// The ancestor's counters and gauges, and the verb that prints them.
#[component]
fn Figures() -> impl IntoView {
    let tongue = Tongue::here();
    let row = part(|detail| Some(detail.row.clone()));
    let known = Memo::new(move |_| row.with(Option::is_some));
    let figures = move || {
        let all = row.with(|row| row.as_ref().map(|row| (row.gauge_figures(), row.counter_figures())));
        let line = |figure: Figure| {
            let depth = format!("depth{}", figure.depth);
            view! { <div class=depth><dt>{figure.name}</dt><dd>{grouped(figure.value)}</dd></div> }
        };
        all.map(|(gauges, counters)| gauges.into_iter().chain(counters).map(line).collect_view())
    };
    view! {
        <Show when=move || known.get()>
            <h2>{tongue.label(Label::CountersAndGauges)}</h2>
            <dl class="figures" translate="no" data-part="figures">{figures}</dl>
        </Show>
    }
    .into_any()
}
