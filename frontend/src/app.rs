//! The whole console: makes the store, opens the line, shows the page of the address.

use crate::browser;
use crate::live::Live;
use crate::page::{HostsPage, MissingPage, Shell};
use crate::preference::Tongue;
use crate::store::Store;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
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
    tick(store, live);
    view! {
        <Router>
            <Shell>
                <Routes fallback=|| view! { <MissingPage/> }>
                    <Route path=path!("/") view=HostsPage/>
                    <Route path=path!("/hosts") view=HostsPage/>
                </Routes>
            </Shell>
        </Router>
    }
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
