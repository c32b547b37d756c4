//! Debian's packages: a browser and real peers for the tests. A build needs none.
//!
//! Looks for what a package brings, not for the package, so other systems may bring it their own way. Installs as root or
//! through sudo; where neither is at hand it says the exact line to type. Never removes a package to make room (Debian's
//! mail servers exclude each other), and leaves Postfix without a configuration, so that its daemon has nothing to start.

use super::{Found, Purpose};
use crate::child;
use crate::failure::{Failure, Outcome};
use crate::place::Place;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// A package and the one thing that tells whether it is there.
#[derive(Debug)]
pub struct Package {
    /// Its name for apt-get.
    pub name: &'static str,
    sign: Sign,
}

/// How a package is recognised.
#[derive(Debug)]
enum Sign {
    Program(&'static str),
    File(&'static str),
}

const fn program(name: &'static str, program: &'static str) -> Package {
    let sign = Sign::Program(program);
    Package { name, sign }
}

const fn file(name: &'static str, file: &'static str) -> Package {
    let sign = Sign::File(file);
    Package { name, sign }
}

/// What the answer "no configuration" is called in Postfix's own question.
const POSTFIX_ANSWER: &str = "postfix postfix/main_mailer_type select No configuration";

/// What this purpose needs.
pub fn packages(purpose: Purpose) -> Vec<Package> {
    match purpose {
        Purpose::Build => Vec::new(),
        Purpose::Soak => vec![program("strace", "strace"), program("e2fsprogs", "mkfs.ext4")],
        Purpose::Test => vec![
            program("chromium", "chromium"),
            program("chromium-driver", "chromedriver"),
            program("postfix", "postfix"),
            program("dnsmasq-base", "dnsmasq"),
            program("swaks", "swaks"),
            program("npm", "npm"),
            // Screenshots without these show boxes.
            file("fonts-noto-cjk", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
            file("fonts-dejavu-core", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
        ],
    }
}

/// Installs what is missing.
pub fn ensure(place: &Place, packages: &[Package]) -> Outcome<Found> {
    let missing = missing(place, packages);
    if missing.is_empty() {
        return Ok(Found::There);
    }
    if child::find(place, "apt-get").is_none() {
        return Err(Failure::work(format!(
            "missing: {}. This system has no apt-get; install what these Debian packages bring, then try again.",
            missing.join(", ")
        )));
    }
    let Some(prefix) = root_prefix(place) else {
        return Err(Failure::work(format!(
            "missing: {}. Installing needs root; type this, then try again:\n\n  {}\n",
            missing.join(", "),
            line_to_type(&missing)
        )));
    };
    eprintln!("setup: installing {}", missing.join(", "));
    if missing.contains(&"postfix") {
        answer_postfix(place, prefix)?;
    }
    install(place, prefix, &missing)?;
    match self::missing(place, packages) {
        still if still.is_empty() => Ok(Found::Installed),
        still => Err(Failure::work(format!(
            "apt-get is content, but what these bring is not where it is looked for: {}",
            still.join(", ")
        ))),
    }
}

fn missing(place: &Place, packages: &[Package]) -> Vec<&'static str> {
    let there = |package: &&Package| match package.sign {
        Sign::Program(program) => child::find(place, program).is_some(),
        Sign::File(file) => Path::new(file).is_file(),
    };
    let absent = packages.iter().filter(|package| !there(package));
    absent.map(|package| package.name).collect()
}

/// The words before a command that needs root; none if root is out of reach.
fn root_prefix(place: &Place) -> Option<&'static [&'static str]> {
    if child::answer(child::command(place, "id").arg("-u")).as_deref() == Some("0") {
        return Some(&[]);
    }
    child::find(place, "sudo")?;
    let asks_nothing = child::answer(child::command(place, "sudo").args(["-n", "true"])).is_some();
    let can_be_asked = std::io::stdin().is_terminal(); // sudo asks on the terminal itself
    (asks_nothing || can_be_asked).then_some(&["sudo"])
}

/// A command with the prefix in front.
fn as_root(place: &Place, prefix: &[&str], words: &[&str]) -> Command {
    let mut all = prefix.iter().chain(words);
    let first = all.next().expect("a command has at least one word");
    let mut command = child::command(place, first);
    command.args(all);
    command
}

/// Answers Postfix's question before it is asked: a set-up configuration would open port 25 to the world.
fn answer_postfix(place: &Place, prefix: &[&str]) -> Outcome {
    let doing = "answer Postfix's question by debconf-set-selections";
    let mut child = as_root(place, prefix, &["debconf-set-selections"])
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::system(doing, error))?;
    let mut input = child.stdin.take().expect("standard input is piped");
    let written = writeln!(input, "{POSTFIX_ANSWER}");
    drop(input);
    let ended = child.wait().map_err(|error| Failure::system(doing, error))?;
    if written.is_ok() && ended.success() {
        return Ok(());
    }
    Err(Failure::system(doing, ended))
}

fn install(place: &Place, prefix: &[&str], missing: &[&str]) -> Outcome {
    let update = || {
        let mut update = as_root(place, prefix, &["apt-get", "update", "-q"]);
        child::run(&mut update, "apt-get update")
    };
    let install = || {
        let words: Vec<_> = INSTALL.iter().chain(missing).copied().collect();
        child::run(&mut as_root(place, prefix, &words), "apt-get install")
    };
    let listed = has_lists(Path::new("/var/lib/apt/lists"));
    if !listed {
        update()?;
    }
    match install() {
        // Old lists name files that the mirror no longer has.
        Err(_) if listed => update().and_then(|()| install()),
        other => other,
    }
}

/// `env` carries the variable through sudo; another apt-get at work is waited for.
const INSTALL: [&str; 12] = [
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "install",
    "-q",
    "-y",
    "--no-install-recommends",
    "--no-remove",
    "-o",
    "DPkg::Lock::Timeout=300",
    "-o",
    "Dpkg::Use-Pty=0",
];

/// Whether apt-get knows any package; a slim image starts with none.
fn has_lists(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name());
    names.any(|name| name.to_string_lossy().contains("_Packages"))
}

