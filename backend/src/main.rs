//! The binary `nexthop`: the server, the lab, and the verbs.
//!
//! Promises: the exit codes of DESIGN 9. Never: anything but joining command line, runtime and rooms.

use backend::app::{self, LabOptions};
use backend::cli::arguments::{Arguments, Lab, Verb};
use backend::cli::{self, Failure, Surroundings, Terminal};
use backend::config::{self, Config};
use clap::Parser;
use common::words::Language;
use std::io::IsTerminal;
use std::process::ExitCode;
use tokio::runtime::Builder;
use tracing_subscriber::EnvFilter;

/// A million small envelopes, taken and let go by many threads: the system's allocator leaves holes between them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::called_as(std::env::args_os()).unwrap_or_else(Arguments::parse);
    let surroundings = Surroundings::of_process();
    let language = surroundings.language(&arguments.common);
    ExitCode::from(match arguments.verb {
        Verb::Serve => serve(&arguments, language),
        Verb::Lab(options) => lab(options),
        _ => verb(arguments, &surroundings),
    })
}

/// A verb against a running server; one thread is enough.
fn verb(arguments: Arguments, surroundings: &Surroundings) -> u8 {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => return say(&Failure::Output(why)),
    };
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let input = Box::new(tokio::io::stdin());
    let mut terminal = Terminal { out: &mut out, err: &mut err, input, typed: std::io::stdin().is_terminal() };
    let code = runtime.block_on(cli::run(arguments, surroundings, &mut terminal));
    drop(terminal);
    runtime.shutdown_background(); // a read of the keyboard may be under way and never end
    code
}

/// Says a failure of a verb that never began.
fn say(failure: &Failure) -> u8 {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let input = Box::new(tokio::io::empty());
    Terminal { out: &mut out, err: &mut err, input, typed: false }.fail(failure, false)
}

fn serve(arguments: &Arguments, language: Language) -> u8 {
    let found = config::find(arguments.common.config.as_deref());
    let config = match found.map_or_else(|| Ok(Config::without_file()), |found| Config::load(&found.file)) {
        Ok(config) => config,
        Err(error) => return say(&Failure::Usage(error.say(language).join("\n"))),
    };
    log_to_stderr();
    for note in config.notes() {
        tracing::warn!("{}", language.say_setting(&note));
    }
    run(app::serve(config))
}

fn lab(options: Lab) -> u8 {
    log_to_stderr();
    run(app::lab(LabOptions { data: options.data, smtp: options.smtp, console: options.console }))
}

/// Runs the server on all processors until it ends.
fn run(server: impl Future<Output = Result<(), app::AppError>>) -> u8 {
    let runtime = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => return say(&Failure::Output(why)),
    };
    match runtime.block_on(server) {
        Ok(()) => 0,
        Err(why) => {
            eprintln!("nexthop: {why}");
            why.exit_code()
        }
    }
}

/// The server's own log. The lab's name server would fill it with every query, and with every failure that it plays. `NEXTHOP_LOG` says what (`info`, `debug`, `backend::resolve=trace`).
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("NEXTHOP_LOG").unwrap_or_else(|_| EnvFilter::new("info,hickory_server=off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
