//! A look at the outside by the server: begun, then waited for.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use bytes::Bytes;
use common::wire::{Probe, ProbeRequest, ProbeStarted, ProbeState};
use std::time::Duration;
use tokio::time::Instant;

/// Between two questions, so that no answer is asked for in a hurry.
const BEAT: Duration = Duration::from_millis(200);

/// One look.
pub(super) struct Look<'c> {
    client: &'c Client,
    id: u64,
    deadline: Instant,
    /// How long the server may hold one question.
    wait_seconds: u64,
}

impl<'c> Look<'c> {
    /// Begins it. What makes no sense is refused here.
    pub(super) async fn begin(
        client: &'c Client,
        request: &ProbeRequest,
        patience: Duration,
        wait_seconds: u64,
    ) -> Result<Look<'c>, Failure> {
        let begun: ProbeStarted = client.read(&client.post("/api/v1/probes", request).await?)?;
        Ok(Look { client, id: begun.id, deadline: Instant::now() + patience, wait_seconds })
    }

    /// How far it has come, once it is done or has been waited for; with the answer as it came. `None` when patience is at
    /// its end.
    pub(super) async fn next(&self) -> Result<Option<(Bytes, Probe)>, Failure> {
        let asked = Instant::now();
        if asked >= self.deadline {
            return Ok(None);
        }
        let answer = self.client.get(&format!("/api/v1/probes/{}?wait={}", self.id, self.wait_seconds)).await?;
        let probe: Probe = self.client.read(&answer)?;
        if probe.state != ProbeState::Done {
            tokio::time::sleep_until((asked + BEAT).min(self.deadline)).await;
        }
        Ok(Some((answer, probe)))
    }
}
