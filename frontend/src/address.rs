//! The address of the page: its path, its query, and the way to another one.
//!
//! Promises: a link stays a link (a new tab, a download, another site and a `rel="external"` are the browser's own), back
//! and forward work, and a path or query of any text reads back as that text. Never: what an address shows (see `app`).

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// Path and query, as signals.
#[derive(Clone, Copy)]
pub struct Address {
    path: RwSignal<String>,
    search: RwSignal<String>,
}

impl Address {
    /// The address the page was opened with; follows links, back and forward from now on.
    pub fn follow() -> Address {
        let address = Address { path: RwSignal::new(String::new()), search: RwSignal::new(String::new()) };
        address.read();
        window_event_listener(leptos::ev::popstate, move |_| address.read());
        window_event_listener(leptos::ev::click, move |event| {
            if let Some(link) = link_within(&event) {
                event.prevent_default();
                address.go(&format!("{}{}{}", link.pathname(), link.search(), link.hash()));
            }
        });
        address
    }

    /// From the context.
    pub fn here() -> Address {
        expect_context()
    }

    /// Part `n` of the path, decoded: of `/hosts/a.test`, 0 is `hosts` and 1 is `a.test`. Tracked.
    pub fn segment(self, n: usize) -> Option<String> {
        self.path.with(|path| segments(path).nth(n))
    }

    /// The path as it stands in the address; tracked.
    pub fn path(self) -> String {
        self.path.get()
    }

    /// The path and nothing else of the address, not tracked.
    pub fn path_now(self) -> String {
        self.path.get_untracked()
    }

    /// A value of the query, decoded; tracked.
    pub fn query(self, key: &str) -> Option<String> {
        self.search.with(|search| value_of(search, key))
    }

    /// To another page, at its beginning; `to` begins with `/`.
    pub fn go(self, to: &str) {
        let history = window().history();
        let _ = history.and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(to)));
        window().scroll_to_with_x_and_y(0.0, 0.0);
        self.read();
    }

    /// Another address for what is shown, in place of this one. Nothing scrolls.
    pub fn replace(self, to: &str) {
        let history = window().history();
        let _ = history.and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(to)));
        self.read();
    }

    /// What the browser shows is what counts. A signal whose text has not changed wakes nobody. The path first: the page
    /// that is left is gone before it would take the next one's query for its own.
    fn read(self) {
        let location = window().location();
        for (signal, now) in [(self.path, location.pathname()), (self.search, location.search())] {
            let now = now.unwrap_or_default();
            if signal.with_untracked(|before| *before != now) {
                signal.set(now);
            }
        }
    }
}

/// The link of this console that a plain click is on.
fn link_within(event: &MouseEvent) -> Option<HtmlAnchorElement> {
    let plain = event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
    if event.default_prevented() || !plain {
        return None;
    }
    let element = event.target()?.dyn_into::<Element>().ok()?;
    let link = element.closest("a[href]").ok()??.dyn_into::<HtmlAnchorElement>().ok()?;
    let ours = link.origin() == window().location().origin().ok()?;
    let plain = !link.has_attribute("download") && link.target().is_empty() && link.rel() != "external";
    (ours && plain).then_some(link)
}

/// The parts of a path, decoded.
pub fn segments(path: &str) -> impl Iterator<Item = String> {
    path.split('/').filter(|part| !part.is_empty()).map(|part| decoded(part, false))
}

/// The value of a key in `?a=1&b=2`.
fn value_of(search: &str, key: &str) -> Option<String> {
    let pairs = search.trim_start_matches('?').split('&');
    let found = pairs.filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == key);
    found.map(|(_, value)| decoded(value, true))
}

/// Undoes `%41`, and in a query `+`. What is no escape stays as it is.
fn decoded(text: &str, query: bool) -> String {
    let (octets, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while let Some(&octet) = octets.get(at) {
        let digit = |n: usize| octets.get(at + n).and_then(|&octet| char::from(octet).to_digit(16));
        let (octet, taken) = match (octet, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => ((high * 16 + low) as u8, 3),
            (b'+', ..) if query => (b' ', 1),
            (octet, ..) => (octet, 1),
        };
        out.push(octet);
        at += taken;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_any_text_is_cut_at_its_slashes_and_decoded() {
        let parts = |path| segments(path).collect::<Vec<_>>();
        assert_eq!(parts("/"), [""; 0]);
        assert_eq!(parts("/hosts/"), ["hosts"]);
        assert_eq!(parts("/hosts/a%2Fb%3F%23"), ["hosts", "a/b?#"]);
        assert_eq!(parts("/hosts/%E4%BE%8B.test+"), ["hosts", "例.test+"]);
    }

    #[test]
    fn a_query_is_decoded_and_what_is_no_escape_stays() {
        assert_eq!(value_of("?q=status:down+a%26b&sort=-host", "q").as_deref(), Some("status:down a&b"));
        assert_eq!(value_of("?q=status:down&sort=-host", "sort").as_deref(), Some("-host"));
        assert_eq!(value_of("?q=100%&r=%zz%4", "q").as_deref(), Some("100%"));
        assert_eq!(value_of("?q=100%&r=%zz%4", "r").as_deref(), Some("%zz%4"));
        assert_eq!(value_of("?q=%FF", "q").as_deref(), Some("\u{fffd}"));
        assert_eq!(value_of("", "q"), None);
    }
}
