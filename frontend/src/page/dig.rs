//! The panel that asks a name server, and the page that is this panel alone (`/dig?name=&type=`).
//!
//! Promises: nothing is asked before somebody says so; a question that is refused says what to write instead.
//! The walk goes on in `answer` (how an answer is shown).

pub mod answer;

use crate::address::Address;
use crate::browser;
use crate::derived::effect;
use crate::format::fold_width;
use crate::page::look::{Look, shown};
use crate::part::dynamic;
use crate::preference::Tongue;
use crate::probe;
use crate::session::Entry;
use common::wire::{ProbeKind, ProbeRequest, RECORD_TYPES, Role};
use common::words::PanelWord;
use leptos::prelude::*;

/// Characters of a name: a domain has 253, an address fewer.
const NAME_MAX: &str = "255";

/// The page.
#[component]
pub fn DigPage() -> impl IntoView {
    let (tongue, entry) = (Tongue::here(), Entry::here());
    let title = tongue.panel(PanelWord::Dig);
    effect(move || browser::set_title(&format!("{} · nexthop", title())));
    let asked = |key: &str| untrack(|| Address::here().query(key)).unwrap_or_default();
    let rtype = asked("type").to_ascii_uppercase();
    let rtype = RECORD_TYPES.into_iter().find(|known| *known == rtype).unwrap_or("MX");
    let name = RwSignal::new(asked("name"));
    let panel = dynamic(move || match entry.has(Role::Operator) {
        true => view! { <DigPanel name rtype/> }.into_any(),
        false => view! { <p class="lead">{tongue.panel(PanelWord::NeedsOperator)}</p> }.into_any(),
    });
    view! { <section class="page"><h1 id="title" tabindex="-1">{title}</h1>{panel}</section> }.into_any()
}

/// The panel: a name, a type, and the answer.
#[component]
pub fn DigPanel(name: RwSignal<String>, rtype: &'static str) -> impl IntoView {
    let tongue = Tongue::here();
    let (rtype, look) = (RwSignal::new(rtype.to_owned()), RwSignal::new(Look::None));
    let came = Callback::new(move |found| drop(look.try_set(Look::Done(found)))); // the page may have gone
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if look.with_untracked(|look| *look == Look::Asking) {
            return;
        }
        look.set(Look::Asking);
        let target = fold_width(name.get_untracked().trim());
        let rtype = Some(rtype.get_untracked());
        let (kind, server, port) = (ProbeKind::Dig, None, None);
        let request = ProbeRequest { kind, target, rtype, server, tcp: false, dnssec: false, port, live: false };
        probe::begin(tongue, &request, came);
    };
    let kind =
        |one: &'static str| view! { <option value=one selected=move || rtype.with(|it| it == one)>{one}</option> };
    let answer = shown(tongue, look, true);
    view! {
        <div class="panel" data-part="dig">
            <form class="ask" on:submit=submit>
                <label class="wide">
                    {tongue.panel(PanelWord::Name)}
                    <input
                        class="field mono" name="name" maxlength=NAME_MAX autocomplete="off" autocapitalize="off"
                        spellcheck="false" translate="no" placeholder=tongue.panel(PanelWord::NameHint) prop:value=name
                        on:input=move |event| name.set(event_target_value(&event))
                    />
                </label>
                <label>
                    {tongue.panel(PanelWord::RecordType)}
                    <select class="field" name="type" translate="no" on:change=move |event| rtype.set(event_target_value(&event))>
                        {RECORD_TYPES.map(kind).collect_view()}
                    </select>
                </label>
                <button type="submit">{tongue.panel(PanelWord::Ask)}</button>
            </form>
            <div aria-live="polite" data-part="dig-answer">{answer}</div>
        </div>
    }
    .into_any()
}
