//! Below the rows, always in sight: how long the list is, how it is sorted, the order that waits, and what can be done to
//! the hosts that are chosen.

use super::Desk;
use super::sight::ROOM;
use super::view::column_of;
use crate::derived::memo;
use crate::page::RetryButton;
use crate::preference::Tongue;
use crate::session::Entry;
use crate::store::Store;
use common::filter::of_recipients;
use common::wire::{Role, Scope};
use common::words::{Label, ListFooter, Phrase};
use leptos::prelude::*;

/// The line. Nothing is ever hidden in silence: it says how many hosts there are and how many match.
#[component]
pub(super) fn ListFoot() -> impl IntoView {
    let (store, tongue, desk) = (Store::here(), Tongue::here(), Desk::here());
    let facts = memo(move || {
        let sort = desk.view.with(|view| column_of(view.sort));
        store.hosts.count.with(|count| {
            let count = count.as_ref()?;
            let waiting = count.totals.active_recipients;
            Some(ListFooter { matching: count.matching, total: count.total, waiting, sort })
        })
    });
    let unreadable = store.hosts.unreadable;
    let too_long = memo(move || facts.get().is_some_and(|facts| facts.matching > ROOM));
    view! {
        <div class="foot">
            <span data-part="footer">{move || facts.get().map(|facts| tongue.say(Phrase::ListFooter(facts)))}</span>
            <Show when=move || unreadable.get() != 0>
                <span class="warning">{move || tongue.say(Phrase::UnreadableRows(unreadable.get()))}</span>
            </Show>
            <Show when=move || too_long.get()>
                <span class="warning">{move || tongue.say(Phrase::ListCut { shown: ROOM })}</span>
            </Show>
            <ApplyOrder/>
            <Acts/>
        </div>
    }
    .into_any()
}

/// What can be done to the hosts that are chosen, or else to those that a filter shows; nothing for who may only look.
#[component]
fn Acts() -> impl IntoView {
    let (store, tongue, desk, entry) = (Store::here(), Tongue::here(), Desk::here(), Entry::here());
    let chosen = memo(move || desk.selection.count());
    let matching = memo(move || store.hosts.count.with(|count| count.as_ref().map_or(0, |count| count.matching)));
    let filtered = memo(move || matching.get() > 0 && desk.view.with(|view| !view.filter.is_empty()));
    let hosts = Signal::derive(move || Scope::Hosts(desk.selection.hosts()));
    let filter = Signal::derive(move || Scope::Filter(desk.view.with(|view| of_recipients(&view.filter))));
    let clear = move |_| desk.selection.clear();
    let acts = move || match (entry.has(Role::Operator), chosen.get() > 0, filtered.get()) {
        (false, ..) | (_, false, false) => ().into_any(),
        (true, true, _) => view! {
            <button type="button" on:click=clear>{tongue.label(Label::ClearSelection)}</button>
            <RetryButton scope=hosts name=Label::RetryChosen/>
        }
        .into_any(),
        (true, false, true) => view! { <RetryButton scope=filter name=Label::RetryMatching/> }.into_any(),
    };
    view! {
        <span data-part="chosen" role="status">
            {move || Some(chosen.get()).filter(|chosen| *chosen > 0).map(|chosen| tongue.say(Phrase::HostsChosen(chosen)))}
        </span>
        {acts}
    }
    .into_any()
}

#[component]
fn ApplyOrder() -> impl IntoView {
    let (store, tongue, desk) = (Store::here(), Tongue::here(), Desk::here());
    let apply = move |_| {
        desk.pointer_over.set(false);
        desk.row_focused.set(false);
    };
    view! {
        <Show when=move || store.hosts.moved.get() != 0>
            <button type="button" class="pill" data-part="apply-order" on:click=apply>
                {tongue.label(Label::OrderChanged)} " · " <b>{tongue.label(Label::ApplyOrder)}</b>
            </button>
        </Show>
    }
    .into_any()
}
