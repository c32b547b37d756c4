//! How the line to the server is: a dot with a word, and a thin bar while it is lost.

use leptos::prelude::*;

/// What the dot shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineState {
    /// Frames come: a filled dot.
    Live,
    /// None come, or none yet: a hollow dot.
    Waiting,
    /// The line is broken: a hollow dot in the colour of trouble.
    Lost,
}

/// The dot and its word. Not a live region: it would speak without end.
#[component]
pub fn LiveDot(state: Signal<LineState>, text: Signal<String>) -> impl IntoView {
    let class = move || match state.get() {
        LineState::Live => "line live",
        LineState::Waiting => "line waiting",
        LineState::Lost => "line lost",
    };
    view! { <span class=class data-part="line"><i class="dot" aria-hidden="true"></i><span>{text}</span></span> }
        .into_any()
}

/// The bar, there while it has a text.
#[component]
pub fn LostBar(text: Signal<Option<String>>, now: Signal<String>, on_now: Callback<()>) -> impl IntoView {
    view! {
        <Show when=move || text.with(Option::is_some)>
            <p class="banner lost" data-part="lost">
                <span>{text}</span>
                <button type="button" on:click=move |_| on_now.run(())>{now}</button>
            </p>
        </Show>
    }
    .into_any()
}
