//! `check --config FILE`: what is wrong with a configuration, and what a server with it would do. Starts nothing.

use crate::cli::failure::{DONE, Failure, USAGE};
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use crate::config::{CertificateFiles, Config, ConfigError, Found};
use crate::connect::tls::Roots;
use crate::intake::certificate::Certificate;
use common::words::{Language, VerbPhrase};
use serde_json::{Value, json};
use std::io;
use std::net::TcpListener;
use std::path::Path;

/// What was found, in sentences.
#[derive(Debug, Default)]
struct Report {
    file: Option<String>,
    complaints: Vec<String>,
    plan: Vec<String>,
    notes: Vec<String>,
}

/// Reads, judges, prints; 0 if a server could run with it, else 2.
pub(super) fn run(
    found: Option<&Found>,
    json: bool,
    language: Language,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    let report = examine(found, language);
    let good = report.complaints.is_empty();
    if json {
        terminal.line(&as_json(&report).to_string())?;
        return Ok(if good { DONE } else { USAGE });
    }
    for complaint in &report.complaints {
        writeln!(terminal.err, "{}", printable(complaint))?;
    }
    if !good {
        let complaints = report.complaints.len() as u64;
        writeln!(terminal.err, "{}", language.say_verb(&VerbPhrase::CheckBad { complaints }))?;
        return Ok(USAGE);
    }
    terminal.line(&printable(&match &report.file {
        Some(file) => language.say_verb(&VerbPhrase::CheckGood { file }),
        None => language.say_verb(&VerbPhrase::CheckDefaults),
    }))?;
    for line in &report.plan {
        terminal.line(&printable(line))?;
    }
    for note in &report.notes {
        terminal.line(&printable(&language.say_verb(&VerbPhrase::CheckNote { note })))?;
    }
    Ok(DONE)
}

fn as_json(report: &Report) -> Value {
    json!({
        "ok": report.complaints.is_empty(),
        "file": report.file,
        "complaints": report.complaints,
        "plan": report.plan,
        "notes": report.notes,
    })
}

fn examine(found: Option<&Found>, language: Language) -> Report {
    let loaded: Result<Config, ConfigError> = match found {
        Some(found) => Config::load(&found.file),
        None => Ok(Config::without_file()),
    };
    let file = found.map(|found| found.file.display().to_string());
    let config = match loaded {
        Ok(config) => config,
        Err(error) => return Report { file, complaints: error.say(language), ..Report::default() },
    };
    let mut report = Report { file, ..Report::default() };
    plan(&mut report, &config, language);
    report.notes.extend(config.notes().iter().map(|note| language.say_setting(note)));
    for address in config.smtp.listen.iter().chain([&config.console.listen]) {
        if let Err(why) = TcpListener::bind(address) {
            let (address, why) = (address.to_string(), why.to_string());
            report.notes.push(language.say_verb(&VerbPhrase::CheckBusy { address: &address, why: &why }));
        }
    }
    report
}

fn plan(report: &mut Report, config: &Config, language: Language) {
    let mut bad = Vec::new();
    let mut say = |phrase: VerbPhrase<'_>| report.plan.push(language.say_verb(&phrase));
    let joined =
        |addresses: &[std::net::SocketAddr]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    say(VerbPhrase::CheckIntake { listeners: &joined(&config.smtp.listen) });
    let mut loads = |files: &Option<CertificateFiles>| match files.as_ref().map(|f| Certificate::load(&f.chain, &f.key))
    {
        None => false,
        Some(Ok(_)) => true,
        Some(Err(why)) => {
            bad.push(language.say_setting(&why.phrase()));
            false
        }
    };
    if loads(&config.smtp.certificate) {
        say(VerbPhrase::CheckStartTls);
    }
    loads(&config.console.certificate);
    say(VerbPhrase::CheckConsole { url: &config.console.url() });
    say(VerbPhrase::CheckNameServers { servers: &joined(&config.dns.servers) });
    for route in &config.routes {
        say(VerbPhrase::CheckRoute { pattern: &route.pattern, to: &route.to.join(", ") });
    }
    if !config.routes.iter().any(|route| route.pattern == "*") {
        say(VerbPhrase::CheckByMx { port: config.delivery.port });
    }
    report.complaints.extend(bad);
    if let Err(problem) = Roots::with_file(config.tls.ca_file.as_deref()) {
        report.complaints.push(language.say_setting(&problem));
    }
    let mut say = |phrase: VerbPhrase<'_>| report.plan.push(language.say_verb(&phrase));
    let path = config.data_dir.display().to_string();
    match writable(&config.data_dir) {
        Ok(true) => say(VerbPhrase::CheckDataReady { path: &path }),
        Ok(false) => say(VerbPhrase::CheckDataNew { path: &path }),
        Err(why) => {
            let why = why.to_string();
            report.complaints.push(language.say_verb(&VerbPhrase::CheckDataBad { path: &path, why: &why }));
        }
    }
}

/// Whether a directory can be written (`true`), or made (`false`): tries it with an empty file in it or in the nearest
/// directory above that is there, and removes the file.
fn writable(directory: &Path) -> io::Result<bool> {
    let absolute = std::path::absolute(directory)?;
    let there = absolute.ancestors().find(|above| above.symlink_metadata().is_ok()).unwrap_or(Path::new("/"));
    if !there.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::NotADirectory));
    }
    let trial = there.join(format!(".nexthop-check-{}", std::process::id()));
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&trial);
    made?;
    std::fs::remove_file(&trial)?;
    Ok(there == absolute)
}
