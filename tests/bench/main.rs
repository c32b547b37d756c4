//! `cargo xtask bench`: what a message costs us, beside Postfix and a relay that does the least that can be done.
//!
//! Promises: all subjects run in turn in one run, on one disk, with one generator and one sink of our own; every message
//! of a run is counted at the sink, once each; processor time is the kernel's, of the subject alone, with all of its
//! processes. Prints medians with ranges and ratios, never a verdict: it is no test.
//! Never: traffic that leaves loopback; a subject left running.

mod blast;
mod ceiling;
mod flat;
mod lines;
mod measure;
mod sink;
mod subject;
mod table;

use measure::Shape;
use std::path::PathBuf;

/// What is asked for on the command line.
struct Wish {
    /// The binary that is measured.
    nexthop: PathBuf,
    /// Runs of each subject and shape.
    rounds: usize,
    /// Divides every number of messages: a quick look at the harness itself.
    divide: u32,
    /// Only shapes and subjects whose name contains it.
    only: Option<String>,
}

/// What is measured, from the common case to its neighbours: sessions, destination domains, octets of a message.
const SHAPES: [Shape; 5] = [
    Shape { sessions: 100, hosts: 1_000, bytes: 4_096 },
    Shape { sessions: 20, hosts: 1_000, bytes: 4_096 },
    Shape { sessions: 100, hosts: 1, bytes: 4_096 },
    Shape { sessions: 20, hosts: 1, bytes: 4_096 },
    Shape { sessions: 100, hosts: 1_000, bytes: 20_480 },
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match words[..] {
        // The ceiling is a process of its own, so that its processor time can be told apart.
        ["ceiling", listen, sink, log] => runtime.block_on(ceiling::run(
            listen.parse().expect("an address"),
            sink.parse().expect("an address"),
            PathBuf::from(log),
        )),
        _ => match wish(&words) {
            Ok(wish) => runtime.block_on(run(&wish)),
            Err(why) => {
                eprintln!("bench: {why}\nbench --nexthop FILE [--rounds N] [--divide N] [--only TEXT]");
                std::process::exit(2);
            }
        },
    }
}

fn wish(words: &[&str]) -> Result<Wish, String> {
    let mut wish = Wish { nexthop: PathBuf::new(), rounds: 5, divide: 1, only: None };
    for pair in words.chunks(2) {
        let [name, value] = pair else { return Err(format!("{} wants a value", pair[0])) };
        let number = || value.parse::<u32>().ok().filter(|number| *number > 0).ok_or(format!("{name}: {value}"));
        match *name {
            "--nexthop" => wish.nexthop = PathBuf::from(value),
            "--rounds" => wish.rounds = number()? as usize,
            "--divide" => wish.divide = number()?,
            "--only" => wish.only = Some((*value).to_owned()),
            other => return Err(format!("what is {other}?")),
        }
    }
    if wish.nexthop.is_file() { Ok(wish) } else { Err("--nexthop names no file".into()) }
}

async fn run(wish: &Wish) {
    println!("{}", table::machine());
    println!("\n{}\n", measure::harness(wish.divide).await);
    let wanted = |name: &str| wish.only.as_deref().is_none_or(|only| name.contains(only));
    for shape in SHAPES.into_iter().filter(|shape| wanted(&shape.to_string())) {
        let mut rows = table::Rows::new(shape);
        for round in 0..wish.rounds {
            // Another one begins each time: whoever comes after the disk's busiest neighbour is not always the same.
            for turn in 0..subject::ALL.len() {
                let kind = subject::ALL[(round + turn) % subject::ALL.len()];
                let run = measure::relay(kind, &wish.nexthop, shape, wish.divide).await;
                eprintln!("  {shape} {kind}: {run}");
                rows.add(kind, run);
            }
        }
        println!("{rows}");
    }
    if wanted("flat") {
        println!("{}", flat::table(&wish.nexthop, wish.divide).await);
    }
    if wanted("backlog") {
        println!("{}", measure::backlogs(&wish.nexthop, wish.divide).await);
    }
}
