//! What the verbs of the command line say of their own. The layouts of the ancestor are not here: they stay as they are.

use crate::vocab::WaitCause;

/// A sentence of a verb. Places, names and reasons are as they came: they have no language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerbPhrase<'a> {
    /// Nobody answers there.
    NoServer {
        /// Socket or URL.
        place: &'a str,
        /// Why, in the system's words.
        why: &'a str,
    },
    /// The socket may not be opened by this user.
    SocketDenied {
        /// The socket.
        place: &'a str,
    },
    /// The server took too long.
    TooSlow {
        /// Socket or URL.
        place: &'a str,
        /// How long was waited.
        seconds: u64,
    },
    /// Something answers that is no server of ours.
    NotOurs {
        /// Socket or URL.
        place: &'a str,
        /// Why it cannot be.
        why: &'a str,
    },
    /// The answer is too large.
    AnswerTooLarge {
        /// Octets that are taken.
        most: u64,
    },
    /// The server refused without saying why.
    RefusedSilently {
        /// The HTTP status.
        status: u16,
    },
    /// The connection broke.
    Broken {
        /// Socket or URL.
        place: &'a str,
        /// Why, in the system's words.
        why: &'a str,
    },
    /// The URL is none.
    BadUrl {
        /// As given.
        url: &'a str,
    },
    /// The token cannot be used.
    BadToken {
        /// The file, or the variable.
        place: &'a str,
        /// Why.
        why: &'a str,
    },
    /// The token is empty, too long, or not one line of visible ASCII.
    TokenMalformed,
    /// The token would cross the network readable by all.
    TokenInClear {
        /// To whom.
        host: &'a str,
    },
    /// An argument is refused.
    BadArgument {
        /// As given.
        value: &'a str,
        /// Why.
        why: &'a str,
    },
    /// `tophosts` has nothing to list.
    NoHosts,
    /// Recipients were made due.
    DueNow {
        /// How many.
        recipients: u64,
        /// Of how many messages, if they were counted.
        messages: Option<u64>,
        /// At how many hosts.
        hosts: u64,
    },
    /// Recipients would be made due.
    WouldBeDue {
        /// How many.
        recipients: u64,
        /// Of how many messages, if they were counted.
        messages: Option<u64>,
        /// At how many hosts.
        hosts: u64,
    },
    /// Nothing waits for a timer.
    NothingToSchedule,
    /// Some could not be made due.
    NotScheduled {
        /// How many.
        recipients: u64,
    },
    /// The number of the receipt.
    Receipt {
        /// The action.
        id: u64,
    },
    /// Heading of what will keep mail waiting all the same.
    Obstacles,
    /// Heading of what is worth knowing about it.
    Note,
    /// Heading of some of the hosts.
    Among,
    /// The action failed.
    ActionFailed,
    /// No name server answered.
    DigNoAnswer,
    /// No question for dig.
    DigNoName,
    /// A second name for dig.
    DigTwoNames {
        /// The second.
        second: &'a str,
    },
    /// A flag that dig does not know here.
    DigUnknownFlag {
        /// Which.
        flag: &'a str,
    },
    /// The server ended the session; why, in its words.
    TelnetOver {
        /// Why.
        why: &'a str,
    },
    /// The server stops; the session ends with it.
    TelnetDrained,
    /// The configuration holds.
    CheckGood {
        /// The file.
        file: &'a str,
    },
    /// There is no configuration file; the defaults hold.
    CheckDefaults,
    /// The configuration does not hold.
    CheckBad {
        /// How many complaints.
        complaints: u64,
    },
    /// Where mail is taken.
    CheckIntake {
        /// Listeners; may be empty.
        listeners: &'a str,
    },
    /// `check`: STARTTLS is offered.
    CheckStartTls,
    /// Where the console is.
    CheckConsole {
        /// Its URL.
        url: &'a str,
    },
    /// The data directory is there and can be written.
    CheckDataReady {
        /// Which.
        path: &'a str,
    },
    /// The data directory will be made.
    CheckDataNew {
        /// Which.
        path: &'a str,
    },
    /// The data directory cannot be written.
    CheckDataBad {
        /// Which.
        path: &'a str,
        /// Why, in the system's words.
        why: &'a str,
    },
    /// Which name servers are asked.
    CheckNameServers {
        /// Addresses; empty for the system's.
        servers: &'a str,
    },
    /// How mail goes out where no route is for it.
    CheckByMx {
        /// The port at exchangers.
        port: u16,
    },
    /// One route.
    CheckRoute {
        /// For which domains.
        pattern: &'a str,
        /// Where to.
        to: &'a str,
    },
    /// A listener of another program is in the way.
    CheckBusy {
        /// The listener.
        address: &'a str,
        /// Why, in the system's words.
        why: &'a str,
    },
    /// A filter that no recipient passes.
    NothingMatches,
    /// A list that ends before its end.
    NotAllShown {
        /// Messages that were printed.
        shown: u64,
        /// Messages that match.
        total: u64,
    },
    /// Heading of the notes.
    CheckNote {
        /// A sentence about a setting.
        note: &'a str,
    },
    /// Why something waits, and the time that ends it.
    WaitsUntil {
        /// Why, without a full stop.
        sentence: &'a str,
        /// The time, as shown.
        at: &'a str,
        /// How far off it is, `4m 10s`; `None` once it is past.
        left: Option<&'a str>,
    },
    /// What else holds.
    Causes(&'a [WaitCause]),
    /// Time of which nobody knows what it was waited for.
    NotRecorded,
    /// How long it has been in the queue.
    Age,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Language, Phrase, SettingPhrase};

    #[test]
    fn every_language_says_what_it_was_given() {
        for language in Language::ALL {
            let due = VerbPhrase::DueNow { recipients: 71, messages: Some(72), hosts: 73 };
            let said = language.say_verb(&due);
            assert!(["71", "72", "73"].iter().all(|number| said.contains(number)), "{said}");
            let said = language.say_verb(&VerbPhrase::NoServer { place: "PLACE", why: "WHY" });
            assert!(said.contains("PLACE") && said.contains("WHY") && said.contains("--config"), "{said}");
            let said = language.say_verb(&VerbPhrase::WaitsUntil { sentence: "WHY", at: "THEN", left: Some("4m") });
            assert!(said.contains("WHY") && said.contains("THEN") && said.contains("4m"), "{said}");
            let all = language.say_verb(&VerbPhrase::Causes(&WaitCause::ALL));
            assert!(WaitCause::ALL.iter().all(|cause| all.contains(&language.say(&Phrase::Cause(*cause)))), "{all}");
            let said = language.say_setting(&SettingPhrase::UnknownKey {
                key: "KEY".into(),
                section: "SECTION".into(),
                nearest: Some("NEAREST".into()),
                elsewhere: Some("ELSEWHERE".into()),
                known: "KNOWN".into(),
            });
            let words = ["KEY", "[SECTION]", "NEAREST", "[ELSEWHERE]"];
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
        }
    }

    #[test]
    fn one_is_not_many() {
        let due = |recipients| VerbPhrase::DueNow { recipients, messages: None, hosts: recipients };
        assert_eq!(Language::En.say_verb(&due(1)), "1 recipient at 1 host is due now.");
        assert_eq!(Language::En.say_verb(&due(2)), "2 recipients at 2 hosts are due now.");
    }
}
