//! The configuration as people write it, right and wrong: what is read, and what is said about the rest.

use super::*;
use common::words::Language;
use engine::tls::TlsRule;
use std::time::Duration;

fn read(text: &str) -> Config {
    let (config, complaints) = Config::parse(text, None);
    assert_eq!(complaints, [], "{text}");
    config
}

/// The complaints about a text, as a person reads them.
fn refused(text: &str) -> Vec<String> {
    let (_, complaints) = Config::parse(text, None);
    complaints.iter().map(|complaint| complaint.say(Path::new("n.toml"), Language::En)).collect()
}

/// The file of DESIGN 9, whole.
const WHOLE: &str = r#"
hostname = "mail.example.net"
data_dir = "nexthop-data"
[smtp]                    # intake
listen = ["127.0.0.1:2525"]
relay_from = ["127.0.0.0/8", "::1"]
max_message_bytes = 26214400
max_connections_per_address = 100
tls_cert = ""             # PEM files; with both, STARTTLS is offered
tls_key = ""
[console]
listen = "127.0.0.1:8025"
auth = "password"         # or "none": loopback listeners only
tls_cert = ""             # PEM files; with both, the console speaks TLS; beyond loopback it must
tls_key = ""
public = []               # names by which browsers reach it: "queue.example.net"
proxies = []              # whose X-Forwarded-For or Forwarded is believed: "10.0.0.0/24"
[dns]
servers = []              # empty: the system's; else "127.0.0.1:5300"
trust_anchor = ""         # a file; empty: the root's
dane = "auto"
[tls]
ca_file = ""              # more roots
policy_port = 443         # of MTA-STS
[delivery]
port = 25                 # the port used at exchangers found by MX
max_connections = 500
allow_targets = []        # CIDRs that the guard would refuse: "127.0.0.0/8" for tests
[probe]
ports = [25, 465, 587, 2525]   # and always the delivery port and the ports of routes
dns_servers = []          # name servers that dig may ask besides those of [dns]: "192.0.2.53"
[guard]                   # what stays free; below it mail is answered 452
disk_free_min = 67108864  # octets: two journal files
inodes_free_min = 2000
memory_max = 268435456    # octets of arriving messages in memory
[retry]                   # profile "default"
steps = ["5m", "10m", "20m", "40m", "1h", "2h", "4h"]
lifetime = "5d"
warn = ["4h", "24h"]
host_first = "1m"
host_max = "15m"
window = "3h"
[local]                   # mail for our own names
names = []                # besides hostname
aliases = {}              # root = "admin@example.com"; `check` warns while postmaster leads nowhere
[[route]]
match = "*"               # domain, ".sub.domain", "*"
to = ["127.0.0.1:2626"]   # several: priority order; "mx:name", "discard"
[[destination]]
match = "example.com"
max_connections = 10
tls = "opportunistic"     # none, opportunistic, require, verify
"#;

#[test]
fn the_whole_file_of_the_design_is_read_and_says_what_the_defaults_say() {
    let whole = read(WHOLE);
    assert_eq!(whole.routes, [Route { pattern: "*".into(), to: vec!["127.0.0.1:2626".into()] }]);
    assert_eq!(whole.destinations[0].max_connections, Some(10));
    assert_eq!(whole.destinations[0].tls, Some(TlsRule::Opportunistic));
    let mut bare = read("hostname = \"mail.example.net\"");
    bare.routes = whole.routes.clone();
    bare.destinations = whole.destinations.clone();
    bare.not_built = whole.not_built.clone();
    assert_eq!(whole, bare);
}

#[test]
fn the_defaults_agree_with_the_engine_and_listen_on_loopback() {
    let config = read("");
    let engine = engine::Settings::default();
    assert_eq!(config.retry.steps, engine.retry_steps);
    assert_eq!(config.retry.lifetime, engine.lifetime);
    assert_eq!(config.retry.warn, engine.warn);
    assert_eq!(config.retry.host_first, engine.host_first);
    assert_eq!(config.retry.host_max, engine.host_max);
    assert_eq!(config.retry.window, engine.host_memory);
    assert_eq!(config.retry.max_tries, engine.tries_max);
    assert_eq!(config.delivery.max_connections, engine.connections_max);
    assert_eq!(config.delivery.max_connecting, engine.connecting_max);
    assert_eq!(config.smtp.listen, ["127.0.0.1:2525".parse().unwrap()]);
    assert_eq!(config.console.listen, "127.0.0.1:8025".parse().unwrap());
    assert_eq!(config.data_dir, Path::new("nexthop-data"));
    assert!(!config.hostname_given);
}

