//! A line session with a mail server, as a subscription: events out, typed lines in.

use super::Subscription;
use crate::probe::telnet::{Session, Typed};
use common::vocab::NotSent;
use common::wire::{LineEnd, ProbeEvent, ProbeEvents, ServerFrame};
use std::collections::BTreeMap;
use std::task::{Context, Poll};
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;

/// Events of one frame.
const EVENTS_MAX: usize = 256;

/// A session with the count of its frames.
pub(super) struct Terminal {
    session: Session,
    seq: u64,
    /// Our own events: lines that could not be handed over.
    refused: Vec<ProbeEvent>,
    opened: Instant,
}

impl Terminal {
    pub(super) fn new(session: Session) -> Terminal {
        Terminal { session, seq: 0, refused: Vec::new(), opened: Instant::now() }
    }

    /// Hands a typed line to the session.
    pub(super) fn typed(&mut self, data: String, eol: LineEnd) {
        match self.session.input.try_send(Typed { data, eol }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                let (ms, why) = (self.opened.elapsed().as_millis() as u64, NotSent::TooManyWaiting);
                self.refused.push(ProbeEvent::NotSent { ms, why });
            }
            Err(TrySendError::Closed(_)) => {} // over: its end is on the way
        }
    }

    /// What has happened since the last frame, and whether it was the last.
    fn poll(&mut self, sid: u32, context: &mut Context<'_>) -> Poll<Vec<ServerFrame>> {
        let mut items = std::mem::take(&mut self.refused);
        let refused = items.len();
        match self.session.events.poll_recv_many(context, &mut items, EVENTS_MAX) {
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
