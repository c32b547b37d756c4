//! The keys of the console, shown by `?`.

use crate::browser;
use crate::derived::effect;
use crate::preference::Tongue;
use common::words::Label;
use leptos::prelude::*;

/// Each line: the keys, and what they do.
const KEYS: [(&[&str], Label); 6] = [
    (&["/"], Label::KeyFilter),
    (&["↓", "j"], Label::KeyNextRow),
    (&["↑", "k"], Label::KeyPreviousRow),
    (&["x"], Label::KeySelect),
    (&["?"], Label::KeyHelp),
    (&["Esc"], Label::KeyClose),
];

/// The dialog. A key typed into a field or composed into a word is no shortcut.
#[component]
pub(super) fn KeyHelp() -> impl IntoView {
    let tongue = Tongue::here();
    let open = RwSignal::new(false);
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    effect(move || {
        let open = open.get();
        if let Some(dialog) = dialog.get() {
            browser::show_dialog(&dialog, open);
        }
    });
    let asked = window_event_listener(leptos::ev::keydown, move |event| {
        let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key() && !event.is_composing();
        if event.key() == "?" && plain && !browser::is_typing() {
            event.prevent_default();
            open.set(true);
        }
    });
    on_cleanup(move || asked.remove());
    let line = move |(keys, does): (&'static [&'static str], Label)| {
        let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd>" " }).collect_view();
        view! { <dt translate="no">{keys}</dt><dd>{tongue.label(does)}</dd> }
    };
    view! {
        <dialog node_ref=dialog aria-labelledby="keys" on:close=move |_| open.set(false)>
            <h2 id="keys">{tongue.label(Label::Keys)}</h2>
            <dl class="keys">{KEYS.map(line).collect_view()}</dl>
            <div class="choices">
                <button type="button" autofocus on:click=move |_| open.set(false)>{tongue.label(Label::Dismiss)}</button>
            </div>
        </dialog>
    }
    .into_any()
}
