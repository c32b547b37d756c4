//! Addresses as people and programs write them, and who runs this program.
//!
//! Promises: names, comments, groups and folds of RFC 5322 are read by a parser of mail; what it cannot make an address
//! of goes to the server as it is and is refused there. Never: decides what is a valid address.

use mail_parser::{Address, HeaderName, MessageParser};
use std::os::unix::fs::MetadataExt;

/// Octets of `/etc/passwd` that are looked through.
const PASSWD_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The addresses in an argument: `a@b.test`, `Name <a@b.test>`, `a@b.test, c@d.test`.
pub(super) fn of_argument(argument: &str) -> Vec<String> {
    // A line end in it is an attempt at something else: the server refuses it.
    if argument.contains(char::is_control) || !argument.contains([',', ';', ':', '<', '>', '(', ')']) {
        return vec![argument.to_owned()];
    }
    let found = of_fields(format!("To: {argument}\n").as_bytes(), &[HeaderName::To]);
    if found.is_empty() { vec![argument.to_owned()] } else { found }
}

/// The recipients that a header names: those of the latest sender, if somebody sent the message again.
pub(super) fn of_header(header: &[u8]) -> Vec<String> {
    let again = of_fields(header, &[HeaderName::ResentTo, HeaderName::ResentCc, HeaderName::ResentBcc]);
    if again.is_empty() { of_fields(header, &[HeaderName::To, HeaderName::Cc, HeaderName::Bcc]) } else { again }
}

fn of_fields(header: &[u8], names: &[HeaderName<'static>]) -> Vec<String> {
    let parser = MessageParser::new().with_address_headers().default_header_ignore();
    let whole = [header, b"\n"].concat();
    let Some(message) = parser.parse_headers(&whole) else { return Vec::new() };
    let mut found = Vec::new();
    for field in message.headers().iter().filter(|field| names.contains(&field.name)) {
        found.extend(field.value.as_address().into_iter().flat_map(addresses));
    }
    found
}

/// A name without an address is one of this machine, such as `root`.
fn addresses<'a>(list: &'a Address<'a>) -> impl Iterator<Item = String> + 'a {
    list.iter().filter_map(|one| one.address.as_deref().or(one.name.as_deref()).map(str::to_owned))
}

/// Who runs this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// The login name.
    pub(super) login: String,
    /// The full name; may be empty.
    pub(super) full_name: String,
}

impl Person {
    /// The user of this process, by `/etc/passwd`; one who does not stand there is called by a number.
    pub(super) fn of_process() -> Person {
        use std::io::Read;
        let user = std::fs::metadata("/proc/self").map(|own| own.uid()).unwrap_or_default();
        let mut passwd = Vec::new();
        if let Ok(file) = std::fs::File::open("/etc/passwd") {
            let _ = file.take(PASSWD_BYTES_MAX).read_to_end(&mut passwd); // what was read is looked through
        }
        Person::find(&String::from_utf8_lossy(&passwd), user)
    }

    fn find(passwd: &str, user: u32) -> Person {
        let of_user = passwd
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields.len() >= 5 && fields[2].parse() == Ok(user) && !fields[0].is_empty());
        match of_user {
            // The first part of the comment is the name; `&` in it stands for the login name.
            Some(fields) => {
                let name = fields[4].split(',').next().unwrap_or("").replace('&', fields[0]);
                Person { login: fields[0].to_owned(), full_name: name }
            }
            None => Person { login: format!("uid{user}"), full_name: String::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_may_hold_names_comments_and_several_addresses() {
        for (argument, addresses) in [
            ("root", &["root"][..]),
            ("a@b.test", &["a@b.test"]),
            ("\"a b\"@c.test", &["\"a b\"@c.test"]),
            ("Somebody <a@b.test>", &["a@b.test"]),
            ("a@b.test (Somebody)", &["a@b.test"]),
            ("a@b.test, root", &["a@b.test", "root"]),
            ("a@b.test\nBcc: c@d.test", &["a@b.test\nBcc: c@d.test"]),
        ] {
            assert_eq!(of_argument(argument), addresses, "{argument:?}");
        }
    }

    #[test]
    fn the_header_names_recipients_in_to_cc_and_bcc() {
        let header = b"From: me\nTo: A <a@b.test>,\n b@b.test\nSubject: To: x\nCC: group: c@b.test;\nBcc: root\nReply-To: no@b.test\n";
        assert_eq!(of_header(header), ["a@b.test", "b@b.test", "c@b.test", "root"]);
        assert_eq!(of_header(b"To: a@b.test\nResent-To: z@b.test\n"), ["z@b.test"]);
        assert!(of_header(b"Subject: x\nTo: undisclosed-recipients:;\n").is_empty());
    }

    #[test]
    fn who_runs_it_is_found_by_number() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nme:x:1000:1000:A. &,Room 1:/home/me:/bin/sh\n";
        let me = Person { login: "me".into(), full_name: "A. me".into() };
        assert_eq!(Person::find(passwd, 1000), me);
        assert_eq!(Person::find(passwd, 7).login, "uid7");
    }
}
