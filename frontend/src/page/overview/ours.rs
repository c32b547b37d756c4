//! What is wrong with this server itself. Nothing is shown while nothing is.

use crate::derived::memo;
use crate::format::visible;
use crate::preference::Tongue;
use crate::store::{Board, Store};
use common::vocab::{Alert, Timestamp};
use common::wire::{Health, StandingAlert};
use common::words::{Label, Language, Note, Phrase};
use leptos::prelude::*;

/// Characters of a sentence that the server made.
const SENTENCE_MAX: usize = 500;

/// The list; the worst first.
#[component]
pub(super) fn OurSide() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let lines = memo(move || {
        let (wrong, alerts) = store
            .overview
            .with(|board| board.as_ref().map(|board| (wrong(board), board.alerts.clone())).unwrap_or_default());
        let now = store.server_now.get();
        let alerts = alerts.iter().map(|alert| alert_line(alert, now, tongue.get()));
        wrong.into_iter().map(|phrase| tongue.say(phrase)).chain(alerts).collect::<Vec<String>>()
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

/// What it is, what to do, and for how long it has stood; what is a newer server's, as the server said it.
fn alert_line(alert: &StandingAlert, now: Timestamp, language: Language) -> String {
    let known = alert.what != Alert::Other;
    let said = |phrase, server: &str| if known { language.say(&phrase) } else { visible(server, SENTENCE_MAX) };
    let sentence = said(Phrase::Alert(alert.what), &alert.sentence);
    let advice = said(Phrase::AlertAdvice(alert.what), &alert.advice);
    format!("{sentence} {advice} ({})", language.say(&Phrase::ShortSpan(now.since(alert.since))))
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
    use std::time::Duration;

    #[test]
    fn an_alert_is_said_in_the_language_of_the_page_with_its_age_and_a_newer_one_as_the_server_said_it() {
        let (since, now) = (Timestamp(0), Timestamp(0) + Duration::from_secs(300));
        let (sentence, advice) = ("The moon\u{1b} is full.".to_owned(), "Wait.".to_owned());
        let mut alert = StandingAlert { what: Alert::Other, since, until: now, sentence, advice };
        assert_eq!(alert_line(&alert, now, Language::En), "The moon␛ is full. Wait. (5 min)");
        alert.what = Alert::BrakePulled { refused: 61, hosts: 3 };
        let said = alert_line(&alert, now, Language::En);
        assert!(said.starts_with("3 unrelated hosts refused 61 recipients") && said.ends_with("(5 min)"), "{said}");
        assert!(alert_line(&alert, now, Language::Ja).starts_with("互いに無関係な3ホスト"));
    }

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
