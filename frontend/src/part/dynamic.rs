//! A part of the page that is made anew when what it reads changes.

use leptos::prelude::*;

/// The part. One kind of closure for all of them: a kind of its own for each costs kilobytes of program.
pub fn dynamic(make: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let make: Box<dyn Fn() -> AnyView + Send> = Box::new(make);
    (move || make()).into_any()
}

/// A part that is there while something holds, and made anew only when that changes.
pub fn while_it(holds: Memo<bool>, make: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    dynamic(move || if holds.get() { make() } else { ().into_any() })
}
