//! How many connections a host may have: starts small, grows with each success, shrinks with each failure.

/// A concurrency window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    open: u32,
    ceiling: u32,
}

impl Window {
    /// Starts at `first`.
    pub fn new(first: u32, ceiling: u32) -> Window {
        Window { open: first.clamp(1, ceiling.max(1)), ceiling: ceiling.max(1) }
    }

    /// Connections allowed at this moment.
    pub fn open(self) -> u32 {
        self.open
    }

    /// A message was taken.
    pub fn grow(&mut self) {
        self.open = (self.open + 1).min(self.ceiling);
    }

    /// A connection failed, or they asked us to slow down: half, at least one.
    pub fn shrink(&mut self) {
        self.open = (self.open / 2).max(1);
    }

    /// A route named another ceiling.
    pub fn set_ceiling(&mut self, ceiling: u32) {
        self.ceiling = ceiling.max(1);
        self.open = self.open.min(self.ceiling);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_by_one_and_halves_and_never_leaves_its_bounds() {
        let mut window = Window::new(2, 10);
        (0..20).for_each(|_| window.grow());
        assert_eq!(window.open(), 10);
        window.shrink();
        assert_eq!(window.open(), 5);
        (0..20).for_each(|_| window.shrink());
        assert_eq!(window.open(), 1);
        window.set_ceiling(0);
        window.grow();
        assert_eq!(window.open(), 1);
    }
}
