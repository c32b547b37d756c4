//! Below the table: how much of the list is shown, the way to the rest, and the order that waits.

use super::Desk;
use super::view::{ListView, WINDOW_ROWS, column_of};
use crate::browser;
use crate::preference::Tongue;
use crate::store::Store;
use common::words::{Label, ListFooter, Phrase};
use leptos::prelude::*;

/// The line. Nothing is ever hidden in silence: it says which rows these are, of how many.
#[component]
pub(super) fn ListFoot() -> impl IntoView {
    let (store, tongue, desk) = (Store::here(), Tongue::here(), Desk::here());
    let facts = Memo::new(move |_| {
        let shown = store.hosts.order.with(Vec::len) as u64;
        let (first, sort) = desk.view.with(|view| (u64::from(view.first), column_of(view.sort)));
        store.hosts.count.with(|count| {
            let count = count.as_ref()?;
            Some(ListFooter {
                first: if shown == 0 { 0 } else { first + 1 },
                last: if shown == 0 { 0 } else { (first + shown).min(count.matching) },
                matching: count.matching,
                total: count.total,
                waiting: count.totals.active_recipients,
                sort,
            })
        })
    });
    let unreadable = store.hosts.unreadable;
    view! {
        <div class="foot">
            <span data-part="footer">{move || facts.get().map(|facts| tongue.say(Phrase::ListFooter(facts)))}</span>
            <Show when=move || unreadable.get() != 0>
                <span class="warning">{move || tongue.say(Phrase::UnreadableRows(unreadable.get()))}</span>
            </Show>
            <ApplyOrder/>
            <Pager facts/>
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

#[component]
fn Pager(facts: Memo<Option<ListFooter>>) -> impl IntoView {
    let (tongue, desk) = (Tongue::here(), Desk::here());
    let more = Memo::new(move |_| facts.get().is_some_and(|facts| facts.matching > u64::from(WINDOW_ROWS)));
    let at_start = Memo::new(move |_| desk.view.with(|view| view.first == 0));
    let at_end = Memo::new(move |_| {
        let end = desk.view.with(|view| u64::from(view.first) + u64::from(WINDOW_ROWS));
        facts.get().is_none_or(|facts| end >= facts.matching)
    });
    let go = move |first: u32| {
        desk.show.run(ListView { first, ..desk.view.get_untracked() });
        browser::scroll_to_top();
    };
    let back = move |_| go(desk.view.with_untracked(|view| view.first.saturating_sub(WINDOW_ROWS)));
    let on = move |_| go(desk.view.with_untracked(|view| view.first.saturating_add(WINDOW_ROWS)));
    view! {
        <Show when=move || more.get()>
            <div class="pager" role="group" aria-label=tongue.label(Label::Paging)>
                <button type="button" disabled=at_start on:click=back>{tongue.label(Label::PreviousRows)}</button>
                <button type="button" disabled=at_end on:click=on>{tongue.label(Label::NextRows)}</button>
            </div>
        </Show>
    }
    .into_any()
}
