//! An ordered map that is dense: for millions of entries that come mostly in the order of their keys.
//!
//! Promises: the order of keys, as `BTreeMap` has it, whose names its methods bear. Entries that come in order fill their
//! boards, where the standard library's tree leaves each node half empty; what was removed is given back.
//! Costs a step of the binary search per doubling, and moving at most one board of entries.

use std::collections::VecDeque;
use std::collections::vec_deque;
use std::ops::{Bound, Index, RangeBounds};

/// Entries of a board: more would cost more to move, fewer more boards.
const BOARD_ENTRIES: usize = 64;
/// Boards with so few entries join their neighbour, if it has room.
const BOARD_ENTRIES_MIN: usize = BOARD_ENTRIES / 4;

type Board<K, V> = Vec<(K, V)>;

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Shelf<K, V> {
    /// None is empty, none is longer than [`BOARD_ENTRIES`].
    boards: VecDeque<Board<K, V>>,
    len: usize,
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Shelf<K, V> {
        Shelf { boards: VecDeque::new(), len: 0 }
    }
}

impl<K: Ord + Copy, V> Shelf<K, V> {
    /// Entries.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The board on which this key stands or would stand, and its place there.
    fn find(&self, key: &K) -> (usize, Result<usize, usize>) {
        // Most that is looked for is new.
        let last = self.boards.len().saturating_sub(1);
        let at = match self.boards.back() {
            Some(newest) if newest[0].0 <= *key => last,
            _ => self.boards.partition_point(|board| board[0].0 <= *key).saturating_sub(1),
        };
        let place = self.boards.get(at).map_or(Err(0), |board| board.binary_search_by(|(held, _)| held.cmp(key)));
        (at, place)
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let (at, place) = self.find(key);
        place.ok().map(|place| &self.boards[at][place].1)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let (at, place) = self.find(key);
        place.ok().map(|place| &mut self.boards[at][place].1)
    }

    /// Whether the key is there.
    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).1.is_ok()
    }

    /// Adds an entry; answers the value that the key had before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (at, place) = self.find(&key);
        let place = match place {
            Ok(place) => return Some(std::mem::replace(&mut self.boards[at][place].1, value)),
            Err(place) => place,
        };
        self.len += 1;
        let last = self.boards.len().saturating_sub(1);
        match self.boards.get_mut(at) {
            None => self.boards.push_back(vec![(key, value)]),
            Some(board) if board.len() < BOARD_ENTRIES => {
                if board.len() == board.capacity() {
                    // Not to twice as many: there are many short shelves.
                    board.reserve_exact((board.len() / 4).max(2).min(BOARD_ENTRIES - board.len()));
                }
                board.insert(place, (key, value));
            }
            Some(_) if at == last && place == BOARD_ENTRIES => {
                // In order: the next board is filled as this one was, and grows as a vector grows.
                self.boards.push_back(vec![(key, value)]);
            }
            Some(board) => {
                let mut upper = board.split_off(BOARD_ENTRIES / 2);
                match place.checked_sub(BOARD_ENTRIES / 2) {
                    Some(place) if place > 0 => upper.insert(place, (key, value)),
                    _ => board.insert(place, (key, value)),
                }
                self.boards.insert(at + 1, upper);
            }
        }
        None
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (at, place) = self.find(key);
        place.ok().map(|place| self.take(at, place).1)
    }

    fn take(&mut self, at: usize, place: usize) -> (K, V) {
        self.len -= 1;
        let board = &mut self.boards[at];
        let entry = board.remove(place);
        if board.is_empty() {
            self.boards.remove(at);
            if self.boards.is_empty() {
                self.boards = VecDeque::new();
            }
        } else if board.len() <= BOARD_ENTRIES_MIN {
            board.shrink_to(board.len() * 2);
            self.join(at);
        }
        entry
    }

    /// A short board joins the one behind it.
    fn join(&mut self, at: usize) {
        let both = self.boards[at].len() + self.boards.get(at + 1).map_or(BOARD_ENTRIES, Vec::len);
        if both <= BOARD_ENTRIES / 2
            && let Some(behind) = self.boards.remove(at + 1)
        {
            self.boards[at].extend(behind);
        }
    }

    /// The entry with the lowest key.
    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.boards.front().and_then(|board| board.first()).map(|(key, value)| (key, value))
    }

    /// Takes the entry with the lowest key out.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.is_empty()).then(|| self.take(0, 0))
    }

    /// All entries, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.boards.iter().flatten().map(|(key, value)| (key, value))
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// All values, by key.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The same, to change them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.boards.iter_mut().flatten().map(|(_, value)| value)
    }

    /// The entries whose keys lie in a range that has a beginning.
    pub fn range<R: RangeBounds<K>>(&self, range: R) -> impl Iterator<Item = (&K, &V)> {
        let (at, place) = match range.start_bound() {
            Bound::Included(key) | Bound::Excluded(key) => self.find(key),
            Bound::Unbounded => (0, Err(0)),
        };
        let place = match place {
            Ok(place) | Err(place) => place,
        };
        let entries = self.boards.range(at.min(self.boards.len())..).flatten().skip(place);
        entries
            .map(|(key, value)| (key, value))
            .skip_while({
                let start = range.start_bound().cloned();
                move |(key, _)| matches!(start, Bound::Excluded(excluded) if **key == excluded)
            })
            .take_while(move |(key, _)| match range.end_bound() {
                Bound::Included(end) => *key <= end,
                Bound::Excluded(end) => *key < end,
                Bound::Unbounded => true,
            })
    }

    /// Octets of memory that it holds, its values' own not counted.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        let boards = self.boards.iter().map(|board| board.capacity() * std::mem::size_of::<(K, V)>()).sum::<usize>();
        boards + self.boards.capacity() * std::mem::size_of::<Board<K, V>>()
    }
}

