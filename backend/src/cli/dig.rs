//! `dig [@SERVER] [TYPE] NAME`: a question to the name server that delivery uses, in dig's layout, and below it what
//! delivery itself would use.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::look::Look;
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use common::layout::dig;
use common::wire::{DigRequest, ProbeEvent, ProbeKind, ProbeRequest, ProbeState, RECORD_TYPES};
use common::words::{Language, VerbPhrase};
use std::net::IpAddr;
use std::time::Duration;

/// Seconds that the server may hold one question for the result of a probe.
const WAIT_SECONDS: u64 = 30;
/// In all; a resolver that has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(120);

/// Reads the words in any order: `@SERVER`, a type, a name, `+tcp`, `+dnssec`. A type alone is a name. `reverse`
/// stands for type and name.
///
/// # Errors
/// A sentence that says what is missing or too much.
pub fn question(words: &[String], reverse: Option<IpAddr>, language: Language) -> Result<DigRequest, String> {
    let (flags, words): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('+'));
    if let Some(unknown) = flags.iter().find(|flag| !["+tcp", "+dnssec"].contains(&flag.as_str())) {
        return Err(language.say_verb(&VerbPhrase::DigUnknownFlag { flag: &printable(unknown) }));
    }
    let (mut server, mut rtype) = (None, reverse.map(|_| "PTR".to_owned()));
    let mut name = reverse.map(|address| address.to_string());
    for word in &words {
        let word = word.as_str();
        let known = RECORD_TYPES.iter().find(|known| known.eq_ignore_ascii_case(word));
        match (word.strip_prefix('@'), known) {
            (Some(address), _) if server.is_none() => server = Some(address.to_owned()),
            (None, Some(known)) if rtype.is_none() && words.len() > 1 => rtype = Some(known.to_string()),
            _ if name.is_none() => name = Some(word.to_owned()),
            _ => return Err(language.say_verb(&VerbPhrase::DigTwoNames { second: &printable(word) })),
        }
    }
    let name = name.or_else(|| rtype.take()).ok_or_else(|| language.say_verb(&VerbPhrase::DigNoName))?;
    let has = |flag: &str| flags.iter().any(|given| *given == flag);
    Ok(DigRequest { server, rtype: rtype.unwrap_or_default(), name, tcp: has("+tcp"), dnssec: has("+dnssec") })
}

/// Asks, waits for the answer, prints it.
pub(super) async fn run(client: &Client, question: DigRequest, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let request = ProbeRequest {
        kind: ProbeKind::Dig,
        target: question.name.clone(),
        rtype: Some(question.rtype.clone()),
        server: question.server.clone(),
        tcp: question.tcp,
        dnssec: question.dnssec,
        port: None,
        live: false,
    };
    let look = Look::begin(client, &request, PATIENCE, WAIT_SECONDS).await?;
    while let Some((answer, probe)) = look.next().await? {
        match (probe.state, probe.dig) {
            (ProbeState::Done, Some(_)) if client.json => return terminal.json(&answer),
            (ProbeState::Done, Some(answer)) => {
                let text = dig::text(&question, &answer) + &dig::delivery(&answer, client.language);
                return terminal.print(&text);
            }
            (ProbeState::Done, None) => return Err(Failure::Later(no_answer(&probe.events, client.language))),
            _ => {}
        }
    }
    Err(Failure::Later(client.language.say_verb(&VerbPhrase::DigNoAnswer)))
}

/// Why there is no answer, in the server's words.
fn no_answer(events: &[ProbeEvent], language: Language) -> String {
    let said = events.iter().find_map(|event| match event {
        ProbeEvent::Ended { reason, .. } => Some(printable(reason)),
        _ => None,
    });
    said.unwrap_or_else(|| language.say_verb(&VerbPhrase::DigNoAnswer))
}
