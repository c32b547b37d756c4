//! The pages, one per address, and what surrounds them.

mod actions;
mod diagnosis;
mod dig;
mod entry;
mod help;
mod host;
mod hosts;
mod look;
mod missing;
mod notices;
mod overview;
mod people;
mod probe;
mod probe_foot;
mod retry;
mod shell;
mod terminal;

pub use actions::ActionsPage;
pub use dig::{DigPage, DigPanel};
pub use entry::{SetUpPage, SignInPage};
pub use host::HostPage;
pub use hosts::HostsPage;
pub use missing::MissingPage;
pub use overview::OverviewPage;
pub use people::PeoplePage;
pub use probe::ProbePage;
pub use retry::RetryButton;
pub use shell::Shell;
pub use terminal::{Peer, Terminal, TerminalPage};
