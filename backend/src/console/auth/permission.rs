//! The one table of who may do what: a closed list of permissions, and the least role that has each.
//!
//! Every route names its permission (`http::routes`), every frame finds its own here. A test walks both.

use common::wire::{ActionKind, ActionRequest, ClientFrame, Role, Topic};

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See counts, hosts, the queue; addresses and subjects masked.
    See,
    /// See addresses and subjects whole.
    Addresses,
    /// Make mail due now.
    Retry,
    /// Anything else that is done to mail.
    Act,
    /// Hand in mail by HTTP.
    Send,
    /// Ask name servers.
    Probe,
    /// Talk to mail servers.
    Terminal,
    /// Users, tokens, the audit record.
    Manage,
}

impl Permission {
    /// All of them.
    pub const ALL: [Permission; 8] = [
        Permission::See,
        Permission::Addresses,
        Permission::Retry,
        Permission::Act,
        Permission::Send,
        Permission::Probe,
        Permission::Terminal,
        Permission::Manage,
    ];

    /// The least role that has it.
    pub fn least(self) -> Role {
        match self {
            Permission::See => Role::Viewer,
            Permission::Addresses
            | Permission::Retry
            | Permission::Act
            | Permission::Send
            | Permission::Probe
            | Permission::Terminal => Role::Operator,
            Permission::Manage => Role::Admin,
        }
    }

    /// Whether a role has it.
    pub fn is_had_by(self, role: Role) -> bool {
        role >= self.least()
    }

    /// The word of the audit record.
    pub fn word(self) -> &'static str {
        match self {
            Permission::See => "see",
            Permission::Addresses => "addresses",
            Permission::Retry => "retry",
            Permission::Act => "act",
            Permission::Send => "send",
            Permission::Probe => "probe",
            Permission::Terminal => "terminal",
            Permission::Manage => "manage",
        }
    }

    /// What an action needs.
    pub fn of_action(action: &ActionRequest) -> Permission {
        match action.kind {
            ActionKind::Retry => Permission::Retry,
            ActionKind::Suspend | ActionKind::Resume | ActionKind::ResetCounters | ActionKind::Other => Permission::Act,
        }
    }

    /// What a frame needs; `None` for those that only keep the connection, which needs [`Permission::See`] itself.
    pub fn of_frame(frame: &ClientFrame) -> Option<Permission> {
        match frame {
            ClientFrame::Subscribe { topic: Topic::Smtp { .. }, .. } | ClientFrame::Input { .. } => {
                Some(Permission::Terminal)
            }
            ClientFrame::Subscribe {
                topic: Topic::Hosts { .. } | Topic::Host { .. } | Topic::Overview | Topic::Probe { .. } | Topic::Other,
                ..
            }
            | ClientFrame::Tune { .. } => Some(Permission::See),
            ClientFrame::Command { action, .. } => Some(Permission::of_action(action)),
            ClientFrame::Hello(_)
            | ClientFrame::Unsubscribe { .. }
            | ClientFrame::Ack { .. }
            | ClientFrame::Ping { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_table_says_and_no_more() {
        for (role, has) in [
            (Role::Viewer, &["see"][..]),
            (Role::Operator, &["see", "addresses", "retry", "act", "send", "probe", "terminal"]),
            (Role::Admin, &["see", "addresses", "retry", "act", "send", "probe", "terminal", "manage"]),
        ] {
            let found: Vec<&str> =
                Permission::ALL.into_iter().filter(|one| one.is_had_by(role)).map(Permission::word).collect();
            assert_eq!(found, has, "{role:?}");
        }
    }
}
