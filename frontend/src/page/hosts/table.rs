//! The table of hosts: heads that sort, and the rows in sight; the others are room that is kept free for them.
//!
//! Promises: the page's size does not depend on the length of the list; a row with the focus on it or in it stays in the page
//! when it is scrolled out of sight, so that the focus is not lost; the order rests while somebody reads.

use super::row::HostLine;
use super::sight::{ROOM, Sight};
use super::view::sort_of;
use super::{Desk, row};
use crate::browser;
use crate::derived::{effect, memo};
use crate::format::header_lines;
use crate::part::SortArrow;
use crate::preference::Tongue;
use crate::store::Store;
use common::vocab::Domain;
use common::words::{Column, Label, Language};
use leptos::prelude::*;
use std::collections::HashMap;

/// The columns in the order of the page, each with its name in the stylesheet.
pub(super) const COLUMNS: [(Column, &str); 11] = [
    (Column::DestinationDomain, "host"),
    (Column::LatestHostStatus, "status"),
    (Column::Why, "why"),
    (Column::ActiveRecipients, "active"),
    (Column::Trend, "trend"),
    (Column::Oldest, "oldest"),
    (Column::NextRetry, "next"),
    (Column::ConnectionsOut, "connections"),
    (Column::DeliveredRecipients, "delivered"),
    (Column::SoftBounced, "soft"),
    (Column::HardBounced, "hard"),
];
/// Rows shown grey before the first snapshot.
const WAITING_ROWS: usize = 6;

/// The table. It is there before the first rows are, so that nothing jumps.
#[component]
pub(super) fn HostsTable(body: NodeRef<leptos::html::Tbody>, sight: RwSignal<Sight>) -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let waiting = memo(move || store.hosts.count.with(Option::is_none));
    let matching = memo(move || store.hosts.count.with(|count| count.as_ref().map_or(0, |c| c.matching)));
    let empty = memo(move || !waiting.get() && matching.get() == 0);
    view! {
        <table class="hosts" role="table" aria-label=tongue.label(Label::TableOfHosts) hidden=empty
            aria-rowcount=move || if waiting.get() { -1 } else { matching.get() as i64 + 1 }
            aria-busy=move || waiting.get().to_string()>
            <thead role="rowgroup">
                <tr role="row" aria-rowindex="1">
                    <th scope="col" role="columnheader" data-column="select">
                        <span class="only-heard">{tongue.label(Label::SelectHost)}</span>
                    </th>
                    {COLUMNS.map(|(column, name)| view! { <Head column name/> }).collect_view()}
                </tr>
            </thead>
            <Rows body sight matching waiting/>
        </table>
    }
    .into_any()
}

/// Rows in the page, and the room above and below them, in rows.
#[derive(Clone, PartialEq)]
struct Part {
    above: u64,
    hosts: Vec<Domain>,
    below: u64,
}

