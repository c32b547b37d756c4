//! The room `deliver`.
