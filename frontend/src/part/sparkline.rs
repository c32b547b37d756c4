//! What waited in the latest hour, as a small area: a shape to compare, not to read numbers off. Those stand beside it.

use crate::derived::memo;
use crate::store::Store;
use common::wire::{TREND_LEVEL_MAX, Trend};
use leptos::prelude::*;
use std::fmt::Write;

/// The shape; an empty place of the same size while nothing is known. It moves on with the server's clock.
#[component]
pub fn Sparkline(trend: Memo<Option<Trend>>) -> impl IntoView {
    let store = Store::here();
    let path = memo(move || {
        let now = store.server_now.get();
        trend.with(|trend| trend.as_ref().map(|trend| path(&trend.shape(now))).unwrap_or_default())
    });
    view! {
        <svg class="spark" viewBox="0 0 30 36" preserveAspectRatio="none" aria-hidden="true"><path d=path/></svg>
    }
    .into_any()
}

/// Steps from left to right, a unit each, above the line at the bottom; nothing if there was nothing all the time.
fn path(shape: &[u32]) -> String {
    if shape.iter().all(|level| *level == 0) {
        return String::new();
    }
    let bottom = TREND_LEVEL_MAX + 1;
    let mut path = format!("M0 {bottom}");
    for (place, level) in shape.iter().enumerate() {
        let _ = write!(path, "V{}H{}", bottom - level, place + 1);
    }
    let _ = write!(path, "V{bottom}Z");
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_drawn_in_steps_from_the_bottom() {
        assert_eq!(path(&[0, 35, 1]), "M0 36V36H1V1H2V35H3V36Z");
        assert_eq!(path(&[0, 0]), "");
    }
}
