//! What the verbs say, in English.

use crate::words::{VerbPhrase, en};

pub(super) fn say(phrase: &VerbPhrase<'_>) -> String {
    use VerbPhrase::*;
    match *phrase {
        NoServer { place, why } => format!(
            "no server at {place}: {why}. Start one with `nexthop serve --config FILE`, \
             or say where it is with --server URL or --config FILE"
        ),
        SocketDenied { place } => format!("you may not open {place}; run this as the user of the server"),
        TooSlow { place, seconds } => format!("{place} did not answer within {seconds} s; try again later"),
        NotOurs { place, why } => format!("what answers at {place} is no Nexthop server: {why}"),
        AnswerTooLarge { most } => format!("the answer is larger than {most} octets; ask for less"),
        RefusedSilently { status } => format!("the server refused with HTTP status {status} and did not say why"),
        Broken { place, why } => format!("the connection to {place} broke: {why}; try again"),
        BadUrl { url } => {
            format!("{url:?} is not the address of a server; write http://HOST:PORT or https://HOST:PORT")
        }
        BadToken { place, why } => format!("the token of {place} cannot be read: {why}"),
        TokenMalformed => "a token is one line of at most 4096 visible ASCII characters".into(),
        TokenInClear { host } => format!("note: the token goes to {host} unencrypted; use a tunnel"),
        BadArgument { value, why } => format!("{value:?} is refused: {why}"),
        NoHosts => "No hosts: nothing waits, and nothing did within the last hours.".into(),
        DueNow { recipients, messages, hosts } => {
            format!("{} {} due now.", count(recipients, messages, hosts), if recipients == 1 { "is" } else { "are" })
        }
        WouldBeDue { recipients, messages, hosts } => {
            format!("Dry run: {} would become due. Nothing was changed.", count(recipients, messages, hosts))
        }
        NothingToSchedule => "Nothing waits for a timer.".into(),
        NotScheduled { recipients } => format!("{recipients} could not be scheduled."),
        Receipt { id } => format!("Receipt: action {id}."),
        Obstacles => "Mail will wait all the same:".into(),
        Note => "Note:".into(),
        Among => "Among them:".into(),
        ActionFailed => "the server could not do it".into(),
        DigNoAnswer => "no name server answered".into(),
        DigNoName => "dig needs a name: nexthop dig [@SERVER] [TYPE] NAME, or nexthop dig -x ADDRESS".into(),
        DigUnknownFlag { flag } => format!("dig does not know {flag} here; it knows +tcp and +dnssec"),
        DigTwoNames { second } => format!("dig asks for one name; {second:?} is a second one"),
        TelnetOver { why } => format!("The session is over: {why}"),
        TelnetDrained => "the server stops".into(),
        CheckGood { file } => format!("{file} is good."),
        CheckDefaults => "There is no configuration file; the defaults hold.".into(),
        CheckBad { complaints: 1 } => "1 complaint; nothing was started.".into(),
        CheckBad { complaints } => format!("{complaints} complaints; nothing was started."),
        CheckIntake { listeners: "" } => "Mail is taken nowhere: smtp.listen is empty.".into(),
        CheckIntake { listeners } => format!("Mail is taken at {listeners}."),
        CheckStartTls => "STARTTLS is offered; certificate and key belong together.".into(),
        CheckConsole { url } => format!("The console is at {url}."),
        CheckDataReady { path } => format!("Data is kept in {path}."),
        CheckDataNew { path } => format!("Data is kept in {path}, which will be made."),
        CheckDataBad { path, why } => format!("data_dir {path} cannot be written: {why}"),
        CheckNameServers { servers: "" } => "Name servers are the system's.".into(),
        CheckNameServers { servers } => format!("Name servers are {servers}."),
        CheckByMx { port } => {
            format!("Mail goes to the exchangers of its domain, port {port}, where no route is for it.")
        }
        CheckRoute { pattern, to } => format!("Mail for {pattern} goes to {to}."),
        CheckBusy { address, why } => format!("{address} cannot be opened at this moment: {why}"),
        NothingMatches => "No recipient in the queue matches.".into(),
        NotAllShown { shown, total } => {
            format!("{shown} of {total} messages are shown: narrow the filter, or raise --limit (500 at most).")
        }
        CheckNote { note } => format!("Note: {note}."),
        WaitsUntil { sentence, at, left: Some(left) } => format!("{sentence}; until {at} (in {left})"),
        WaitsUntil { sentence, at, left: None } => format!("{sentence}; until {at} (now)"),
        Causes(causes) => causes.iter().map(|cause| en::cause(*cause)).collect::<Vec<_>>().join("; "),
        NotRecorded => "not recorded: before the server's start, or while the machine slept".into(),
        Age => "age".into(),
    }
}

fn count(recipients: u64, messages: Option<u64>, hosts: u64) -> String {
    let of = messages.map(|messages| format!(" of {}", plural(messages, "message"))).unwrap_or_default();
    format!("{}{of} at {}", plural(recipients, "recipient"), plural(hosts, "host"))
}

fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
