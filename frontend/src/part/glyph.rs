//! Every picture of the console, drawn by hand. They differ in shape and fill, so that they survive print and
//! colour blindness: triangle, half disc, bars, disc, dashed ring.

use crate::preference::Theme;
use leptos::prelude::*;

/// The glyphs, defined once; others refer to them by `#glyph-…`.
#[component]
pub fn Glyphs() -> impl IntoView {
    view! {
        <svg class="glyphs" width="0" height="0" aria-hidden="true" focusable="false">
            <symbol id="glyph-down" viewBox="0 0 16 16"><path d="M2 4h12L8 14z" fill="currentColor"/></symbol>
            <symbol id="glyph-limited" viewBox="0 0 16 16">
                <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="1.75"/>
                <path d="M8 3a5 5 0 0 1 0 10z" fill="currentColor"/>
            </symbol>
            <symbol id="glyph-held" viewBox="0 0 16 16"><path d="M4 3h3v10H4zM9 3h3v10H9z" fill="currentColor"/></symbol>
            <symbol id="glyph-up" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5" fill="currentColor"/></symbol>
            <symbol id="glyph-unknown" viewBox="0 0 16 16">
                <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="1.75" stroke-dasharray="2.4 2"/>
            </symbol>
        </svg>
    }
    .into_any()
}

/// A sun, a moon, and a disc that is both.
#[component]
pub fn ThemeIcon(theme: Theme) -> impl IntoView {
    let path = match theme {
        Theme::Light => "M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5L13 13M13 3l-1.5 1.5M4.5 11.5L3 13",
        Theme::Dark => "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z",
        Theme::System => "M8 2a6 6 0 0 1 0 12z",
    };
    let disc = match theme {
        Theme::Light => Some("3"),
        Theme::Dark => None,
        Theme::System => Some("6"),
    };
    let fill = if theme == Theme::System { "currentColor" } else { "none" };
    view! {
        <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            {disc.map(|radius| view! { <circle cx="8" cy="8" r=radius/> })}
            <path d=path fill=fill/>
        </svg>
    }
    .into_any()
}
