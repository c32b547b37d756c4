//! The table of hosts: heads that sort, rows that rest while somebody reads them.

use super::row::HostLine;
use super::view::sort_of;
use super::{Desk, row};
use crate::browser;
use crate::format::header_lines;
use crate::part::SortArrow;
use crate::preference::Tongue;
use crate::store::Store;
use common::vocab::Domain;
use common::words::{Column, Label, Language, Phrase};
use leptos::prelude::*;

/// The columns in the order of the page.
pub(super) const COLUMNS: [Column; 9] = [
    Column::DestinationDomain,
    Column::LatestHostStatus,
    Column::Why,
    Column::ActiveRecipients,
    Column::NextRetry,
    Column::ConnectionsOut,
    Column::DeliveredRecipients,
    Column::SoftBounced,
    Column::HardBounced,
];
/// Rows shown grey before the first snapshot.
const WAITING_ROWS: usize = 6;

/// The table. It is there before the first rows are, so that nothing jumps.
#[component]
pub(super) fn HostsTable() -> impl IntoView {
    let (store, tongue, desk) = (Store::here(), Tongue::here(), Desk::here());
    let focused = RwSignal::new(None::<Domain>);
    let waiting = Memo::new(move |_| store.hosts.count.with(Option::is_none));
    let empty = Memo::new(move |_| !waiting.get() && store.hosts.order.with(Vec::is_empty));
    let entry = Memo::new(move |_| {
        let order = store.hosts.order.get();
        focused.get().filter(|host| order.contains(host)).or_else(|| order.first().cloned())
    });
    let rows = move || store.hosts.order.get();
    let line = move |host: Domain| {
        let row = store.hosts.row(&host)?;
        let in_tab_order = Memo::new(move |_| entry.with(|entry| entry.as_ref() == Some(&host)));
        Some(view! { <HostLine row focused in_tab_order/> })
    };
    view! {
        <table class="hosts" role="table" aria-label=tongue.label(Label::TableOfHosts) hidden=empty
            aria-busy=move || waiting.get().to_string()>
            <thead role="rowgroup">
                <tr role="row">{COLUMNS.map(|column| view! { <Head column/> }).collect_view()}</tr>
            </thead>
            <tbody
                role="rowgroup"
                on:pointerenter=move |event| desk.pointer_over.set(event.pointer_type() != "touch")
                on:pointerleave=move |_| desk.pointer_over.set(false)
                on:focusin=move |_| desk.row_focused.set(true)
                on:focusout=move |_| desk.row_focused.set(false)
                on:keydown=move |event| match event.key().as_str() {
                    "ArrowDown" | "j" => { event.prevent_default(); browser::focus_neighbour_row(true); }
                    "ArrowUp" | "k" => { event.prevent_default(); browser::focus_neighbour_row(false); }
                    _ => {}
                }
            >
                <Show when=move || waiting.get()>{(0..WAITING_ROWS).map(|_| row::waiting_line()).collect_view()}</Show>
                <For each=rows key=Domain::clone children=line/>
            </tbody>
        </table>
    }
    .into_any()
}

/// Whether a column holds numbers, which stand at the end of their cell.
pub(super) fn is_number(column: Column) -> bool {
    !matches!(column, Column::DestinationDomain | Column::LatestHostStatus | Column::Why)
}

#[component]
fn Head(column: Column) -> impl IntoView {
    let (tongue, desk) = (Tongue::here(), Desk::here());
    let text = move || {
        let (first, second) = header_lines(tongue.get(), column);
        let space = if tongue.get() == Language::En { " " } else { "" }; // where the lines are joined again
        view! { {first}{second.map(|second| view! { {space}<br/>{second} })} }
    };
    let class = if is_number(column) { "num" } else { "" };
    let Some(sort) = sort_of(column) else {
        return view! { <th scope="col" role="columnheader" class=class>{text}</th> }.into_any();
    };
    let order = Memo::new(move |_| desk.view.with(|view| (view.sort == sort).then_some(view.ascending)));
    let said = move || order.get().map(|ascending| if ascending { "ascending" } else { "descending" });
    let press = move |_| desk.show.run(desk.view.get_untracked().sorted_by(sort));
    view! {
        <th scope="col" role="columnheader" class=class aria-sort=said>
            <button type="button" class="head" aria-label=move || tongue.say(Phrase::Column(column)) on:click=press>
                <span>{text}</span>
                <SortArrow order/>
            </button>
        </th>
    }
    .into_any()
}
