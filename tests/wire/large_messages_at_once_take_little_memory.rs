//! Fifty messages of 4 MiB come in and go out at once: the server never holds more than pieces of them.

use std::time::Duration;
use tests::large::pass;

const COUNT: usize = 50;
const BYTES: usize = 4 << 20;
/// Half of what the messages have together; a debug build without mail takes a tenth.
const PEAK_BYTES_MAX: u64 = (COUNT * BYTES) as u64 / 2;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_of_4_mib_need_less_than_half_of_their_size() {
    let passed = pass(COUNT, BYTES, Duration::from_secs(180)).await;
    assert_eq!((passed.messages, passed.files_left), (COUNT, 0));
    assert!(passed.peak_bytes < PEAK_BYTES_MAX, "{passed:?}");
}
