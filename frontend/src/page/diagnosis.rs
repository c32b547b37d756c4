//! A diagnosis as a person reads it: the verdict first, then a table of addresses and stages, each with what was said there and
//! what delivery itself met.
//!
//! Never: markup, links or an order of reading made of what a mail server said.

use crate::format::visible;
use crate::preference::Tongue;
use common::layout::diagnosis::{note, real_line};
use common::vocab::VerdictCode;
use common::wire::{Diagnosis, DiagnosisCell, DiagnosisRow, DiagnosisStage, Probe, StageState};
use common::words::{DiagnosisPhrase, Language, Phrase};
use leptos::prelude::*;

/// Characters of a cell; the text has them all.
const SAID_MAX: usize = 160;

/// What is known of it so far.
pub fn diagnosis(tongue: Tongue, probe: &Probe) -> AnyView {
    let language = tongue.get();
    let Some(found) = &probe.diagnosis else { return ().into_any() };
    let stages = DiagnosisStage::ALL
        .map(|stage| view! { <th scope="col">{language.say_diagnosis(&DiagnosisPhrase::Stage(stage))}</th> });
    let rows = found.rows.iter().map(|row| address(language, row)).collect_view();
    let table = (!found.rows.is_empty()).then(|| {
        view! {
            <div class="scrolls" tabindex="0">
                <table class="records stages"><thead><tr><th></th>{stages}</tr></thead>{rows}</table>
            </div>
        }
    });
    view! {
        {verdict(language, found)}
        <p class="muted">{language.say_diagnosis(&DiagnosisPhrase::Dns { ms: found.dns_ms })}</p>
        {table}
    }
    .into_any()
}

fn verdict(language: Language, found: &Diagnosis) -> Option<AnyView> {
    let code = found.verdict?;
    let side = format!("{code} · {}", language.say(&Phrase::Owner(code.owner())));
    let is_well = matches!(code, VerdictCode::Ok | VerdictCode::OkPartial);
    Some(
        view! {
            <div class="card" data-part="diagnosis-verdict" data-state=if is_well { "ok" } else { "failed" }>
                <p class="lead">{language.verdict_sentence(code)}</p>
                <p>{language.verdict_advice(code)}</p>
                <small translate="no">{side}</small>
            </div>
        }
        .into_any(),
    )
}

/// One address: its stages, and below them what delivery met here.
fn address(language: Language, row: &DiagnosisRow) -> AnyView {
    let name = visible(&format!("{} {}", row.preference, row.exchanger), SAID_MAX);
    let cells = DiagnosisStage::ALL.map(|stage| {
        let cell = row.cells.iter().find(|cell| cell.stage == stage);
        cell.map_or_else(|| view! { <td>"…"</td> }.into_any(), |cell| one(language, cell))
    });
    let met = row.verdict.map(|_| visible(&real_line(row, language), 2 * SAID_MAX));
    view! {
        <tbody>
            <tr>
                <th scope="row" translate="no"><bdi>{name}</bdi><br/><span class="mono">{row.address.clone()}</span></th>
                {cells}
            </tr>
            <tr><td></td><td class="muted" colspan="7">{met}</td></tr>
        </tbody>
    }
    .into_any()
}

fn one(language: Language, cell: &DiagnosisCell) -> AnyView {
    let state = match cell.state {
        StageState::Ok => "ok",
        StageState::Warning => "warning",
        StageState::Failed => "failed",
        StageState::NotRun | StageState::Other => "not-run",
    };
    let word = language.say_diagnosis(&DiagnosisPhrase::State(cell.state));
    let took = cell.ms.map(|ms| format!(" {ms} ms")).unwrap_or_default();
    let said =
        cell.said.as_ref().map(|said| view! { <bdi class="mono" translate="no">{visible(said, SAID_MAX)}</bdi> });
    view! { <td data-state=state><b>{word}</b>{took}<small>{note(cell, language)}</small>{said}</td> }.into_any()
}
