//! Fifty messages of 20 MiB come in and go out at once: the server never holds more than pieces of them.

use std::time::Duration;
use tests::large::pass;

const COUNT: usize = 50;
const BYTES: usize = 20 << 20;
/// A tenth of what the messages have together.
const PEAK_BYTES_MAX: u64 = (COUNT * BYTES) as u64 / 10;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two GiB of disk traffic: cargo xtask soak large"]
async fn large_messages_need_a_tenth_of_their_size() {
    let passed = pass(COUNT, BYTES, Duration::from_secs(600)).await;
    println!("{COUNT} messages of {BYTES} octets at once: {passed:?}");
    assert_eq!((passed.messages, passed.files_left), (COUNT, 0));
    assert!(passed.peak_bytes < PEAK_BYTES_MAX, "{passed:?}");
}
