//! What surrounds every page: the rail, the bar with the state of the line, banners, notices.

use super::help::KeyHelp;
use super::notices::NoticeBoard;
use super::retry::{RetryDesk, RetryDialog};
use crate::address::Address;
use crate::browser;
use crate::derived::memo;
use crate::live::Live;
use crate::part::{Glyphs, LineState, LiveDot, LostBar, Segment, Segments, ThemeIcon};
use crate::preference::{Theme, Tongue, keep_theme, kept_theme, without_language};
use crate::session::Entry;
use crate::store::{Link, Store};
use common::vocab::Badge;
use common::words::{Label, Language, Note, PanelWord, PeopleWord, Phrase, grouped};
use leptos::prelude::*;

/// The frame; the page of the address goes inside.
#[component]
pub fn Shell(children: Children) -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    provide_context(RetryDesk::new());
    focus_title_after_navigation();
    let lab = memo(move || store.server.with(|server| server.as_ref().is_some_and(|server| server.lab)));
    view! {
        <Glyphs/>
        <a class="skip" href="#title" rel="external">{tongue.label(Label::SkipToContent)}</a>
        <Rail/>
        <div class="stage">
            <TopBar/>
            <ConnectionBar/>
            <Show when=move || store.link.get() == Link::Polling>
                <p class="banner" data-part="polling">{tongue.note(Note::PollingHint)}</p>
            </Show>
            <Show when=move || lab.get()><p class="banner lab">{tongue.note(Note::LabBanner)}</p></Show>
            <Show when=move || store.updated.get()>
                <p class="banner">
                    {tongue.note(Note::ConsoleUpdated)}
                    <button type="button" on:click=move |_| browser::reload()>{tongue.label(Label::Reload)}</button>
                </p>
            </Show>
            <main>
                <NoticeBoard/>
                {children()}
            </main>
            <KeyHelp/>
            <RetryDialog/>
        </div>
    }
    .into_any()
}

/// Another page begins at its title, for keys and for those who hear it.
fn focus_title_after_navigation() {
    let address = Address::here();
    Effect::new(move |before: Option<String>| {
        let now = address.path();
        if before.is_some_and(|before| before != now) {
            request_animation_frame(|| browser::focus("title"));
        }
        now
    });
}

#[component]
fn Rail() -> impl IntoView {
    let (store, tongue, address, entry) = (Store::here(), Tongue::here(), Address::here(), Entry::here());
    let down = memo(move || store.overview.with(|known| known.as_ref().map_or(0, |board| board.totals.hosts_down)));
    let current = move |page: &'static str| move || (address.path().trim_end_matches('/') == page).then_some("page");
    view! {
        <nav class="rail" aria-label=tongue.label(Label::MainNavigation)>
            <b class="brand" translate="no">"nexthop"</b>
            <a href="/" aria-current=current("")><span>{tongue.label(Label::Overview)}</span></a>
            <a href="/hosts" aria-current=current("/hosts")>
                <span>{tongue.label(Label::Hosts)}</span>
                <Show when=move || down.get() != 0>
                    <span class="trouble" title=move || tongue.say(Phrase::Badge(Badge::Down))>
                        <span aria-hidden="true">"▼ "</span>
                        <span class="only-heard">{move || tongue.say(Phrase::Badge(Badge::Down))}" "</span>
                        {move || grouped(down.get())}
                    </span>
                </Show>
            </a>
            <a href="/dig" aria-current=current("/dig")><span>{tongue.panel(PanelWord::Dig)}</span></a>
            <a href="/smtp" aria-current=current("/smtp")><span>{tongue.panel(PanelWord::Terminal)}</span></a>
            <a href="/actions" aria-current=current("/actions")><span>{tongue.label(Label::Actions)}</span></a>
            <Show when=move || entry.manages()>
                <a href="/people" aria-current=current("/people")><span>{tongue.people(PeopleWord::People)}</span></a>
            </Show>
        </nav>
    }
    .into_any()
}

