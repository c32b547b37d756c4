//! The writer thread: gathers what waits into groups and hands them to the pen.
//!
//! Promises: mail is written at once, together with whatever waits at that moment; results wait at most
//! `settle_wait` for company. Batches go to the driver in the order of their syncs; while it has no room, mail waits.
//! Never: lingers over mail.

use crate::spool::failure::SpoolHealth;
use crate::spool::journal::job::Work;
use crate::spool::journal::log::Log;
use crate::spool::journal::op::{Op, Reply};
use crate::spool::journal::shared::Shared;
use crate::spool::settings::SpoolSettings;
use crate::spool::{Note, SpoolError};
use engine::envelope::Envelope;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// No wake-up comes sooner than this after the last: something that cannot be helped does not keep the thread busy.
const WAKE_WAIT: Duration = Duration::from_millis(20);

/// Others may fill the disk while no mail comes: the guard looks so often then.
const IDLE_LOOK: Duration = Duration::from_secs(10);

/// What the thread owns.
pub struct Writer {
    /// The pen.
    pub log: Log,
    /// Where operations come from.
    pub ops: Receiver<Op>,
    /// The driver's side of what is kept.
    pub kept: tokio::sync::mpsc::Sender<Vec<Arc<Envelope>>>,
    /// Where the database is given work.
    pub jobs: Sender<Work>,
    /// The database's thread, which ends with them.
    pub hands: JoinHandle<()>,
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
        let started = Instant::now();
        let mut asked_for_room = started;
        self.log.watch_room();
        while self.gather(started, &mut group) == Gathered::Group {
            self.log.at(started.elapsed());
            // To fill a disk with zeros again and again would leave no time for results.
            let due = asked_for_room.elapsed() >= self.settings.full_retry;
            self.log.ask_for_room(due);
            if due {
                asked_for_room = Instant::now();
            }
            self.log.watch_room();
            self.write(&mut group);
            if let Some(job) = self.log.next_job() {
                let _ = self.jobs.send(Work::Job(job)); // without its thread the alarm has been given
            }
        }
        let stop = group.pop_if(|op| matches!(op, Op::Stop(_)));
        self.write(&mut group);
        let standing = self.log.finish();
        let Writer { log, ops, jobs, hands, .. } = self;
        drop(jobs);
        let _ = hands.join(); // what it was given is done; the next start finds it
        drop(log); // the lock too, so that whoever waits for the answer may open the spool again
        ops.try_iter().for_each(|op| op.refuse(SpoolError::Stopped));
        drop(ops);
        if let Some(Op::Stop(reply)) = stop {
            let _ = reply.send(standing);
        }
    }

    /// What is no mail goes to the database at once: it waits for no group, and no group for it.
    fn pass_on(&self, notes: Vec<Note>, reply: Reply) {
        if let Err(unsent) = self.jobs.send(Work::Notes(notes, reply)) {
            let Work::Notes(_, reply) = unsent.0 else { return };
            let _ = reply.send(Err(SpoolError::Stopped)); // or nobody listens any more
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
    fn gather(&self, started: Instant, group: &mut Vec<Op>) -> Gathered {
        let room = match self.log.shared().health() {
            SpoolHealth::Full => Some(Instant::now() + self.settings.full_retry),
            SpoolHealth::Low => Some(Instant::now() + self.settings.room_every),
            SpoolHealth::Ok => Some(Instant::now() + IDLE_LOOK),
            SpoolHealth::Failed(_) => None,
        };
        let wake = self.log.wake_at().map(|at| (started + at).max(Instant::now() + WAKE_WAIT));
        let mut deadline = [room, wake].into_iter().flatten().min();
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
                let op = match op {
                    Op::Note(notes, reply) => {
                        self.pass_on(notes, reply);
                        next = self.ops.try_recv().ok();
                        continue;
                    }
                    op => op,
                };
                let last = matches!(op, Op::Stop(_) | Op::Leave);
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
pub struct Alarm(pub Arc<Shared>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.set_health(SpoolHealth::Failed("a thread of the spool stopped unexpectedly".to_owned()));
        }
    }
}
