//! The sentence at the head: is anything wrong, and with whom.

use super::Desk;
use crate::derived::memo;
use crate::format::around_slot;
use crate::preference::Tongue;
use crate::store::{self, Store};
use common::wire::{HostRow, Window};
use common::words::Phrase;
use leptos::prelude::*;

/// The sentence, with the host's name set apart. Empty until the first snapshot.
#[component]
pub(super) fn HeadlineSentence() -> impl IntoView {
    let (store, tongue, desk) = (Store::here(), Tongue::here(), Desk::here());
    let rows = move || -> Vec<HostRow> {
        let order = store.hosts.order.get();
        order.iter().filter_map(|host| store.hosts.row(host)).map(|row| row.get()).collect()
    };
    // The sentence in two halves around the name; a memo, so that most changes of rows change nothing here.
    let parts = memo(move || {
        let rows = rows();
        store.hosts.count.with(|count| {
            let count = count.as_ref()?;
            let now = store.server_now.get();
            let window = Window { first: store.hosts.first.get(), len: rows.len() as u32 };
            let headline = store::headline(count, &desk.view.get().query(window, false), &rows, now);
            let host = store::worst_host(&rows).map(|row| row.host.to_string());
            let (before, behind) = around_slot(&tongue.say(Phrase::Headline(headline)));
            Some((before, behind.map(|behind| (host.unwrap_or_default(), behind))))
        })
    });
    view! {
        <p class="lead" data-part="headline">
            {move || parts.get().map(|(before, rest)| {
                let rest = rest.map(|(host, behind)| view! { <bdi class="name" translate="no">{host}</bdi>{behind} });
                view! { {before}{rest} }
            })}
        </p>
    }
    .into_any()
}
