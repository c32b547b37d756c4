//! The oldest messages that wait for a host, each recipient with its cause; asked anew while the page is open.

use crate::ask::ask;
use crate::derived::{effect, memo};
use crate::format::visible;
use crate::part::while_it;
use crate::preference::Tongue;
use crate::store::Store;
use common::vocab::Domain;
use common::wire::{List, MessageDetail, RecipientRow};
use common::words::{Label, Phrase, grouped};
use leptos::prelude::*;

/// Messages that are shown: the first of a long queue say what there is to say.
const SHOWN: usize = 20;
/// Seconds between two looks: a busy host changes many times in one.
const LOOK_EVERY: u64 = 5;
/// Characters of an address that are shown.
const ADDRESS_MAX: usize = 320;

type Found = Option<(u64, Vec<MessageDetail>)>;

/// The list; nothing where nothing waits.
#[component]
pub(super) fn Messages(host: Memo<Option<Domain>>) -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let found: RwSignal<Found> = RwSignal::new(None);
    let beat = memo(move || store.server_now.get().millis() / 1_000 / LOOK_EVERY);
    effect(move || {
        beat.get(); // a memo that is only tracked never looks at its own sources
        let Some(host) = host.get() else { return found.set(None) };
        let path = format!("/api/v1/messages?limit={SHOWN}&q=host:{}", js_sys::encode_uri_component(host.as_str()));
        ask::<()>("GET", &path, None, move |status, answer| {
            // The page may have gone meanwhile, and a look that failed is made again in a moment.
            let list = (status == 200).then(|| common::wire::read::<List<MessageDetail>>(&answer).ok()).flatten();
            if let Some(list) = list {
                let _ = found.try_set(Some((list.total, list.items)));
            }
        });
    });
    let any = memo(move || found.with(|found| found.as_ref().is_some_and(|(total, _)| *total > 0)));
    let total = move || found.with(|found| found.as_ref().map(|(total, _)| grouped(*total)));
    let rows = move || {
        let found = found.get().map(|(_, messages)| messages).unwrap_or_default();
        found.into_iter().map(|message| line(message, tongue, store)).collect_view()
    };
    while_it(any, move || {
        view! {
            <h2>{tongue.label(Label::WaitingMessages)}" "<small>{total}</small></h2>
            <ul class="messages" data-part="messages">{rows}</ul>
        }
        .into_any()
    })
}

fn line(message: MessageDetail, tongue: Tongue, store: Store) -> impl IntoView {
    let (mid, received_at) = (message.mid.0, message.received_at);
    let from = if message.from.is_empty() { "<>".to_owned() } else { visible(&message.from, ADDRESS_MAX) };
    let age = move || tongue.say(Phrase::ShortSpan(store.server_now.get().since(received_at)));
    let to = move |recipient: RecipientRow| {
        let cause = move || match (recipient.cause, &recipient.because) {
            (Some(cause), Some(because)) => visible(&tongue.get().say(&because.phrase(cause)), ADDRESS_MAX),
            (Some(cause), None) => tongue.say(Phrase::Cause(cause)),
            (None, _) => String::new(),
        };
        view! { <li><bdi translate="no">{visible(&recipient.address, ADDRESS_MAX)}</bdi>" "<small>{cause}</small></li> }
    };
    view! {
        <li>
            <p translate="no"><b>"MID "{mid}</b>" "<bdi>{from}</bdi>" "<small>{age}</small></p>
            <ul>{message.recipients.into_iter().map(to).collect_view()}</ul>
        </li>
    }
}
