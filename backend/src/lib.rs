//! The rooms.
