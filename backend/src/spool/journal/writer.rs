//! The writer thread: gathers what waits into groups and hands them to the pen.
//!
//! Promises: mail is written at once, together with whatever waits at that moment; results wait at most
//! `settle_wait` for company. Batches go to the driver in the order of their syncs; while it has no room, mail waits.
//! Never: lingers over mail.

use crate::spool::SpoolError;
use crate::spool::failure::SpoolHealth;
use crate::spool::journal::log::Log;
use crate::spool::journal::op::Op;
use crate::spool::journal::shared::Shared;
use crate::spool::settings::SpoolSettings;
use engine::envelope::Envelope;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

/// What the thread owns.
pub struct Writer {
    /// The pen.
    pub log: Log,
    /// Where operations come from.
    pub ops: Receiver<Op>,
    /// The driver's side of what is kept.
    pub kept: tokio::sync::mpsc::Sender<Vec<Arc<Envelope>>>,
    /// Its limits.
    pub settings: SpoolSettings,
}

/// Why a round of gathering ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gathered {
    Group,
    Last,
}

impl Writer {
    /// Works until it is told to stop or every handle is gone.
    pub fn work(mut self) {
        let _alarm = Alarm(self.log.shared().clone());
        let mut group = Vec::new();
        let mut asked_for_room = Instant::now();
        while self.gather(&mut group) == Gathered::Group {
            // To fill a disk with zeros again and again would leave no time for results.
            let due = asked_for_room.elapsed() >= self.settings.full_retry;
            self.log.ask_for_room(due);
            if due {
                asked_for_room = Instant::now();
            }
            self.write(&mut group);
        }
        let stop = group.pop_if(|op| matches!(op, Op::Stop(_)));
        self.write(&mut group);
        let standing = self.log.finish();
        let Writer { log, ops, .. } = self;
        drop(log); // the lock too, so that whoever waits for the answer may open the spool again
        ops.try_iter().for_each(|op| op.refuse(SpoolError::Stopped));
        drop(ops);
        if let Some(Op::Stop(reply)) = stop {
            let _ = reply.send(standing);
        }
    }

    fn write(&mut self, group: &mut Vec<Op>) {
        let kept = self.log.run(group);
        if !kept.is_empty() {
            // Without a driver the process is ending; what is kept comes back at the next start.
            let _ = self.kept.blocking_send(kept);
        }
    }

    /// Waits for something to write. Riders wait for mail, but no longer than `settle_wait`.
    fn gather(&self, group: &mut Vec<Op>) -> Gathered {
        let mut deadline =
            (self.log.shared().health() == SpoolHealth::Full).then(|| Instant::now() + self.settings.full_retry);
        let mut bytes = 0;
        loop {
            let op = match deadline {
                None => self.ops.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => self.ops.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            let mut next = match op {
                Ok(op) => Some(op),
                Err(RecvTimeoutError::Timeout) => return Gathered::Group,
                Err(RecvTimeoutError::Disconnected) => return Gathered::Last,
            };
            let mut urgent = false;
            while let Some(op) = next {
                let last = matches!(op, Op::Stop(_));
                urgent |= op.is_urgent();
                bytes += op.body_bytes();
                group.push(op);
                if last {
                    return Gathered::Last;
                }
                if group.len() >= self.settings.group_operations_max || bytes >= self.settings.group_bytes_max {
                    return Gathered::Group;
                }
                next = self.ops.try_recv().ok();
            }
            if urgent {
                return Gathered::Group;
            }
            let settle_by = Instant::now() + self.settings.settle_wait;
            deadline = Some(deadline.map_or(settle_by, |at| at.min(settle_by)));
        }
    }
}

/// Tells everybody when the thread ends otherwise than by being asked to.
struct Alarm(Arc<Shared>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.set_health(SpoolHealth::Failed("the spool's writer stopped unexpectedly".to_owned()));
        }
    }
}
