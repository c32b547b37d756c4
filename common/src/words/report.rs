//! What a report to a sender says (RFC 3464's human-readable part). Its readers are people who write mail, not
//! administrators.

/// A sentence of a report. Addresses, times and replies are as they came, made visible: they have no language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportPhrase<'a> {
    /// The subject: recipients failed for good.
    SubjectFailed,
    /// The subject: recipients are late.
    SubjectDelayed,
    /// The subject: recipients were handed to a server that does not report.
    SubjectRelayed,
    /// The subject: many messages failed, told together.
    SubjectSeveral,
    /// Who writes.
    Greeting {
        /// Our name.
        hostname: &'a str,
    },
    /// Recipients failed for good.
    Failed,
    /// Recipients are late; nothing has to be done.
    Delayed,
    /// Recipients were handed to a server that does not report.
    Relayed,
    /// Many messages failed within an hour, told together.
    Several {
        /// How many recipients are told here.
        recipients: u64,
        /// Reports that an hour brings one by one.
        hourly: u64,
    },
    /// Which message.
    Message {
        /// Its subject, if it has one.
        subject: Option<&'a str>,
        /// When it was taken, RFC 5322.
        received_at: &'a str,
        /// Its Message-ID without angle brackets, if it has one.
        message_id: Option<&'a str>,
    },
    /// What a mail server said.
    Replied {
        /// The server, if its name is known.
        exchanger: Option<&'a str>,
        /// Code and text.
        reply: &'a str,
    },
    /// The recipient was tried until its time ran out.
    GivenUp,
    /// The recipient is tried until then.
    TriedUntil {
        /// RFC 5322.
        time: &'a str,
    },
    /// The recipient was handed over.
    HandedTo {
        /// To whom, if its name is known.
        exchanger: Option<&'a str>,
    },
    /// The message is attached.
    WholeAttached,
    /// Its header is attached.
    HeaderAttached,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn every_sentence_of_a_report_is_said_in_both_languages_with_what_it_was_given() {
        use ReportPhrase::*;
        let message = Message { subject: Some("SUBJECT"), received_at: "TIME", message_id: Some("ID") };
        let bare = Message { subject: None, received_at: "TIME", message_id: None };
        for (phrase, given) in [
            (SubjectFailed, vec![]),
            (SubjectDelayed, vec![]),
            (SubjectRelayed, vec![]),
            (SubjectSeveral, vec![]),
            (Greeting { hostname: "HOST" }, vec!["HOST"]),
            (Failed, vec![]),
            (Delayed, vec![]),
            (Relayed, vec![]),
            (Several { recipients: 71, hourly: 72 }, vec!["71", "72"]),
            (message, vec!["SUBJECT", "TIME", "ID"]),
            (bare, vec!["TIME"]),
            (Replied { exchanger: Some("MX"), reply: "REPLY" }, vec!["MX", "REPLY"]),
            (Replied { exchanger: None, reply: "REPLY" }, vec!["REPLY"]),
            (GivenUp, vec![]),
            (TriedUntil { time: "TIME" }, vec!["TIME"]),
            (HandedTo { exchanger: Some("MX") }, vec!["MX"]),
            (HandedTo { exchanger: None }, vec![]),
            (WholeAttached, vec![]),
            (HeaderAttached, vec![]),
        ] {
            let (en, ja) = (Language::En.say_report(&phrase), Language::Ja.say_report(&phrase));
            assert!(given.iter().all(|word| en.contains(word) && ja.contains(word)), "{en} / {ja}");
            assert!(en.is_ascii() && ja.chars().any(|c| c > '\u{3000}'), "{en} / {ja}");
        }
    }
}
