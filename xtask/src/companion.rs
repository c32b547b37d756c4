//! A server that runs beside us and ends with us.
//!
//! Promises that it is asked to stop when we drop it, and that the kernel asks it when we are killed (by `setpriv`, which
//! every Debian has; elsewhere only Ctrl-C and an orderly end reach it). It stands in a process group of its own there, so
//! that Ctrl-C reaches it once and not twice.

use crate::child;
use crate::failure::{Failure, Outcome};
use crate::place::Place;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The server needs up to 10 s to finish what is in hand; a little more, then it is killed.
const PATIENCE: Duration = Duration::from_secs(12);

/// How often a child is looked at; the system offers no wait for several.
pub const LOOK: Duration = Duration::from_millis(100);

/// A running server.
pub struct Companion {
    name: &'static str,
    child: Child,
}

impl Companion {
    /// Starts it. Call this from the main thread: the kernel takes the end of the calling thread for ours.
    pub fn start(place: &Place, name: &'static str, program: &Path, words: &[&str]) -> Outcome<Companion> {
        let mut command = match child::find(place, "setpriv") {
            Some(setpriv) => {
                let mut command = child::command(place, setpriv);
                command.args(["--pdeathsig", "TERM", "--"]).arg(program);
                command.process_group(0);
                command
            }
            None => child::command(place, program),
        };
        command.args(words);
        eprintln!("  $ {}", child::line(&command));
        let child = command.spawn().map_err(|error| Failure::system(format!("start {name}"), error))?;
        Ok(Companion { name, child })
    }

    /// A failure that names it, once it has ended by itself.
    pub fn ended(&mut self) -> Option<Failure> {
        let sentence = match self.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => format!("{} has ended ({status}).", self.name),
            Err(error) => format!("{} cannot be watched: {error}", self.name),
        };
        Some(Failure::work(sentence))
    }

    fn stopped_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let begun = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if begun.elapsed() < patience => thread::sleep(LOOK),
                _ => return None,
            }
        }
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        if let Ok(Some(_)) = self.child.try_wait() {
            return;
        }
        let id = self.child.id().to_string();
        let asked = Command::new("sh") // the shell's own `kill` is always there
            .args(["-c", "kill -TERM \"$0\"", &id])
            .stderr(Stdio::null())
            .status();
        if asked.is_ok_and(|status| status.success()) && self.stopped_within(PATIENCE).is_some() {
            return;
        }
        let _ = self.child.kill(); // it may have ended this very moment
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { root: "/".into(), target: "/target".into(), dist: "/dist".into(), tools: "/tools".into() }
    }

    #[test]
    fn a_dropped_companion_is_gone() {
        let companion = Companion::start(&place(), "sleep", Path::new("sleep"), &["600"]).unwrap();
        let id = companion.child.id();
        assert!(Path::new(&format!("/proc/{id}")).exists());
        drop(companion);
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }

    #[test]
    fn one_that_ends_by_itself_is_named() {
        let mut companion = Companion::start(&place(), "the lab", Path::new("false"), &[]).unwrap();
        assert!(companion.stopped_within(PATIENCE).is_some());
        assert!(companion.ended().unwrap().sentence.contains("the lab has ended"));
    }
}
