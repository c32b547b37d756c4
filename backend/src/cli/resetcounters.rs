//! `resetcounters`: every counter begins anew, that of each host too. The lifetime goes on.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use common::wire::{Action, ActionKind, ActionRequest, RetryMode, Scope};
use common::words::VerbPhrase;

/// Asks and prints.
pub(super) async fn run(client: &Client, reason: Option<String>, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let request = ActionRequest {
        kind: ActionKind::ResetCounters,
        scope: Scope::All(true),
        mode: RetryMode::All,
        reason,
        for_seconds: None,
        dry_run: false,
        key: None,
    };
    let answer = client.post("/api/v1/actions", &request).await?;
    let action: Action = client.read(&answer)?;
    if client.json {
        return terminal.json(&answer);
    }
    let receipt = action.id.map(|id| client.language.say_verb(&VerbPhrase::Receipt { id: id.0 }) + "\n");
    terminal.print(&format!("Counters reset.\n{}", receipt.unwrap_or_default()))
}
