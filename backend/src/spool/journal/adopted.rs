//! Journal files that belong to the database: how much of each is left, and what is to be done with it.
//!
//! Promises: a file is given back once nothing lies in it, and emptied when too little does to keep it for.
//! Never: reads one.

use crate::spool::journal::chain::Chain;
use crate::spool::journal::job::Job;
use crate::spool::settings::SpoolSettings;
use std::collections::BTreeMap;

/// What is waiting of an adopted journal file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Adopted {
    /// Messages that lie in it.
    pub live: u64,
    /// Messages that lay in it at first.
    pub first: u64,
    /// Their octets.
    pub bytes: u64,
    /// A copy was tried and left something behind: it is damaged.
    pub tried: bool,
}

/// All of them, by their numbers.
#[derive(Debug, Default)]
pub struct AdoptedFiles(pub BTreeMap<u32, Adopted>);

impl AdoptedFiles {
    /// What is left of adopted files: nothing, or too little to keep one for.
    pub fn job(&self, chain: &Chain, settings: &SpoolSettings) -> Option<Job> {
        for (number, adopted) in &self.0 {
            if adopted.live == 0 {
                let (_, file) = chain.files().get(*number)?;
                return Some(Job::Release(*number, file));
            }
            let bytes = adopted.bytes / adopted.first.max(1) * adopted.live;
            if !adopted.tried && bytes * 100 < chain.segment_bytes() * settings.copy_percent {
                return Some(Job::Copy(*number));
            }
        }
        None
    }

    /// So many messages of it are no longer there.
    pub fn left(&mut self, number: u32, count: u64) {
        if let Some(adopted) = self.0.get_mut(&number) {
            adopted.live = adopted.live.saturating_sub(count);
        }
    }

    /// The copying out of it is over.
    pub fn copied(&mut self, number: u32) {
        if let Some(adopted) = self.0.get_mut(&number) {
            // What could not be read is found when the file is to be released.
            (adopted.tried, adopted.live) = (true, 0);
        }
    }

    /// It may be used again, unless so many messages still lie there.
    pub fn released(&mut self, number: u32, left: u64) {
        if left == 0 {
            self.0.remove(&number);
        } else if let Some(adopted) = self.0.get_mut(&number) {
            adopted.live = left;
        }
    }
}
