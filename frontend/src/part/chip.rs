//! A quick filter with the number of rows behind it.

use leptos::prelude::*;

/// The chip; pressed while its filter is the one in use.
#[component]
pub fn Chip(
    text: Signal<String>,
    count: Signal<String>,
    pressed: Signal<bool>,
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button type="button" class="chip" aria-pressed=move || pressed.get().to_string() on:click=move |_| on_press.run(())>
            {text}" "<span class="count">{count}</span>
        </button>
    }
    .into_any()
}
