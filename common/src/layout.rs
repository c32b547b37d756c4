//! The layouts that postmasters know by heart, dig's among them, as text: the same from the command line and to copy from
//! the page.
//!
//! Promises: nothing that came from outside can steer the terminal it is printed on. Never: a question of its own; what is
//! laid out is handed in. The walk comes from the verbs and from the console's panels.

pub mod column;
pub mod diagnosis;
pub mod dig;
pub mod hoststatus;

use crate::wire::{DigRequest, Probe, ProbeKind};

/// The command that makes this probe again.
pub fn command(probe: &Probe) -> String {
    match probe.kind {
        ProbeKind::Smtp => {
            let port = probe.port.map(|port| format!(" {port}")).unwrap_or_default();
            format!("nexthop telnet {}{port}", probe.target)
        }
        ProbeKind::Diagnose => format!("nexthop diagnose {}", probe.target),
        ProbeKind::Dig | ProbeKind::Other => format!("nexthop dig {}", dig::command(&question(probe))),
    }
}

/// The question of a dig, as far as it is kept.
pub fn question(probe: &Probe) -> DigRequest {
    let rtype = probe.rtype.clone().unwrap_or_default();
    DigRequest { name: probe.target.clone(), rtype, server: None, tcp: false, dnssec: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ProbeState;

    #[test]
    fn a_probe_is_made_again_by_one_command() {
        let mut probe = Probe {
            id: 7,
            kind: ProbeKind::Dig,
            state: ProbeState::Done,
            target: "a.test".into(),
            rtype: Some("MX".into()),
            port: None,
            begun_at: None,
            dig: None,
            diagnosis: None,
            events: Vec::new(),
        };
        assert_eq!(command(&probe), "nexthop dig mx a.test");
        (probe.kind, probe.rtype) = (ProbeKind::Smtp, None);
        assert_eq!(command(&probe), "nexthop telnet a.test");
        probe.port = Some(2525);
        assert_eq!(command(&probe), "nexthop telnet a.test 2525");
        probe.kind = ProbeKind::Diagnose;
        assert_eq!(command(&probe), "nexthop diagnose a.test");
    }
}