#[test]
fn the_ancestors_profile_is_there_by_its_name_and_single_keys_may_differ_from_it() {
    let config = read("[retry]\nprofile = \"asyncos\"\nlifetime = \"1d\"\n");
    let minutes: Vec<u64> = config.retry.steps.iter().map(|step| step.as_secs() / 60).collect();
    assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60]);
    assert_eq!((config.retry.max_tries, config.retry.host_max), (Some(100), Duration::from_secs(3600)));
    assert_eq!(config.retry.lifetime, Duration::from_secs(24 * 3600));
    let (_, complaints) = Config::parse("[retry]\nprofile = \"ironport\"\nmax_tries = 0\n", None);
    assert_eq!(complaints.len(), 2);
}

#[test]
fn a_certificate_needs_its_key_and_lies_beside_the_file() {
    let text = "[smtp]\ntls_cert = \"mail.pem\"\ntls_key = \"/etc/key.pem\"\n";
    let (config, complaints) = Config::parse(text, Some(Path::new("/etc/nexthop/n.toml")));
    assert_eq!(complaints, []);
    let files = CertificateFiles { chain: "/etc/nexthop/mail.pem".into(), key: "/etc/key.pem".into() };
    assert_eq!(config.smtp.certificate, Some(files));
    assert_eq!(
        refused("[smtp]\ntls_cert = \"mail.pem\""),
        ["n.toml:2: smtp.tls_cert is set and smtp.tls_key is not; set both, or neither"]
    );
    assert_eq!(
        refused("[smtp]\nlisten = []\ntls_key = \"key.pem\""),
        ["n.toml:3: smtp.tls_key is set and smtp.tls_cert is not; set both, or neither"]
    );
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known_key() {
    for (text, says) in [
        ("\nhostnme = \"x.test\"", "n.toml:2: unknown key \"hostnme\" outside of a table; did you mean \"hostname\"?"),
        ("[smtp]\n\nlisten_on = []", "n.toml:3: unknown key \"listen_on\" in [smtp]; did you mean \"listen\"?"),
        ("[delivry]\nport = 25", "n.toml:1: unknown key \"delivry\" outside of a table; did you mean \"delivery\"?"),
        ("[[routes]]\nmatch = \"*\"", "n.toml:1: unknown key \"routes\" outside of a table; did you mean \"route\"?"),
        ("[smtp]\nport = 25", "n.toml:2: unknown key \"port\" in [smtp]; did you mean \"port\" of [delivery]?"),
        (
            "[console]\nhostname = \"x\"",
            "n.toml:2: unknown key \"hostname\" in [console]; did you mean \"hostname\", which stands before the first table?",
        ),
        (
            "[console]\nzzz = 1",
            "n.toml:2: unknown key \"zzz\" in [console]; known keys are auth, listen, proxies, public, tls_cert, tls_key",
        ),
        (
            "[brake]\nx = 1",
            "n.toml:2: unknown key \"x\" in [brake]; known keys are bounce_hosts, bounce_pause, bounce_recipients, bounce_window, resolver_domains, resolver_pause, resolver_percent, resolver_window",
        ),
        (
            "[[route]]\nmatch = \"*\"\nto = [\"discard\"]\ntoo = 1",
            "n.toml:4: unknown key \"too\" in [route]; did you mean \"to\"?",
        ),
    ] {
        assert_eq!(refused(text), [says]);
    }
}

#[test]
fn a_wrong_type_is_refused_with_the_line_as_it_would_be_right() {
    for (text, says) in [
        ("hostname = 5", "n.toml:1: hostname cannot be of type integer; write hostname = \"mail.example.net\""),
        (
            "[smtp]\nlisten = \"127.0.0.1:25\"",
            "n.toml:2: smtp.listen cannot be of type string; write listen = [\"127.0.0.1:2525\"]",
        ),
        (
            "[smtp]\nlisten = [25]",
            "n.toml:2: smtp.listen cannot be of type integer; write listen = [\"127.0.0.1:2525\"]",
        ),
        ("[retry]\nlifetime = 5", "n.toml:2: retry.lifetime cannot be of type integer; write lifetime = \"5d\""),
        ("smtp = 1", "n.toml:1: smtp cannot be of type integer; write [smtp]"),
        ("[route]\nmatch = \"*\"", "n.toml:1: route cannot be of type table; write [[route]]"),
        ("[delivery]\nport = \"25\"", "n.toml:2: delivery.port cannot be of type string; write port = 25"),
        (
            "[local]\naliases = { root = 5 }",
            "n.toml:2: local.aliases cannot be of type integer; write aliases = { root = \"admin@example.com\" }",
        ),
    ] {
        assert_eq!(refused(text), [says]);
    }
}

#[test]
fn a_wrong_value_is_refused_with_what_would_be_right() {
    for (text, says) in [
        ("hostname = \"a..b\"", "n.toml:1: hostname: \"a..b\" is refused: a part of the domain is empty"),
        (
            "hostname = \"192.0.2.1\"",
            "n.toml:1: \"192.0.2.1\" is an IP address, not a name; write a name such as \"mail.example.net\"",
        ),
        ("data_dir = \"\"", "n.toml:1: data_dir: \"\" means nothing here; write for example \"nexthop-data\""),
        (
            "[smtp]\nlisten = [\"localhost:25\"]",
            "n.toml:2: smtp.listen: \"localhost:25\" means nothing here; write for example \"127.0.0.1:2525\"",
        ),
        ("[smtp]\nmax_message_bytes = 0", "n.toml:2: smtp.max_message_bytes: 0 is not between 1 and 1073741824"),
        ("[smtp]\nmax_message_bytes = -1", "n.toml:2: smtp.max_message_bytes: -1 is not between 1 and 1073741824"),
        ("[guard]\nmemory_max = 5", "n.toml:2: guard.memory_max: 5 is not between 1048576 and 1099511627776"),
        ("[delivery]\nport = 65536", "n.toml:2: delivery.port: 65536 is not between 1 and 65535"),
        ("[retry]\nlifetime = \"5w\"", "n.toml:2: retry.lifetime: \"5w\" means nothing here; write for example \"5m\""),
        ("[retry]\nlifetime = \"0s\"", "n.toml:2: retry.lifetime: 0s is not between 1s and 365d"),
        ("[retry]\nsteps = []", "n.toml:2: retry.steps has 0 entries; write at least 1 and at most 64"),
        ("[retry]\nhost_first = \"1h\"", "n.toml:2: retry.host_first is longer than retry.host_max; make it shorter"),
        ("[console]\nauth = \"nobody\"", "n.toml:2: console.auth: \"nobody\" is not one of \"password\", \"none\""),
        (
            "[smtp]\nrelay_from = [\n\"::1\",\n\"10.0.0.1/8\"]",
            "n.toml:4: smtp.relay_from: \"10.0.0.1/8\" has bits set behind its prefix; write \"10.0.0.0/8\", or the one address alone",
        ),
        (
            "[console]\nlisten = \"127.0.0.1:2525\"",
            "n.toml:2: console.listen: 127.0.0.1:2525 is smtp.listen too; give them two ports",
        ),
        ("[[route]]\nto = [\"discard\"]", "n.toml:1: route.match is missing; add for example match = \"example.com\""),
        ("[[route]]\nmatch = \"*\"", "n.toml:1: route.to is missing; add for example to = [\"192.0.2.1:25\"]"),
        (
            "[[route]]\nmatch = \"*\"\nto = [\"discard\", \"a.test\"]",
            "n.toml:3: route.to: \"discard\" stands alone; remove the other targets",
        ),
        (
            "[[route]]\nmatch = \"*\"\nto = [\"192.0.2.1\"]",
            "n.toml:3: route.to: \"192.0.2.1\" means nothing here; write for example \"192.0.2.1:25\"",
        ),
    ] {
        assert_eq!(refused(text), [says]);
    }
}

#[test]
fn all_complaints_come_at_once_in_the_order_of_the_lines() {
    let text = "data_dir = 7\nhostnme = \"x\"\n[smtp]\nlisten = [\"x\", \"y\"]\n[retry]\nwarn = [5]\n";
    let lines: Vec<Option<usize>> = Config::parse(text, None).1.iter().map(|complaint| complaint.line).collect();
    assert_eq!(lines, [Some(1), Some(2), Some(4), Some(4), Some(6)]);
}

#[test]
fn what_is_not_toml_is_refused_with_its_line_and_the_rest_is_still_read() {
    let said = refused("[smtp]\nlisten = = 5\n[retry]\nlifetim = \"5d\"\n");
    assert!(said[0].starts_with("n.toml:2: this is not TOML: "), "{said:?}");
    assert!(said.iter().any(|line| line.starts_with("n.toml:4: unknown key \"lifetim\"")), "{said:?}");
    assert!(refused("a = 1\na = 2").iter().any(|line| line.starts_with("n.toml:2: this is not TOML: ")));
}

#[test]
fn a_console_beyond_loopback_needs_sign_in_and_tls() {
    let with =
        |auth: &str, listen: &str| refused(&format!("[console]\nauth = \"{auth}\"\nlisten = \"{listen}\"")).join("");
    let tls = "\"\ntls_cert = \"c.pem\"\ntls_key = \"k.pem\"\npublic = [\"queue.test";
    assert!(with("none", "0.0.0.0:8025").contains("everybody who reaches 0.0.0.0:8025"));
    let open = refused(&format!("[console]\nauth = \"none\"\nlisten = \"192.0.2.1:8025{tls}\"]")).join("");
    assert!(open.contains("everybody who reaches 192.0.2.1:8025"), "{open}");
    let good = read(&format!("[console]\nlisten = \"192.0.2.1:8025{tls}\"]"));
    assert_eq!((good.console.public, good.console.certificate.is_some()), (vec!["queue.test".to_owned()], true));
    assert!(with("none", "0.0.0.0:8025").contains("everybody who reaches 0.0.0.0:8025"));
    assert!(with("password", "192.0.2.1:8025").contains("passwords would cross the network in clear"));
    for good in ["127.0.0.2:8025", "[::1]:8025", "[::ffff:127.0.0.1]:8025"] {
        assert_eq!(with("none", good), "");
        assert_eq!(with("password", good), "");
    }
}

#[test]
fn every_rule_of_tls_is_known_by_its_word_and_others_are_refused() {
    for (word, rule) in [
        ("none", TlsRule::None),
        ("opportunistic", TlsRule::Opportunistic),
        ("require", TlsRule::Require),
        ("verify", TlsRule::Verify),
    ] {
        let config = read(&format!("[[destination]]\nmatch = \"bank.test\"\ntls = \"{word}\""));
        assert_eq!((config.destinations[0].tls, config.not_built), (Some(rule), Vec::new()));
    }
    let said = refused("[[destination]]\nmatch = \"bank.test\"\ntls = \"maybe\"");
    assert!(said[0].starts_with("n.toml:3: destination.tls: \"maybe\" is not one of \"none\""), "{said:?}");
}

#[test]
fn two_rules_for_the_same_domains_are_refused() {
    let text =
        "[[route]]\nmatch = \"A.test\"\nto = [\"discard\"]\n[[route]]\nmatch = \"a.TEST.\"\nto = [\"discard\"]\n";
    assert_eq!(refused(text), ["n.toml:5: route.match: \"a.test\" is there twice; remove one"]);
    assert_eq!(refused("[smtp]\nlisten = [\"127.0.0.1:25\", \"127.0.0.1:25\"]").len(), 1);
}

#[test]
fn targets_of_a_route_are_kept_in_order_and_folded() {
    let text = "[[route]]\nmatch = \".Example.com\"\nto = [\"[2001:db8::1]:25\", \"Relay.test:2525\", \"mx:Other.test\", \"relay.test\"]\n";
    let config = read(text);
    assert_eq!(config.routes[0].pattern, ".example.com");
    assert_eq!(config.routes[0].to, ["[2001:db8::1]:25", "relay.test:2525", "mx:other.test", "relay.test"]);
}

#[test]
fn aliases_are_followed_to_the_address_where_the_mail_ends() {
    let head = "hostname = \"mx.test\"\n[local]\nnames = [\"example.net\"]\n[local.aliases]\n";
    let config = read(&format!(
        "{head}Root = \"admin@example.com\"\npostmaster = \"root\"\nabuse = \"postmaster@example.net\"\n"
    ));
    let ends: Vec<(&str, &str)> =
        config.local.aliases.iter().map(|(alias, to)| (alias.as_str(), to.as_str())).collect();
    assert_eq!(
        ends,
        [("abuse", "admin@example.com"), ("postmaster", "admin@example.com"), ("root", "admin@example.com")]
    );
    for (lines, says) in [
        ("a = \"b\"\nb = \"a\"", "the alias \"a\" leads back to itself; let it end at an address elsewhere"),
        ("a = \"nobody\"", "the alias \"a\" leads to \"nobody\", which is no alias; write an address elsewhere"),
        ("a = \"x@mx.test\"", "the alias \"a\" leads to \"x\", which is no alias; write an address elsewhere"),
        (
            "a = \"x@@\"",
            "local.aliases.a: \"x@@\" is refused: the part before @ holds a character that is not allowed there",
        ),
        ("\"a b\" = \"x@y.test\"", "local.aliases: \"a b\" means nothing here; write for example \"root\""),
        ("Root = \"x@y.test\"\nroot = \"x@y.test\"", "local.aliases: \"root\" is there twice; remove one"),
    ] {
        let said = refused(&format!("{head}{lines}"));
        assert!(said[0].ends_with(says), "{said:?}");
        assert!(said[0].starts_with("n.toml:5") || said[0].starts_with("n.toml:6"), "{said:?}");
    }
}

#[test]
fn paths_are_relative_to_the_file_and_absolute_ones_stay() {
    let file = Path::new("/etc/nexthop/nexthop.toml");
    let (config, _) = Config::parse("data_dir = \"spool\"\n[tls]\nca_file = \"roots.pem\"", Some(file));
    assert_eq!(config.control_socket(), Path::new("/etc/nexthop/spool/control.sock"));
    assert_eq!(config.tls.ca_file.as_deref(), Some(Path::new("/etc/nexthop/roots.pem")));
    let (config, _) = Config::parse("data_dir = \"/var/lib/nexthop\"", Some(file));
    assert_eq!(config.data_dir, Path::new("/var/lib/nexthop"));
    let (config, _) = Config::parse("", Some(Path::new("nexthop.toml")));
    assert_eq!(config.data_dir, Path::new("nexthop-data"));
}

#[test]
fn a_data_dir_too_long_for_its_socket_is_refused() {
    let said = refused(&format!("data_dir = \"/{}\"", "d".repeat(100)));
    assert!(said[0].contains("longer than 107 octets"), "{said:?}");
}

#[test]
fn what_is_accepted_without_effect_is_said() {
    let destination = "[[destination]]\nmatch = \"a.test\"\nmax_connections = 5\ntls = \"require\"";
    let config = read(&format!("[tls]\nca_file = \"x\"\npolicy_port = 1\n{destination}"));
    assert_eq!(config.not_built, ["tls.policy_port"]);
    let notes = config.notes();
    assert!(notes.contains(&SettingPhrase::NotBuilt("tls.policy_port".into())));
}

#[test]
fn postmaster_and_open_relays_are_noted() {
    let config = read("hostname = \"mx.test\"\n[smtp]\nrelay_from = [\"0.0.0.0/0\"]\n[console]\nauth = \"none\"");
    assert_eq!(
        config.notes(),
        [SettingPhrase::OpenRelay("0.0.0.0/0".into()), SettingPhrase::PostmasterNowhere("mx.test".into()),]
    );
    let good = "hostname = \"mx.test\"\n[console]\nauth = \"none\"\n[local]\naliases = { postmaster = \"a@b.test\" }";
    assert_eq!(read(good).notes(), []);
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nexthop.toml");
    assert!(matches!(Config::load(&file), Err(ConfigError::Unreadable { kind: std::io::ErrorKind::NotFound, .. })));
    std::fs::write(&file, b"a = 1\nb = \"\xff\"\n").unwrap();
    let Err(ConfigError::Refused { complaints, .. }) = Config::load(&file) else { panic!("not UTF-8") };
    assert_eq!((complaints[0].line, &complaints[0].problem), (Some(2), &SettingPhrase::NotUtf8));
    std::fs::write(&file, vec![b'#'; FILE_BYTES_MAX as usize + 1]).unwrap();
    assert!(matches!(Config::load(&file), Err(ConfigError::Unreadable { kind: std::io::ErrorKind::FileTooLarge, .. })));
    assert!(matches!(Config::load(folder.path()), Err(ConfigError::Unreadable { .. })));
    std::fs::write(&file, "hostname = \"mx.test\"").unwrap();
    assert_eq!(Config::load(&file).unwrap().data_dir, folder.path().join("nexthop-data"));
}

#[test]
fn a_file_full_of_nonsense_is_not_answered_with_a_book() {
    let text: String = (0..5_000).map(|n| format!("key{n} = 1\n")).collect();
    assert_eq!(refused(&text).len(), 100);
}

#[test]
fn a_destination_has_its_limits() {
    let config = read(
        "[[destination]]\nmatch = \".a.test\"\nmax_connections = 3\nrate = \"100/m\"\nmessages_per_connection = 20\n\
         recipients_per_message = 10",
    );
    let limits = &config.destinations[0];
    assert_eq!(
        (limits.max_connections, limits.messages_per_connection, limits.recipients_per_message),
        (Some(3), Some(20), Some(10))
    );
    assert_eq!(config.not_built, Vec::<String>::new());
    for (text, recipients, seconds) in
        [("100/m", 100, 60), ("100/1m", 100, 60), ("7/30s", 7, 30), ("5000/1h30m", 5_000, 5_400), ("1/d", 1, 86_400)]
    {
        let config = read(&format!("[[destination]]\nmatch = \"*\"\nrate = \"{text}\""));
        let rate = config.destinations[0].rate.expect("a rate");
        assert_eq!((rate.recipients, rate.period.as_secs()), (recipients, seconds), "{text}");
    }
}

#[test]
fn a_rate_that_says_nothing_sensible_is_refused_with_an_example() {
    for text in
        ["", "100", "0/m", "/m", "100/", "100/0s", "100/2d", "-1/m", "1.5/m", "100/minute", "100/m/m", "99999999999/m"]
    {
        let said = refused(&format!("[[destination]]\nmatch = \"*\"\nrate = \"{text}\""));
        assert!(said[0].starts_with("n.toml:3: destination.rate") && said[0].contains("100/m"), "{text}: {said:?}");
    }
    for key in ["max_connections", "messages_per_connection", "recipients_per_message"] {
        let said = refused(&format!("[[destination]]\nmatch = \"*\"\n{key} = 0"));
        assert!(said[0].starts_with(&format!("n.toml:3: destination.{key}")), "{said:?}");
    }
}

#[test]
fn the_brake_is_set_by_its_keys_and_else_as_the_engine_says() {
    assert_eq!(read("").brake, engine::brake::BrakeSettings::default());
    let brake = read("[brake]\nresolver_domains = 30\nbounce_pause = \"2h\"\nbounce_recipients = 100").brake;
    assert_eq!((brake.resolver_domains, brake.bounce_pause.as_secs(), brake.bounce_recipients), (30, 7_200, 100));
    for (text, says) in [
        ("resolver_percent = 101", "n.toml:2: brake.resolver_percent"),
        ("bounce_hosts = 0", "n.toml:2: brake.bounce_hosts"),
        ("bounce_window = \"0s\"", "n.toml:2: brake.bounce_window"),
    ] {
        let said = refused(&format!("[brake]\n{text}"));
        assert!(said[0].starts_with(says), "{said:?}");
    }
}

#[test]
fn a_reload_takes_over_what_a_running_server_can_and_names_the_rest() {
    let start = read("hostname = \"a.test\"\n[retry]\nlifetime = \"5d\"");
    let (same, waiting) = start.clone().over(&start);
    assert_eq!((same, waiting), (start.clone(), Vec::new()));

    let free = "hostname = \"a.test\"\n[smtp]\nrelay_from = []\n[dns]\nservers = [\"127.0.0.1:5300\"]\n[delivery]\n\
                allow_targets = [\"127.0.0.0/8\"]\n[probe]\nports = [26]\n[retry]\nsteps = [\"7m\"]\nlifetime = \"5d\"\n\
                host_first = \"2m\"\n[local]\nnames = [\"b.test\"]\n[brake]\nbounce_hosts = 9\n\
                [[route]]\nmatch = \"*\"\nto = [\"127.0.0.1:2626\"]\n[[destination]]\nmatch = \"*\"\ntls = \"require\"";
    let free = read(free);
    assert_eq!(free.clone().over(&start), (free, Vec::new()), "all of it");

    let bound = "hostname = \"b.test\"\ndata_dir = \"/x\"\n[smtp]\nlisten = []\nmax_message_bytes = 1\n\
                 [console]\nlisten = \"127.0.0.1:1\"\n[delivery]\nport = 26\nmax_connections = 3\n\
                 [guard]\ninodes_free_min = 5\n[retry]\nlifetime = \"4d\"\nwarn = []";
    let (taken, waiting) = read(bound).over(&start);
    assert_eq!(taken, start, "none of it");
    let keys = [
        "hostname",
        "data_dir",
        "smtp.listen",
        "smtp.max_message_bytes",
        "console",
        "delivery.port",
        "delivery.max_connections",
        "guard",
        "retry.lifetime",
        "retry.warn",
    ];
    assert_eq!(waiting, keys);
}
