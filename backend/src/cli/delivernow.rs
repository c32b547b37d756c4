//! `delivernow all|HOST`: what waits for a timer becomes due now. Prints the ancestor's line, then our receipt.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::hoststatus::no_record;
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use common::vocab::{Domain, DomainError};
use common::wire::{Action, ActionKind, ActionRequest, ActionState, RetryMode, Scope};
use common::words::{Language, VerbPhrase};
use std::str::FromStr;

/// How a retry goes about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// One message per host first, the rest only on success
    Canary,
    /// A few, then more
    Ramp,
    /// Everything at once, within the limits
    #[default]
    All,
}

impl From<Mode> for RetryMode {
    fn from(mode: Mode) -> RetryMode {
        match mode {
            Mode::Canary => RetryMode::Canary,
            Mode::Ramp => RetryMode::Ramp,
            Mode::All => RetryMode::All,
        }
    }
}

/// What is made due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All mail.
    All,
    /// That of one destination domain.
    Host(Domain),
}

impl FromStr for Target {
    type Err = DomainError;

    /// Reads `all` or a domain.
    fn from_str(text: &str) -> Result<Target, DomainError> {
        if text == "all" { Ok(Target::All) } else { text.parse().map(Target::Host) }
    }
}

/// Asks and prints.
pub(super) async fn run(
    client: &Client,
    target: Target,
    mode: Mode,
    reason: Option<String>,
    dry_run: bool,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let scope = match &target {
        Target::All => Scope::All(true),
        Target::Host(host) => Scope::Host(host.clone()),
    };
    let request = ActionRequest {
        kind: ActionKind::Retry,
        scope,
        mode: mode.into(),
        reason,
        for_seconds: None,
        dry_run,
        key: None,
    };
    let answer = client.post("/api/v1/actions", &request).await;
    let answer = answer.map_err(|failure| match &target {
        Target::Host(host) => no_record(failure, host, client.json),
        Target::All => failure,
    })?;
    let action: Action = client.read(&answer)?;
    if client.json {
        terminal.json(&answer)?;
    } else {
        terminal.print(&layout(&target, dry_run, &action, client.language))?;
    }
    if action.state == ActionState::Failed {
        return Err(Failure::No(client.language.say_verb(&VerbPhrase::ActionFailed)));
    }
    Ok(())
}

/// The receipt as text.
pub fn layout(target: &Target, dry_run: bool, action: &Action, language: Language) -> String {
    let (recipients, messages, hosts) = (action.matched, action.messages, action.hosts);
    let mut lines = Vec::new();
    if !dry_run {
        lines.push(match target {
            Target::Host(host) => format!("Scheduling all messages to {host} for delivery."),
            Target::All => "Scheduling all messages for delivery.".into(),
        });
    }
    if recipients == 0 {
        lines.push(language.say_verb(&VerbPhrase::NothingToSchedule));
    } else if dry_run {
        lines.push(language.say_verb(&VerbPhrase::WouldBeDue { recipients, messages, hosts }));
    } else {
        let recipients = if action.state == ActionState::Done { action.done } else { recipients };
        lines.push(language.say_verb(&VerbPhrase::DueNow { recipients, messages, hosts }));
    }
    if action.failed > 0 {
        lines.push(language.say_verb(&VerbPhrase::NotScheduled { recipients: action.failed }));
    }
    list(&mut lines, if hosts > 1 { &action.sample } else { &[] }, language.say_verb(&VerbPhrase::Among));
    list(&mut lines, &action.obstacles, language.say_verb(&VerbPhrase::Obstacles));
    if let Some(id) = action.id {
        lines.push(language.say_verb(&VerbPhrase::Receipt { id: id.0 }));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A heading and what stands under it; nothing if that is nothing.
pub(super) fn list(lines: &mut Vec<String>, items: &[String], heading: String) {
    if !items.is_empty() {
        lines.push(heading);
        lines.extend(items.iter().map(|item| format!("  {}", printable(item))));
    }
}
