//! The cookie of a session: how it is named, set, read and cleared.
//!
//! Promises: over TLS it is `__Host-`, `Secure`: no other name of the domain can set it; a script never reads it; no
//! other site's page sends it. Without TLS its name has the listener's port, since browsers share cookies among ports.

use crate::console::auth::SESSION_LIFETIME;
use axum::http::{HeaderMap, HeaderValue, header};
use common::wire::Secret;

/// The name over TLS.
const SECURE: &str = "__Host-nexthop";

/// The name without TLS.
fn plain(port: u16) -> String {
    format!("nexthop-{port}")
}

/// The secret that a request carries. The secure cookie goes first; a listener with TLS takes no other.
pub(super) fn read(fields: &HeaderMap, port: u16, tls: bool) -> Option<&str> {
    let named = |name: &str| {
        let lines = fields.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
    };
    named(SECURE).or_else(|| if tls { None } else { named(&plain(port)) })
}

/// Sets it, for a page that came by TLS or not.
pub(super) fn set(secret: &Secret, port: u16, secure: bool) -> Option<HeaderValue> {
    let rest = format!("Path=/; Max-Age={}; HttpOnly; SameSite=Strict", SESSION_LIFETIME.as_secs());
    let line = if secure {
        format!("{SECURE}={}; {rest}; Secure", secret.0)
    } else {
        format!("{}={}; {rest}", plain(port), secret.0)
    };
    let mut value = HeaderValue::try_from(line).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Takes both away.
pub(super) fn clear(port: u16) -> [String; 2] {
    let rest = "Path=/; Max-Age=0; HttpOnly; SameSite=Strict";
    [format!("{SECURE}=; {rest}; Secure"), format!("{}=; {rest}", plain(port))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::try_from(*line).unwrap())).collect()
    }

    #[test]
    fn the_secure_cookie_goes_first_and_alone_where_there_is_tls() {
        let both = fields(&["a=b; nexthop-8025=plain", "__Host-nexthop=secure"]);
        assert_eq!((read(&both, 8025, false), read(&both, 8025, true)), (Some("secure"), Some("secure")));
        let one = fields(&["x=y;nexthop-8025=plain"]);
        assert_eq!((read(&one, 8025, false), read(&one, 8025, true)), (Some("plain"), None));
        assert_eq!(read(&one, 8026, false), None, "another server on this machine");
        assert_eq!(read(&fields(&["nexthop-8025", "=", ";;"]), 8025, false), None);
    }

    #[test]
    fn it_is_kept_from_scripts_and_other_sites() {
        let secret = Secret("s".into());
        let line = |secure| set(&secret, 8025, secure).unwrap().to_str().unwrap().to_owned();
        assert_eq!(line(false), "nexthop-8025=s; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict");
        assert_eq!(line(true), "__Host-nexthop=s; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure");
    }
}
