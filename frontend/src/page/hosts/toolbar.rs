//! Above the table: the filter, the chips with their counts, and *Retry All Delivery*.

use super::Desk;
use super::filter::FilterField;
use crate::derived::memo;
use crate::page::RetryButton;
use crate::part::Chip;
use crate::preference::Tongue;
use crate::session::Entry;
use crate::store::Store;
use common::vocab::Badge;
use common::wire::{Role, Scope, Totals};
use common::words::{Label, Phrase, grouped};
use leptos::prelude::*;

/// The whole bar.
#[component]
pub(super) fn Toolbar() -> impl IntoView {
    let entry = Entry::here();
    view! {
        <div class="bar">
            <FilterField/>
            // What a role may not do is left out.
            <Show when=move || entry.has(Role::Operator)><RetryButton scope=Scope::All(true) name=Label::RetryAllDelivery/></Show>
        </div>
        <Chips/>
    }
    .into_any()
}

/// The filter behind each chip, and the number on it.
type Choice = (&'static str, fn(&Totals) -> u64);
const ALL: Choice = ("", |totals| totals.hosts);
const WAITING: Choice = ("status:waiting", |totals| totals.hosts_waiting);
const BADGES: [(Badge, Choice); 3] = [
    (Badge::Down, ("status:down", |totals| totals.hosts_down)),
    (Badge::Limited, ("status:limited", |totals| totals.hosts_limited)),
    (Badge::Held, ("status:held", |totals| totals.hosts_held)),
];

#[component]
fn Chips() -> impl IntoView {
    let (store, tongue, desk) = (Store::here(), Tongue::here(), Desk::here());
    let chip = move |phrase: Phrase<'static>, (filter, number): Choice| {
        let count = memo(move || {
            store.hosts.count.with(|count| count.as_ref().map_or_else(|| "–".into(), |c| grouped(number(&c.totals))))
        });
        let pressed = memo(move || desk.view.with(|view| view.filter == filter));
        let press = move || desk.show.run(desk.view.get_untracked().filtered(filter));
        view! {
            <Chip
                text=Signal::derive(move || tongue.say(phrase)) count=count.into() pressed=pressed.into()
                on_press=Callback::new(move |()| press())
            />
        }
    };
    view! {
        <div class="chips" role="group" aria-label=tongue.label(Label::QuickFilters)>
            {chip(Phrase::Label(Label::All), ALL)}
            {BADGES.map(|(badge, choice)| chip(Phrase::Badge(badge), choice)).collect_view()}
            {chip(Phrase::Label(Label::Waiting), WAITING)}
        </div>
    }
    .into_any()
}
