//! `delivernow all|HOST|--mid|--filter`: what waits for a timer becomes due now. Prints the ancestor's line, then our receipt.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::hoststatus::no_record;
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use clap::Args;
use common::filter::Filter;
use common::vocab::{Domain, DomainError, MessageId, RecipientId};
use common::wire::{Action, ActionKind, ActionRequest, ActionState, RetryMode, Scope};
use common::words::{ActionPhrase, Language, VerbPhrase};
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

/// What the verb is about: one of these.
#[derive(Args, Clone, Debug, Default)]
#[group(required = true, multiple = false)]
pub struct What {
    /// All mail, or that of one destination domain
    #[arg(value_name = "all|HOST")]
    target: Option<Target>,
    /// One message, or one recipient of it and whoever shares its transaction
    #[arg(long, value_name = "MID[:RID]", value_parser = message)]
    mid: Option<Scope>,
    /// What the filter matches: the terms of showrecipients, such as cause:retry host:example.com
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Take back a retry of the last ten minutes: what was not tried waits for the timers it had
    #[arg(long, value_name = "ID", conflicts_with_all = ["dry_run", "reason", "mode"])]
    undo: Option<u64>,
}

impl What {
    /// All mail, or that of one host.
    pub fn of(target: Target) -> What {
        What { target: Some(target), ..What::default() }
    }
}

fn message(text: &str) -> Result<Scope, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| "write 7, or 7:0 for its first recipient".to_owned());
    match text.split_once(':') {
        None => Ok(Scope::Mid(MessageId(number(text)?))),
        Some((mid, rid)) => {
            let rid = rid.parse().map_err(|_| "write 7, or 7:0 for its first recipient".to_owned())?;
            Ok(Scope::Recipient { mid: MessageId(number(mid)?), rid: RecipientId(rid) })
        }
    }
}

/// Asks and prints.
pub(super) async fn run(
    client: &Client,
    what: &What,
    mode: Mode,
    reason: Option<String>,
    dry_run: bool,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    if let Some(id) = what.undo {
        return undo(client, id, terminal).await;
    }
    let target = what.target.clone();
    let scope = match (&target, &what.mid, &what.filter) {
        (Some(Target::Host(host)), ..) => Scope::Host(host.clone()),
        (_, Some(scope), _) => scope.clone(),
        (_, _, Some(filter)) => {
            let read = filter.parse::<Filter>();
            read.map_err(|error| Failure::Usage(client.language.say_filter(&error)))?; // before anybody is asked
            Scope::Filter(filter.clone())
        }
        (Some(Target::All) | None, None, None) => Scope::All(true),
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
        Some(Target::Host(host)) => no_record(failure, host, client.json),
        _ => failure,
    })?;
    let action: Action = client.read(&answer)?;
    if client.json {
        terminal.json(&answer)?;
    } else {
        terminal.print(&layout(target.as_ref(), dry_run, &action, client.language))?;
    }
    if action.state == ActionState::Failed {
        return Err(Failure::No(client.language.say_verb(&VerbPhrase::ActionFailed)));
    }
    Ok(())
}

/// Takes a retry back, and says how much of it.
async fn undo(client: &Client, id: u64, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let answer = client.post(&format!("/api/v1/actions/{id}/undo"), &()).await?;
    let action: Action = client.read(&answer)?;
    if client.json {
        return terminal.json(&answer);
    }
    let recipients = action.progress.map_or(0, |progress| progress.undone);
    terminal.print(&(client.language.say_action(&ActionPhrase::Undone { recipients }) + "\n"))
}

/// The receipt as text.
pub fn layout(target: Option<&Target>, dry_run: bool, action: &Action, language: Language) -> String {
    let (recipients, messages, hosts) = (action.matched, action.messages, action.hosts);
    let mut lines = Vec::new();
    if !dry_run && let Some(target) = target {
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
        let recipients = recipients.saturating_sub(action.failed);
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
