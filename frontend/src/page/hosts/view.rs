//! What the reader looks at, as the address says it: `?q=status:down&sort=-active_recipients`.
//! How far it is scrolled is no part of it (see `sight`).

use crate::address::Address;
use crate::derived::memo;
use common::wire::{HostSort, HostsQuery, Window};
use common::words::Column;
use leptos::prelude::*;

/// Filter and order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ListView {
    pub(super) filter: String,
    pub(super) sort: HostSort,
    pub(super) ascending: bool,
}

/// Every order with its word in the address (the word of the wire) and its column.
const SORTS: [(HostSort, &str, Column); 9] = [
    (HostSort::ActiveRecipients, "active_recipients", Column::ActiveRecipients),
    (HostSort::CurrentOutboundConnections, "current_outbound_connections", Column::ConnectionsOut),
    (HostSort::DeliveredRecipients, "delivered_recipients", Column::DeliveredRecipients),
    (HostSort::SoftBouncedEvents, "soft_bounced_events", Column::SoftBounced),
    (HostSort::HardBouncedRecipients, "hard_bounced_recipients", Column::HardBounced),
    (HostSort::Host, "host", Column::DestinationDomain),
    (HostSort::Status, "status", Column::LatestHostStatus),
    (HostSort::OldestMessageAt, "oldest_message_at", Column::Oldest),
    (HostSort::NextAttemptAt, "next_attempt_at", Column::NextRetry),
];

/// The order of a column; `None` where the list cannot be sorted by it.
pub(super) fn sort_of(column: Column) -> Option<HostSort> {
    SORTS.iter().find(|(_, _, known)| *known == column).map(|(sort, _, _)| *sort)
}

/// The column of an order.
pub(super) fn column_of(sort: HostSort) -> Column {
    SORTS.iter().find(|(known, _, _)| *known == sort).map_or(Column::ActiveRecipients, |(_, _, column)| *column)
}

/// Numbers are wanted largest first; names, states and times from their beginning.
fn begins_ascending(sort: HostSort) -> bool {
    matches!(sort, HostSort::Host | HostSort::Status | HostSort::OldestMessageAt | HostSort::NextAttemptAt)
}

impl ListView {
    /// From the parameters of an address; what is not understood counts as absent.
    pub(super) fn read(parameter: impl Fn(&str) -> Option<String>) -> ListView {
        let order = parameter("sort").unwrap_or_default();
        let word = order.trim_start_matches('-');
        let found = SORTS.iter().find(|(_, known, _)| *known == word);
        ListView {
            filter: parameter("q").unwrap_or_default().trim().to_owned(),
            sort: found.map_or_else(HostSort::default, |(sort, _, _)| *sort),
            ascending: found.is_some() && !order.starts_with('-'),
        }
    }

    /// The parameters as they stand in an address, `?` included; empty for the plain view.
    pub(super) fn address(&self) -> String {
        let mut parts = Vec::new();
        if !self.filter.is_empty() {
            parts.push(format!("q={}", escaped(&self.filter)));
        }
        if (self.sort, self.ascending) != (HostSort::default(), false) {
            let word = SORTS.iter().find(|(sort, _, _)| *sort == self.sort).map_or("", |(_, word, _)| word);
            parts.push(format!("sort={}{word}", if self.ascending { "" } else { "-" }));
        }
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }

    /// The same list by another column, or the other way round if it is this one already.
    pub(super) fn sorted_by(&self, sort: HostSort) -> ListView {
        let ascending = if sort == self.sort { !self.ascending } else { begins_ascending(sort) };
        ListView { sort, ascending, ..self.clone() }
    }

    /// The same list by another filter.
    pub(super) fn filtered(&self, filter: &str) -> ListView {
        ListView { filter: filter.trim().to_owned(), ..self.clone() }
    }

    /// As the server is asked for a part of it.
    pub(super) fn query(&self, window: Window, freeze: bool) -> HostsQuery {
        let (filter, sort, ascending) = (self.filter.clone(), self.sort, self.ascending);
        HostsQuery { filter, sort, ascending, window, freeze }
    }
}

/// Percent-encodes what has a meaning in a query; `:` and letters of any script stay readable.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            ' ' | '%' | '&' | '+' | '#' | '?' | '"' | '<' | '>' | '\'' | '\\' => {
                out.push_str(&format!("%{:02X}", u32::from(character)));
            }
            control if control.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

/// The view that the address names, and the way to show another one.
pub(super) fn from_address() -> (Memo<ListView>, Callback<ListView>) {
    let address = Address::here();
    let view = memo(move || ListView::read(|name| address.query(name)));
    let show = Callback::new(move |next: ListView| {
        if next != view.get_untracked() {
            address.replace(&format!("{}{}", address.path_now(), next.address()));
        }
    });
    (view, show)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> ListView {
        let pairs: Vec<(&str, &str)> =
            address.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('=')).collect();
        ListView::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn an_address_gives_the_view_that_gave_the_address() {
        for view in [
            ListView::default(),
            ListView { filter: "status:down".into(), ..ListView::default() },
            ListView { sort: HostSort::Host, ascending: true, ..ListView::default() },
            ListView { sort: HostSort::ActiveRecipients, ascending: true, ..ListView::default() },
        ] {
            assert_eq!(read(&view.address()), view, "{}", view.address());
        }
        assert_eq!(ListView::default().address(), "");
    }

    #[test]
    fn every_order_has_the_word_of_the_wire() {
        for (sort, word, column) in SORTS {
            assert_eq!(serde_json::to_string(&sort).unwrap(), format!("\"{word}\""));
            assert_eq!((sort_of(column), column_of(sort)), (Some(sort), column));
        }
        assert_eq!(sort_of(Column::Why), None);
    }

    #[test]
    fn nonsense_in_the_address_is_the_plain_view() {
        assert_eq!(read("?sort=moon&first=100"), ListView::default());
    }

    #[test]
    fn what_has_a_meaning_in_a_query_is_escaped() {
        let view = ListView { filter: "a&b #1 100%".into(), ..ListView::default() };
        assert_eq!(view.address(), "?q=a%26b%20%231%20100%25");
    }

    #[test]
    fn a_second_click_turns_the_order_round_and_a_first_takes_the_useful_end() {
        let numbers = ListView::default().sorted_by(HostSort::SoftBouncedEvents);
        assert!(!numbers.ascending && numbers.sorted_by(HostSort::SoftBouncedEvents).ascending);
        assert!(numbers.sorted_by(HostSort::Host).ascending);
    }
}