#[component]
fn Rows(
    body: NodeRef<leptos::html::Tbody>,
    sight: RwSignal<Sight>,
    matching: Memo<u64>,
    waiting: Memo<bool>,
) -> impl IntoView {
    let (store, desk) = (Store::here(), Desk::here());
    let focused = RwSignal::new(None::<Domain>);
    effect(move || store.hosts.keep(focused.get()));
    let part = memo(move || {
        let (sight, first) = (sight.get(), store.hosts.first.get());
        store.hosts.order.with(|order| {
            let (skipped, shown) = sight.part(first, order.len());
            let hosts: Vec<Domain> = order.iter().skip(skipped).take(shown).cloned().collect();
            let all = matching.get().min(ROOM);
            let above = (u64::from(first) + skipped as u64).min(all);
            let above = if hosts.is_empty() { u64::from(sight.first).min(all) } else { above };
            Part { above, below: all.saturating_sub(above + hosts.len() as u64), hosts }
        })
    });
    let places = memo(move || {
        let (first, order) = (u64::from(store.hosts.first.get()), store.hosts.order.get());
        order.into_iter().zip(first..).collect::<HashMap<Domain, u64>>()
    });
    // The row that has the focus, if it is not among those in sight.
    let away = memo(move || {
        let focused = focused.get().filter(|_| desk.row_focused.get())?;
        part.with(|part| !part.hosts.contains(&focused)).then_some(focused)
    });
    let entry = memo(move || {
        let focused = focused.get();
        part.with(|part| focused.filter(|host| part.hosts.contains(host)).or_else(|| part.hosts.first().cloned()))
    });
    let rows = move || {
        keep_focus(desk);
        away.get().into_iter().chain(part.with(|part| part.hosts.clone())).collect::<Vec<_>>()
    };
    let line = move |host: Domain| {
        let row = store.hosts.row(&host)?;
        let (name, other, third) = (host.clone(), host.clone(), host);
        let in_tab_order = memo(move || entry.with(|entry| entry.as_ref() == Some(&name)));
        let place = memo(move || places.with(|places| places.get(&other).copied()));
        let is_away = memo(move || away.with(|away| away.as_ref() == Some(&third)));
        Some(view! { <HostLine row focused in_tab_order place is_away/> })
    };
    view! {
        <tbody
            role="rowgroup" node_ref=body
            on:pointerenter=move |event| desk.pointer_over.set(event.pointer_type() != "touch")
            on:pointerleave=move |_| desk.pointer_over.set(false)
            on:focusin=move |_| desk.row_focused.set(true)
            on:focusout=move |_| if !desk.redrawing.get_value() { desk.row_focused.set(false) }
            on:keydown=move |event| match event.key().as_str() {
                "ArrowDown" | "j" => { event.prevent_default(); browser::focus_neighbour_row(true); }
                "ArrowUp" | "k" => { event.prevent_default(); browser::focus_neighbour_row(false); }
                "x" => press_focused(store, desk, focused, event.shift_key()),
                "X" => press_focused(store, desk, focused, true),
                _ => {}
            }
        >
            <Show when=move || waiting.get()>{(0..WAITING_ROWS).map(|_| row::waiting_line()).collect_view()}</Show>
            <Room rows=memo(move || part.with(|part| part.above))/>
            <For each=rows key=Domain::clone children=line/>
            <Room rows=memo(move || part.with(|part| part.below))/>
        </tbody>
    }
    .into_any()
}

/// The key that chooses the host of the row that has the focus.
fn press_focused(store: Store, desk: Desk, focused: RwSignal<Option<Domain>>, range: bool) {
    if let Some(host) = focused.get_untracked() {
        store.hosts.order.with_untracked(|order| desk.selection.press(&host, range, order));
    }
}

/// To be called before the rows are redrawn: an element that is moved within the page loses the focus, and gets it back.
fn keep_focus(desk: Desk) {
    let Some(held) = browser::focused_in_row() else { return };
    desk.redrawing.set_value(true);
    queue_microtask(move || {
        desk.redrawing.try_set_value(false);
        if !browser::focus_again(&held) {
            desk.row_focused.try_set(false);
        }
    });
}

/// The place of rows that are not in the page: lined like them, so that fast scrolling shows rows to come, not a hole.
/// Its height is set as a property: the content security policy lets no `style` attribute count.
#[component]
fn Room(rows: Memo<u64>) -> impl IntoView {
    let height = move || format!("calc({} * var(--line-height))", rows.get());
    view! { <tr class="room" aria-hidden="true" hidden=move || rows.get() == 0><td colspan="12" style:height=height></td></tr> }
        .into_any()
}

/// Whether a column holds numbers, which stand at the end of their cell.
pub(super) fn is_number(column: Column) -> bool {
    !matches!(column, Column::DestinationDomain | Column::LatestHostStatus | Column::Why | Column::Trend)
}

#[component]
fn Head(column: Column, name: &'static str) -> impl IntoView {
    let (tongue, desk) = (Tongue::here(), Desk::here());
    let text = move || {
        let (first, second) = header_lines(tongue.get(), column);
        let space = if tongue.get() == Language::En { " " } else { "" }; // where the lines are joined again
        view! { {first}{second.map(|second| view! { {space}<br/>{second} })} }
    };
    let class = if is_number(column) { "num" } else { "" };
    let Some(sort) = sort_of(column) else {
        return view! { <th scope="col" role="columnheader" data-column=name class=class>{text}</th> }.into_any();
    };
    let order = memo(move || desk.view.with(|view| (view.sort == sort).then_some(view.ascending)));
    let said = move || order.get().map(|ascending| if ascending { "ascending" } else { "descending" });
    let press = move |_| {
        desk.show.run(desk.view.get_untracked().sorted_by(sort));
        browser::scroll_to_top();
    };
    view! {
        <th scope="col" role="columnheader" data-column=name class=class aria-sort=said>
            <button type="button" class="head" on:click=press>
                <span>{text}</span>
                <SortArrow order/>
            </button>
        </th>
    }
    .into_any()
}
