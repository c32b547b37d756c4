//! Which rows of the list are before the reader's eyes, and which are asked for around them.
//!
//! Promises: only rows in sight and a few around them are in the page, however long the list is; the server is asked
//! for a part well before its end comes into sight. Pure, but for [`follow`], which listens to the page's scrolling.

use crate::browser;
use crate::derived::effect;
use common::wire::Window;
use leptos::prelude::*;

/// Rows kept in the page above and below those in sight.
const AROUND: u32 = 8;
/// Rows asked for at once: three screens of a common size.
const ROWS_MIN: u32 = 100;
/// The server gives no more at once.
const ROWS_MAX: u32 = 200;
/// A new part is asked for when fewer rows than this are left before its end comes into sight.
const ROWS_LEFT: u32 = 16;
/// Rows that the page has room for: browsers cannot lay out more than some 17 million pixels.
pub(super) const ROOM: u64 = 350_000;

/// The rows that are in the page: `first..first + len`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sight {
    pub(super) first: u32,
    pub(super) len: u32,
}

impl Sight {
    /// From the place of the list's first row against the top of the screen, in pixels.
    fn of(top: f64, screen: f64, row: f64) -> Sight {
        if row < 1.0 {
            return Sight::default();
        }
        let above = (-top / row).max(0.0) as u32;
        let first = above.saturating_sub(AROUND);
        // In steps, so that not every pixel changes the page.
        let first = first - first % (AROUND / 2);
        Sight { first, len: (screen / row).ceil() as u32 + 2 * AROUND + AROUND / 2 }
    }

    fn end(self) -> u32 {
        self.first.saturating_add(self.len)
    }

    /// The part of the list to ask for; the one that was asked for before, while it still serves.
    pub(super) fn window(self, before: Option<Window>) -> Window {
        let len = (self.len * 3).clamp(ROWS_MIN, ROWS_MAX);
        if let Some(before) = before.filter(|before| before.len == len) {
            let from = if before.first == 0 { 0 } else { before.first + ROWS_LEFT };
            let to = (before.first + before.len).saturating_sub(ROWS_LEFT);
            if from <= self.first && self.end() <= to {
                return before;
            }
        }
        Window { first: self.first.saturating_sub(len.saturating_sub(self.len) / 2), len }
    }

    /// Which of the rows at `first..first + len` are in sight: how many stand before them, and how many they are.
    pub(super) fn part(self, first: u32, len: usize) -> (usize, usize) {
        let end = first.saturating_add(len as u32);
        let (from, to) = (self.first.clamp(first, end), self.end().clamp(first, end));
        ((from - first) as usize, (to - from) as usize)
    }
}

/// What is in sight, from now on.
pub(super) fn follow(body: NodeRef<leptos::html::Tbody>) -> RwSignal<Sight> {
    let sight = RwSignal::new(Sight { first: 0, len: 40 });
    let look = move || {
        let Some(body) = body.get_untracked() else { return };
        let now = Sight::of(browser::top_of(&body), browser::screen_height(), browser::row_height(&body));
        if sight.get_untracked() != now {
            sight.set(now);
        }
    };
    let scrolled = window_event_listener(leptos::ev::scroll, move |_| look());
    let resized = window_event_listener(leptos::ev::resize, move |_| look());
    on_cleanup(move || {
        scrolled.remove();
        resized.remove();
    });
    effect(move || {
        body.track();
        look();
    });
    sight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_sight_follows_the_scrolling_in_steps() {
        assert_eq!(Sight::of(300.0, 900.0, 36.0), Sight { first: 0, len: 45 });
        assert_eq!(Sight::of(-36_000.0, 900.0, 36.0), Sight { first: 992, len: 45 });
        assert_eq!(Sight::of(-36_070.0, 900.0, 36.0), Sight::of(-36_000.0, 900.0, 36.0));
        assert_eq!(Sight::of(0.0, 900.0, 0.0), Sight::default());
    }

    #[test]
    fn a_part_serves_until_its_end_comes_near() {
        let first = Sight { first: 0, len: 45 }.window(None);
        assert_eq!(first, Window { first: 0, len: 135 });
        assert_eq!(Sight { first: 60, len: 45 }.window(Some(first)), first);
        assert_eq!(Sight { first: 80, len: 45 }.window(Some(first)), Window { first: 35, len: 135 });
        assert_eq!(Sight { first: 4, len: 45 }.window(Some(Window { first: 35, len: 135 })).first, 0);
    }

    #[test]
    fn no_more_is_asked_for_than_the_server_gives() {
        assert_eq!(Sight { first: 9_000, len: 150 }.window(None), Window { first: 8_975, len: 200 });
    }

    #[test]
    fn only_rows_that_came_and_are_in_sight_are_in_the_page() {
        assert_eq!(Sight { first: 10, len: 20 }.part(0, 100), (10, 20));
        assert_eq!(Sight { first: 90, len: 20 }.part(0, 100), (90, 10));
        assert_eq!(Sight { first: 500, len: 20 }.part(0, 100), (100, 0));
        assert_eq!(Sight { first: 5, len: 20 }.part(20, 100), (0, 5));
    }
}