#[component]
fn TopBar() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let hostname = move || store.server.with(|server| server.as_ref().map(|server| server.hostname.clone()));
    let state = memo(move || match (store.link.get(), store.stale.get()) {
        (Link::Connecting, _) => (LineState::Waiting, tongue.say(Phrase::Label(Label::Connecting))),
        (Link::Lost { .. } | Link::Retrying { .. }, _) => {
            (LineState::Lost, tongue.say(Phrase::Label(Label::Reconnecting)))
        }
        (Link::Polling, None) => (LineState::Waiting, tongue.say(Phrase::Label(Label::Polling))),
        (Link::Live | Link::Polling, Some(silence)) => (LineState::Waiting, tongue.say(Phrase::LastUpdate(silence))),
        (Link::Live, None) => (LineState::Live, tongue.say(Phrase::Label(Label::Live))),
    });
    let clock = memo(move || {
        let known = store.server.with(Option::is_some);
        known.then(|| browser::clock(store.server_now.get().0, tongue.get().tag()))
    });
    view! {
        <header class="top">
            <bdi class="where" translate="no">{hostname}</bdi>
            <LiveDot state=Signal::derive(move || state.get().0) text=Signal::derive(move || state.get().1)/>
            <span class="clock" title=tongue.label(Label::ServerTime)>{clock}</span>
            <LanguageSwitch/>
            <ThemeSwitch/>
            <SignedIn/>
        </header>
    }
    .into_any()
}

/// Who is signed in, and the way out; nothing where nobody signs in.
#[component]
fn SignedIn() -> impl IntoView {
    let (entry, tongue) = (Entry::here(), Tongue::here());
    let name = memo(move || entry.name());
    view! {
        <Show when=move || name.with(Option::is_some)>
            <span class="account">
                <bdi translate="no">{name}</bdi>
                <button type="button" data-part="sign-out" on:click=move |_| entry.sign_out()>
                    {tongue.label(Label::SignOut)}
                </button>
            </span>
        </Show>
    }
    .into_any()
}

/// A thin bar while the line is lost and the first try to return has failed: a short break moves nothing.
/// No overlay: what is shown stays readable.
#[component]
fn ConnectionBar() -> impl IntoView {
    let (store, live, tongue) = (Store::here(), Live::here(), Tongue::here());
    let text = memo(move || match store.link.get() {
        Link::Lost { attempt: ..=1, .. } | Link::Retrying { attempt: ..=1 } => None,
        Link::Lost { retry_at, .. } => {
            let seconds = retry_at.saturating_sub(store.local_now.get()).div_ceil(1_000);
            Some(tongue.say(Phrase::ReconnectingIn { seconds }))
        }
        Link::Retrying { .. } => Some(tongue.say(Phrase::Label(Label::Reconnecting))),
        Link::Connecting | Link::Live | Link::Polling => None,
    });
    view! {
        <LostBar text=text.into() now=Signal::derive(tongue.label(Label::Now)) on_now=Callback::new(move |()| live.try_now())/>
    }
    .into_any()
}

#[component]
pub(super) fn LanguageSwitch() -> impl IntoView {
    let (tongue, address) = (Tongue::here(), Address::here());
    let choose = Callback::new(move |language: Language| {
        tongue.set(language);
        let search = browser::search();
        if search.contains("lang=") {
            address.replace(&format!("{}{}", address.path_now(), without_language(&search)));
        }
    });
    // What is heard holds what is seen: who speaks to the page says what they see.
    let segment = move |language: Language, name: &'static str, short: &'static str| {
        view! {
            <Segment
                name=Signal::derive(move || name.to_owned()) lang=language.tag()
                pressed=Signal::derive(move || tongue.get() == language) on_press=Callback::new(move |()| choose.run(language))
            >{short}</Segment>
        }
    };
    view! {
        <Segments name=Signal::derive(tongue.label(Label::LanguageSwitch))>
            {segment(Language::En, "EN – English", "EN")}
            {segment(Language::Ja, Language::Ja.name(), Language::Ja.name())}
        </Segments>
    }
    .into_any()
}

#[component]
pub(super) fn ThemeSwitch() -> impl IntoView {
    let tongue = Tongue::here();
    let chosen = RwSignal::new(kept_theme());
    let segment = move |theme: Theme| {
        let press = move |()| {
            keep_theme(theme);
            chosen.set(theme);
        };
        view! {
            <Segment
                name=Signal::derive(tongue.label(theme.label())) pressed=Signal::derive(move || chosen.get() == theme)
                on_press=Callback::new(press)
            ><ThemeIcon theme/></Segment>
        }
    };
    view! {
        <Segments name=Signal::derive(tongue.label(Label::ThemeSwitch))>
            {Theme::ALL.map(segment).collect_view()}
        </Segments>
    }
    .into_any()
}
