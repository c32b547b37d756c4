//! What follows from signals: values, effects, and the changing places of a view, each by one kind of closure.
//!
//! A closure is a type of its own, and Leptos writes its machinery out for each: hundreds of octets per closure, half of a
//! page's weight. In a box they are all of one type for each value that they give.

use leptos::prelude::*;

/// A value that is worked out anew when what it reads changes, and tells only of what differs.
pub fn memo<T: PartialEq + Send + Sync + 'static>(work: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    let work: Box<dyn Fn() -> T + Send + Sync> = Box::new(work);
    Memo::new(move |_| work())
}

/// Something that is done now, and again when what it reads changes.
pub fn effect(act: impl Fn() + 'static) {
    let act: Box<dyn Fn()> = Box::new(act);
    Effect::new(act);
}
