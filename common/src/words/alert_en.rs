//! What is wrong on our own side and what to do, in English. Its twin is `alert_ja`.

use crate::vocab::Alert;
use crate::words::en::counted;

pub(super) fn sentence(alert: &Alert) -> String {
    match *alert {
        Alert::ClockJumped { from, to } => {
            format!("The clock of this machine jumped from {} to {}.", from.status_line(), to.status_line())
        }
        Alert::BrakePulled { refused: 0, .. } => {
            "Several hosts refused us at once before the start: what they refused waits instead of bouncing.".into()
        }
        Alert::BrakePulled { refused, hosts } => format!(
            "{} refused {} at once for who we are: what they refuse now waits instead of bouncing.",
            counted(hosts, "unrelated host", "unrelated hosts"),
            counted(refused, "recipient", "recipients")
        ),
        Alert::ResolverSuspected { domains, gone } => format!(
            "{} of {} are said not to exist: the resolver is not believed, and nothing bounces by its word.",
            crate::words::grouped(gone),
            counted(domains, "domain looked up of late", "domains looked up of late")
        ),
        Alert::Other => "Something is wrong that this page does not know yet.".into(),
    }
}

pub(super) fn advice(alert: &Alert) -> &'static str {
    match alert {
        Alert::ClockJumped { .. } => {
            "Check the time service of this machine. Nothing expires by the jump: each message is tried once more before."
        }
        Alert::BrakePulled { .. } => {
            "Check whether our address stands on a block list, and our SPF, DKIM and reverse DNS. Then retry: what waits \
             is tried at once, and what is refused again bounces."
        }
        Alert::ResolverSuspected { .. } => "Check the name servers under [dns], for example with “nexthop dig”.",
        Alert::Other => "See “nexthop status” and the log.",
    }
}
