//! The page *Hosts* (Delivery Status): is anything wrong, which destination is it, and the button that retries.
//!
//! The address is the state: filter, order and place are read from it and written to it. The walk goes on in
//! `view` (the address), `toolbar`, `table`, `row`, `footer`, `retry`.

mod empty;
mod footer;
mod headline;
mod retry;
mod row;
mod table;
mod toolbar;
mod view;

use crate::browser;
use crate::live::Live;
use crate::preference::Tongue;
use crate::store::Store;
use common::words::Phrase;
use leptos::prelude::*;
use view::{ListView, WINDOW_ROWS};

/// What the parts of this page share: the view from the address, and whether the order rests.
#[derive(Clone, Copy)]
struct Desk {
    view: Memo<ListView>,
    show: Callback<ListView>,
    pointer_over: RwSignal<bool>,
    row_focused: RwSignal<bool>,
}

impl Desk {
    fn here() -> Desk {
        expect_context()
    }
}

/// The page.
#[component]
pub fn HostsPage() -> impl IntoView {
    let (store, live, tongue) = (Store::here(), Live::here(), Tongue::here());
    let (view, show) = view::from_address();
    let desk = Desk { view, show, pointer_over: RwSignal::new(false), row_focused: RwSignal::new(false) };
    provide_context(desk);
    Effect::new(move || live.tune(view.get().query(desk.pointer_over.get() || desk.row_focused.get())));
    let down = Memo::new(move |_| store.hosts.count.with(|count| count.as_ref().map_or(0, |c| c.totals.hosts_down)));
    Effect::new(move || browser::set_title(&tongue.say(Phrase::TabTitle { down: down.get() })));
    // A list that has become shorter than the place looked at would show nothing: go to its last page.
    Effect::new(move || {
        let matching = store.hosts.count.with(|count| count.as_ref().map(|count| count.matching));
        let now = view.get_untracked();
        if let Some(matching) = matching.filter(|matching| *matching > 0 && *matching <= now.first.into()) {
            let first = ((matching - 1) / u64::from(WINDOW_ROWS)) as u32 * WINDOW_ROWS;
            show.run(ListView { first, ..now });
        }
    });
    view! {
        <section class="page">
            <h1 id="title" tabindex="-1">{move || tongue.say(Phrase::DeliveryStatus)}</h1>
            <headline::HeadlineSentence/>
            <toolbar::Toolbar/>
            <table::HostsTable/>
            <empty::EmptyList/>
            <footer::ListFoot/>
        </section>
    }
    .into_any()
}
