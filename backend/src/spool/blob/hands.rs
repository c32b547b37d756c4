//! The threads that write, sync, read and remove the files of large bodies.
//!
//! Promises: what is asked about one message is done in the order in which it was asked; a question is answered, also
//! when a thread has died (its channel closes, which means stopped). Before [`Hands::start`] all is done at once, on the
//! asking thread. Never: more in a queue than sessions have pieces on their way.

use crate::spool::{Answer, SpoolError};
use common::vocab::MessageId;
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use tokio::sync::oneshot;

/// As many requests as a disk is asked at once.
const THREADS: usize = 4;

/// Something to do.
pub type Task = Box<dyn FnOnce() + Send>;

/// The threads; they end with it.
#[derive(Debug, Default)]
pub struct Hands(OnceLock<Vec<Sender<Task>>>);

impl Hands {
    /// Starts the threads.
    pub fn start(&self) -> io::Result<()> {
        let start = |number: usize| {
            let (sender, tasks) = channel::<Task>();
            let thread = std::thread::Builder::new().name(format!("spool-blob-{number}"));
            thread.spawn(move || tasks.into_iter().for_each(|task| task()))?;
            Ok(sender)
        };
        let threads = (0..THREADS).map(start).collect::<io::Result<Vec<_>>>()?;
        let _ = self.0.set(threads); // those of a second call end at once
        Ok(())
    }

    /// Has something done.
    pub fn give(&self, mid: MessageId, task: Task) {
        match self.0.get() {
            Some(threads) => drop(threads[mid.0 as usize % threads.len()].send(task)),
            None => task(),
        }
    }

    /// Has something done that is answered.
    pub fn ask<T: Send + 'static>(
        &self,
        mid: MessageId,
        task: impl FnOnce() -> Result<T, SpoolError> + Send + 'static,
    ) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        self.give(mid, Box::new(move || drop(reply.send(task())))); // whoever asked may be gone
        answer
    }
}
