//! What must hold of our parsers whatever octets come: one property per parser, as a plain function that panics when
//! it is broken.
//!
//! Promises: pure and quick, so that a fuzzer runs each some ten thousand times a second (`cargo xtask fuzz`, package
//! `fuzz`), and the daily tests run them over chance and over everything that a fuzzer ever found.
//! Never: part of the program; behind the feature `fuzzing`, the only door to these private rooms.

mod body;
mod command;
mod filter;
pub mod parts;
mod reply;
mod setting;
mod spool;

pub use body::{a_body_ends_at_its_dot_alone, a_body_survives_the_wire};
pub use command::{a_command_says_what_it_was_read_as, lines_do_not_depend_on_how_they_arrive};
pub use filter::a_filter_means_its_terms;
pub use reply::a_reply_does_not_depend_on_how_it_arrives;
pub use setting::{a_name_reads_back, a_setting_is_taken_or_complained_of};
pub use spool::{a_frame_passes_only_as_it_was_written, a_record_reads_back};

/// Sizes of pieces, from the head of an input, and what is left of it: how often it is cut is a part of the input.
fn cuts(input: &[u8]) -> (Vec<usize>, &[u8]) {
    let Some((&count, rest)) = input.split_first() else { return (vec![usize::MAX], input) };
    let (sizes, rest) = rest.split_at(usize::from(count % 8).min(rest.len()));
    let sizes = sizes.iter().map(|size| usize::from(*size).max(1)).collect::<Vec<_>>();
    (if sizes.is_empty() { vec![usize::MAX] } else { sizes }, rest)
}

/// The octets in pieces of these sizes, in turn.
fn pieces<'a>(octets: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut left = octets;
    let mut found = Vec::new();
    for size in sizes.iter().cycle() {
        if left.is_empty() {
            break;
        }
        let (piece, rest) = left.split_at((*size).min(left.len()));
        found.push(piece);
        left = rest;
    }
    found
}

#[cfg(test)]
mod tests;
