//! Facts in the server's own log. Remote text is escaped: one fact is one line.

use crate::record::ReportFact;
use engine::Fact;

/// Writes one fact.
pub fn tell(fact: &Fact) {
    match fact {
        Fact::Queued { envelope } => tracing::debug!(mid = envelope.mid.0, "queued for delivery"),
        Fact::Delivered { mid, rid, reply, .. } => {
            tracing::debug!(mid = mid.0, rid = rid.0, reply = ?reply.to_string(), "delivered");
        }
        Fact::Deferred { mid, rid, verdict, reply, attempts, next_attempt_at } => {
            let reply = reply.as_ref().map(ToString::to_string);
            tracing::info!(mid = mid.0, rid = rid.0, %verdict, ?reply, attempts, %next_attempt_at, "deferred");
        }
        Fact::Bounced { mid, rid, kind, verdict, reply } => {
            let reply = reply.as_ref().map(ToString::to_string);
            tracing::warn!(mid = mid.0, rid = rid.0, ?kind, %verdict, ?reply, "bounced");
        }
        Fact::HostMoved { host, from, to, verdict } => tracing::info!(%host, %from, %to, %verdict, "host status moved"),
        Fact::ResolverSuspected { domains, gone } => {
            tracing::error!(
                domains,
                gone,
                "too many domains at once are said not to exist: the resolver is not believed"
            );
        }
        Fact::BrakePulled { recipients, hosts, until } => {
            tracing::error!(recipients, hosts, %until, "too many refusals at once: further ones wait");
        }
        Fact::ClockJumped { from, to } => tracing::error!(%from, %to, "the clock jumped"),
        Fact::AlertEnded { what, since } => tracing::warn!(?what, %since, "an alert is over"),
        Fact::Suspended { action, scope, suspension } => {
            let (by, reason, until) = (&suspension.by, &suspension.reason, suspension.until);
            let action = action.map(|action| action.0);
            tracing::warn!(?action, ?scope, by = ?by, ?reason, ?until, "delivery is suspended");
        }
        Fact::CountersReset { action } => tracing::warn!(action = action.0, "every counter begins anew"),
        Fact::Resumed { action, scope } => {
            tracing::warn!(action = ?action.map(|action| action.0), ?scope, "delivery is resumed");
        }
        Fact::Retried { action, recipients, hosts } => tracing::info!(action = action.0, recipients, hosts, "retried"),
        Fact::SessionStarted { session, host, address } => {
            tracing::debug!(dcid = session.0, %host, %address, "connecting")
        }
        Fact::SessionReady { session, protection } => {
            tracing::debug!(dcid = session.0, tls = ?protection.to_string(), "session ready");
        }
        Fact::SessionEnded { session, messages, verdict, detail } => {
            let verdict = verdict.map(|code| code.as_str());
            tracing::debug!(dcid = session.0, messages, ?verdict, ?detail, "session ended");
        }
        Fact::AttemptStarted { attempt, session, mid, .. } => {
            tracing::trace!(attempt = attempt.0, dcid = session.0, mid = mid.0, "attempt");
        }
    }
}

/// Writes what became of a report.
pub fn tell_report(fact: &ReportFact) {
    match fact {
        ReportFact::Kept { mid, about, kind, to, recipients } => {
            tracing::info!(mid = mid.0, about = about.0, ?kind, %to, recipients, "report to the sender kept");
        }
        ReportFact::Untold { about, kind, recipients, why, so_far } => {
            tracing::warn!(about = about.0, ?kind, recipients, ?why, so_far, "no report to the sender");
        }
    }
}
