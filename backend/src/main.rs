//! The binary `nexthop`: arguments, log, run until a signal, exit code.

use backend::app;
use backend::config::Config;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

#[derive(Parser)]
#[command(name = "nexthop", version, about = "An outbound mail queue that you can see into.")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Runs the server.
    Serve {
        /// The configuration file; without it every key has its default.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Runs a self-contained playground on loopback.
    Lab {
        /// Where its data lie.
        #[arg(long, default_value = "nexthop-data/lab")]
        data: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let (stopper, stop) = watch::channel(false);
    tokio::spawn(async move {
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stopper.send_replace(true);
        std::future::pending::<()>().await;
    });
    let end = match arguments.verb {
        Verb::Serve { config } => match config.map_or_else(|| Ok(Config::without_file()), |file| Config::load(&file)) {
            Ok(config) => app::serve(config, false, stop).await,
            Err(why) => Err(why.to_string()),
        },
        Verb::Lab { data } => app::lab(Config { data_dir: data, ..Config::without_file() }, stop).await,
    };
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("nexthop: {why}");
            ExitCode::from(2)
        }
    }
}
