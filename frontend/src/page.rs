//! The pages, one per address, and what surrounds them.

mod actions;
mod entry;
mod help;
mod host;
mod hosts;
mod missing;
mod notices;
mod overview;
mod retry;
mod shell;

pub use actions::ActionsPage;
pub use entry::{SetUpPage, SignInPage};
pub use host::HostPage;
pub use hosts::HostsPage;
pub use missing::MissingPage;
pub use overview::OverviewPage;
pub use retry::RetryButton;
pub use shell::Shell;
