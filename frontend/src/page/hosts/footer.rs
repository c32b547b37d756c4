//! Below the rows, always in sight: how long the list is, how it is sorted, and the order that waits.

use super::Desk;
use super::sight::ROOM;
use super::view::column_of;
use crate::preference::Tongue;
use crate::store::Store;
use common::words::{Label, ListFooter, Phrase};
use leptos::prelude::*;

/// The line. Nothing is ever hidden in silence: it says how many hosts there are and how many match.
#[component]
pub(super) fn ListFoot() -> impl IntoView {
    let (store, tongue, desk) = (Store::here(), Tongue::here(), Desk::here());
    let facts = Memo::new(move |_| {
        let sort = desk.view.with(|view| column_of(view.sort));
        store.hosts.count.with(|count| {
            let count = count.as_ref()?;
            let waiting = count.totals.active_recipients;
            Some(ListFooter { matching: count.matching, total: count.total, waiting, sort })
        })
    });
    let unreadable = store.hosts.unreadable;
    let too_long = Memo::new(move |_| facts.get().is_some_and(|facts| facts.matching > ROOM));
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
        </div>
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
