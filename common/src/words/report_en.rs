//! What a report to a sender says, in English.

use crate::words::ReportPhrase;

pub(super) fn say(phrase: &ReportPhrase<'_>) -> String {
    use ReportPhrase::*;
    match *phrase {
        SubjectFailed => "Your mail could not be delivered".into(),
        SubjectDelayed => "Your mail is delayed".into(),
        SubjectRelayed => "Your mail was handed on".into(),
        SubjectSeveral => "Several of your mails could not be delivered".into(),
        Greeting { hostname } => format!("This is the mail server {hostname}."),
        Failed => "Your mail could not be delivered to the recipients below. It is not tried again for them; \
                   other recipients are not affected."
            .into(),
        Delayed => "Your mail has not been delivered to the recipients below yet. It is still being tried: \
                    there is nothing to do, and no need to send it again."
            .into(),
        Relayed => "Your mail was handed to the mail server of the recipients below. That server does not report \
                    what becomes of it."
            .into(),
        Several { recipients, hourly } => format!(
            "Mails of yours could not be delivered to {recipients} more {}. They are told together, \
             because an hour brings at most {hourly} reports one by one. They are not tried again.",
            if recipients == 1 { "recipient" } else { "recipients" }
        ),
        Message { subject, received_at, message_id } => {
            let subject = subject.map(|subject| format!("\"{subject}\" ")).unwrap_or_default();
            let id = message_id.map(|id| format!(" (Message-ID <{id}>)")).unwrap_or_default();
            format!("The mail: {subject}of {received_at}{id}")
        }
        Replied { exchanger, reply } => format!("{} answered: {reply}", exchanger.unwrap_or("Their mail server")),
        GivenUp => "It was tried again and again until its time ran out.".into(),
        TriedUntil { time } => format!("It is tried until {time}."),
        HandedTo { exchanger: Some(exchanger) } => format!("Handed to {exchanger}."),
        HandedTo { exchanger: None } => "Handed to the next mail server.".into(),
        WholeAttached => "Your mail is attached.".into(),
        HeaderAttached => "The header of your mail is attached.".into(),
    }
}
