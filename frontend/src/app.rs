//! The whole console: makes the store, opens the line, shows the page of the address.

use crate::browser;
use crate::live::Live;
use crate::page::{
    ActionsPage, DigPage, HostPage, HostsPage, MissingPage, OverviewPage, ProbePage, SetUpPage, Shell, SignInPage,
    TerminalPage,
};
use crate::preference::Tongue;
use crate::session::{Entry, Stage};
use crate::store::{Link, Store};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Redirect, Route, Router};
use leptos_router::path;

/// The console.
#[component]
pub fn App() -> impl IntoView {
    let tongue = Tongue::choose();
    let store = Store::new(browser::now_ms());
    let live = Live::start(store, move || tongue.now().tag());
    provide_context(tongue);
    provide_context(store);
    provide_context(live);
    let entry = Entry::start();
    provide_context(entry);
    let stage = enter(entry, store, live);
    tick(store, live);
    view! {
        <Router>
            {move || match stage.get() {
                Stage::Unknown => ().into_any(),
                Stage::SetUp => view! { <SetUpPage/> }.into_any(),
                Stage::SignIn => view! { <SignInPage/> }.into_any(),
                Stage::In => view! { <Console/> }.into_any(),
            }}
        </Router>
    }
}

/// What somebody sees who is signed in. The address stays while they sign in.
#[component]
fn Console() -> impl IntoView {
    view! {
        <Shell>
            <FlatRoutes fallback=|| view! { <MissingPage/> }>
                <Route path=path!("/") view=OverviewPage/>
                <Route path=path!("/hosts") view=HostsPage/>
                <Route path=path!("/hosts/:host") view=HostPage/>
                <Route path=path!("/actions") view=ActionsPage/>
                <Route path=path!("/dig") view=DigPage/>
                <Route path=path!("/smtp") view=TerminalPage/>
                <Route path=path!("/probes/:id") view=ProbePage/>
                <Route path=path!("/setup") view=|| view! { <Redirect path="/hosts"/> }/>
            </FlatRoutes>
        </Shell>
    }
    .into_any()
}

/// Keeps a line while somebody is signed in, and none before; a line that breaks may be a session that has ended.
fn enter(entry: Entry, store: Store, live: Live) -> Memo<Stage> {
    let stage = Memo::new(move |_| entry.stage());
    Effect::new(move || {
        if stage.get() != Stage::Unknown {
            browser::remove_skeleton();
        }
        match stage.get() {
            Stage::In => live.begin(),
            Stage::Unknown | Stage::SetUp | Stage::SignIn => live.rest(),
        }
    });
    Effect::new(move || {
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