/// The same work as one line for a person with root's password.
fn line_to_type(missing: &[&str]) -> String {
    let mut steps = vec!["sudo apt-get update".to_owned()];
    if missing.contains(&"postfix") {
        steps.push(format!("echo '{POSTFIX_ANSWER}' | sudo debconf-set-selections"));
    }
    steps.push(format!("sudo {} {}", INSTALL.join(" "), missing.join(" ")));
    steps.join(" && ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_build_needs_no_package_and_tests_need_a_browser_and_fonts() {
        let names = |purpose| -> Vec<_> {
            let list = packages(purpose);
            list.iter().map(|package| package.name).collect()
        };
        assert!(names(Purpose::Build).is_empty());
        let tests = names(Purpose::Test);
        for name in ["chromium-driver", "postfix", "fonts-noto-cjk"] {
            assert!(tests.contains(&name), "{name}");
        }
    }

    #[test]
    fn the_line_to_type_answers_postfix_before_installing_it() {
        let line = line_to_type(&["postfix", "swaks"]);
        let answer = line.find("No configuration' | sudo debconf-set-selections").unwrap();
        let install = line.find("--no-remove").unwrap();
        assert!(answer < install);
        assert!(line.ends_with(" postfix swaks"));
        assert!(!line_to_type(&["swaks"]).contains("debconf"));
    }

    #[test]
    fn an_empty_folder_of_lists_asks_for_an_update() {
        let scratch = Scratch::new("lists");
        let folder = &scratch.folder;
        assert!(!has_lists(&folder.join("no-such-folder")));
        fs::write(folder.join("lock"), "").unwrap();
        assert!(!has_lists(folder));
        fs::write(folder.join("mirror_binary-amd64_Packages.lz4"), "").unwrap();
        assert!(has_lists(folder));
    }
}
