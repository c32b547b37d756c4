//! The sim tests.
