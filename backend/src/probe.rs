//! The room `probe`: bounded looks at the outside, on the real path.
//!
//! Promises: a probe asks only servers and looks only at addresses that delivery itself may use, within fixed limits.
//! Never: a change of the queue. The walk comes from the doors and goes back to them.

pub mod diagnose;
pub mod dig;
pub mod telnet;
