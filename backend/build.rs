//! Tells cargo that the embedded console lies outside of this crate.

fn main() {
    // The names of the console's files carry hashes: a new name would not be noticed otherwise.
    println!("cargo:rerun-if-changed=../dist");
}
