//! A password from a person, who does not see it, or from the input.

use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use common::wire::Secret;
use common::words::{AccountPhrase, Language};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Octets of a line that is read. A password has at most 128 characters.
const LINE_BYTES_MAX: usize = 1_024;

/// Asks a person twice; takes the first line of any other input.
pub(super) async fn ask(name: &str, language: Language, terminal: &mut Terminal<'_>) -> Result<Secret, Failure> {
    let usage = |phrase: AccountPhrase<'_>| Failure::Usage(language.say_account(&phrase));
    let typed = terminal.typed;
    let first = prompted(&AccountPhrase::PasswordPrompt(name), language, terminal).await?;
    if first.is_empty() {
        return Err(usage(AccountPhrase::PasswordMissing));
    }
    if typed && prompted(&AccountPhrase::PasswordAgain, language, terminal).await? != first {
        return Err(usage(AccountPhrase::PasswordsDiffer));
    }
    Ok(Secret(first))
}

async fn prompted(
    phrase: &AccountPhrase<'_>,
    language: Language,
    terminal: &mut Terminal<'_>,
) -> Result<String, Failure> {
    if !terminal.typed {
        return line(&mut terminal.input).await;
    }
    write!(terminal.err, "{}", language.say_account(phrase))?;
    terminal.err.flush()?;
    let hidden = Hidden::begin();
    let line = line(&mut terminal.input).await;
    drop(hidden);
    writeln!(terminal.err)?;
    line
}

/// A line without its end, read octet by octet: what follows belongs to the next question.
async fn line(input: &mut (impl AsyncRead + Unpin)) -> Result<String, Failure> {
    let mut octets = Vec::new();
    while octets.len() < LINE_BYTES_MAX {
        match input.read_u8().await {
            Ok(b'\n') => break,
            Ok(octet) => octets.push(octet),
            Err(why) if why.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(why) => return Err(Failure::Output(why)),
        }
    }
    if octets.last() == Some(&b'\r') {
        octets.pop();
    }
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

/// A terminal that does not show what is typed; it does again once this is dropped.
struct Hidden(Option<Termios>);

impl Hidden {
    fn begin() -> Hidden {
        let input = std::io::stdin();
        let Ok(before) = tcgetattr(&input) else { return Hidden(None) };
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        let _ = tcsetattr(&input, OptionalActions::Flush, &quiet); // then it shows: better than no way in
        Hidden(Some(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(input: &'static [u8], typed: bool) -> Result<Secret, Failure> {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut terminal = Terminal { out: &mut out, err: &mut err, input: Box::new(input), typed };
        ask("ann", Language::En, &mut terminal).await
    }

    #[tokio::test]
    async fn a_password_is_the_first_line_or_typed_twice() {
        assert_eq!(asked(b"correct horse\r\nrest", false).await.unwrap(), Secret("correct horse".into()));
        assert_eq!(asked(b"no end", false).await.unwrap(), Secret("no end".into()));
        assert_eq!(asked(b"twice\ntwice\n", true).await.unwrap(), Secret("twice".into()));
        assert!(matches!(asked(b"once\ntwice\n", true).await, Err(Failure::Usage(_))));
        assert!(matches!(asked(b"", false).await, Err(Failure::Usage(_))));
    }
}
