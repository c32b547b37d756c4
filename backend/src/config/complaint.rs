//! What is wrong with a configuration file, by line, and how it is said.

use crate::config::FILE_BYTES_MAX;
use common::words::{Language, SettingPhrase};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// One complaint about one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Line in the file, from 1; `None` if it is about a default.
    pub line: Option<usize>,
    /// The key, `smtp.listen`; empty where the line is not TOML.
    pub key: String,
    /// What is wrong and what would be right.
    pub problem: SettingPhrase<'static>,
}

impl Complaint {
    /// `nexthop.toml:12: sentence`.
    pub fn say(&self, file: &Path, language: Language) -> String {
        let place = match self.line {
            Some(line) => format!("{}:{line}", file.display()),
            None => file.display().to_string(),
        };
        format!("{place}: {}", language.say_setting(&self.problem))
    }
}

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why, for the exit code.
        kind: io::ErrorKind,
        /// Why, in words.
        problem: Box<SettingPhrase<'static>>,
    },
    /// The file was read and refused.
    Refused {
        /// Which.
        file: PathBuf,
        /// All that is wrong with it, by line.
        complaints: Vec<Complaint>,
    },
}

impl ConfigError {
    /// One line for each complaint.
    pub fn say(&self, language: Language) -> Vec<String> {
        match self {
            ConfigError::Unreadable { file, problem, .. } => {
                vec![format!("{}: {}", file.display(), language.say_setting(problem))]
            }
            ConfigError::Refused { file, complaints } => {
                complaints.iter().map(|complaint| complaint.say(file, language)).collect()
            }
        }
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.say(Language::En).join("\n"))
    }
}
impl std::error::Error for ConfigError {}

/// The text of a file, at most [`FILE_BYTES_MAX`] octets of UTF-8.
pub(super) fn read(file: &Path) -> Result<String, ConfigError> {
    let unreadable =
        |kind, problem| ConfigError::Unreadable { file: file.to_owned(), kind, problem: Box::new(problem) };
    let failed = |why: io::Error| unreadable(why.kind(), SettingPhrase::Unreadable(why.to_string().into()));
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(failed)?;
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(unreadable(io::ErrorKind::FileTooLarge, SettingPhrase::FileTooLarge(FILE_BYTES_MAX)));
    }
    String::from_utf8(bytes).map_err(|why| {
        let good = &why.as_bytes()[..why.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        let complaint = Complaint { line: Some(line), key: String::new(), problem: SettingPhrase::NotUtf8 };
        ConfigError::Refused { file: file.to_owned(), complaints: vec![complaint] }
    })
}
