//! Instead of rows: why there are none, and what to do.

use super::Desk;
use crate::derived::memo;
use crate::format::visible;
use crate::part::CommandLine;
use crate::preference::Tongue;
use crate::store::{self, Emptiness, Store};
use common::words::{Label, Note, Phrase};
use leptos::prelude::*;

/// Hands in a first message at the default port of the intake.
const FIRST_MESSAGE: &str = "swaks --server 127.0.0.1:2525 --to someone@example.com";
/// Characters of a filter that its sentence repeats.
const FILTER_SHOWN_MAX: usize = 80;

/// The sentence for an empty list; nothing while there are rows.
#[component]
pub(super) fn EmptyList() -> impl IntoView {
    let (store, tongue, desk) = (Store::here(), Tongue::here(), Desk::here());
    let why = memo(move || {
        store.hosts.count.with(|count| desk.view.with(|view| store::emptiness(count.as_ref(), &view.filter)))
    });
    let no_match = move || {
        let filter = desk.view.with(|view| visible(&view.filter, FILTER_SHOWN_MAX));
        tongue.say(Phrase::NoHostMatches(&filter))
    };
    let clear = move |_| desk.show.run(desk.view.get_untracked().filtered(""));
    move || match why.get() {
        Emptiness::NotEmpty => ().into_any(),
        Emptiness::NothingWaits => {
            view! { <div class="empty"><p>{tongue.note(Note::AllMailHasLeft)}</p></div> }.into_any()
        }
        Emptiness::NeverAny => view! {
            <div class="empty">
                <p>{tongue.note(Note::NoMailHandedIn)}</p>
                <p class="muted">{tongue.note(Note::HandInByCommand)}</p>
                <CommandLine
                    command=FIRST_MESSAGE copy=Signal::derive(tongue.label(Label::Copy))
                    copied=Signal::derive(tongue.label(Label::Copied))
                />
            </div>
        }
        .into_any(),
        Emptiness::Filtered => view! {
            <div class="empty">
                <p>{no_match}</p>
                <button type="button" on:click=clear>{tongue.label(Label::ClearFilter)}</button>
            </div>
        }
        .into_any(),
    }
}
