//! A switch of a few choices side by side, of which one is pressed.

use leptos::prelude::*;

/// The group.
#[component]
pub fn Segments(name: Signal<String>, children: Children) -> impl IntoView {
    view! { <div class="segments" role="group" aria-label=name>{children()}</div> }.into_any()
}

/// One choice. `name` is what is heard and what the pointer is told; the children are what is seen.
#[component]
pub fn Segment(
    name: Signal<String>,
    pressed: Signal<bool>,
    on_press: Callback<()>,
    #[prop(optional)] lang: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type="button" lang=lang aria-label=name title=name aria-pressed=move || pressed.get().to_string()
            on:click=move |_| on_press.run(())
        >{children()}</button>
    }
    .into_any()
}
