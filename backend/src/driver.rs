//! The driver owns the engine: the only caller of `handle`, the only place that reads the engine's clock.

pub mod desk;
