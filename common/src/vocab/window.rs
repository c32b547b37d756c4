//! How far back a count looks: the last minute, hour or day.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A window of time that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CountWindow {
    /// One minute.
    #[serde(rename = "1m")]
    Minute,
    /// One hour.
    #[serde(rename = "1h")]
    Hour,
    /// A day.
    #[serde(rename = "24h")]
    Day,
}

impl CountWindow {
    /// All of them.
    pub const ALL: [CountWindow; 3] = [CountWindow::Minute, CountWindow::Hour, CountWindow::Day];

    /// Its word: `1m`, `1h`, `24h`.
    pub fn as_str(self) -> &'static str {
        match self {
            CountWindow::Minute => "1m",
            CountWindow::Hour => "1h",
            CountWindow::Day => "24h",
        }
    }

    /// How long it is.
    pub fn span(self) -> Duration {
        Duration::from_secs(match self {
            CountWindow::Minute => 60,
            CountWindow::Hour => 3_600,
            CountWindow::Day => 86_400,
        })
    }
}

impl fmt::Display for CountWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CountWindow {
    type Err = String;

    fn from_str(text: &str) -> Result<CountWindow, String> {
        let named = CountWindow::ALL.into_iter().find(|window| window.as_str() == text);
        named.ok_or_else(|| "write 1m, 1h or 24h".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_written_on_the_wire_as_people_write_it() {
        for window in CountWindow::ALL {
            assert_eq!(serde_json::to_string(&window).unwrap(), format!("\"{window}\""));
            assert_eq!(window.as_str().parse(), Ok(window));
        }
        assert!("2h".parse::<CountWindow>().is_err());
    }
}
