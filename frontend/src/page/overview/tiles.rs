//! The queue in six numbers, each a way into the list of hosts sorted by it.

use crate::derived::memo;
use crate::preference::Tongue;
use crate::store::{Board, Store};
use common::vocab::Timestamp;
use common::words::{Label, Language, Phrase, grouped};
use leptos::prelude::*;

/// A number: what it is, where it leads, how it is read.
type Tile = (Label, &'static str, fn(&Board, Timestamp, Language) -> String);

const TILES: [Tile; 6] = [
    (Label::TileWaiting, "/hosts?q=status:waiting", |board, _, _| grouped(board.totals.active_recipients)),
    (Label::TileOldest, "/hosts?q=status:waiting&sort=oldest_message_at", |board, now, language| {
        let oldest = board.totals.oldest_message_at;
        oldest.map_or_else(|| "–".into(), |at| language.say(&Phrase::ShortSpan(now.since(at))))
    }),
    (Label::TileDelivered, "/hosts?sort=-delivered_recipients", |board, _, _| {
        grouped(board.minute.delivered_recipients)
    }),
    (Label::TileDeferred, "/hosts?sort=-soft_bounced_events", |board, _, _| grouped(board.minute.soft_bounced_events)),
    (Label::TileBounced, "/hosts?sort=-hard_bounced_recipients", |board, _, _| {
        grouped(board.minute.hard_bounced_recipients)
    }),
    (Label::TileConnections, "/hosts?sort=-current_outbound_connections", |board, _, _| {
        grouped(board.totals.current_outbound_connections)
    }),
];

/// All of them. Before anything is known they show a dash in the same place.
#[component]
pub(super) fn Tiles() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let tile = move |(label, href, read): Tile| {
        let number = memo(move || {
            let now = store.server_now.get();
            store
                .overview
                .with(|board| board.as_ref().map_or_else(|| "–".into(), |board| read(board, now, tongue.get())))
        });
        view! { <li><a href=href><b>{number}</b><span>{tongue.label(label)}</span></a></li> }
    };
    view! { <ul class="tiles" aria-label=tongue.label(Label::TilesName)>{TILES.map(tile).collect_view()}</ul> }
        .into_any()
}
