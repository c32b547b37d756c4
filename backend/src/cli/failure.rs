//! Why a verb failed, its exit code (DESIGN 9), and how it is said.

use common::wire::{ApiError, ErrorBody, ErrorCode};
use std::io;

/// Done, or the answer is yes.
pub const DONE: u8 = 0;
/// The answer is no: no such host, no connection to it.
pub const NO: u8 = 1;
/// Wrong usage or configuration.
pub const USAGE: u8 = 2;
/// There is no server to ask (`EX_UNAVAILABLE`).
pub const NO_SERVER: u8 = 69;
/// It did not work now; later it may (`EX_TEMPFAIL`).
pub const LATER: u8 = 75;
/// Not allowed (`EX_NOPERM`).
pub const DENIED: u8 = 77;

/// Why a verb failed. The texts are sentences for a person.
#[derive(Debug)]
pub enum Failure {
    /// The server said so.
    Refused(Box<ApiError>),
    /// The answer is no.
    No(String),
    /// Wrong usage or configuration.
    Usage(String),
    /// There is no server to ask.
    NoServer(String),
    /// Later.
    Later(String),
    /// Not allowed.
    Denied(String),
    /// The output cannot be written.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(why: io::Error) -> Failure {
        Failure::Output(why)
    }
}

impl Failure {
    /// The exit code. A reader that has gone (`| head`) has seen all it wanted.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Refused(error) => error.error.code.exit_code(),
            Failure::No(_) => NO,
            Failure::Usage(_) => USAGE,
            Failure::NoServer(_) => NO_SERVER,
            Failure::Later(_) => LATER,
            Failure::Denied(_) => DENIED,
            Failure::Output(why) if why.kind() == io::ErrorKind::BrokenPipe => DONE,
            Failure::Output(_) => LATER,
        }
    }

    /// The sentence; `None` where nothing needs to be said.
    pub fn sentence(&self) -> Option<String> {
        match self {
            Failure::Refused(error) => Some(error.error.sentence.clone()),
            Failure::No(text)
            | Failure::Usage(text)
            | Failure::NoServer(text)
            | Failure::Later(text)
            | Failure::Denied(text) => Some(text.clone()),
            Failure::Output(why) => (why.kind() != io::ErrorKind::BrokenPipe).then(|| why.to_string()),
        }
    }

    /// The same as the API says it, for `--json`.
    pub fn api_error(&self) -> Option<ApiError> {
        let code = match self {
            Failure::Refused(error) => return Some(ApiError::clone(error)),
            Failure::No(_) => ErrorCode::NotFound,
            Failure::Usage(_) => ErrorCode::BadRequest,
            Failure::Denied(_) => ErrorCode::NotAllowed,
            Failure::NoServer(_) | Failure::Later(_) | Failure::Output(_) => ErrorCode::Unavailable,
        };
        let sentence = self.sentence()?;
        Some(ApiError { error: ErrorBody { code, sentence, field: None, request_id: None } })
    }
}
