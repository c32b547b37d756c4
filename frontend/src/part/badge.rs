//! The badge of a host: glyph, word and colour together, since none of them is enough alone.

use crate::preference::Tongue;
use common::vocab::Badge;
use common::words::Phrase;
use leptos::prelude::*;

/// The badge.
#[component]
pub fn StatusBadge(badge: Memo<Badge>) -> impl IntoView {
    let tongue = Tongue::here();
    view! {
        <span class=move || class_of(badge.get()) title=move || tongue.say(Phrase::BadgeMeaning(badge.get()))>
            <svg class="glyph" width="16" height="16" aria-hidden="true"><use href=move || glyph_of(badge.get())/></svg>
            <span>{move || tongue.say(Phrase::Badge(badge.get()))}</span>
        </span>
    }
    .into_any()
}

fn class_of(badge: Badge) -> &'static str {
    match badge {
        Badge::Held => "badge held",
        Badge::Down => "badge down",
        Badge::Limited => "badge limited",
        Badge::Up => "badge up",
        Badge::Unknown => "badge unknown",
    }
}

fn glyph_of(badge: Badge) -> &'static str {
    match badge {
        Badge::Held => "#glyph-held",
        Badge::Down => "#glyph-down",
        Badge::Limited => "#glyph-limited",
        Badge::Up => "#glyph-up",
        Badge::Unknown => "#glyph-unknown",
    }
}
