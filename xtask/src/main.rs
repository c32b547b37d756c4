//! What a person may run, by name.
fn main() {}
