//! A sign of life while something long is under way.
//!
//! Promises one line every half minute for as long as the work lasts, and none after it. Never touches the work itself.

use crate::elapsed;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Short enough that nobody thinks it hangs, long enough not to drown the child's own output.
const BEAT: Duration = Duration::from_secs(30);

/// Does the work and says every half minute that `doing` is still under way.
pub fn during<T>(doing: &str, work: impl FnOnce() -> T) -> T {
    every(BEAT, work, |so_far| {
        eprintln!("  … {doing}: {} so far", elapsed::words(so_far));
    })
}

fn every<T>(period: Duration, work: impl FnOnce() -> T, say: impl Fn(Duration) + Send) -> T {
    let begun = Instant::now();
    let (working, ended) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while ended.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                say(begun.elapsed());
            }
        });
        let answer = work();
        drop(working);
        answer
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn it_beats_while_the_work_lasts_and_stops_with_it() {
        let (said, heard) = mpsc::channel();
        let beats = every(
            Duration::from_millis(1),
            || heard.iter().take(3).count(), // the work ends once three beats were heard
            move |_| {
                let _ = said.send(()); // nobody listens once the work has ended
            },
        );
        assert_eq!(beats, 3);
    }
}
