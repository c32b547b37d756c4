//! What the sender wants to hear about the message (RFC 3461), as a request says it: `notify`, `ret`, `envid`.

use crate::intake::http::refusal;
use crate::intake::smtp::parameter::{ENVID_BYTES_MAX, MailParameters, read_notify};
use common::wire::ApiError;
use engine::dsn::{RecipientDsn, ReturnContent};

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
    /// The same as values: what is asked about the message, and about each of its recipients.
    pub(super) fn read(&self) -> Result<(MailParameters, RecipientDsn), ApiError> {
        let ret = match self.ret.as_deref() {
            None => None,
            Some(text) if text.eq_ignore_ascii_case("full") => Some(ReturnContent::Full),
            Some(text) if text.eq_ignore_ascii_case("hdrs") => Some(ReturnContent::Headers),
            Some(_) => return Err(refusal::bad_wish("ret", "Say full or hdrs.")),
        };
        let envid = match self.envid.as_deref() {
            Some(text) if is_envid(text) => Some(text.into()),
            Some(_) => {
                return Err(refusal::bad_wish("envid", "An envelope id has 1 to 100 visible ASCII characters."));
            }
            None => None,
        };
        let bad_notify = || refusal::bad_wish("notify", "Say never, or some of success, failure, delay.");
        let notify = self.notify.as_deref();
        let notify = notify.map(|text| read_notify(text.as_bytes()).ok_or_else(bad_notify)).transpose()?;
        Ok((MailParameters { ret, envid, ..MailParameters::default() }, RecipientDsn { notify, original: None }))
    }
}

fn is_envid(text: &str) -> bool {
    (1..=ENVID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::dsn::Notify;

    fn wish(notify: &str, ret: &str, envid: &str) -> Result<(MailParameters, RecipientDsn), String> {
        let some = |text: &str| (text != "-").then(|| text.to_owned());
        let wish = Wish { notify: some(notify), ret: some(ret), envid: some(envid) };
        wish.read().map_err(|refusal| refusal.error.field.unwrap())
    }

    #[test]
    fn wishes_become_what_the_engine_knows() {
        assert_eq!(wish("-", "-", "-"), Ok(Default::default()));
        let (message, recipient) = wish("Failure,delay", "HDRS", "QQ314159").unwrap();
        assert_eq!((message.ret, message.envid.as_deref()), (Some(ReturnContent::Headers), Some("QQ314159")));
        assert_eq!(recipient.notify, Some(Notify { success: false, failure: true, delay: true }));
        assert_eq!(wish("never", "full", "-").unwrap().1.notify, Some(Notify::NEVER));
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
