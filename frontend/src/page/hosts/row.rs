//! One host as a row: a memo per cell, so that a cell whose text stays does not touch the page.

use super::Desk;
use super::table::{COLUMNS, is_number};
use crate::derived::memo;
use crate::format::countdown;
use crate::part::{Sparkline, StatusBadge};
use crate::preference::Tongue;
use crate::store::{self, NextTry, Store, Why};
use common::vocab::Domain;
use common::wire::HostRow;
use common::words::{Label, Phrase, grouped};
use leptos::prelude::*;

/// A cell's text, as a function of the row.
fn cell(row: &ArcRwSignal<HostRow>, text: impl Fn(&HostRow) -> String + Send + Sync + 'static) -> Memo<String> {
    let row = row.clone();
    memo(move || row.with(&text))
}

/// The row. `place` counts from 0 in the whole list; `is_away` while it is kept out of sight for the focus it has.
#[component]
pub(super) fn HostLine(
    row: ArcRwSignal<HostRow>,
    focused: RwSignal<Option<Domain>>,
    in_tab_order: Memo<bool>,
    place: Memo<Option<u64>>,
    is_away: Memo<bool>,
) -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let host = row.with_untracked(|row| row.host.clone());
    let (name, chosen_host) = (host.to_string(), host.clone());
    let (title, shown) = (name.clone(), name.clone());
    let address = format!("/hosts/{}", js_sys::encode_uri_component(&name));
    let badge = memo({
        let row = row.clone();
        move || row.with(|row| row.badge)
    });
    let since = memo({
        let row = row.clone();
        move || {
            let now = store.server_now.get();
            row.with(|row| row.since).map(|since| tongue.say(Phrase::ShortSpan(now.since(since))))
        }
    });
    let why = memo({
        let row = row.clone();
        move || row.with(|row| store::why(row, tongue.get()))
    });
    let waits = memo({
        let row = row.clone();
        move || row.with(|row| row.active_recipients > 0)
    });
    let trend = memo({
        let row = row.clone();
        move || row.with(|row| row.trend.clone())
    });
    let (oldest, next) = (oldest_cell(&row), next_cell(&row));
    view! {
        <tr
            role="row" data-host=name.clone() class:idle=move || !waits.get() class:away=is_away
            aria-rowindex=move || place.get().map(|place| (place + 2).to_string())
            tabindex=move || if in_tab_order.get() { "0" } else { "-1" }
            on:focusin=move |_| focused.set(Some(host.clone()))
        >
            <SelectCell host=chosen_host in_tab_order/>
            <th scope="row" role="rowheader" data-cell="host"><a href=address translate="no" title=title>{shown}</a></th>
            <td role="cell" data-cell="status"><StatusBadge badge/><small>{since}</small></td>
            <WhyCell why/>
            <td role="cell" class="num" data-cell="active">{cell(&row, |row| grouped(row.active_recipients))}</td>
            <td role="cell" data-cell="trend"><Sparkline trend/></td>
            <td role="cell" class="num" data-cell="oldest">{oldest}</td>
            <td role="cell" class="num" data-cell="next">{next}</td>
            <td role="cell" class="num" data-cell="connections">{cell(&row, |row| {
                format!("{} / {}", row.current_outbound_connections, row.connections_max)
            })}</td>
            <td role="cell" class="num" data-cell="delivered">{cell(&row, |row| grouped(row.delivered_recipients))}</td>
            <td role="cell" class="num" data-cell="soft">{cell(&row, |row| grouped(row.soft_bounced_events))}</td>
            <td role="cell" class="num" data-cell="hard">{cell(&row, |row| grouped(row.hard_bounced_recipients))}</td>
        </tr>
    }
    .into_any()
}

/// The box that chooses the host; with the shift key it chooses all from the last one to this.
#[component]
fn SelectCell(host: Domain, in_tab_order: Memo<bool>) -> impl IntoView {
    let (store, tongue, desk) = (Store::here(), Tongue::here(), Desk::here());
    let (name, other) = (host.to_string(), host.clone());
    let chosen = memo(move || desk.selection.has(&other));
    let press = move |event: leptos::ev::MouseEvent| {
        store.hosts.order.with_untracked(|order| desk.selection.press(&host, event.shift_key(), order));
    };
    view! {
        <td role="cell" data-cell="select">
            <input
                type="checkbox" prop:checked=chosen tabindex=move || if in_tab_order.get() { "0" } else { "-1" }
                aria-label=move || format!("{} {name}", tongue.say(Phrase::Label(Label::SelectHost))) on:click=press
            />
        </td>
    }
    .into_any()
}

/// Our words, with the time until that ends where one does, then theirs. What it means and what to do stands behind the pointer; where the row is focused all of it
/// opens below, over the next rows: a row keeps its height.
#[component]
fn WhyCell(why: Memo<Why>) -> impl IntoView {
    let part = move |take: fn(&Why) -> &String| memo(move || why.with(|why| take(why).clone()));
    let (words, reply, advice) = (part(|why| &why.words), part(|why| &why.reply), part(|why| &why.advice));
    let store = Store::here();
    // Only what counts down follows the clock.
    let left = memo(move || {
        why.with(|why| why.until.and_then(|_| why.left(store.server_now.get()))).map(countdown).unwrap_or_default()
    });
    let open = move || {
        let (advice, reply) = (advice.get(), reply.get());
        let said = (!reply.is_empty()).then(|| view! { <bdi class="mono" translate="no">{reply}</bdi> });
        (!advice.is_empty()).then(|| view! { <div class="advice">{said}<p>{advice}</p></div> })
    };
    view! {
        <td role="cell" data-cell="why" title=advice>
            <div class="why">
                <span>{words}</span>
                <small hidden=move || left.with(String::is_empty)>{left}</small>
                <bdi class="mono" translate="no" hidden=move || reply.with(String::is_empty)>{reply}</bdi>
            </div>
            {open}
        </td>
    }
    .into_any()
}

/// The age of the oldest message, by the server's clock.
fn oldest_cell(row: &ArcRwSignal<HostRow>) -> Memo<String> {
    let (store, tongue, row) = (Store::here(), Tongue::here(), row.clone());
    memo(move || {
        let now = store.server_now.get();
        let oldest = row.with(|row| row.oldest_message_at);
        oldest.map_or_else(|| "–".into(), |at| tongue.say(Phrase::ShortSpan(now.since(at))))
    })
}

/// Counts down by the server's clock.
fn next_cell(row: &ArcRwSignal<HostRow>) -> Memo<String> {
    let (store, tongue, row) = (Store::here(), Tongue::here(), row.clone());
    memo(move || {
        let now = store.server_now.get();
        match row.with(|row| store::next_try(row, now)) {
            NextTry::None => "–".into(),
            NextTry::Now => tongue.say(Phrase::Label(Label::DueNow)),
            NextTry::In(left) => countdown(left),
            NextTry::Held => tongue.say(Phrase::Label(Label::OnHold)),
            NextTry::WhenFree => tongue.say(Phrase::Label(Label::WhenSlotFrees)),
        }
    })
}

/// A row before anything is known: grey, of the same height.
pub(super) fn waiting_line() -> impl IntoView {
    view! {
        <tr class="waiting" aria-hidden="true">
            <td></td>
            {COLUMNS.map(|(column, _)| view! { <td class:num=is_number(column)><i class="grey"></i></td> }).collect_view()}
        </tr>
    }
}
