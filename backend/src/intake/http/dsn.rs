//! What the sender wants to hear about the message (RFC 3461), as a request says it: `notify`, `ret`, `envid`.

use crate::intake::http::refusal;
use common::wire::ApiError;
use engine::dsn::{Dsn, Notify, RecipientDsn, ReturnContent};

/// Characters of an envelope id (RFC 3461 §4.4).
const ENVID_CHARS_MAX: usize = 100;

/// As asked, unchecked. `Default` is: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// `never`, or some of `success`, `failure`, `delay`, separated by commas; for all recipients.
    pub notify: Option<String>,
    /// `full` or `hdrs`.
    pub ret: Option<String>,
    /// A name that comes back in reports.
    pub envid: Option<String>,
}

impl Wish {
    /// The same as values, for so many recipients.
    pub(super) fn for_recipients(&self, count: usize) -> Result<Dsn, ApiError> {
        let ret = match self.ret.as_deref() {
            None => None,
            Some(text) if text.eq_ignore_ascii_case("full") => Some(ReturnContent::Full),
            Some(text) if text.eq_ignore_ascii_case("hdrs") => Some(ReturnContent::Headers),
            Some(_) => return Err(refusal::bad_wish("ret", "Say full or hdrs.")),
        };
        let notify = self.notify.as_deref().map(notify).transpose()?;
        let envid = match self.envid.as_deref() {
            Some(text) if is_envid(text) => Some(text.into()),
            Some(_) => {
                return Err(refusal::bad_wish("envid", "An envelope id has 1 to 100 visible ASCII characters."));
            }
            None => None,
        };
        let asked = |notify| RecipientDsn { notify: Some(notify), original: None };
        let recipients = notify.map(|notify| vec![asked(notify); count].into()).unwrap_or_default();
        Ok(Dsn { ret, envid, recipients })
    }
}

fn is_envid(text: &str) -> bool {
    (1..=ENVID_CHARS_MAX).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_graphic())
}

fn notify(text: &str) -> Result<Notify, ApiError> {
    let mut notify = Notify::NEVER;
    if text.eq_ignore_ascii_case("never") {
        return Ok(notify);
    }
    for word in text.split(',') {
        match word.trim().to_ascii_lowercase().as_str() {
            "success" => notify.success = true,
            "failure" => notify.failure = true,
            "delay" => notify.delay = true,
            _ => return Err(refusal::bad_wish("notify", "Say never, or some of success, failure, delay.")),
        }
    }
    Ok(notify)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(notify: &str, ret: &str, envid: &str) -> Result<Dsn, String> {
        let some = |text: &str| (text != "-").then(|| text.to_owned());
        let wish = Wish { notify: some(notify), ret: some(ret), envid: some(envid) };
        wish.for_recipients(2).map_err(|refusal| refusal.error.field.unwrap())
    }

    #[test]
    fn wishes_become_what_the_engine_knows() {
        assert_eq!(wish("-", "-", "-"), Ok(Dsn::default()));
        let dsn = wish("Failure, delay", "HDRS", "QQ314159").unwrap();
        assert_eq!((dsn.ret, dsn.envid.as_deref()), (Some(ReturnContent::Headers), Some("QQ314159")));
        assert_eq!(dsn.notify(1), Notify { success: false, failure: true, delay: true });
        assert_eq!(wish("never", "full", "-").unwrap().notify(0), Notify::NEVER);
    }

    #[test]
    fn what_is_no_wish_is_refused_by_its_field() {
        for notify in ["", "always", "never,success", "success,", "success failure"] {
            assert_eq!(wish(notify, "-", "-"), Err("notify".into()), "{notify}");
        }
        assert_eq!(wish("-", "half", "-"), Err("ret".into()));
        for envid in ["", "a b", "a\r\nb", "é", &"x".repeat(101)] {
            assert_eq!(wish("-", "-", envid), Err("envid".into()), "{envid}");
        }
    }
}
