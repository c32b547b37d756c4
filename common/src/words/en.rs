//! The catalogue in English: what carries numbers, names or times.
//!
//! Promises: one arm per phrase. Fixed texts stand in `label_en`, verdicts in `verdict_en`, the head's sentence in
//! `headline_en`. Its twin is `ja`.

use crate::vocab::{Badge, NotSent, Owner, WaitCause};
use crate::words::phrase::{Column, ListFooter, Phrase, Protection, RetryReceipt};
use crate::words::{
    Language, ReadingPhrase, alert_en, duration, grouped, headline_en, label_en, verdict_en, waiting_en,
};

/// The phrase in English.
pub(super) fn say(phrase: &Phrase<'_>) -> String {
    match phrase {
        Phrase::Badge(badge) => self::badge(*badge).into(),
        Phrase::BadgeMeaning(badge) => badge_meaning(*badge).into(),
        Phrase::Owner(owner) => self::owner(*owner).into(),
        Phrase::Cause(cause) => self::cause(*cause).into(),
        Phrase::Waiting(waiting) => waiting_en::say(waiting),
        Phrase::Alert(alert) => alert_en::sentence(alert),
        Phrase::AlertAdvice(alert) => alert_en::advice(alert).into(),
        Phrase::Brief(code) => verdict_en::brief(*code).into(),
        Phrase::Protection(how) => protection(how),
        Phrase::NotSent(why) => not_sent(*why).into(),
        Phrase::DeliveryStatus => "Delivery Status".into(),
        Phrase::Column(column) => self::column(*column).into(),
        Phrase::Label(label) => label_en::label(*label).into(),
        Phrase::Note(note) => label_en::note(*note).into(),
        Phrase::ShortSpan(span) => duration::short(Language::En, *span),
        Phrase::LongSpan(span) => duration::long(Language::En, *span),
        Phrase::Recipients(count) => counted(*count, "recipient", "recipients"),
        Phrase::Hosts(count) => counted(*count, "host", "hosts"),
        Phrase::Addresses(count) => counted(*count, "address", "addresses"),
        Phrase::Headline(headline) => headline_en::say(headline),
        Phrase::TabTitle { down: 0 } => "Hosts · nexthop".into(),
        Phrase::TabTitle { down } => format!("▼{} Hosts · nexthop", grouped(*down)),
        Phrase::ListFooter(footer) => list_footer(footer),
        Phrase::ListCut { shown } => format!("The first {} are shown: narrow the list by a filter.", grouped(*shown)),
        Phrase::UnreadableRows(count) => format!("{} could not be read and left out.", counted(*count, "row", "rows")),
        Phrase::HostsChosen(count) => format!("{} selected", counted(*count, "host", "hosts")),
        Phrase::NoHostMatches(filter) => format!("No host matches {filter}."),
        Phrase::ReconnectingIn { seconds } => format!("Reconnecting… next try in {seconds} s"),
        Phrase::LastUpdate(span) => format!("Last update {} ago", duration::short(Language::En, *span)),
        Phrase::ConnectionLost { as_of } => {
            format!("The connection to the server is lost. What you see is as of {as_of}.")
        }
        Phrase::HostTurned { host, badge } => format!("{host} is now {}.", self::badge(*badge)),
        Phrase::DamagedRecords(1) => "1 damaged record is kept aside and never sent: “nexthop status” names it.".into(),
        Phrase::DamagedRecords(count) => {
            format!("{} damaged records are kept aside and never sent: “nexthop status” names them.", grouped(*count))
        }
        Phrase::StillReading { read, of } => ReadingPhrase { read: *read, of: *of }.en(),
        Phrase::RetryPlan { recipients, hosts } => format!(
            "{} on {} become due now and are tried as connections allow.",
            counted(*recipients, "recipient", "recipients"),
            counted(*hosts, "host", "hosts")
        ),
        Phrase::RetryProgress(of) => {
            let [delivered, deferred, failed, undone, waiting] =
                [of.delivered, of.deferred, of.failed, of.undone, of.waiting].map(grouped);
            let undone = if of.undone > 0 { format!(" · {undone} taken back") } else { String::new() };
            format!("{delivered} delivered · {deferred} deferred · {failed} failed · {waiting} not tried yet{undone}")
        }
        Phrase::RetryReceipt(receipt) => retry_receipt(receipt),
        Phrase::RetryRefused(why) => format!("Nothing was retried. {why}"),
    }
}

