//! `diagnose HOST`: every mail server of a domain, stage by stage, and what it comes to.
//!
//! Exit code 0 where some mail server can be reached, 1 where none can. A person sees each address when it is done.

use crate::cli::client::Client;
use crate::cli::failure::{self, Failure};
use crate::cli::look::Look;
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use common::layout::diagnosis;
use common::vocab::{Domain, VerdictCode};
use common::wire::{Diagnosis, ProbeKind, ProbeRequest, ProbeState};
use common::words::{DiagnosisHead, Phrase};
use std::time::Duration;

/// In all: twenty silent addresses, eight at once.
const PATIENCE: Duration = Duration::from_secs(420);
/// How often a person sees how far it has come.
const WAIT_SECONDS: u64 = 1;

/// Begins, waits, prints.
pub(super) async fn run(client: &Client, host: &Domain, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let request = ProbeRequest {
        kind: ProbeKind::Diagnose,
        target: host.to_string(),
        rtype: None,
        server: None,
        tcp: false,
        dnssec: false,
        port: None,
        live: false,
    };
    let look = Look::begin(client, &request, PATIENCE, WAIT_SECONDS).await?;
    let mut shown = vec![];
    while let Some((answer, probe)) = look.next().await? {
        let Some(found) = &probe.diagnosis else { continue };
        if terminal.typed && !client.json {
            progress(client, found, &mut shown, terminal)?;
        }
        if let (ProbeState::Done, Some(verdict)) = (probe.state, found.verdict) {
            match client.json {
                true => terminal.json(&answer)?,
                false => terminal.print(&diagnosis::text(found, probe.begun_at, client.language))?,
            }
            let works = matches!(verdict, VerdictCode::Ok | VerdictCode::OkPartial);
            return Ok(if works { failure::DONE } else { failure::NO });
        }
        if probe.state == ProbeState::Done {
            break; // the server stops
        }
    }
    Err(Failure::Later(DiagnosisHead::Unfinished.say(client.language)))
}

/// A line for each address that has come to its end since the last look, beside the answer.
fn progress(
    client: &Client,
    found: &Diagnosis,
    shown: &mut Vec<String>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    for row in &found.rows {
        let Some(verdict) = row.verdict.filter(|_| !shown.contains(&row.address)) else { continue };
        shown.push(row.address.clone());
        let brief = client.language.say(&Phrase::Brief(verdict));
        writeln!(terminal.err, "{} {}: {brief}", printable(&row.exchanger), printable(&row.address))?;
    }
    Ok(())
}
