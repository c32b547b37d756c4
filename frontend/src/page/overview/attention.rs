//! Hosts that are Down, Limited or Held while mail waits for them, those with the most first: since when, why, and the
//! way to them.

use super::address_of;
use crate::derived::memo;
use crate::part::StatusBadge;
use crate::preference::Tongue;
use crate::store::{self, Store};
use common::vocab::{Badge, Domain};
use common::wire::HostRow;
use common::words::{Label, Note, Phrase, grouped};
use leptos::prelude::*;

/// The list, or the sentence that nothing needs it.
#[component]
pub(super) fn Attention() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let hosts = memo(move || {
        let known = store.overview.with(|board| board.as_ref().map(|board| board.attention.clone()));
        known.unwrap_or_default().into_iter().map(|row| row.host).collect::<Vec<Domain>>()
    });
    let nothing = memo(move || store.overview.with(|board| board.as_ref().is_some_and(|b| b.troubled == 0)));
    let more = memo(move || {
        let count = store.overview.with(|board| board.as_ref().map_or(0, |board| board.troubled));
        (count > hosts.with(Vec::len) as u64).then_some(count)
    });
    let unreadable = memo(move || store.overview.with(|board| board.as_ref().map_or(0, |b| b.unreadable)));
    view! {
        <h2>{tongue.label(Label::NeedsAttention)}</h2>
        <Show when=move || nothing.get()><p class="muted">{tongue.note(Note::NothingNeedsAttention)}</p></Show>
        <ul class="attention" data-part="attention">
            <For each=move || hosts.get() key=Domain::clone children=move |host| view! { <Line host/> }/>
        </ul>
        <Show when=move || unreadable.get() != 0>
            <p class="muted">{move || tongue.say(Phrase::UnreadableRows(unreadable.get()))}</p>
        </Show>
        <Show when=move || more.with(Option::is_some)>
            <p><a href="/hosts?q=status:attention">{move || more.get().map(|count| tongue.say(Phrase::Hosts(count)))}</a></p>
        </Show>
    }
    .into_any()
}

/// One host. Its cells are memos, so that a frame in which it did not change touches nothing.
#[component]
fn Line(host: Domain) -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let (name, shown, address) = (host.to_string(), host.to_string(), address_of(host.as_str()));
    let row = Memo::new(move |before: Option<&Option<HostRow>>| {
        let found = |row: &&HostRow| row.host == host;
        let now = store.overview.with(|board| board.as_ref()?.attention.iter().find(found).cloned());
        now.or_else(|| before.cloned().flatten()) // it is about to leave the page
    });
    let of = move |text: &dyn Fn(&HostRow) -> String| row.with(|row| row.as_ref().map(text).unwrap_or_default());
    let badge = memo(move || row.with(|row| row.as_ref().map_or(Badge::Unknown, |row| row.badge)));
    let since = memo(move || {
        let now = store.server_now.get();
        of(&|row| row.since.map(|since| tongue.say(Phrase::ShortSpan(now.since(since)))).unwrap_or_default())
    });
    let words = memo(move || of(&|row| store::why(row, tongue.get()).words));
    let reply = memo(move || of(&|row| store::why(row, tongue.get()).reply));
    let advice = memo(move || of(&|row| store::why(row, tongue.get()).advice));
    let count = memo(move || of(&|row| grouped(row.active_recipients)));
    let heard = memo(move || of(&|row| tongue.say(Phrase::Recipients(row.active_recipients))));
    view! {
        <li data-host=name>
            <StatusBadge badge/>
            <span class="host"><a href=address translate="no">{shown}</a><small>{since}</small></span>
            <span class="why">
                <span>{words}</span>
                <bdi class="mono" translate="no" hidden=move || reply.with(String::is_empty)>{reply}</bdi>
                <small>{advice}</small>
            </span>
            <span class="count"><span aria-hidden="true">{count}</span><span class="only-heard">{heard}</span></span>
        </li>
    }
    .into_any()
}
