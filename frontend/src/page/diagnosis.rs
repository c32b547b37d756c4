//! A diagnosis as a person reads it: the verdict first, then a table of addresses and stages, each with what was said there and
//! what delivery itself met.
//!
//! Built by hand, as the page of people is: everybody loads it and few open it. Never: markup, links or an order of reading
//! made of what a mail server said.

use crate::browser::add;
use crate::format::visible;
use common::layout::diagnosis::{note, real_line};
use common::vocab::VerdictCode;
use common::wire::{Diagnosis, DiagnosisCell, DiagnosisRow, DiagnosisStage, StageState};
use common::words::{DiagnosisPhrase, Language, Phrase};
use web_sys::Element;

/// Characters of a cell; the text has them all.
const SAID_MAX: usize = 160;

/// Writes what is known of it so far, in the place of what was known before.
pub fn write(place: &Element, found: &Diagnosis, language: Language) {
    place.set_text_content(None);
    if let Some(code) = found.verdict {
        verdict(place, code, language);
    }
    let say = |phrase: DiagnosisPhrase<'_>| language.say_diagnosis(&phrase);
    add(place, "p", &[("class", "muted")], &say(DiagnosisPhrase::Dns { ms: found.dns_ms }));
    if found.rows.is_empty() {
        return;
    }
    let scrolls = add(place, "div", &[("class", "scrolls"), ("tabindex", "0")], "");
    let table = add(&scrolls, "table", &[("class", "records stages")], "");
    let head = add(&add(&table, "thead", &[], ""), "tr", &[], "");
    add(&head, "td", &[], "");
    for stage in DiagnosisStage::ALL {
        add(&head, "th", &[("scope", "col")], &say(DiagnosisPhrase::Stage(stage)));
    }
    found.rows.iter().for_each(|row| address(&table, row, language));
}

fn verdict(place: &Element, code: VerdictCode, language: Language) {
    let card = add(place, "div", &[("class", "card"), ("data-part", "diagnosis-verdict")], "");
    add(&card, "p", &[("class", "lead")], language.verdict_sentence(code));
    add(&card, "p", &[], language.verdict_advice(code));
    let side = format!("{code} · {}", language.say(&Phrase::Owner(code.owner())));
    add(&card, "small", &[], &side);
}

/// One address: its stages, and below them what delivery met here.
fn address(table: &Element, row: &DiagnosisRow, language: Language) {
    let body = add(table, "tbody", &[], "");
    let line = add(&body, "tr", &[], "");
    let name = add(&line, "th", &[("scope", "row"), ("translate", "no")], "");
    add(&name, "bdi", &[], &visible(&format!("{} {} {}", row.preference, row.exchanger, row.address), SAID_MAX));
    for stage in DiagnosisStage::ALL {
        match row.cells.iter().find(|cell| cell.stage == stage) {
            Some(cell) => one(&line, cell, language),
            None => drop(add(&line, "td", &[], "…")),
        }
    }
    if row.verdict.is_some() {
        let below = add(&body, "tr", &[], "");
        add(&below, "td", &[], "");
        add(&below, "td", &[("class", "muted"), ("colspan", "7")], &visible(&real_line(row, language), 2 * SAID_MAX));
    }
}

fn one(line: &Element, cell: &DiagnosisCell, language: Language) {
    let state = match cell.state {
        StageState::Ok => "ok",
        StageState::Warning => "warning",
        StageState::Failed => "failed",
        StageState::NotRun | StageState::Other => "not-run",
    };
    let place = add(line, "td", &[("data-state", state)], "");
    let tag = if cell.state == StageState::NotRun { "small" } else { "b" };
    add(&place, tag, &[], &language.say_diagnosis(&DiagnosisPhrase::State(cell.state)));
    if let Some(ms) = cell.ms {
        add(&place, "span", &[], &format!(" {ms} ms"));
    }
    if let Some(note) = note(cell, language) {
        add(&place, "small", &[], &note);
    }
    if let Some(said) = &cell.said {
        add(&place, "bdi", &[("class", "mono"), ("translate", "no")], &visible(said, SAID_MAX));
    }
}
