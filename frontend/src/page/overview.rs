//! The page *Overview*: is anything wrong, with whom, and where to click.
//!
//! Everything here comes with one frame a second at most. The walk goes on in `attention` (hosts in trouble) and `tiles`.

mod attention;
mod ours;
mod tiles;

use crate::browser;
use crate::derived::{effect, memo};
use crate::format::around_slot;
use crate::preference::Tongue;
use crate::store::{self, Store};
use common::words::{Label, Phrase, grouped};
use leptos::prelude::*;

/// The page.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let down = memo(move || store.overview.with(|known| known.as_ref().map_or(0, |o| o.totals.hosts_down)));
    effect(move || {
        let title = tongue.say(Phrase::Label(Label::Overview));
        let trouble = if down.get() == 0 { String::new() } else { format!("▼{} ", grouped(down.get())) };
        browser::set_title(&format!("{trouble}{title} · nexthop"));
    });
    let waiting = memo(move || store.overview.with(Option::is_none));
    view! {
        <section class="page" aria-busy=move || waiting.get().to_string()>
            <h1 id="title" tabindex="-1">{tongue.label(Label::Overview)}</h1>
            <Sentence/>
            <tiles::Tiles/>
            <ours::OurSide/>
            <attention::Attention/>
        </section>
    }
    .into_any()
}

/// The page of one host.
fn address_of(host: &str) -> String {
    format!("/hosts/{}", js_sys::encode_uri_component(host))
}

/// The sentence at the head; the worst host's name leads to it.
#[component]
fn Sentence() -> impl IntoView {
    let (store, tongue) = (Store::here(), Tongue::here());
    let parts = memo(move || {
        let now = store.server_now.get();
        store.overview.with(|known| {
            let headline = store::overview_headline(known.as_ref()?, now);
            let host = known.as_ref()?.attention.first().map(|row| row.host.to_string()).unwrap_or_default();
            let (before, behind) = around_slot(&tongue.say(Phrase::Headline(headline)));
            Some((before, behind.map(|behind| (host, behind))))
        })
    });
    view! {
        <p class="lead" data-part="headline">
            {move || parts.get().map(|(before, rest)| {
                let rest = rest.map(|(host, behind)| view! {
                    <a href=address_of(&host) class="name" translate="no">{host.clone()}</a>{behind}
                });
                view! { {before}{rest} }
            })}
        </p>
    }
    .into_any()
}
