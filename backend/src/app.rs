//! The room `app`.

use crate::config::Config;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What `nexthop lab` was asked for. Both listeners are on loopback: the command line takes no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabOptions {
    /// Where its data lives; `None` for a directory of its own that ends with it.
    pub data: Option<PathBuf>,
    /// Where it takes mail.
    pub smtp: SocketAddr,
    /// Where its console is.
    pub console: SocketAddr,
}

/// Why the server could not start or had to stop.
#[derive(Debug)]
pub struct AppError(pub String);

impl AppError {
    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        75
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for AppError {}

/// Runs the server until it is told to stop.
pub async fn serve(config: Config) -> Result<(), AppError> {
    Err(AppError(format!("the rooms of {} are not joined yet", config.hostname)))
}

/// Runs the lab until it is told to stop.
pub async fn lab(options: LabOptions) -> Result<(), AppError> {
    Err(AppError(format!("the lab at {} is not joined yet", options.console)))
}
