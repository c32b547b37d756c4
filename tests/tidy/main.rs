//! The sources themselves: floors, file heads, the length of functions, no paths of a machine.

use std::path::{Path, PathBuf};

/// A function longer than a screen needs a reason in its doc comment that begins with this word.
const REASON: &str = "Long:";
/// Lines of a function, signature and closing brace counted.
const FUNCTION_LINES_MAX: usize = 70;
/// What a room may not reach up to.
const ROOMS: [&str; 7] = ["connect", "deliver", "intake", "record", "report", "resolve", "spool"];
const UPPER_FLOORS: [&str; 5] = ["crate::app", "crate::cli", "crate::config", "crate::console", "crate::driver"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every source file of the house with its text.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["common", "engine", "backend", "frontend", "tests", "xtask"].map(|name| root().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|ending| ending == "rs") {
                let name = entry.strip_prefix(root()).expect("below the root").display().to_string();
                found.push((name, std::fs::read_to_string(&entry).expect("its text")));
            }
        }
    }
    assert!(found.len() > 100, "the walk found only {} files", found.len());
    found
}

fn complain(what: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{what}:\n  {}", complaints.join("\n  "));
}

#[test]
fn every_file_begins_with_its_contract() {
    let bare = sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(name, _)| name);
    complain("files without a head", &bare.collect::<Vec<_>>());
}

#[test]
fn no_function_is_longer_than_a_screen_without_a_reason() {
    let mut long = Vec::new();
    for (name, text) in sources() {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_function(line)) {
            let indent = &line[..line.len() - line.trim_start().len()];
            let closing = format!("{indent}}}");
            let Some(length) = lines[at..].iter().position(|line| *line == closing) else { continue };
            let has_reason = lines[..at].iter().rev().take_while(|line| is_doc(line)).any(|line| line.contains(REASON));
            if length + 1 > FUNCTION_LINES_MAX && !has_reason {
                long.push(format!("{name}:{} has {} lines", at + 1, length + 1));
            }
        }
    }
    complain("functions over 70 lines", &long);
}

fn is_function(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().take(6).collect();
    let before = words.iter().position(|word| *word == "fn");
    before.is_some_and(|at| {
        words[..at].iter().all(|w| w.starts_with("pub") || matches!(*w, "async" | "const" | "in" | "crate)"))
    })
}

fn is_doc(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("///") || line.starts_with("#[") || line.starts_with("//")
}

#[test]
fn no_room_reaches_up() {
    let mut upward = Vec::new();
    for (name, text) in sources() {
        let in_a_room = ROOMS.iter().any(|room| name.starts_with(&format!("backend/src/{room}")));
        for (at, line) in text.lines().enumerate().filter(|_| in_a_room) {
            if UPPER_FLOORS.iter().any(|floor| line.contains(floor)) {
                upward.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    complain("rooms that know an upper floor", &upward);
}

#[test]
fn the_engine_stands_on_common_and_one_searcher_alone() {
    let manifest = std::fs::read_to_string(root().join("engine/Cargo.toml")).expect("its manifest");
    let own = manifest.split("[dependencies]").nth(1).expect("dependencies").split('[').next().expect("a section");
    let names: Vec<&str> =
        own.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|n| !n.is_empty()).collect();
    assert_eq!(names, ["common", "memchr"], "memchr finds line ends; anything more wants a talk");
}

#[test]
fn no_source_names_a_path_of_a_machine() {
    let here = root().canonicalize().expect("the root").display().to_string();
    let named = sources().into_iter().filter(|(_, text)| text.contains(&format!("{here}/"))).map(|(name, _)| name);
    complain("files with a path of this machine", &named.collect::<Vec<_>>());
}

#[test]
fn every_test_that_the_table_of_faults_names_is_there() {
    let table = std::fs::read_to_string(root().join("tests/README.md")).expect("the table");
    let all: String = sources().into_iter().map(|(_, text)| text).collect();
    let is_test =
        |word: &&str| word.matches('_').count() > 1 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let named: Vec<&str> = table.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(named.len() > 30, "the table names {}", named.len());
    let gone =
        named.into_iter().filter(|name| !all.contains(&format!("fn {name}(")) && !all.contains(&format!("fn {name}<")));
    complain("tests that the table names and nobody wrote", &gone.map(str::to_owned).collect::<Vec<_>>());
}
