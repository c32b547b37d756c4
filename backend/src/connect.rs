//! The room `connect`.
