//! What was said in an SMTP session, a line each: who, after how long, what. For a session that goes on and for a kept one.
//!
//! Promises: lines are added behind, so that whoever hears them hears only the new ones. Never: markup or an order of
//! reading made of what a mail server said.

use crate::browser;
use crate::format::visible;
use common::vocab::SessionEnd;
use common::wire::{ProbeEvent, TlsState};
use common::words::{Language, Phrase, ProbePhrase};
use web_sys::Element;

/// Characters of a line; a peer's has 2,048 octets at most.
const LINE_MAX: usize = 8_192;

/// Brings the list to these events, in this language: adds what is new, or writes all of it anew where the language has
/// changed or another session has begun.
pub fn write(list: &Element, events: &[ProbeEvent], language: Language) {
    let mut shown = list.child_element_count() as usize;
    if list.get_attribute("lang").as_deref() != Some(language.tag()) || shown > events.len() {
        list.set_text_content(None);
        let _ = list.set_attribute("lang", language.tag());
        shown = 0;
    }
    for (place, event) in events.iter().enumerate().skip(shown) {
        let before = place.checked_sub(1).map_or(0, |place| events[place].ms());
        let (class, who) = match event {
            ProbeEvent::Line { .. } => ("them", "S"),
            ProbeEvent::Sent { .. } => ("us", "C"),
            _ => ("note", "·"),
        };
        let since = format!("+{} ms", event.ms().saturating_sub(before));
        let text = visible(&said(event, language), LINE_MAX);
        browser::append(list, "li", class, &[("small", &since), ("b", who), ("bdi", &text)]);
    }
}
/// An event in words; what the two sides said is as they said it.
fn said(event: &ProbeEvent, language: Language) -> String {
    let probe = |phrase: ProbePhrase<'_>| language.say_probe(&phrase);
    match event {
        ProbeEvent::Opened { id, lines_max, idle_seconds, total_seconds, .. } => {
            let (id, lines, seconds, idle) = (*id, *lines_max, *total_seconds, *idle_seconds);
            probe(ProbePhrase::Session { id, lines, seconds, idle })
        }
        ProbeEvent::Trying { address, .. } => probe(ProbePhrase::Trying { address }),
        ProbeEvent::Connected { address, .. } => probe(ProbePhrase::Connected { address }),
        ProbeEvent::Line { text, .. } | ProbeEvent::Sent { text, .. } => text.clone(),
        ProbeEvent::Waiting { seconds, .. } => probe(ProbePhrase::Silence { seconds: *seconds }),
        ProbeEvent::Secured { tls, .. } => secured(tls, language),
        ProbeEvent::NotSent { why, .. } => language.say(&Phrase::NotSent(*why)),
        ProbeEvent::Ended { reason, why: SessionEnd::Other, .. } => reason.clone(),
        ProbeEvent::Ended { why, .. } => language.say_end(why),
        ProbeEvent::Other => "…".into(),
    }
}

/// What the handshake proved, and whose certificate it was.
fn secured(tls: &TlsState, language: Language) -> String {
    let names = tls.names.join(", ");
    let until = tls.not_after.map(|until| until.to_string()).unwrap_or_default();
    let issuer = tls.issuer.as_deref().unwrap_or_default();
    let certificate = language.say_probe(&ProbePhrase::Certificate { names: &names, issuer, until: &until });
    let parts = [Some(tls.say(language)), tls.cipher.clone(), tls.group.clone(), Some(certificate)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
