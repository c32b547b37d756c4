//! Command lines: cut out of a stream, then read.

use super::{cuts, pieces};
use crate::intake::smtp::command::{self, Command};
use crate::intake::smtp::input::{Input, Line};
use futures_util::FutureExt;

/// A command that was read, said again in its plainest form, reads as the same; a refusal is a 5xx.
pub fn a_command_says_what_it_was_read_as(line: &[u8]) {
    let hostname = "mail.example.test".parse().expect("a domain");
    match command::parse(line, &hostname) {
        Ok(Command::Mail(from, _)) => {
            let path = from.as_ref().map(ToString::to_string).unwrap_or_default();
            let again = command::parse(format!("MAIL FROM:<{path}> SMTPUTF8").as_bytes(), &hostname);
            assert!(matches!(&again, Ok(Command::Mail(same, _)) if *same == from), "{from:?} became {again:?}");
        }
        Ok(Command::Rcpt(to, _)) => {
            let again = command::parse(format!("RCPT TO:<{to}>").as_bytes(), &hostname);
            assert!(matches!(&again, Ok(Command::Rcpt(same, _)) if *same == to), "{to:?} became {again:?}");
        }
        Ok(Command::Helo(name) | Command::Ehlo(name)) => {
            let shown = name.for_trace();
            assert!(shown.bytes().all(|octet| octet.is_ascii_graphic()) && shown.len() <= 255, "{shown:?}");
        }
        Ok(_) => {}
        Err(reply) => assert!((500..560).contains(&reply.code()), "{reply:?}"),
    }
}

/// The same octets give the same lines, in whatever pieces they come.
pub fn lines_do_not_depend_on_how_they_arrive(input: &[u8]) {
    let (sizes, wire) = cuts(input);
    assert_eq!(lines(wire, &sizes), lines(wire, &[1_000]));
}

fn lines(wire: &[u8], sizes: &[usize]) -> Vec<(Option<Vec<u8>>, Line)> {
    let mut input = Input::default();
    let mut found = Vec::new();
    for mut piece in pieces(wire, sizes) {
        while !piece.is_empty() {
            let read = input.read_from(&mut piece).now_or_never().expect("octets in memory are there");
            assert!(read.expect("memory does not fail") > 0, "no room for {} octets", piece.len());
            loop {
                match input.next_line() {
                    Line::Incomplete => break,
                    Line::Text(range) => found.push((Some(input.text(range).to_vec()), Line::Text(0..0))),
                    Line::BadLineEnd(range) => found.push((Some(input.text(range).to_vec()), Line::BadLineEnd(0..0))),
                    other => found.push((None, other)),
                }
            }
        }
    }
    found
}
