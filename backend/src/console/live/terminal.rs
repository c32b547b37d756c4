//! A line session with a mail server, as a subscription: events out, and typed lines in where the session is one's own.

use super::Subscription;
use crate::probe::telnet::Typed;
use common::vocab::NotSent;
use common::wire::{LineEnd, ProbeEvent, ProbeEvents, ServerFrame};
use std::collections::BTreeMap;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;

/// Events of one frame.
const EVENTS_MAX: usize = 256;

/// A session with the count of its frames.
pub(super) struct Terminal {
    events: mpsc::Receiver<ProbeEvent>,
    /// `None` for whoever only watches.
    input: Option<mpsc::Sender<Typed>>,
    seq: u64,
    /// Our own events: lines that could not be handed over.
    refused: Vec<ProbeEvent>,
    opened: Instant,
}

impl Terminal {
    pub(super) fn new(events: mpsc::Receiver<ProbeEvent>, input: Option<mpsc::Sender<Typed>>) -> Terminal {
        Terminal { events, input, seq: 0, refused: Vec::new(), opened: Instant::now() }
    }

    /// Hands a typed line to the session.
    pub(super) fn typed(&mut self, data: String, eol: LineEnd) {
        let why = match self.input.as_ref().map(|input| input.try_send(Typed { data, eol })) {
            Some(Ok(())) | Some(Err(TrySendError::Closed(_))) => return, // closed: its end is on the way
            Some(Err(TrySendError::Full(_))) => NotSent::TooManyWaiting,
            None => NotSent::Watching,
        };
        if self.refused.len() < EVENTS_MAX {
            self.refused.push(ProbeEvent::NotSent { ms: self.opened.elapsed().as_millis() as u64, why });
        }
    }

    /// What has happened since the last frame, and whether it was the last.
    fn poll(&mut self, sid: u32, context: &mut Context<'_>) -> Poll<Vec<ServerFrame>> {
        let mut items = std::mem::take(&mut self.refused);
        let refused = items.len();
        match self.events.poll_recv_many(context, &mut items, EVENTS_MAX) {
            Poll::Ready(0) if refused == 0 => Poll::Ready(vec![ServerFrame::End { sid, error: None }]),
            Poll::Pending if refused == 0 => Poll::Pending,
            Poll::Ready(_) | Poll::Pending => {
                self.seq += 1;
                Poll::Ready(vec![ServerFrame::Events { sid, seq: self.seq, body: ProbeEvents { items } }])
            }
        }
    }
}

/// Waits for the next frames of any terminal among the subscriptions; for ever if there is none.
pub(super) async fn next(subscriptions: &mut BTreeMap<u32, Subscription>) -> (u32, Vec<ServerFrame>) {
    std::future::poll_fn(|context| {
        for (sid, subscription) in subscriptions.iter_mut() {
            if let Subscription::Smtp(terminal) = subscription
                && let Poll::Ready(frames) = terminal.poll(*sid, context)
            {
                return Poll::Ready((*sid, frames));
            }
        }
        Poll::Pending
    })
    .await
}
