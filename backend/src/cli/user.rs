//! `user`: who may use the console, and the tokens of programs.
//!
//! A password is typed without being shown, or is the first line of the input. Never: a password among the words of the
//! command line, where every process of the machine could read it.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::password;
use crate::cli::query::encode;
use crate::cli::terminal::Terminal;
use crate::config::parse_span;
use clap::Subcommand;
use common::wire::{List, MintedToken, NewToken, NewUser, Role, TokenRow, UserChange, UserRow};
use common::words::AccountPhrase;
use std::time::Duration;

/// What is done to users and tokens.
#[derive(Debug, Subcommand)]
pub enum UserAct {
    /// Make a user; the first one is an admin
    Add {
        /// 1 to 64 of a to z, 0 to 9, and . _ - @
        name: String,
        /// What they may do: viewer, operator or admin [default: viewer; admin for the first]
        #[arg(long, value_parser = role)]
        role: Option<Role>,
    },
    /// All users
    List,
    /// Give a user another password; their sessions end
    Password {
        /// Who
        name: String,
    },
    /// Give a user another role; their sessions end
    Role {
        /// Who
        name: String,
        /// viewer, operator or admin
        #[arg(value_parser = role)]
        role: Role,
    },
    /// End every session of a user, who may sign in again
    EndSessions {
        /// Who
        name: String,
    },
    /// Remove a user; their sessions end
    Remove {
        /// Who
        name: String,
    },
    /// Make a token for a program; it is shown once
    Token {
        /// Which program
        name: String,
        /// What it may do: viewer, operator or admin
        #[arg(long, value_parser = role, default_value = "viewer")]
        role: Role,
        /// For how long: 90d, 12h, at most two years
        #[arg(long, value_parser = span, default_value = "90d", value_name = "SPAN")]
        expires: Duration,
    },
    /// All tokens, without their secrets
    Tokens,
    /// End a token
    Revoke {
        /// Its number
        id: u64,
    },
}

fn role(word: &str) -> Result<Role, String> {
    Role::from_word(word).ok_or_else(|| "write viewer, operator or admin".into())
}

fn span(text: &str) -> Result<Duration, String> {
    parse_span(text).ok_or_else(|| "write a span such as 90d or 12h".into())
}

/// Asks and prints.
pub(super) async fn run(client: &Client, act: UserAct, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match act {
        UserAct::Add { name, role } => {
            let password = password::ask(&name, client.language, terminal).await?;
            let answer = client.post("/api/v1/users", &NewUser { name, role, password }).await?;
            let row: UserRow = client.read(&answer)?;
            say(client, &answer, &AccountPhrase::UserAdded { name: &row.name, role: row.role.word() }, terminal)
        }
        UserAct::Password { name } => {
            let password = Some(password::ask(&name, client.language, terminal).await?);
            change(client, &name, &UserChange { role: None, password }, terminal).await
        }
        UserAct::Role { name, role } => {
            change(client, &name, &UserChange { role: Some(role), password: None }, terminal).await
        }
        UserAct::EndSessions { name } => {
            let answer = client.delete(&format!("/api/v1/users/{}/sessions", encode(&name))).await?;
            say(client, &answer, &AccountPhrase::SessionsEnded(&name), terminal)
        }
        UserAct::Remove { name } => {
            let answer = client.delete(&format!("/api/v1/users/{}", encode(&name))).await?;
            say(client, &answer, &AccountPhrase::UserRemoved(&name), terminal)
        }
        UserAct::List => {
            let answer = client.get("/api/v1/users").await?;
            let list: List<UserRow> = client.read(&answer)?;
            table(client, &answer, AccountPhrase::NoUsers, list.items.iter().map(user_line), terminal)
        }
        UserAct::Token { name, role, expires } => {
            let new = NewToken { name, role, lifetime_s: expires.as_secs() };
            let answer = client.post("/api/v1/tokens", &new).await?;
            token(client, &answer, terminal)
        }
        UserAct::Tokens => {
            let answer = client.get("/api/v1/tokens").await?;
            let list: List<TokenRow> = client.read(&answer)?;
            table(client, &answer, AccountPhrase::NoTokens, list.items.iter().map(token_line), terminal)
        }
        UserAct::Revoke { id } => {
            let answer = client.delete(&format!("/api/v1/tokens/{id}")).await?;
            say(client, &answer, &AccountPhrase::TokenRevoked(id), terminal)
        }
    }
}

async fn change(client: &Client, name: &str, change: &UserChange, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let answer = client.put(&format!("/api/v1/users/{}", encode(name)), change).await?;
    let row: UserRow = client.read(&answer)?;
    say(client, &answer, &AccountPhrase::UserChanged { name: &row.name, role: row.role.word() }, terminal)
}

/// The secret alone goes to the output, so that `> file` holds it and nothing else.
fn token(client: &Client, answer: &[u8], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let minted: MintedToken = client.read(answer)?;
    if client.json {
        return terminal.json(answer);
    }
    let (row, until) = (&minted.token, minted.token.expires_at.to_string());
    let phrase = AccountPhrase::TokenAdded { id: row.id, name: &row.name, role: row.role.word(), until: &until };
    writeln!(terminal.err, "{}", client.language.say_account(&phrase))?;
    terminal.line(&minted.secret.0)
}

fn say(client: &Client, answer: &[u8], phrase: &AccountPhrase<'_>, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if client.json {
        return terminal.json(answer);
    }
    terminal.line(&client.language.say_account(phrase))
}

/// Lines, or that there are none.
pub(super) fn table(
    client: &Client,
    answer: &[u8],
    none: AccountPhrase<'_>,
    lines: impl ExactSizeIterator<Item = String>,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    if client.json {
        return terminal.json(answer);
    }
    if lines.len() == 0 {
        return terminal.line(&client.language.say_account(&none));
    }
    for line in lines {
        terminal.line(&line)?;
    }
    Ok(())
}

fn user_line(row: &UserRow) -> String {
    let seen = row.seen_at.map_or("-".to_owned(), |at| at.to_string());
    format!("{:<24} {:<9} {:>3}  {}  {seen}", row.name, row.role.word(), row.sessions, row.created_at)
}

fn token_line(row: &TokenRow) -> String {
    let seen = row.seen_at.map_or("-".to_owned(), |at| at.to_string());
    format!("{:>5}  {:<24} {:<9} {}  {seen}", row.id, row.name, row.role.word(), row.expires_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::vocab::Timestamp;

    #[test]
    fn rows_stand_below_each_other() {
        let user =
            UserRow { name: "ann".into(), role: Role::Operator, created_at: Timestamp(0), sessions: 2, seen_at: None };
        assert_eq!(user_line(&user), "ann                      operator    2  1970-01-01T00:00:00.000Z  -");
        let (created_at, expires_at, seen_at) = (Timestamp(0), Timestamp(1_000), Some(Timestamp(500)));
        let token = TokenRow { id: 7, name: "backup".into(), role: Role::Viewer, created_at, expires_at, seen_at };
        let line = "    7  backup                   viewer    1970-01-01T00:00:01.000Z  1970-01-01T00:00:00.500Z";
        assert_eq!(token_line(&token), line);
    }

    #[test]
    fn roles_and_spans_are_read_and_others_refused() {
        assert_eq!((role("admin"), role("root").is_err()), (Ok(Role::Admin), true));
        assert_eq!((span("90d"), span("soon").is_err()), (Ok(Duration::from_secs(90 * 86_400)), true));
    }
}
