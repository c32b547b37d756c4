//! The command line of `sendmail`, as programs have written it for decades (Postfix's sendmail(1) is the model).
//!
//! Promises: every flag that cron, mail(1), mutt, git send-email and PHP use does what it did, or is taken and ignored
//! where Postfix ignores it; flags may stand behind recipients; `--` ends them. Never: reads a message.

use common::words::{Language, SendmailPhrase};
use std::ffi::OsString;
use std::path::PathBuf;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// `-bm`: send what comes on standard input.
    #[default]
    Send,
    /// `-bs`: speak SMTP on standard input and output.
    Session,
    /// `-bp`, or the name `mailq`: say what waits.
    Queue,
    /// `-bi`, `-I`, or the name `newaliases`: nothing to do, aliases stand in the configuration.
    Aliases,
    /// `-q`: make all due, or what waits for one host (`-qRHOST`).
    Flush(Option<String>),
}

/// The command line, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) mode: Mode,
    /// `-f`, `-r`: the envelope sender; empty for the null sender.
    pub(super) sender: Option<String>,
    /// `-F`: the full name for a From that is missing.
    pub(super) full_name: Option<String>,
    /// `-t`: recipients stand in the header too.
    pub(super) from_header: bool,
    /// `-i`: a line of one dot is text.
    pub(super) dots_are_text: bool,
    /// `-v`.
    pub(super) verbose: bool,
    /// `-N`, as the API wants it.
    pub(super) notify: Option<String>,
    /// `-R`.
    pub(super) ret: Option<String>,
    /// `-V`.
    pub(super) envid: Option<String>,
    pub(super) recipients: Vec<String>,
    /// The flags of every verb, which may stand behind `sendmail` too.
    pub(super) server: Option<String>,
    pub(super) config: Option<PathBuf>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) json: bool,
    pub(super) lang: Option<Language>,
}

/// Flags that take a value, glued or as the next word.
const WITH_VALUE: &str = "ABCFLNORVXbefhopr";
/// Flags with a value that Postfix ignores: type of body, configuration, log tag, options, log file, error mode, hops,
/// protocol.
const IGNORED_WITH_VALUE: &str = "ABCLOXehp";
/// Flags without a value that Postfix ignores: gateway submission, me too, no aliases, initial submission, and others.
const IGNORED: &str = "GUcmnx";

/// Reads the words behind `sendmail`.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn read(words: Vec<OsString>, language: Language) -> Result<Call, String> {
    let said = |phrase: SendmailPhrase<'_>| language.say_sendmail(&phrase);
    let mut call = Call::default();
    let mut words = words.into_iter().map(|word| word.into_string().map_err(|_| said(SendmailPhrase::NotUtf8)));
    while let Some(word) = words.next().transpose()? {
        if word == "--" {
            for rest in words {
                call.recipients.push(rest?);
            }
            break;
        } else if word.starts_with("--") {
            call.long(&word, &mut words).map_err(|phrase| said(phrase.as_phrase()))?;
        } else if word == "-q" {
            call.mode = Mode::Flush(None);
        } else if word.len() > 1 && word.starts_with('-') {
            call.bundle(&word, &mut words).map_err(|phrase| said(phrase.as_phrase()))?;
        } else {
            call.recipients.push(word);
        }
    }
    Ok(call)
}

/// What is wrong with a flag.
enum Wrong {
    Unknown(String),
    NoValue(String),
    BadValue(&'static str, &'static str),
    NotHere(String),
    NotUtf8,
}

impl Wrong {
    fn as_phrase(&self) -> SendmailPhrase<'_> {
        match self {
            Wrong::Unknown(flag) => SendmailPhrase::UnknownFlag(flag),
            Wrong::NoValue(flag) => SendmailPhrase::ValueMissing(flag),
            Wrong::BadValue(flag, known) => SendmailPhrase::BadValue { flag, known },
            Wrong::NotHere(flag) => SendmailPhrase::NotHere(flag),
            Wrong::NotUtf8 => SendmailPhrase::NotUtf8,
        }
    }
}

type Words<'w> = &'w mut dyn Iterator<Item = Result<String, String>>;

fn next(flag: &str, words: Words<'_>) -> Result<String, Wrong> {
    match words.next() {
        Some(Ok(value)) => Ok(value),
        Some(Err(_)) => Err(Wrong::NotUtf8),
        None => Err(Wrong::NoValue(flag.to_owned())),
    }
}

impl Call {
    /// `--server URL`, `--server=URL` and the like.
    fn long(&mut self, word: &str, words: Words<'_>) -> Result<(), Wrong> {
        let (name, glued) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        let value = |words: Words<'_>| glued.clone().map_or_else(|| next(name, words), Ok);
        match name {
            "--json" if glued.is_none() => self.json = true,
            "--server" => self.server = Some(value(words)?),
            "--config" => self.config = Some(value(words)?.into()),
            "--token-file" => self.token_file = Some(value(words)?.into()),
            "--lang" => {
                let known = Language::known_tag(&value(words)?);
                self.lang = Some(known.ok_or(Wrong::BadValue("--lang", "en, ja"))?);
            }
            _ => return Err(Wrong::Unknown(word.to_owned())),
        }
        Ok(())
    }

    /// `-ti`, `-fme@example.com`, `-f me@example.com`, `-oi`.
    fn bundle(&mut self, word: &str, words: Words<'_>) -> Result<(), Wrong> {
        for (at, letter) in word.char_indices().skip(1) {
            let rest = &word[at + letter.len_utf8()..];
            if letter == 'q' && at == 1 {
                return self.flush(word, rest);
            }
            if WITH_VALUE.contains(letter) {
                let flag = format!("-{letter}");
                let value = if rest.is_empty() { next(&flag, words)? } else { rest.to_owned() };
                return self.valued(letter, value);
            }
            match letter {
                't' => self.from_header = true,
                'i' => self.dots_are_text = true,
                'v' => self.verbose = true,
                'I' => self.mode = Mode::Aliases,
                ignored if IGNORED.contains(ignored) => {}
                _ => return Err(Wrong::Unknown(format!("-{letter}"))),
            }
        }
        Ok(())
    }

