//! Above the table: the filter, the chips with their counts, and *Retry All Delivery*.

use super::Desk;
use crate::browser;
use crate::format::fold_width;
use crate::page::RetryButton;
use crate::part::Chip;
use crate::preference::Tongue;
use crate::session::Entry;
use crate::store::Store;
use common::vocab::Badge;
use common::wire::{Role, Scope, Totals};
use common::words::{Label, Phrase, grouped};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// A filter that is being typed is sent once the keys rest for so long.
const TYPING_MS: u32 = 150;
/// Characters of a filter; longer ones match nothing.
const FILTER_MAX: &str = "253";

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

#[component]
fn FilterField() -> impl IntoView {
    let (tongue, desk) = (Tongue::here(), Desk::here());
    let draft = RwSignal::new(desk.view.get_untracked().filter);
    let field = NodeRef::<leptos::html::Input>::new();
    // Chips and the browser's own buttons change the address: the field follows, unless it says the same already.
    Effect::new(move || {
        let filter = desk.view.get().filter;
        if fold_width(draft.get_untracked().trim()) != filter {
            draft.set(filter);
        }
    });
    let waiting = StoredValue::new_local(None::<Timeout>);
    let apply = move || {
        let filter = fold_width(&draft.get_untracked());
        desk.show.run(desk.view.get_untracked().filtered(&filter));
    };
    let typed = move |event: leptos::ev::Event| {
        draft.set(event_target_value(&event));
        let composing = event.dyn_ref::<web_sys::InputEvent>().is_some_and(web_sys::InputEvent::is_composing);
        waiting.set_value((!composing).then(|| Timeout::new(TYPING_MS, apply)));
    };
    let slash = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "/"
            && !event.ctrl_key()
            && !event.meta_key()
            && !event.is_composing()
            && !browser::is_typing()
        {
            event.prevent_default();
            if let Some(field) = field.get_untracked() {
                let _ = field.focus();
            }
        }
    });
    on_cleanup(move || slash.remove());
    view! {
        <search class="filter">
            <input
                type="search" class="field mono" node_ref=field autocomplete="off" spellcheck="false" autocapitalize="off"
                maxlength=FILTER_MAX aria-label=tongue.label(Label::FilterHosts) placeholder=tongue.label(Label::FilterHint)
                prop:value=draft on:input=typed on:compositionend=move |_| apply()
                on:keydown=move |event| {
                    if event.key() == "Enter" && !event.is_composing() {
                        waiting.set_value(None);
                        apply();
                    }
                }
            />
        </search>
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
        let count = Memo::new(move |_| {
            store.hosts.count.with(|count| count.as_ref().map_or_else(|| "–".into(), |c| grouped(number(&c.totals))))
        });
        let pressed = Memo::new(move |_| desk.view.with(|view| view.filter == filter));
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
