//! What waits from before a start: a stream of bounded batches, and how far it has come.
//!
//! Promises: a message is in the spool's index before it is handed out; the stream is as slow as its reader.
//! Never: holds more than a few batches. The walk goes on in `driver`, which reads them beside fresh mail.

use crate::spool::Report;
use crate::spool::journal::op::Op;
use crate::spool::journal::shared::Shared;
use crate::spool::recovery::Stock;
use crate::spool::{OpenError, SpoolHealth};
use engine::envelope::Recovered;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use tokio::sync::{mpsc, watch};

/// Batches that may wait for the driver: enough that it never waits for the disk between two.
const BATCHES_MAX: usize = 4;

/// How far a start has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// So many messages were looked at, of so many.
    Under {
        /// Looked at.
        read: u64,
        /// In all; 0 while they are not counted yet.
        of: u64,
    },
    /// All of it is known.
    Done(Report),
}

/// The reader's side. See the head of this file.
#[derive(Debug)]
pub struct Backlog {
    /// What waits, oldest first; ends with the last.
    pub batches: mpsc::Receiver<Vec<Recovered>>,
    /// How far it has come.
    pub reading: watch::Receiver<Reading>,
}

impl Backlog {
    /// All of it at once, for whoever has nothing else to do. Ends early, with what was read, if the spool fails.
    pub async fn whole(&mut self) -> (Vec<Recovered>, Report) {
        let mut all = Vec::new();
        while let Some(batch) = self.batches.recv().await {
            all.extend(batch);
        }
        let report = match &*self.reading.borrow() {
            Reading::Done(report) => report.clone(),
            Reading::Under { .. } => Report::default(),
        };
        (all, report)
    }
}

/// The spool's side: reads on a thread of its own until all is handed out or nobody wants it any more.
pub(super) struct Teller {
    stock: Stock,
    shared: Arc<Shared>,
    ops: Sender<Op>,
    path: PathBuf,
    batches: mpsc::Sender<Vec<Recovered>>,
    reading: watch::Sender<Reading>,
}

impl Teller {
    /// Starts the thread. `path` is the database's, for messages.
    pub fn start(stock: Stock, shared: Arc<Shared>, ops: Sender<Op>, path: PathBuf) -> io::Result<Backlog> {
        let (sender, batches) = mpsc::channel(BATCHES_MAX);
        let (progress, reading) = watch::channel(Reading::Under { read: 0, of: 0 });
        let teller = Teller { stock, shared, ops, path, batches: sender, reading: progress };
        std::thread::Builder::new().name("spool-start".to_owned()).spawn(move || teller.work())?;
        Ok(Backlog { batches, reading })
    }

    fn work(mut self) {
        let _alarm = crate::spool::journal::Alarm(self.shared.clone());
        if let Err(why) = self.tell() {
            let why = OpenError::database(&self.path)(why).to_string();
            tracing::error!("{why}; this process must end");
            self.shared.set_health(SpoolHealth::Failed(why));
        }
    }

    fn tell(&mut self) -> Result<(), crate::spool::queue_db::DbError> {
        let of = self.stock.count()?;
        while let Some(batch) = self.stock.next_batch()? {
            self.reading.send_replace(Reading::Under { read: self.stock.read(), of });
            if !batch.is_empty() && self.batches.blocking_send(batch).is_err() {
                return Ok(()); // the process is ending
            }
        }
        self.reading.send_replace(Reading::Done(self.stock.report.clone()));
        let _ = self.ops.send(Op::Indexed(self.stock.take_adopted())); // or the writer has ended
        Ok(())
    }
}
