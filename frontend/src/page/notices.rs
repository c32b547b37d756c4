//! What is said to the reader. Holds the page's only two live regions, there from the start and empty.

use super::actions::Receipt;
use crate::format::visible;
use crate::preference::Tongue;
use crate::store::{Notice, Store};
use common::vocab::{Badge, Domain};
use common::words::{Label, Note, Phrase};
use leptos::prelude::*;

/// Characters of a sentence that the server made.
const SENTENCE_MAX: usize = 500;

/// Both regions and the button that empties them.
#[component]
pub(super) fn NoticeBoard() -> impl IntoView {
    let (notices, tongue) = (Store::here().notices, Tongue::here());
    let some = move || {
        let turned = notices.turned.with(Option::is_some);
        turned || notices.status.with(Option::is_some) || notices.alert.with(Option::is_some)
    };
    let turned = move || {
        let sentence = |(host, badge): (Domain, Badge)| tongue.say(Phrase::HostTurned { host: host.as_str(), badge });
        notices.turned.get().map(|turned| view! { <p>{sentence(turned)}</p> })
    };
    let empty = move |_| {
        notices.status.set(None);
        notices.alert.set(None);
        notices.turned.set(None);
    };
    view! {
        <div class="notices" class:shown=some>
            <div role="status" class="notice">
                {move || notices.status.get().map(|notice| text(tongue, &notice))}
                {turned}
            </div>
            <div role="alert" class="notice alert">{move || notices.alert.get().map(|notice| text(tongue, &notice))}</div>
            <Show when=some>
                <button type="button" class="quiet" on:click=empty>{tongue.label(Label::Dismiss)}</button>
            </Show>
        </div>
    }
    .into_any()
}

fn text(tongue: Tongue, notice: &Notice) -> AnyView {
    let line = match notice {
        Notice::RetryAsked => tongue.say(Phrase::Note(Note::RetryAsked)),
        Notice::RetryUnanswered => tongue.say(Phrase::Note(Note::RetryUnanswered)),
        Notice::RetryRefused(why) => tongue.say(Phrase::RetryRefused(&visible(why, SENTENCE_MAX))),
        Notice::Ended(why) => visible(why, SENTENCE_MAX),
        Notice::ConnectionLost(as_of) => tongue.say(Phrase::ConnectionLost { as_of }),
        Notice::ConnectedAgain => tongue.say(Phrase::Note(Note::ConnectedAgain)),
        Notice::RetryReceipt(action) => return view! { <Receipt action=(**action).clone()/> }.into_any(),
    };
    view! { <p>{line}</p> }.into_any()
}
