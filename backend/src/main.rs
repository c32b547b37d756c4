//! The binary `nexthop`.
fn main() {}
