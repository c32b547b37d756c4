//! The address leads nowhere: says so, and shows the way back.

use crate::browser;
use crate::derived::effect;
use crate::preference::Tongue;
use common::words::{Label, Note, Phrase};
use leptos::prelude::*;

/// The page for every address that has none.
#[component]
pub fn MissingPage() -> impl IntoView {
    let tongue = Tongue::here();
    effect(move || browser::set_title(&format!("{} · nexthop", tongue.say(Phrase::Label(Label::NoSuchPage)))));
    view! {
        <section class="page">
            <h1 id="title" tabindex="-1">{tongue.label(Label::NoSuchPage)}</h1>
            <p class="lead">{tongue.note(Note::NoSuchPageHint)}</p>
            <p><a href="/hosts">{tongue.label(Label::GoToHosts)}</a></p>
        </section>
    }
    .into_any()
}
