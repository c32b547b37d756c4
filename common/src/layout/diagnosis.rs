//! A diagnosis as text: the verdict, then each address with its stages, then what is owed to the reader: what to do.
//!
//! Never: an octet that steers a terminal, whoever said it.

use super::column::{left, right};
use crate::vocab::{Timestamp, VerdictCode};
use crate::wire::{Diagnosis, DiagnosisCell, DiagnosisRow, DiagnosisStage, StageState};
use crate::words::{DiagnosisHead, DiagnosisPhrase, Language, Phrase, printable};

/// Where the milliseconds of a stage end, and where what was said begins.
const MS_END: usize = 36;
const SAID: usize = 39;

/// The whole; `at` is when it began.
pub fn text(diagnosis: &Diagnosis, at: Option<Timestamp>, language: Language) -> String {
    let say = |phrase: DiagnosisPhrase<'_>| language.say_diagnosis(&phrase);
    let at = at.map(|at| at.status_line()).unwrap_or_default();
    let mut lines =
        vec![DiagnosisHead::Title { host: &printable(&diagnosis.host), at: &at }.say(language), String::new()];
    if let Some(code) = diagnosis.verdict {
        lines.push(format!("{} {}", DiagnosisHead::Verdict.say(language), verdict(code, language)));
        lines.push(format!("{} {}", DiagnosisHead::Advice.say(language), language.verdict_advice(code)));
        lines.push(String::new());
    }
    lines.push(say(DiagnosisPhrase::Dns { ms: diagnosis.dns_ms }));
    lines.extend(super::dig::would_use_lines(&diagnosis.delivery, language).iter().map(|line| printable(line)));
    for row in &diagnosis.rows {
        lines.push(String::new());
        lines.extend(row_lines(row, language));
    }
    if diagnosis.left_out > 0 {
        lines.push(say(DiagnosisPhrase::LeftOut { addresses: diagnosis.left_out }));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The sentence, the code, and whose side it is on.
fn verdict(code: VerdictCode, language: Language) -> String {
    let side = language.say(&Phrase::Owner(code.owner()));
    format!("{} ({code}; {side})", language.verdict_sentence(code))
}

fn row_lines(row: &DiagnosisRow, language: Language) -> Vec<String> {
    let mut lines = vec![format!("{} {} {}", row.preference, printable(&row.exchanger), printable(&row.address))];
    let (skipped, run): (Vec<_>, Vec<_>) = row.cells.iter().partition(|cell| cell.state == StageState::NotRun);
    lines.extend(run.iter().map(|cell| cell_line(cell, language)));
    if !skipped.is_empty() {
        let state = language.say_diagnosis(&DiagnosisPhrase::State(StageState::NotRun));
        let stages = skipped.iter().map(|cell| language.say_diagnosis(&DiagnosisPhrase::Stage(cell.stage)));
        lines.push(format!("  {state}: {}", stages.collect::<Vec<_>>().join(", ")));
    }
    lines.push(format!("  {}", printable(&real_line(row, language))));
    lines
}

/// What delivery itself met at this address, beside what was found now. Holds text of theirs.
pub fn real_line(row: &DiagnosisRow, language: Language) -> String {
    let real = row.real.as_ref().map(|real| (real.verdict, real.at.status_line(), real.said.as_deref()));
    let compared = match &real {
        None => DiagnosisPhrase::RealNone,
        Some((code, at, _)) if row.verdict == Some(*code) => DiagnosisPhrase::RealSame { at },
        Some((code, at, said)) => DiagnosisPhrase::RealDiffers {
            at,
            sentence: language.verdict_sentence(*code),
            said: said.unwrap_or_default(),
        },
    };
    language.say_diagnosis(&compared)
}

/// What our side says of a stage, beside how it ended: what TLS proved, or why it is no `ok`.
pub fn note(cell: &DiagnosisCell, language: Language) -> Option<String> {
    match (&cell.tls, cell.verdict, cell.stage) {
        (Some(tls), ..) => Some(tls.say(language)),
        (None, Some(code), _) => Some(language.say(&Phrase::Brief(code))),
        (None, None, DiagnosisStage::Starttls) if cell.state == StageState::Warning => {
            Some(language.say_diagnosis(&DiagnosisPhrase::NotOffered))
        }
        _ => None,
    }
}

fn cell_line(cell: &DiagnosisCell, language: Language) -> String {
    let mut line = format!("  {}", language.say_diagnosis(&DiagnosisPhrase::Stage(cell.stage)));
    left(&mut line, 17);
    line.push_str(&language.say_diagnosis(&DiagnosisPhrase::State(cell.state)));
    if let Some(ms) = cell.ms {
        right(&mut line, MS_END, &format!("{ms} ms"));
    }
    let said = cell.said.as_deref().map(printable);
    let parts: Vec<String> = [note(cell, language), said].into_iter().flatten().collect();
    if !parts.is_empty() {
        left(&mut line, SAID);
        line.push_str(&parts.join("; "));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{DigDelivery, RealAttempt};

    fn cell(stage: DiagnosisStage, state: StageState, ms: Option<u64>) -> DiagnosisCell {
        DiagnosisCell { stage, state, ms, verdict: None, said: None, tls: None }
    }

    #[test]
    fn a_refusal_is_laid_out_with_its_verdict_first_and_nothing_of_theirs_steers_a_terminal() {
        let refused = Some(VerdictCode::TcpRefused);
        let said = Some("\u{1b}[2Jgo away".to_owned());
        let failed =
            DiagnosisCell { verdict: refused, said, ..cell(DiagnosisStage::Tcp, StageState::Failed, Some(12)) };
        let row = DiagnosisRow {
            preference: 10,
            exchanger: "mx.a.test".into(),
            address: "192.0.2.1:25".into(),
            cells: vec![failed, cell(DiagnosisStage::Banner, StageState::NotRun, None)],
            verdict: refused,
            real: Some(RealAttempt { verdict: VerdictCode::TcpTimeout, at: Timestamp(0), said: None }),
        };
        let diagnosis = Diagnosis {
            host: "a.test".into(),
            dns_ms: 3,
            delivery: DigDelivery { ttl_seconds: Some(60), ..DigDelivery::default() },
            rows: vec![row],
            left_out: 0,
            verdict: refused,
        };
        let shown = text(&diagnosis, Some(Timestamp(0)), Language::En);
        assert_eq!(
            shown,
            "Diagnosis of a.test, Thu Jan 01 00:00:00 1970 UTC

Verdict: Their mail servers refuse connections: nothing listens there, or a firewall refuses us. (tcp.refused; their side)
What to do: They have to act. Mail is kept and tried again by itself; retry once a connection test shows their 220 greeting.

Mail servers found after 3 ms.
Delivery would use, in this order, for the next 60 s:

10 mx.a.test 192.0.2.1:25
  TCP           FAILED         12 ms  refused; \\x1b[2Jgo away
  did not run: banner
  Delivery met something else here at Thu Jan 01 00:00:00 1970 UTC: Their mail servers do not answer our connection.
"
        );
        let japanese = text(&diagnosis, None, Language::Ja);
        assert!(japanese.contains(&Language::Ja.say(&Phrase::Owner(VerdictCode::TcpRefused.owner()))), "{japanese}");
    }
}
