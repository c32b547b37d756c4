//! *Retry All Delivery*: says what will happen, asks, does it. The receipt is a notice of the page's frame.

use crate::browser;
use crate::live::Live;
use crate::preference::Tongue;
use crate::store::{Link, Store};
use common::wire::{ActionKind, ActionRequest, RetryMode, Scope, Totals};
use common::words::{Label, Note, Phrase};
use leptos::prelude::*;

/// The button and its dialog.
#[component]
pub(super) fn RetryAll() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let asking = RwSignal::new(false);
    let off = Memo::new(move |_| store.link.get() != Link::Live);
    let reason = move || off.get().then(|| tongue.say(Phrase::Note(Note::NotConnected)));
    // `aria-disabled` rather than `disabled`: the reason must be reachable by key and by pointer.
    view! {
        <button
            type="button" class="primary" data-part="retry-all" aria-haspopup="dialog"
            aria-disabled=move || off.get().to_string() title=reason
            on:click=move |_| if !off.get_untracked() { asking.set(true) }
        >
            {tongue.label(Label::RetryAllDelivery)}
            <span class="only-heard">{reason}</span>
        </button>
        <RetryDialog asking off/>
    }
    .into_any()
}

#[component]
fn RetryDialog(asking: RwSignal<bool>, off: Memo<bool>) -> impl IntoView {
    let (store, live, tongue) = (Store::here(), Live::here(), Tongue::here());
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    Effect::new(move || {
        let open = asking.get();
        if let Some(dialog) = dialog.get() {
            browser::show_dialog(&dialog, open);
        }
    });
    let totals = Memo::new(move |_| {
        store.hosts.count.with(|count| count.as_ref().map(|count| count.totals.clone()).unwrap_or_default())
    });
    let nothing = Memo::new(move |_| totals.with(|totals| totals.active_recipients == 0));
    let go = move |_| {
        asking.set(false);
        live.command(retry_everything());
    };
    view! {
        <dialog node_ref=dialog aria-labelledby="retry-question" on:close=move |_| asking.set(false)>
            <h2 id="retry-question">{tongue.note(Note::RetryQuestion)}</h2>
            {move || totals.with(|totals| plan(tongue, totals))}
            <Show when=move || off.get()><p class="warning">{tongue.note(Note::NotConnected)}</p></Show>
            <div class="choices">
                <button type="button" autofocus on:click=move |_| asking.set(false)>{tongue.label(Label::Cancel)}</button>
                <button
                    type="button" class="primary" data-part="retry-confirm" on:click=go
                    disabled=move || off.get() || nothing.get()
                >{tongue.label(Label::RetryAll)}</button>
            </div>
        </dialog>
    }
    .into_any()
}

/// What will happen, in words.
fn plan(tongue: Tongue, totals: &Totals) -> AnyView {
    if totals.active_recipients == 0 {
        return view! { <p>{tongue.say(Phrase::Note(Note::RetryNothingWaits))}</p> }.into_any();
    }
    let plan = Phrase::RetryPlan { recipients: totals.active_recipients, hosts: totals.hosts_waiting };
    let warning = (totals.hosts_down > 0).then(|| {
        let sentence = tongue.say(Phrase::RetryWarning { down: totals.hosts_down });
        view! { <p class="warning">{sentence}</p> }
    });
    view! {
        <p>{tongue.say(plan)}</p>
        {warning}
        <p class="muted">{tongue.say(Phrase::Note(Note::RetryLimitsHold))}</p>
    }
    .into_any()
}

fn retry_everything() -> ActionRequest {
    ActionRequest {
        kind: ActionKind::Retry,
        scope: Scope::All(true),
        mode: RetryMode::All,
        reason: None,
        for_seconds: None,
        dry_run: false,
        key: Some(unique_key()),
    }
}

/// Unique, not secret: the same request repeated after a broken line must be known as the same.
fn unique_key() -> String {
    let part = || (browser::random() * f64::from(u32::MAX)) as u32;
    format!("console-{:x}-{:08x}{:08x}", browser::now_ms(), part(), part())
}
