//! A command to type elsewhere, with a button that copies it.

use crate::browser;
use leptos::prelude::*;

/// The line. Where copying is refused, the text stands selected, ready for the reader's own keys.
#[component]
pub fn CommandLine(
    #[prop(into)] command: Signal<String>,
    copy: Signal<String>,
    copied: Signal<String>,
) -> impl IntoView {
    let code = NodeRef::<leptos::html::Code>::new();
    let done = RwSignal::new(false);
    let press = move |_| {
        if let Some(code) = code.get_untracked() {
            done.set(browser::copy_text_of(&code));
        }
    };
    view! {
        <div class="command">
            <code class="mono" translate="no" node_ref=code>{command}</code>
            <button type="button" on:click=press>{move || if done.get() { copied.get() } else { copy.get() }}</button>
        </div>
    }
    .into_any()
}