    fn valued(&mut self, letter: char, value: String) -> Result<(), Wrong> {
        match letter {
            'f' | 'r' => self.sender = Some(value),
            'F' => self.full_name = Some(value),
            'o' => self.dots_are_text |= value == "i",
            'N' => self.notify = Some(notify(&value)?),
            'R' => {
                let known = ["full", "hdrs"].into_iter().find(|known| value.eq_ignore_ascii_case(known));
                self.ret = Some(known.ok_or(Wrong::BadValue("-R", "full, hdrs"))?.to_owned());
            }
            'V' => self.envid = Some(value),
            'b' => match value.as_str() {
                "m" => self.mode = Mode::Send,
                "s" => self.mode = Mode::Session,
                "p" => self.mode = Mode::Queue,
                "i" => self.mode = Mode::Aliases,
                _ => return Err(Wrong::NotHere(format!("-b{value}"))),
            },
            _ => debug_assert!(IGNORED_WITH_VALUE.contains(letter), "-{letter} has no meaning"),
        }
        Ok(())
    }

    /// `-qRHOST` makes due what waits for a host; queue identifiers and intervals are not ours.
    fn flush(&mut self, word: &str, rest: &str) -> Result<(), Wrong> {
        match rest.strip_prefix('R') {
            Some(host) if !host.is_empty() => self.mode = Mode::Flush(Some(host.to_owned())),
            _ => return Err(Wrong::NotHere(word.to_owned())),
        }
        Ok(())
    }
}

/// `never`, or some of `success`, `failure`, `delay`.
fn notify(value: &str) -> Result<String, Wrong> {
    let value = value.to_ascii_lowercase().replace(' ', "");
    let known = |word: &str| matches!(word, "success" | "failure" | "delay");
    if value == "never" || value.split(',').all(known) {
        return Ok(value);
    }
    Err(Wrong::BadValue("-N", "never, success, failure, delay"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &[&str]) -> Result<Call, String> {
        read(line.iter().map(OsString::from).collect(), Language::En)
    }

    #[test]
    fn what_programs_write_is_understood() {
        let cron = call(&["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"]).unwrap();
        assert_eq!(
            (cron.full_name.as_deref(), cron.dots_are_text, cron.recipients),
            (Some("CronDaemon"), true, vec!["root".to_owned()])
        );
        let php = call(&["-t", "-i", "-fwww@lab.test"]).unwrap();
        assert_eq!((php.from_header, php.sender.as_deref()), (true, Some("www@lab.test")));
        let mutt = call(&[
            "-oem",
            "-oi",
            "-f",
            "me@lab.test",
            "-N",
            "failure,Delay",
            "-R",
            "hdrs",
            "--",
            "a@b.test",
            "-x@b.test",
        ]);
        let mutt = mutt.unwrap();
        assert_eq!(
            (mutt.dots_are_text, mutt.notify.as_deref(), mutt.ret.as_deref()),
            (true, Some("failure,delay"), Some("hdrs"))
        );
        assert_eq!(mutt.recipients, ["a@b.test", "-x@b.test"]);
        let git = call(&["-f", "me@lab.test", "-i", "a@b.test", "c@d.test"]).unwrap();
        assert_eq!(git.recipients.len(), 2);
        let mailx = call(&["-i", "-r", "me", "a@b.test", "-v"]).unwrap();
        assert!(mailx.verbose && mailx.sender.as_deref() == Some("me"));
        assert!(call(&["-ti"]).unwrap().from_header);
        assert_eq!(call(&["-f", "", "a"]).unwrap().sender.as_deref(), Some(""));
        assert!(
            !call(&["-om", "-G", "-n", "-U", "-O", "Timeout=1h", "-h", "3", "-L", "tag", "a"]).unwrap().dots_are_text
        );
    }

    #[test]
    fn the_modes_of_the_old_program_are_there_or_said_not_to_be() {
        for (word, mode) in [
            ("-bm", Mode::Send),
            ("-bs", Mode::Session),
            ("-bp", Mode::Queue),
            ("-bi", Mode::Aliases),
            ("-I", Mode::Aliases),
            ("-q", Mode::Flush(None)),
            ("-qRpartner.test", Mode::Flush(Some("partner.test".into()))),
        ] {
            assert_eq!(call(&[word]).unwrap().mode, mode, "{word}");
        }
        for word in ["-bd", "-bv", "-bt", "-q15m", "-qIABC", "-qR"] {
            assert!(call(&[word]).unwrap_err().starts_with(word), "{word}");
        }
    }

    #[test]
    fn what_is_no_flag_is_refused() {
        for line in
            [&["-Z"][..], &["-f"], &["-N", "sometimes"], &["-N", ""], &["-R", "half"], &["--sever", "x"], &["--server"]]
        {
            assert!(call(line).is_err(), "{line:?}");
        }
    }

    #[test]
    fn the_flags_of_every_verb_may_stand_here_too() {
        let call = call(&["--config", "n.toml", "--server=http://[::1]:8025", "--json", "--lang", "ja", "a"]).unwrap();
        assert_eq!((call.config, call.server.as_deref()), (Some("n.toml".into()), Some("http://[::1]:8025")));
        assert_eq!((call.json, call.lang, call.recipients.len()), (true, Some(Language::Ja), 1));
    }
}
