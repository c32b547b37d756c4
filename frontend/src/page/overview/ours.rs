//! What is wrong with this server itself. Nothing is shown while nothing is.

use crate::preference::Tongue;
use crate::store::{Board, Store};
use common::wire::Health;
use common::words::{Label, Note, Phrase};
use leptos::prelude::*;

/// The list; the worst first.
#[component]
pub(super) fn OurSide() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let lines = Memo::new(move |_| {
        let phrases = store.overview.with(|board| board.as_ref().map(wrong).unwrap_or_default());
        phrases.into_iter().map(|phrase| tongue.say(phrase)).collect::<Vec<String>>()
    });
    let list = move || lines.get().into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    view! {
        <Show when=move || lines.with(|lines| !lines.is_empty())>
            <h2>{tongue.label(Label::OurSide)}</h2>
            <ul class="ours" data-part="ours">{list}</ul>
        </Show>
    }
    .into_any()
}

fn wrong(board: &Board) -> Vec<Phrase<'static>> {
    let health = match board.health {
        Some(Health::ReceivingStopped) => Some(Phrase::Note(Note::ReceivingStopped)),
        Some(Health::Stopping) => Some(Phrase::Note(Note::Stopping)),
        Some(Health::Online | Health::Other) | None => None,
    };
    let damaged = (board.damaged > 0).then_some(Phrase::DamagedRecords(board.damaged));
    let reading = board.recovering.map(|found| Phrase::StillReading { read: found.messages, of: found.of });
    [health, damaged, reading].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::wire::Recovering;

    #[test]
    fn a_healthy_server_is_silent_and_a_full_disk_comes_first() {
        assert_eq!(wrong(&Board { health: Some(Health::Online), ..Board::default() }), []);
        let recovering = Some(Recovering { messages: 3, of: 9 });
        let board = Board { health: Some(Health::ReceivingStopped), damaged: 2, recovering, ..Board::default() };
        assert_eq!(
            wrong(&board),
            [Phrase::Note(Note::ReceivingStopped), Phrase::DamagedRecords(2), Phrase::StillReading { read: 3, of: 9 }]
        );
    }
}
