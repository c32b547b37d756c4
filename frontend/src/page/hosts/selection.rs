//! Which hosts are chosen for a retry: one by one, or with the shift key all from the last one to this.
//!
//! Promises: the choice is of names, so it outlives every change of the list, its order, its filter and what is scrolled
//! out of sight; the line below the list says how many are chosen. Never: an act (that is `page/retry`).

use common::vocab::Domain;
use leptos::prelude::*;

/// The choice, as signals. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Selection {
    /// A to Z; a few, so that a tree would weigh more than it saves.
    chosen: RwSignal<Vec<Domain>>,
    last: StoredValue<Option<Domain>>,
}

impl Selection {
    /// Nothing is chosen.
    pub(super) fn new() -> Selection {
        Selection { chosen: RwSignal::new(Vec::new()), last: StoredValue::new(None) }
    }

    /// Chooses a host, or no longer; `range`: and all hosts of the list between it and the last one pressed.
    pub(super) fn press(self, host: &Domain, range: bool, list: &[Domain]) {
        let from = self.last.get_value().filter(|_| range);
        self.chosen.update(|chosen| press(chosen, host, from.as_ref(), list));
        self.last.set_value(Some(host.clone()));
    }

    /// Chooses nothing.
    pub(super) fn clear(self) {
        self.chosen.set(Vec::new());
        self.last.set_value(None);
    }

    /// Whether a host is chosen; tracked.
    pub(super) fn has(self, host: &Domain) -> bool {
        self.chosen.with(|chosen| chosen.binary_search(host).is_ok())
    }

    /// How many are chosen; tracked.
    pub(super) fn count(self) -> u64 {
        self.chosen.with(|chosen| chosen.len() as u64)
    }

    /// Those chosen, A to Z; tracked.
    pub(super) fn hosts(self) -> Vec<Domain> {
        self.chosen.get()
    }
}

/// What a press means: all from `from` to `host` become what `host` becomes. A host that has left the list begins no range.
fn press(chosen: &mut Vec<Domain>, host: &Domain, from: Option<&Domain>, list: &[Domain]) {
    let place = |host: &Domain| list.iter().position(|other| other == host);
    let range = match (from.and_then(place), place(host)) {
        (Some(from), Some(to)) => &list[from.min(to)..=from.max(to)],
        _ => std::slice::from_ref(host),
    };
    let choose = chosen.binary_search(host).is_err();
    for host in range {
        match (chosen.binary_search(host), choose) {
            (Err(at), true) => chosen.insert(at, host.clone()),
            (Ok(at), false) => drop(chosen.remove(at)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(presses: &[(&str, Option<&str>)]) -> Vec<String> {
        let domain = |name: &str| name.parse::<Domain>().unwrap();
        let list = ["a.test", "b.test", "c.test", "d.test"].map(domain);
        let mut chosen = Vec::new();
        for (host, from) in presses {
            press(&mut chosen, &domain(host), from.map(domain).as_ref(), &list);
        }
        chosen.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_press_chooses_one_and_a_second_takes_it_back() {
        assert_eq!(pressed(&[("b.test", None)]), ["b.test"]);
        assert_eq!(pressed(&[("b.test", None), ("b.test", None)]), [""; 0]);
    }

    #[test]
    fn a_range_goes_either_way_and_does_to_all_what_it_does_to_its_end() {
        assert_eq!(pressed(&[("c.test", None), ("a.test", Some("c.test"))]), ["a.test", "b.test", "c.test"]);
        let all = [("a.test", None), ("d.test", Some("a.test")), ("c.test", Some("d.test"))];
        assert_eq!(pressed(&all), ["a.test", "b.test"]);
    }

    #[test]
    fn a_range_from_a_host_that_has_left_the_list_is_one_host() {
        assert_eq!(pressed(&[("c.test", Some("gone.test"))]), ["c.test"]);
    }
}
