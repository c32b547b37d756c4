//! The SMTP terminal: a session with a mail server, typed line by line over the websocket, and the page that is this panel
//! alone (`/smtp?host=&port=`).
//!
//! Promises: what is typed goes out as it is; a session ends when the page is left; what was said stays, and is kept under
//! its link. Never: a line of its own. The walk goes on in `live` (the frames) and `transcript` (how a line is shown).

mod line;
pub mod transcript;

use crate::address::Address;
use crate::browser;
use crate::derived::{effect, memo};
use crate::format::{fold_width, visible};
use crate::live::Live;
use crate::page::look::{Look, shown};
use crate::part::dynamic;
use crate::preference::Tongue;
use crate::probe;
use crate::session::Entry;
use crate::store::{Link, SessionStage, Store};
use common::wire::{Role, TelnetRequest};
use common::words::PanelWord;
use leptos::prelude::*;
use line::line_field;

/// The list of what was said.
const LOG: &str = "smtp-log";
/// Characters of a host.
const HOST_MAX: &str = "255";
/// Characters of a sentence that the server made.
const SENTENCE_MAX: usize = 1_000;

/// With whom a session is to be held, as it is written into the fields. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Peer {
    /// A name or an address.
    pub host: RwSignal<String>,
    /// The port; empty for the delivery port.
    pub port: RwSignal<String>,
    /// The domain of the recipient that RCPT TO offers.
    pub domain: RwSignal<String>,
}

impl Peer {
    /// With nobody yet.
    pub fn new() -> Peer {
        let empty = || RwSignal::new(String::new());
        Peer { host: empty(), port: empty(), domain: empty() }
    }

    /// Begins the session.
    pub fn connect(self, live: Live) {
        let host = fold_width(self.host.get_untracked().trim());
        // What is no port is refused by the server, which says what one is.
        let port = fold_width(self.port.get_untracked().trim());
        let port = (!port.is_empty()).then(|| port.parse().unwrap_or(0));
        live.open_session(TelnetRequest { host, port });
    }
}

/// The page.
#[component]
pub fn TerminalPage() -> impl IntoView {
    let (tongue, entry) = (Tongue::here(), Entry::here());
    let title = tongue.panel(PanelWord::Terminal);
    effect(move || browser::set_title(&format!("{} · nexthop", title())));
    let asked = |key: &str| untrack(|| Address::here().query(key)).unwrap_or_default();
    let peer = Peer::new();
    peer.host.set(asked("host"));
    peer.port.set(asked("port"));
    let panel = dynamic(move || match entry.has(Role::Operator) {
        true => view! { <Terminal peer/> }.into_any(),
        false => view! { <p class="lead">{tongue.panel(PanelWord::NeedsOperator)}</p> }.into_any(),
    });
    view! { <section class="page"><h1 id="title" tabindex="-1">{title}</h1>{panel}</section> }.into_any()
}

/// The panel.
#[component]
pub fn Terminal(peer: Peer) -> impl IntoView {
    let (store, live, tongue) = (Store::here(), Live::here(), Tongue::here());
    let session = store.session;
    session.forget();
    on_cleanup(move || live.close_session());
    let open = memo(move || session.0.with(|held| held.stage == SessionStage::Open));
    let off = memo(move || store.link.get() != Link::Live);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match (open.get_untracked(), off.get_untracked()) {
            (true, _) => live.close_session(),
            (false, false) => peer.connect(live),
            (false, true) => {}
        }
    };
    let button = move || if open.get() { PanelWord::Disconnect } else { PanelWord::Connect }.say(tongue.get());
    let ended = move || {
        let why = session.0.with(|held| match &held.stage {
            SessionStage::Refused(why) => Some(visible(why, SENTENCE_MAX)),
            SessionStage::Lost => Some(PanelWord::SessionLost.say(tongue.get()).to_owned()),
            SessionStage::None | SessionStage::Open | SessionStage::Over => None,
        });
        why.or_else(|| off.get().then(|| PanelWord::NeedsWebsocket.say(tongue.get()).to_owned())).unwrap_or_default()
    };
    write_log(store, tongue);
    let below = dynamic(move || if open.get() { line_field(peer.domain) } else { kept(store, tongue) });
    view! {
        <div class="panel" data-part="terminal">
            <form class="ask" on:submit=submit>
                {field(tongue, PanelWord::Host, "wide", peer.host)}
                {field(tongue, PanelWord::Port, "", peer.port)}
                <button type="submit" aria-disabled=move || (off.get() && !open.get()).to_string()>{button}</button>
            </form>
            <ol
                class="sheet transcript" id=LOG role="log" aria-live="polite" tabindex="0" translate="no"
                aria-label=tongue.panel(PanelWord::Transcript)
            ></ol>
            <p class="warning" role="alert" data-part="session-end">{ended}</p>
            {below}
        </div>
    }
    .into_any()
}

/// A field of the form.
fn field(tongue: Tongue, name: PanelWord, class: &'static str, value: RwSignal<String>) -> AnyView {
    view! {
        <label class=class>
            {tongue.panel(name)}
            <input
                class="field mono" maxlength=HOST_MAX autocomplete="off" autocapitalize="off" spellcheck="false" translate="no"
                prop:value=value on:input=move |event| value.set(event_target_value(&event))
            />
        </label>
    }
    .into_any()
}

/// Keeps the log at what was said, scrolled to its end.
fn write_log(store: Store, tongue: Tongue) {
    effect(move || {
        let language = tongue.get();
        store.session.0.with(|held| {
            if let Some(log) = browser::by_id(LOG) {
                transcript::write(&log, &held.events, language);
                log.set_scroll_top(log.scroll_height());
            }
        });
    });
}

/// The foot of a session that is over, as the server keeps it.
fn kept(store: Store, tongue: Tongue) -> AnyView {
    let look = RwSignal::new(Look::None);
    if let Some(id) = store.session.0.with_untracked(|held| held.id()) {
        let came = Callback::new(move |found| drop(look.try_set(Look::Done(found)))); // the page may have gone
        probe::find(tongue, id, true, came);
    }
    shown(tongue, look, false)
}
