//! `[brake]`: when many refusals at once are more likely a fault of ours.

use crate::config::section::span;
use crate::config::sheet::Section;
use engine::brake::BrakeSettings;

/// Above this a threshold is never reached: the way to switch a brake off.
const THRESHOLD_MAX: u64 = 1_000_000;

/// Reads the table; the defaults are the engine's.
pub(super) fn read(table: &Section<'_, '_>) -> BrakeSettings {
    let defaults = BrakeSettings::default();
    let number = |key, most, default: u32| {
        let written = table.number(key, 1..=most, &default.to_string());
        written.and_then(|count| u32::try_from(count).ok()).unwrap_or(default)
    };
    let span = |key, example: &str, default| table.text(key, example, span).unwrap_or(default);
    BrakeSettings {
        resolver_window: span("resolver_window", "\"1m\"", defaults.resolver_window),
        resolver_domains: number("resolver_domains", THRESHOLD_MAX, defaults.resolver_domains),
        resolver_percent: number("resolver_percent", 100, defaults.resolver_percent),
        resolver_pause: span("resolver_pause", "\"1h\"", defaults.resolver_pause),
        bounce_window: span("bounce_window", "\"5m\"", defaults.bounce_window),
        bounce_recipients: number("bounce_recipients", THRESHOLD_MAX, defaults.bounce_recipients),
        bounce_hosts: number("bounce_hosts", THRESHOLD_MAX, defaults.bounce_hosts),
        bounce_pause: span("bounce_pause", "\"1h\"", defaults.bounce_pause),
    }
}
