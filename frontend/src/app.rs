//! The whole console: makes the store, opens the line, shows the page of the address.

use crate::address::{self, Address};
use crate::browser;
use crate::derived::{effect, memo};
use crate::live::Live;
use crate::page::{
    ActionsPage, DigPage, HostPage, HostsPage, MissingPage, OverviewPage, PeoplePage, ProbePage, SetUpPage, Shell,
    SignInPage, TerminalPage,
};
use crate::preference::Tongue;
use crate::session::{Entry, Stage};
use crate::store::{Link, Store};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

/// The console.
#[component]
pub fn App() -> impl IntoView {
    let tongue = Tongue::choose();
    let store = Store::new(browser::now_ms());
    let live = Live::start(store, move || tongue.now().tag());
    provide_context(Address::follow());
    provide_context(tongue);
    provide_context(store);
    provide_context(live);
    let entry = Entry::start();
    provide_context(entry);
    let stage = enter(entry, store, live);
    tick(store, live);
    view! {
        {move || match stage.get() {
            Stage::Unknown => ().into_any(),
            Stage::SetUp => view! { <SetUpPage/> }.into_any(),
            Stage::SignIn => view! { <SignInPage/> }.into_any(),
            Stage::In => view! { <Console/> }.into_any(),
        }}
    }
}

/// What an address shows. What else it says (which host, which filter) the page reads itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Overview,
    Hosts,
    Host,
    Actions,
    Dig,
    Terminal,
    Probe,
    People,
    /// Where the first admin was made: nothing is left to do there.
    SetUp,
    Missing,
}

impl Page {
    fn of(path: &str) -> Page {
        let segments: Vec<String> = address::segments(path).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments[..] {
            [] => Page::Overview,
            ["hosts"] => Page::Hosts,
            ["hosts", _] => Page::Host,
            ["actions"] => Page::Actions,
            ["dig"] => Page::Dig,
            ["smtp"] => Page::Terminal,
            ["probes", _] => Page::Probe,
            ["people"] => Page::People,
            ["setup"] => Page::SetUp,
            _ => Page::Missing,
        }
    }
}

/// What somebody sees who is signed in. The address stays while they sign in.
#[component]
fn Console() -> impl IntoView {
    let address = Address::here();
    let page = memo(move || Page::of(&address.path()));
    effect(move || {
        if page.get() == Page::SetUp {
            address.replace("/hosts");
        }
    });
    view! { <Shell>{shown(page)}</Shell> }.into_any()
}

/// The page of the moment. The one before it is given up once it is off the screen: an element that is taken away with
/// the focus on it still tells its page so.
fn shown(page: Memo<Page>) -> impl Fn() -> AnyView + Send {
    let (console, kept) = (Owner::current().unwrap_or_default(), StoredValue::new(None::<Owner>));
    move || {
        let page = page.get();
        let owner = console.with(Owner::new);
        let view = owner.with(|| match page {
            Page::Overview => view! { <OverviewPage/> }.into_any(),
            Page::Hosts => view! { <HostsPage/> }.into_any(),
            Page::Host => view! { <HostPage/> }.into_any(),
            Page::Actions => view! { <ActionsPage/> }.into_any(),
            Page::Dig => view! { <DigPage/> }.into_any(),
            Page::Terminal => view! { <TerminalPage/> }.into_any(),
            Page::Probe => view! { <ProbePage/> }.into_any(),
            Page::People => view! { <PeoplePage/> }.into_any(),
            Page::SetUp => ().into_any(),
            Page::Missing => view! { <MissingPage/> }.into_any(),
        });
        let mut before = Some(owner);
        kept.update_value(|kept| std::mem::swap(kept, &mut before));
        queue_microtask(move || {
            if let Some(before) = before {
                before.cleanup();
            }
        });
        view
    }
}

/// Keeps a line while somebody is signed in, and none before; a line that breaks may be a session that has ended.
fn enter(entry: Entry, store: Store, live: Live) -> Memo<Stage> {
    let stage = memo(move || entry.stage());
    effect(move || {
        if stage.get() != Stage::Unknown {
            browser::remove_skeleton();
        }
        match stage.get() {
            Stage::In => live.begin(),
            Stage::Unknown | Stage::SetUp | Stage::SignIn => live.rest(),
        }
    });
    effect(move || {
        if matches!(store.link.get(), Link::Lost { .. }) {
            entry.look_again();
        }
    });
    stage
}

/// Once a second, on the second of the server's clock. A hidden page does not count.
fn tick(store: Store, live: Live) {
    let pause = store.until_next_second(browser::now_ms());
    Timeout::new(pause as u32, move || {
        if browser::is_visible() {
            live.silence(store.tick(browser::now_ms()));
        }
        tick(store, live);
    })
    .forget();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_page_and_any_other_is_missing() {
        for (path, page) in [
            ("/", Page::Overview),
            ("/hosts", Page::Hosts),
            ("/hosts/", Page::Hosts),
            ("/hosts/a%2Fb", Page::Host),
            ("/hosts/a/b", Page::Missing),
            ("/actions", Page::Actions),
            ("/people", Page::People),
            ("/setup", Page::SetUp),
            ("/nothing", Page::Missing),
        ] {
            assert_eq!(Page::of(path), page, "{path}");
        }
    }
}