impl<K: Ord + Copy, V> Index<&K> for Shelf<K, V> {
    type Output = V;
    fn index(&self, key: &K) -> &V {
        self.get(key).expect("the key is there")
    }
}

impl<K: Ord + Copy, V> FromIterator<(K, V)> for Shelf<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Shelf<K, V> {
        let mut shelf = Shelf::default();
        entries.into_iter().for_each(|(key, value)| drop(shelf.insert(key, value)));
        shelf
    }
}

impl<K, V> IntoIterator for Shelf<K, V> {
    type Item = (K, V);
    type IntoIter = std::iter::Flatten<vec_deque::IntoIter<Board<K, V>>>;
    fn into_iter(self) -> Self::IntoIter {
        self.boards.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use std::collections::BTreeMap;
    use std::mem::size_of;

    fn same(shelf: &Shelf<u64, u64>, tree: &BTreeMap<u64, u64>) {
        assert!(shelf.iter().eq(tree.iter()));
        assert_eq!((shelf.len(), shelf.is_empty()), (tree.len(), tree.is_empty()));
        assert_eq!(shelf.first_key_value(), tree.first_key_value());
        assert!(shelf.boards.iter().all(|board| (1..=BOARD_ENTRIES).contains(&board.len())));
    }

    #[test]
    fn whatever_is_done_it_answers_as_the_standard_librarys_tree() {
        for seed in 1..=30 {
            let (mut random, mut shelf, mut tree) = (Random::new(seed), Shelf::default(), BTreeMap::new());
            let mut next = 0;
            for step in 0..3_000 {
                let known = random.below(next + 2);
                match random.below(if step < 1_500 { 9 } else { 5 }) {
                    0 => assert_eq!(shelf.remove(&known), tree.remove(&known)),
                    1 => assert_eq!(shelf.pop_first(), tree.pop_first()),
                    2 => assert_eq!(shelf.insert(known, step), tree.insert(known, step)),
                    3 => {
                        let end = known + random.below(200);
                        assert!(shelf.range(known..=end).eq(tree.range(known..=end)));
                        assert!(shelf.range(known..).take(5).eq(tree.range(known..).take(5)));
                        assert_eq!(shelf.get(&known), tree.get(&known));
                    }
                    4 => {
                        let doubled = |value: &mut u64| *value *= 2;
                        shelf.get_mut(&known).map(doubled);
                        tree.get_mut(&known).map(doubled);
                    }
                    _ => {
                        next += 1 + random.below(2);
                        assert_eq!(shelf.insert(next, step), tree.insert(next, step));
                    }
                }
            }
            same(&shelf, &tree);
            assert!(shelf.clone().into_iter().eq(tree.clone()));
            while let Some(key) = tree.keys().nth(random.below(tree.len() as u64 + 1) as usize).copied() {
                assert_eq!(shelf.remove(&key), tree.remove(&key));
            }
            same(&shelf, &tree);
        }
    }

    #[test]
    fn a_short_shelf_keeps_room_for_few_more() {
        let entry = size_of::<(u64, u64)>();
        for count in 1..64 {
            let shelf: Shelf<u64, u64> = (0..count).map(|key| (key, key)).collect();
            let room = (count as usize * 5 / 4).max(count as usize + 2) * entry;
            assert!(shelf.boards[0].capacity() * entry <= room, "{count}");
        }
    }

    #[test]
    fn entries_in_order_leave_no_room_and_what_is_removed_is_given_back() {
        let entry = size_of::<(u64, u64)>();
        let mut shelf: Shelf<u64, u64> = (0..64_000).map(|key| (key, key)).collect();
        assert!(shelf.bytes() < 64_000 * entry * 106 / 100, "{} octets", shelf.bytes());
        (0..64_000)
            .filter(|key| key % 8 > 0)
            .for_each(|key| assert!(shelf.remove(&key).is_none_or(|value| value == key)));
        assert!(shelf.bytes() < 8_000 * entry * 4, "{} octets", shelf.bytes());
        (0..64_000).for_each(|key| assert!(shelf.remove(&key).is_none_or(|value| value == key)));
        assert_eq!(shelf.bytes(), 0);
    }
}
