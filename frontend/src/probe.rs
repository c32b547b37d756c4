//! Probes over plain HTTP: begun, and read until they are over.
//!
//! Promises: the answer comes once, a probe or a sentence that says why there is none. The walk goes on in the panels.

use crate::ask::ask;
use crate::preference::Tongue;
use common::wire::{ApiError, Probe, ProbeRequest, ProbeStarted};
use common::words::{Note, Phrase};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Seconds that the server may keep a question for the end of a probe.
const WAIT_SECONDS: u64 = 20;

/// What came of a question.
pub type Found = Result<Answered, Refused>;

/// A probe, and the JSON that told of it.
#[derive(Clone)]
pub struct Answered {
    /// As it stands.
    pub probe: Arc<Probe>,
    /// As the server wrote it.
    pub json: String,
}

impl PartialEq for Answered {
    fn eq(&self, other: &Answered) -> bool {
        self.json == other.json
    }
}

/// Why there is no probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status of HTTP; 0 where the server was not reached.
    pub status: u16,
    /// The server's sentence, in the language of the page.
    pub sentence: String,
}

/// Begins a probe and waits for its end.
pub fn begin(tongue: Tongue, request: &ProbeRequest, done: Callback<Found>) {
    let begun = move |begun: Result<u64, Refused>| match begun {
        Ok(id) => find(tongue, id, true, done),
        Err(refused) => done.run(Err(refused)),
    };
    start(tongue, request, Callback::new(begun));
}

/// Begins a probe; says its number.
pub fn start(tongue: Tongue, request: &ProbeRequest, done: Callback<Result<u64, Refused>>) {
    ask("POST", "/api/v1/probes", Some(request), move |status, text| {
        done.run(read::<ProbeStarted>(tongue, status, &text).map(|started| started.id));
    });
}

/// A probe as it stands, at its end if `wait`.
pub fn find(tongue: Tongue, id: u64, wait: bool, done: Callback<Found>) {
    let wait = if wait { WAIT_SECONDS } else { 0 };
    ask::<()>("GET", &format!("/api/v1/probes/{id}?wait={wait}"), None, move |status, text| {
        let found = read::<Probe>(tongue, status, &text);
        done.run(found.map(|probe| Answered { probe: probe.into(), json: text }));
    });
}

fn read<T: DeserializeOwned>(tongue: Tongue, status: u16, text: &str) -> Result<T, Refused> {
    let unreached = || tongue.now().say(&Phrase::Note(Note::ServerUnreached));
    let sentence = match (status, common::wire::read::<T>(text)) {
        (200..300, Ok(found)) => return Ok(found),
        _ => common::wire::read::<ApiError>(text).map_or_else(|_| unreached(), |why| why.error.sentence),
    };
    Err(Refused { status, sentence })
}
