//! Child processes: cargo, Trunk, apt-get and the binaries that are built.
//!
//! Promises that a child finds the pinned tools first, inherits nothing that would make cargo build twice, cannot wait for
//! a keyboard, and is never silent for longer than a beat. Children that must not outlive us are `companion.rs`.

use crate::beat;
use crate::failure::{Failure, Outcome};
use crate::place::Place;
use crate::setup::tool;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

/// A command in the project folder, with the tools on its PATH and without a keyboard.
pub fn command(place: &Place, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&place.root).env("PATH", search_path(place)).stdin(Stdio::null());
    clean(&mut command, env::vars_os().map(|(name, _)| name));
    if env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        command.env("NO_COLOR", "true"); // Trunk takes no other value
    }
    command
}

/// The cargo that called us, so that all build with the same toolchain.
pub fn cargo(place: &Place) -> Command {
    command(place, env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs to the end with our own output, and shows the line first. `doing` names it in a beat or a failure.
pub fn run(command: &mut Command, doing: &str) -> Outcome {
    eprintln!("  $ {}", line(command));
    let status = beat::during(doing, || command.status());
    check(command, doing, status)
}

/// As `run`, and hands every line of its standard output to `read` as well.
pub fn run_reading(command: &mut Command, doing: &str, mut read: impl FnMut(&str)) -> Outcome {
    eprintln!("  $ {}", line(command));
    let status = beat::during(doing, || {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().expect("standard output is piped");
        for text in BufReader::new(output).lines() {
            let text = text?;
            read(&text);
            writeln!(std::io::stdout(), "{text}")?;
        }
        child.wait()
    });
    check(command, doing, status)
}

/// What a short command prints on standard output, trimmed; nothing if it cannot be run or fails.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.trim().to_owned())
}

/// Where a program lies on a child's PATH.
pub fn find(place: &Place, program: &str) -> Option<PathBuf> {
    env::split_paths(&search_path(place)).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// A command as one would type it.
pub fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or_default().to_owned();
    command.get_args().fold(name, |line, word| {
        let word = word.to_string_lossy();
        if word.contains(|letter: char| letter.is_whitespace() || letter == '\'') {
            format!("{line} '{}'", word.replace('\'', r"'\''"))
        } else {
            format!("{line} {word}")
        }
    })
}

fn check(command: &Command, doing: &str, status: std::io::Result<ExitStatus>) -> Outcome {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::work(format!("{doing} failed ({status})."))),
        Err(error) => Err(Failure::system(format!("run `{}`", line(command)), error)),
    }
}

/// The pinned tools, then what the person has, then where Debian keeps servers such as Postfix.
fn search_path(place: &Place) -> OsString {
    let own = env::var_os("PATH").unwrap_or_default();
    let folders = tool::ALL
        .iter()
        .chain([&tool::FUZZ])
        .map(|tool| tool.folder(&place.tools).join("bin"))
        .chain(env::split_paths(&own))
        .chain(["/usr/sbin".into(), "/sbin".into()]);
    env::join_paths(folders).unwrap_or(own)
}

/// Drops what `cargo run` set for us: build scripts that watch it would run again in every child.
fn clean(command: &mut Command, names: impl Iterator<Item = OsString>) {
    for name in names {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_says_of_this_package_is_not_told_to_children() {
        let mut command = Command::new("true");
        let names = ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_HOME", "HOME"];
        clean(&mut command, names.into_iter().map(OsString::from));
        let dropped: Vec<_> = command.get_envs().map(|(name, _)| name).collect();
        assert_eq!(dropped, ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME"]);
    }

    #[test]
    fn a_line_can_be_typed_again() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "a b", "it's"]);
        assert_eq!(line(&command), r"cargo test 'a b' 'it'\''s'");
    }

    #[test]
    fn a_child_that_fails_is_named() {
        let failure = run(&mut Command::new("false"), "the last step").unwrap_err();
        assert!(failure.sentence.contains("the last step failed"));
        assert_eq!(answer(&mut Command::new("false")), None);
    }
}
