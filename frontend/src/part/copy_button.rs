//! A button that copies a text which the page does not show as such.

use crate::browser;
use leptos::prelude::*;

/// The button; the text is made when it is pressed. It says when it has copied.
#[component]
pub fn CopyButton(name: Signal<String>, copied: Signal<String>, text: Callback<(), String>) -> impl IntoView {
    let done = RwSignal::new(false);
    let press = move |_| done.set(browser::copy(&text.run(())));
    view! {
        <button type="button" data-part="copy" on:click=press>
            {move || if done.get() { copied.get() } else { name.get() }}
        </button>
    }
    .into_any()
}
