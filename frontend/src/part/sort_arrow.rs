//! The arrow in the head of a column that the rows are sorted by.

use leptos::prelude::*;

/// Up for ascending, down for descending; its place stays taken when there is none, so that heads do not move.
#[component]
pub fn SortArrow(order: Memo<Option<bool>>) -> impl IntoView {
    let path = move || match order.get() {
        Some(true) => "M1 6l3-4 3 4z",
        Some(false) => "M1 2l3 4 3-4z",
        None => "",
    };
    view! { <svg class="arrow" width="8" height="8" aria-hidden="true"><path d=path fill="currentColor"/></svg> }
        .into_any()
}
