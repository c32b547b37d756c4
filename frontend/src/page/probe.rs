//! One kept probe (`/probes/{id}`): what was asked, what came of it, and how to ask again.
//!
//! Promises: what still runs is looked at again until it is over; a number that is not kept says what to do.

use super::diagnosis;
use super::look::{Look, shown};
use super::terminal::transcript;
use crate::address::Address;
use crate::browser;
use crate::derived::effect;
use crate::format::visible;
use crate::part::dynamic;
use crate::preference::Tongue;
use crate::probe::{self, Found};
use common::wire::{Probe, ProbeKind, ProbeState};
use common::words::{Label, PanelWord};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

/// How often a probe that runs is looked at.
const LOOK_EVERY_MS: u32 = 1_000;
/// Characters of a name.
const NAME_MAX: usize = 300;
/// The status of HTTP for what is not there.
const NOT_FOUND: u16 = 404;
/// The list of what was said.
const LOG: &str = "kept-log";
/// Where a diagnosis is written.
const DIAGNOSIS: &str = "kept-diagnosis";

/// The page.
#[component]
pub fn ProbePage() -> impl IntoView {
    let (tongue, address) = (Tongue::here(), Address::here());
    let look = RwSignal::new(Look::Asking);
    effect(move || find(tongue, address.segment(1).unwrap_or_default(), look));
    let probe = move |take: fn(&Probe) -> String| {
        look.with(|look| if let Look::Done(Ok(answered)) = look { take(&answered.probe) } else { String::new() })
    };
    let title = move || match probe(title) {
        title if title.is_empty() => PanelWord::Probe.say(tongue.get()).to_owned(),
        title => title,
    };
    effect(move || browser::set_title(&format!("{} · nexthop", title())));
    effect(move || {
        let language = tongue.get();
        look.with(|look| {
            let Look::Done(Ok(answered)) = look else { return };
            let probe = &answered.probe;
            match (probe.kind, &probe.diagnosis, browser::by_id(LOG), browser::by_id(DIAGNOSIS)) {
                (ProbeKind::Smtp, _, Some(log), _) => transcript::write(&log, &probe.events, language),
                (_, Some(found), _, Some(place)) => diagnosis::write(&place, found, language),
                _ => {}
            }
        });
    });
    let body = dynamic(move || {
        match look.with(|look| matches!(look, Look::Done(Err(why)) if why.status == NOT_FOUND)) {
        true => view! {
            <p class="lead">{tongue.panel(PanelWord::NoSuchProbe)}</p>
            <p><a href="/dig">{tongue.panel(PanelWord::Dig)}</a>" · "<a href="/smtp">{tongue.panel(PanelWord::Terminal)}</a></p>
        }
        .into_any(),
        false => shown(tongue, look, true),
    }
    });
    view! {
        <section class="page probe">
            <p class="back"><a href="/hosts">"← "{tongue.label(Label::BackToHosts)}</a></p>
            <h1 id="title" tabindex="-1"><bdi>{title}</bdi></h1>
            <div data-part="probe">
                <p class="muted"><span translate="no">{move || probe(begun)}</span>{move || running(tongue, look)}</p>
                <ol class="sheet transcript" id=LOG tabindex="0" translate="no" aria-label=tongue.panel(PanelWord::Transcript)></ol>
                <div id=DIAGNOSIS></div>
                {body}
            </div>
        </section>
    }
    .into_any()
}

/// Looks, and looks again while it runs and the page is open.
fn find(tongue: Tongue, id: String, look: RwSignal<Look>) {
    let Ok(number) = id.parse::<u64>() else {
        return look.set(Look::Done(Err(probe::Refused { status: NOT_FOUND, sentence: String::new() })));
    };
    let came = Callback::new(move |found: Found| {
        let runs = matches!(&found, Ok(answered) if answered.probe.state == ProbeState::Running);
        let (found, id) = (Look::Done(found), id.clone());
        // The page may have gone meanwhile, and an answer that is the same wakes nothing.
        let is_news = look.try_with_untracked(|before| *before != found);
        if is_news == Some(true) {
            look.set(found);
        }
        if runs && is_news.is_some() {
            Timeout::new(LOOK_EVERY_MS, move || find(tongue, id, look)).forget();
        }
    });
    probe::find(tongue, number, false, came);
}

/// The question as it was typed.
fn title(probe: &Probe) -> String {
    let command = common::layout::command(probe);
    visible(command.strip_prefix("nexthop ").unwrap_or(&command), NAME_MAX)
}

/// Its number and when it began.
fn begun(probe: &Probe) -> String {
    let when = probe.begun_at.map(|at| at.status_line()).unwrap_or_default();
    format!("#{} · {when} · ", probe.id)
}

fn running(tongue: Tongue, look: RwSignal<Look>) -> Option<&'static str> {
    let language = tongue.get();
    look.with(|look| match look {
        Look::Done(Ok(answered)) if answered.probe.state == ProbeState::Done => Some(PanelWord::Over.say(language)),
        Look::Done(Ok(_)) => Some(PanelWord::Running.say(language)),
        _ => None,
    })
}
