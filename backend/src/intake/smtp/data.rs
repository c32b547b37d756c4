//! The end-of-data scanner: from the octets after 354 to a body (RFC 5321 §4.5.2), chunk by chunk.
//!
//! Promises: only CRLF `.` CRLF ends a message, whatever else is in it, and however it is cut into chunks; a leading
//! dot is removed exactly once; every irregularity is noted and none changes where the message ends. That is the whole
//! defence against smuggling: one transaction, one message, always.
//! Never: allocates per line; keeps more than its limit; decides what is answered.

use crate::intake::smtp::limits::{TEXT_LINE_BYTES_MAX, UNBROKEN_BYTES_MAX};

/// What was seen in a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Octets of the message without dot-stuffing and final dot, whether they were kept or not.
    pub size_bytes: u64,
    /// An octet above 127.
    pub eight_bit: bool,
    /// A CR without LF behind it, or a LF without CR before it.
    pub bare: bool,
    /// A NUL.
    pub nul: bool,
    /// A line over 998 octets.
    pub long_line: bool,
    /// The message is larger than the limit; nothing of it is kept.
    pub oversize: bool,
}

/// How far a chunk was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All of it; the message goes on.
    More,
    /// The message ended; so many octets of the chunk belong to it and its final dot. The rest is the next command.
    Ended(usize),
    /// Over 1 MiB came without a line end: whoever sends that does not send mail.
    Unbroken,
}

/// Scans one message.
#[derive(Debug)]
pub struct Scanner {
    limit: u64,
    keeping: bool,
    findings: Findings,
    /// Octets of the current line on the wire so far, its stuffed dot included, a held CR excluded.
    column: u64,
    /// The current line began with a dot, which was removed.
    dotted: bool,
    /// The last octet was a CR, held back until it is known whether it ends the final dot's line.
    cr: bool,
    /// All CRs, and those that ended a line: if they differ, some were bare.
    crs: usize,
    line_ends: usize,
    /// Octets since the last LF.
    unbroken: u64,
}

impl Scanner {
    /// For a message of at most `limit` octets.
    pub fn new(limit: u64) -> Scanner {
        Scanner {
            limit,
            keeping: true,
            findings: Findings::default(),
            column: 0,
            dotted: false,
            cr: false,
            crs: 0,
            line_ends: 0,
            unbroken: 0,
        }
    }

    /// What was seen. Whole only after [`Progress::Ended`].
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Gives the body up; from now on only the end is looked for.
    pub fn drop_body(&mut self, body: &mut Vec<u8>) {
        self.keeping = false;
        *body = Vec::new();
    }

    /// Reads a chunk and appends to `body` what it adds. After [`Progress::Ended`] the scanner is spent.
    pub fn feed(&mut self, chunk: &[u8], body: &mut Vec<u8>) -> Progress {
        let progress = self.walk(chunk, body);
        let used = match progress {
            Progress::Ended(count) => &chunk[..count],
            Progress::More | Progress::Unbroken => chunk,
        };
        self.findings.eight_bit |= !used.is_ascii();
        self.findings.nul |= memchr::memchr(0, used).is_some();
        self.crs += memchr::memchr_iter(b'\r', used).count();
        if matches!(progress, Progress::Ended(_)) {
            self.findings.bare |= self.crs != self.line_ends;
        }
        progress
    }

    /// Goes from LF to LF. What lies between `run` and `from` is read and not yet appended: long runs are copied at
    /// once, and a dot that was removed is a gap between two runs.
    fn walk(&mut self, chunk: &[u8], body: &mut Vec<u8>) -> Progress {
        if self.cr && chunk.first().is_some_and(|&first| first != b'\n') {
            self.cr = false;
            self.column += 1;
            self.append(b"\r", body);
        }
        let (mut run, mut from) = (0, 0);
        while from < chunk.len() {
            if self.column == 0 && !self.cr && chunk[from] == b'.' {
                self.append(&chunk[run..from], body);
                from += 1;
                run = from;
                (self.dotted, self.column) = (true, 1);
            }
            let Some(length) = memchr::memchr(b'\n', &chunk[from..]) else { break };
            if self.end_line(&chunk[from..from + length], body) {
                return Progress::Ended(from + length + 1);
            }
            from += length + 1;
        }
        let tail = &chunk[from..];
        self.cr |= tail.ends_with(b"\r");
        self.column += (tail.len() - usize::from(tail.ends_with(b"\r"))) as u64;
        self.unbroken += tail.len() as u64;
        self.append(&chunk[run..chunk.len() - usize::from(tail.ends_with(b"\r"))], body);
        if self.unbroken > UNBROKEN_BYTES_MAX { Progress::Unbroken } else { Progress::More }
    }

    /// A LF came behind `text`. Whether this was the final dot's line.
    fn end_line(&mut self, text: &[u8], body: &mut Vec<u8>) -> bool {
        self.unbroken = 0;
        let held = text.is_empty() && self.cr;
        if !held && !text.ends_with(b"\r") {
            // A bare LF ends no line: what follows it is not at the start of one, so its dots mean nothing.
            self.findings.bare = true;
            self.column += text.len() as u64 + 1;
            return false;
        }
        self.line_ends += 1;
        self.column += (text.len() - usize::from(!held)) as u64;
        if self.dotted && self.column == 1 {
            return true;
        }
        if held {
            self.append(b"\r", body);
        }
        self.findings.long_line |= self.column - u64::from(self.dotted) > TEXT_LINE_BYTES_MAX;
        (self.column, self.dotted, self.cr) = (0, false, false);
        false
    }

    fn append(&mut self, octets: &[u8], body: &mut Vec<u8>) {
        self.findings.size_bytes += octets.len() as u64;
        if self.findings.size_bytes > self.limit && !self.findings.oversize {
            self.findings.oversize = true;
            self.drop_body(body);
        }
        if self.keeping {
            body.extend_from_slice(octets);
        }
    }
}

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod naive;
#[cfg(test)]
mod tests;
