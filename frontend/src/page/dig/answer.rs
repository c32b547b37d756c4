//! The answer of a name server: in dig's layout or as a table, what delivery would use, and how to ask again.
//!
//! Never: markup, links or an order of reading made of what a name server said.

use crate::format::visible;
use crate::part::{Segment, Segments, dynamic};
use crate::preference::Tongue;
use common::layout;
use common::wire::{DigAnswer, DigRecord, Probe, ProbeEvent};
use common::words::PanelWord;
use leptos::prelude::*;

/// Characters of a cell; the text has them all.
const CELL_MAX: usize = 1_000;

/// The answer, or why there is none.
pub fn answer(tongue: Tongue, probe: &Probe) -> AnyView {
    match &probe.dig {
        Some(answer) => both(tongue, probe, answer.clone()),
        None => {
            let why = probe.events.iter().find_map(|event| match event {
                ProbeEvent::Ended { reason, .. } => Some(visible(reason, CELL_MAX)),
                _ => None,
            });
            view! { <p class="warning">{why.unwrap_or_default()}</p> }.into_any()
        }
    }
}

fn both(tongue: Tongue, probe: &Probe, answer: DigAnswer) -> AnyView {
    let as_text = RwSignal::new(true);
    let text = layout::dig::text(&layout::question(probe), &answer);
    let segment = move |word: PanelWord, is_text: bool| {
        view! {
            <Segment
                name=tongue.panel_signal(word) pressed=Signal::derive(move || as_text.get() == is_text)
                on_press=Callback::new(move |()| as_text.set(is_text))
            >{tongue.panel(word)}</Segment>
        }
    };
    let shown = dynamic(move || {
        let form = match as_text.get() {
            true => view! { <pre class="sheet" tabindex="0" translate="no">{text.trim().to_owned()}</pre> }.into_any(),
            false => as_table(tongue, &answer),
        };
        view! { {form}{delivery(tongue, &answer)} }.into_any()
    });
    view! {
        <Segments name=tongue.panel_signal(PanelWord::Form)>
            {segment(PanelWord::AsText, true)}{segment(PanelWord::AsTable, false)}
        </Segments>
        {shown}
    }
    .into_any()
}

fn as_table(tongue: Tongue, answer: &DigAnswer) -> AnyView {
    let row = |record: &DigRecord| {
        let cell = |text: &str| view! { <td><bdi>{visible(text, CELL_MAX)}</bdi></td> };
        view! { <tr>{cell(&record.name)}<td class="num">{record.ttl}</td>{cell(&record.rtype)}{cell(&record.data)}</tr> }
    };
    let section = |(name, records): (&'static str, &Vec<DigRecord>)| {
        (!records.is_empty()).then(|| {
            view! {
                <tbody>
                    <tr><th colspan="4" scope="rowgroup" translate="no">{name}</th></tr>
                    {records.iter().map(row).collect_view()}
                </tbody>
            }
        })
    };
    let sections = [("ANSWER", &answer.answer), ("AUTHORITY", &answer.authority), ("ADDITIONAL", &answer.additional)];
    let DigAnswer { status, server, transport, query_ms, name, rtype, .. } = answer;
    let head = format!("{status} · {} · {server} {transport} · {query_ms} ms", answer.flags.join(" "));
    view! {
        <div class="scrolls" tabindex="0">
            <p class="mono" translate="no">"QUESTION "<b>{visible(&format!("{name} {rtype}"), CELL_MAX)}</b></p>
            <p class="mono" translate="no">{visible(&head, CELL_MAX)}</p>
            <table class="records">
                <thead><tr>
                    <th scope="col">{tongue.panel(PanelWord::Name)}</th><th scope="col" class="num">"TTL"</th>
                    <th scope="col">{tongue.panel(PanelWord::RecordType)}</th><th scope="col">{tongue.panel(PanelWord::Data)}</th>
                </tr></thead>
                {sections.map(section).collect_view()}
            </table>
        </div>
    }
    .into_any()
}

/// What delivery would use, said apart from the answer: dig does not know it.
fn delivery(tongue: Tongue, answer: &DigAnswer) -> Option<AnyView> {
    let lines = layout::dig::delivery_lines(answer, tongue.get());
    let line = |text: &String| match text.strip_prefix("  ") {
        Some(hop) => view! { <p class="hop mono" translate="no"><bdi>{visible(hop, CELL_MAX)}</bdi></p> }.into_any(),
        None => view! { <p>{visible(text, CELL_MAX)}</p> }.into_any(),
    };
    (!lines.is_empty()).then(|| {
        view! {
            <div class="card" data-part="delivery">
                {lines.iter().map(line).collect_view()}
            </div>
        }
        .into_any()
    })
}
