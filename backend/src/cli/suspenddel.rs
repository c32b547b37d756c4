//! `suspenddel [all|HOST]` and `resumedel [all|HOST]`: delivery stops and goes on. Prints the ancestor's line, then our receipt.

use crate::cli::client::Client;
use crate::cli::delivernow::{Target, list};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use common::wire::{Action, ActionKind, ActionRequest, ErrorCode, RetryMode, Scope};
use common::words::{ActionPhrase, Language, VerbPhrase};
use std::time::Duration;

/// What is asked of the server.
#[derive(Clone, Debug)]
pub struct Wish {
    /// [`ActionKind::Suspend`] or [`ActionKind::Resume`].
    pub kind: ActionKind,
    /// What it is done to.
    pub target: Target,
    /// Why.
    pub reason: Option<String>,
    /// How long.
    pub span: Option<Duration>,
    /// Only count.
    pub dry_run: bool,
}

/// Asks and prints.
pub(super) async fn run(client: &Client, wish: Wish, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let request = ActionRequest {
        kind: wish.kind,
        scope: match &wish.target {
            Target::All => Scope::All(true),
            Target::Host(host) => Scope::Host(host.clone()),
        },
        mode: RetryMode::All,
        reason: wish.reason.clone(),
        for_seconds: wish.span.map(|span| span.as_secs()),
        dry_run: wish.dry_run,
        key: None,
    };
    let answer = client.post("/api/v1/actions", &request).await;
    let answer = answer.map_err(|failure| cannot(failure, &wish.target, client))?;
    let action: Action = client.read(&answer)?;
    if client.json {
        return terminal.json(&answer);
    }
    terminal.print(&layout(&wish.target, &action, client.language))
}

/// That nothing is suspended there, in the language of the verb.
fn cannot(failure: Failure, target: &Target, client: &Client) -> Failure {
    match failure {
        Failure::Refused(error) if error.error.code == ErrorCode::NotFound && !client.json => {
            let host = match target {
                Target::All => None,
                Target::Host(host) => Some(host.as_str()),
            };
            Failure::No(client.language.say_action(&ActionPhrase::CannotResume { host }))
        }
        other => other,
    }
}

/// The receipt as text.
pub fn layout(target: &Target, action: &Action, language: Language) -> String {
    let mut lines = Vec::new();
    let host = match target {
        Target::All => String::new(),
        Target::Host(host) => format!(" to {host}"),
    };
    match (action.kind, action.id) {
        (_, None) => lines.push(language.say_action(&ActionPhrase::DryRun)),
        (ActionKind::Resume, _) => lines.push(format!("Mail delivery{host} resumed.")),
        _ => lines.push(format!("Mail delivery{host} suspended.")),
    }
    if let Some(at) = action.until {
        lines.push(language.say_action(&ActionPhrase::Until { at }));
    }
    let concerns = ActionPhrase::Concerns { recipients: action.matched, hosts: action.hosts };
    lines.push(language.say_action(&concerns));
    list(&mut lines, if action.hosts > 1 { &action.sample } else { &[] }, language.say_verb(&VerbPhrase::Among));
    list(&mut lines, &action.obstacles, language.say_verb(&VerbPhrase::Note));
    if let Some(id) = action.id {
        lines.push(language.say_verb(&VerbPhrase::Receipt { id: id.0 }));
    }
    lines.push(String::new());
    lines.join("\n")
}
