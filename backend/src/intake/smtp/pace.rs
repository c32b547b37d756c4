//! The pace of a body: a sender that is too slow, too long, or in the way of our stop is sent away.
//!
//! Promises: a body that comes at all comes at 500 octets a second over every minute, and ends. Never: waits; it says
//! until when to wait and what it means when that time is over.

use crate::intake::smtp::limits::Limits;
use crate::intake::smtp::reply::{self, OurReply};
use std::time::Duration;
use tokio::time::Instant;

/// The clock of one DATA.
#[derive(Debug)]
pub struct Pace {
    span: Duration,
    span_bytes_min: u64,
    span_ends: Instant,
    span_bytes: u64,
    ends: Instant,
    end: OurReply,
}

impl Pace {
    /// From the 354, in a session that ends at `session_ends`.
    pub fn new(now: Instant, session_ends: Instant, limits: &Limits) -> Pace {
        Pace {
            span: limits.data_span,
            span_bytes_min: limits.data_span_bytes_min,
            span_ends: now + limits.data_span,
            span_bytes: 0,
            ends: session_ends.max(now + limits.data_grace),
            end: reply::SESSION_TOO_LONG,
        }
    }

    /// When to ask [`Pace::judge`] again.
    pub fn deadline(&self) -> Instant {
        self.span_ends.min(self.ends)
    }

    /// So many octets came.
    pub fn count(&mut self, bytes: usize) {
        self.span_bytes += bytes as u64;
    }

    /// We made the sender wait so long: not its fault.
    pub fn forgive(&mut self, waited: Duration) {
        self.span_ends += waited;
    }

    /// We are stopping: the body may come until then.
    pub fn stop_by(&mut self, at: Instant) {
        if at < self.ends {
            (self.ends, self.end) = (at, reply::STOPPING);
        }
    }

    /// Whether time is up, and with what answer.
    pub fn judge(&mut self, now: Instant) -> Result<(), OurReply> {
        if now >= self.ends {
            return Err(self.end.clone());
        }
        if now >= self.span_ends {
            if self.span_bytes < self.span_bytes_min {
                return Err(reply::TOO_SLOW);
            }
            (self.span_ends, self.span_bytes) = (now + self.span, 0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_minute_needs_its_octets() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut pace = Pace::new(start, start + 3_600 * second, &Limits::default());
        pace.count(30_000);
        assert_eq!(pace.judge(start + 60 * second), Ok(()));
        pace.count(29_999);
        assert_eq!(pace.judge(start + 119 * second), Ok(()));
        pace.forgive(second);
        assert_eq!(pace.judge(start + 120 * second), Ok(()));
        assert_eq!(pace.judge(start + 121 * second), Err(reply::TOO_SLOW));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_outlast_its_session_but_not_our_stop() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut pace = Pace::new(start, start + second, &Limits::default());
        pace.count(1 << 30);
        assert_eq!(pace.judge(start + 599 * second), Ok(()));
        assert_eq!(pace.judge(start + 600 * second), Err(reply::SESSION_TOO_LONG));
        pace.stop_by(start + 10 * second);
        assert_eq!(pace.judge(start + 10 * second), Err(reply::STOPPING));
    }
}
