//! The two lists that a call of [`crate::Engine::handle`] fills.

use crate::effect::Effect;
use crate::fact::Fact;

/// What must be done and what must be told. The driver empties it after each batch of events.
#[derive(Debug, Default)]
pub struct Output {
    /// To do, in order.
    pub effects: Vec<Effect>,
    /// To tell, in order.
    pub facts: Vec<Fact>,
}