fn not_sent(why: NotSent) -> &'static str {
    match why {
        NotSent::LineEnds => "Not sent: one line at a time, without line ends in it.",
        NotSent::TooLong => "Not sent: the line is longer than 2,048 octets.",
        NotSent::BeginsMessage => "Not sent: DATA and BDAT would begin a message, and a message is not sent from here.",
        NotSent::TooManyWaiting => "Not sent: too many lines wait already.",
        NotSent::Watching => "Not sent: this session is only watched here, somebody else types.",
        NotSent::Other => "Not sent.",
    }
}

fn protection(how: &Protection<'_>) -> String {
    match *how {
        Protection::Verified { version } => format!("{version}, certificate verified"),
        Protection::NotVerified { version, because } => {
            format!("{version}, certificate not verified: {}", verdict_en::brief(because))
        }
        Protection::ClearByRule => "clear text, as a rule says".into(),
        Protection::ClearNotOffered => "clear text: they offer no TLS".into(),
        Protection::ClearBroken => "clear text, since their TLS handshake fails".into(),
    }
}

/// A number with its noun: `1 host`, `1,204 hosts`.
pub(super) fn counted(count: u64, one: &str, other: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { other })
}

fn badge(badge: Badge) -> &'static str {
    match badge {
        Badge::Held => "Held",
        Badge::Down => "Down",
        Badge::Limited => "Limited",
        Badge::Up => "Up",
        Badge::Unknown => "Unknown",
    }
}

fn badge_meaning(badge: Badge) -> &'static str {
    match badge {
        Badge::Held => "Held: a person or a rule has suspended delivery to it.",
        Badge::Down => "Down: the latest attempt did not reach it.",
        Badge::Limited => "Limited: reachable, but it puts us off or a limit holds us back.",
        Badge::Up => "Up: the latest attempt reached it.",
        Badge::Unknown => "Unknown: it has not been tried lately.",
    }
}

fn owner(owner: Owner) -> &'static str {
    match owner {
        Owner::None => "nobody has to act",
        Owner::Ours => "our side",
        Owner::Network => "the network between",
        Owner::Theirs => "their side",
        Owner::Recipient => "the address",
        Owner::Other => "not known",
    }
}

pub(super) fn cause(cause: WaitCause) -> &'static str {
    match cause {
        WaitCause::Sending => "being delivered",
        WaitCause::Held => "held",
        WaitCause::Suspended => "delivery suspended",
        WaitCause::Guard => "stopped by our own guard",
        WaitCause::Routing => "looking up the next hop",
        WaitCause::Dns => "look-up failed for now",
        WaitCause::TlsPolicy => "waiting for the TLS that a policy demands",
        WaitCause::HostDown => "waiting for the host",
        WaitCause::Retry => "waiting for its next try",
        WaitCause::Backoff => "slowed down at their request",
        WaitCause::Rate => "rate limit reached",
        WaitCause::Slot => "waiting for a connection",
    }
}

fn column(column: Column) -> &'static str {
    match column {
        Column::DestinationDomain => "Destination Domain",
        Column::LatestHostStatus => "Latest Host Status",
        Column::Why => "Why",
        Column::ActiveRecipients => "Active Recipients",
        Column::NextRetry => "Next retry",
        Column::ConnectionsOut => "Connections Out",
        Column::DeliveredRecipients => "Delivered Recipients",
        Column::SoftBounced => "Soft Bounced",
        Column::HardBounced => "Hard Bounced",
        Column::Oldest => "Oldest",
        Column::Trend => "Last hour",
    }
}

fn list_footer(footer: &ListFooter) -> String {
    let mut text = if footer.matching == footer.total {
        counted(footer.total, "host", "hosts")
    } else {
        format!("{} of {}", grouped(footer.matching), counted(footer.total, "host", "hosts"))
    };
    let waiting = counted(footer.waiting, "recipient", "recipients");
    text.push_str(&format!(" · {waiting} waiting · sorted by {}", column(footer.sort)));
    text
}

fn retry_receipt(receipt: &RetryReceipt) -> String {
    let hosts = counted(receipt.hosts, "host", "hosts");
    let (matched, done) = (counted(receipt.matched, "recipient", "recipients"), grouped(receipt.done));
    if receipt.matched == 0 {
        "Nothing was waiting, so there was nothing to retry.".into()
    } else if receipt.running {
        format!("The retry has begun: {matched} on {hosts} become due.")
    } else if receipt.failed > 0 {
        format!("{done} of {matched} on {hosts} are due now; {} could not be changed.", grouped(receipt.failed))
    } else if receipt.done < receipt.matched {
        format!("{done} of {matched} on {hosts} are due now; the others stay as they are.")
    } else {
        format!("Everything that waits is due now: {matched} on {hosts}.")
    }
}
