//! The line that is typed next: Enter sends it, arrows go through what was sent, buttons write the usual ones.

use crate::browser;
use crate::live::Live;
use crate::preference::Tongue;
use crate::store::Store;
use common::wire::ProbeEvent;
use common::words::{PanelWord, ProbePhrase};
use leptos::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

/// The field.
const FIELD: &str = "smtp-line";
/// Octets of a line, as the server takes them.
const LINE_MAX: &str = "2048";
/// What the buttons are called and what they write.
const USUAL: [(&str, &str); 5] = [
    ("EHLO", "EHLO {us}"),
    ("STARTTLS", "STARTTLS"),
    ("MAIL FROM:<>", "MAIL FROM:<>"),
    ("RCPT TO", "RCPT TO:<{to}>"),
    ("QUIT", "QUIT"),
];

/// The field, what may be written by a button, and what is left of the session's limits.
pub(super) fn line_field(domain: RwSignal<String>) -> AnyView {
    let (store, live, tongue) = (Store::here(), Live::here(), Tongue::here());
    let draft = RwSignal::new(String::new());
    let history = Rc::new(RefCell::new(History::default()));
    let (sent, walked) = (history.clone(), history);
    request_animation_frame(|| browser::focus(FIELD));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let line = draft.get_untracked();
        live.type_line(line.clone());
        sent.borrow_mut().push(line);
        draft.set(String::new());
        browser::focus(FIELD);
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        let key = event.key();
        if (key == "ArrowUp" || key == "ArrowDown") && !event.is_composing() {
            event.prevent_default();
            draft.set(walked.borrow_mut().walk(key == "ArrowUp"));
        }
    };
    let usual = move |(name, line): (&'static str, &'static str)| {
        let write = move |_| {
            draft.set(filled_in(store, line, &domain.get_untracked()));
            browser::focus(FIELD);
        };
        view! { <button type="button" class="chip" translate="no" on:click=write>{name}</button> }
    };
    view! {
        <form class="ask line-form" on:submit=submit>
            <label class="wide">
                {tongue.panel(PanelWord::Line)}
                <input
                    class="field mono" id=FIELD maxlength=LINE_MAX autocomplete="off" autocapitalize="off" spellcheck="false"
                    translate="no" prop:value=draft on:keydown=key on:input=move |event| draft.set(event_target_value(&event))
                />
            </label>
            <button type="submit">{tongue.panel(PanelWord::Send)}</button>
        </form>
        <div class="chips" role="group" aria-label=tongue.panel(PanelWord::UsualLines)>
            {USUAL.map(usual).collect_view()}
            <small aria-hidden="true" data-part="limits">{move || limits(store, tongue)}</small>
        </div>
    }
    .into_any()
}

/// A usual line with our own name and the recipient's domain put in.
fn filled_in(store: Store, line: &str, domain: &str) -> String {
    let hostname = store.server.with_untracked(|server| server.as_ref().map(|server| server.hostname.clone()));
    let to = if domain.is_empty() { String::new() } else { format!("postmaster@{domain}") };
    line.replace("{us}", &hostname.unwrap_or_default()).replace("{to}", &to)
}

/// The lines that were sent, and where among them the arrows stand.
#[derive(Default)]
struct History {
    lines: Vec<String>,
    place: usize,
}

impl History {
    fn push(&mut self, line: String) {
        self.lines.push(line);
        self.place = self.lines.len();
    }

    /// The line before, or the one behind; behind the last one an empty line.
    fn walk(&mut self, back: bool) -> String {
        self.place = if back { self.place.saturating_sub(1) } else { (self.place + 1).min(self.lines.len()) };
        self.lines.get(self.place).cloned().unwrap_or_default()
    }
}

/// How much of the session is used up, and for how long nobody has said a word; by the second.
fn limits(store: Store, tongue: Tongue) -> Option<String> {
    store.session.0.with(|held| {
        let quiet = store.local_now.get().saturating_sub(held.said_at) / 1_000;
        let typed = held.events.iter().filter(|event| matches!(event, ProbeEvent::Sent { .. })).count() as u64;
        match held.events.first() {
            Some(ProbeEvent::Opened { lines_max, idle_seconds, .. }) => {
                let (lines, idle) = (*lines_max, *idle_seconds);
                Some(tongue.get().say_probe(&ProbePhrase::Spent { typed, lines, quiet, idle }))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_through_what_was_sent_and_end_at_an_empty_line() {
        let mut history = History::default();
        assert_eq!(history.walk(true), "");
        for line in ["EHLO a", "NOOP"] {
            history.push(line.into());
        }
        assert_eq!(
            [true, true, true, false, false, false].map(|back| history.walk(back)),
            ["NOOP", "EHLO a", "EHLO a", "NOOP", "", ""]
        );
    }
}
