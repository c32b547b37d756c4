//! The page *Hosts* (Delivery Status): is anything wrong, which destination is it, and the button that retries.
//!
//! The address is the state: filter and order are read from it and written to it. The walk goes on in
//! `view` (the address), `sight` (which rows), `selection`, `filter`, `toolbar`, `table`, `row`, `footer`.

mod empty;
mod filter;
mod footer;
mod headline;
mod row;
mod selection;
mod sight;
mod table;
mod toolbar;
mod view;

use crate::browser;
use crate::derived::{effect, memo};
use crate::live::Live;
use crate::preference::Tongue;
use crate::store::Store;
use common::wire::Window;
use common::words::Phrase;
use leptos::prelude::*;
use selection::Selection;
use view::ListView;

/// What the parts of this page share: the view from the address, what is chosen, and whether the order rests.
#[derive(Clone, Copy)]
struct Desk {
    view: Memo<ListView>,
    show: Callback<ListView>,
    pointer_over: RwSignal<bool>,
    row_focused: RwSignal<bool>,
    /// The focus is lost for a moment, since rows are being moved.
    redrawing: StoredValue<bool>,
    selection: Selection,
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
    let (pointer_over, row_focused, redrawing) = (RwSignal::new(false), RwSignal::new(false), StoredValue::new(false));
    let desk = Desk { view, show, pointer_over, row_focused, redrawing, selection: Selection::new() };
    provide_context(desk);
    let body = NodeRef::new();
    let sight = sight::follow(body);
    let window = Memo::new(move |before: Option<&Window>| sight.get().window(before.copied()));
    effect(move || live.tune(view.get().query(window.get(), desk.pointer_over.get() || desk.row_focused.get())));
    on_cleanup(move || live.leave_list());
    let down = memo(move || store.hosts.count.with(|count| count.as_ref().map_or(0, |c| c.totals.hosts_down)));
    effect(move || browser::set_title(&tongue.say(Phrase::TabTitle { down: down.get() })));
    view! {
        <section class="page">
            <h1 id="title" tabindex="-1">{move || tongue.say(Phrase::DeliveryStatus)}</h1>
            <headline::HeadlineSentence/>
            <toolbar::Toolbar/>
            <table::HostsTable body sight/>
            <empty::EmptyList/>
            <footer::ListFoot/>
        </section>
    }
    .into_any()
}
