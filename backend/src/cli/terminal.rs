//! Where a verb prints and what it reads: the three streams of the process, or those of a test.

use crate::cli::failure::Failure;
use crate::cli::printable::printable;
use std::io::Write;
use tokio::io::AsyncRead;

/// The streams of a verb.
pub struct Terminal<'t> {
    /// Answers.
    pub out: &'t mut (dyn Write + Send),
    /// Refusals and notes.
    pub err: &'t mut (dyn Write + Send),
    /// What is typed; `telnet` reads it.
    pub input: Box<dyn AsyncRead + Send + Unpin>,
    /// Whether a person types it.
    pub typed: bool,
}

impl Terminal<'_> {
    /// Prints a layout, which brings its own line ends.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.flush()?)
    }

    /// Prints one line.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.print(&format!("{text}\n"))
    }

    /// Prints JSON as it came.
    pub fn json(&mut self, answer: &[u8]) -> Result<(), Failure> {
        self.out.write_all(answer.trim_ascii_end())?;
        self.out.write_all(b"\n")?;
        Ok(self.out.flush()?)
    }

    /// Says why a verb failed, in words or as JSON, and what the process ends with.
    pub fn fail(&mut self, failure: &Failure, json: bool) -> u8 {
        let text = if json {
            failure.api_error().and_then(|error| serde_json::to_string(&error).ok())
        } else {
            failure.sentence().map(|sentence| {
                let lines: Vec<String> = sentence.lines().map(|line| format!("nexthop: {}", printable(line))).collect();
                lines.join("\n")
            })
        };
        if let Some(text) = text {
            let _ = writeln!(self.err, "{text}"); // nobody is left to tell if this fails
        }
        failure.exit_code()
    }
}
