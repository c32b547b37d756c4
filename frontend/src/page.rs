//! The pages, one per address, and what surrounds them.

mod entry;
mod hosts;
mod missing;
mod notices;
mod shell;

pub use entry::{SetUpPage, SignInPage};
pub use hosts::HostsPage;
pub use missing::MissingPage;
pub use shell::Shell;
