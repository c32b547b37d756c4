//! Golden layouts: the exact text.

use super::sample::*;
use crate::cli::{delivernow, dig, hoststatus, rate, showrecipients, status, tophosts};
use common::vocab::{Alert, CountWindow, Counters, Timestamp, VerdictCode};
use common::wire::{
    ActionState, DigDelivery, DigHop, HostRow, NextHops, SaidReply, ServerStatus, StandingAlert, TlsState, TlsTrouble,
    Verdict,
};
use common::words::Language;

#[test]
fn tophosts_is_laid_out_as_the_ancestors() {
    let queue = |name: &str, active| HostRow { active_recipients: active, delivered_recipients: 0, ..row(name) };
    let rows = [queue("the.encryption.queue", 0), queue("the.euq.queue", 5), queue("the.euq.release.queue", 0)];
    assert_eq!(
        tophosts::layout(NOW, &rows),
        "
Status as of:                   Tue Nov 24 04:08:38 2026 UTC
Hosts marked with '*' were down as of the last delivery attempt.

                               Active  Conn.     Deliv.       Soft       Hard
#   Recipient Host             Recip.    Out     Recip.    Bounced    Bounced

1   the.encryption.queue            0      0          0          0          0
2   the.euq.queue                   5      0          0          0          0
3   the.euq.release.queue           0      0          0          0          0
"
    );
}

#[test]
fn tophosts_marks_down_hosts_and_keeps_long_names_and_big_numbers_whole() {
    let mut big = down("a-rather-long-name-of-a-host.subdomain.example.com");
    big.delivered_recipients = 9_999_999_999;
    big.hard_bounced_recipients = 1_000;
    let rows = [down("down.test"), big, down(&format!("{}.test", "n".repeat(60)))];
    assert_eq!(
        tophosts::layout(NOW, &rows).lines().skip(7).collect::<Vec<_>>(),
        [
            "1*  down.test                  12,345      0        336  1,234,567          0",
            "2*  a-rather-long-name-of-a-host.subdomain.example.com 12,345 0 9,999,999,999 1,234,567 1,000",
            "3*  nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn.test 12,345 0 336 1,234,567 0",
        ]
    );
}

#[test]
fn tophosts_lists_twenty_and_nothing_for_nothing() {
    let rows: Vec<HostRow> = (0..30).map(|n| row(&format!("h{n}.test"))).collect();
    let text = tophosts::layout(NOW, &rows);
    assert_eq!(text.lines().count(), 7 + 20);
    assert!(text.lines().last().unwrap().starts_with("20  h19.test "));
    assert_eq!(tophosts::layout(NOW, &[]).lines().count(), 7);
}

#[test]
fn hoststatus_of_a_quiet_host_is_the_ancestors_word_for_word() {
    assert_eq!(
        hoststatus::layout(&detail(row("mail.com")), Language::En),
        "
Host mail status for: 'mail.com'
Status as of:         Tue Nov 24 04:08:38 2026 UTC
Host up/down:         up

Counters:
  Queue
    Soft Bounced Events             0
  Completion
    Completed Recipients          336
      Hard Bounced Recipients       0
        DNS Hard Bounces            0
        5XX Hard Bounces            0
        Filter Hard Bounces         0
        Expired Hard Bounces        0
        Other Hard Bounces          0
      Delivered Recipients        336
      Deleted Recipients            0

Gauges:
  Queue
    Active Recipients               0
      Unattempted Recipients        0
      Attempted Recipients          0
  Connections
    Current Outbound Connections    0
    Pending Outbound Connections    0

Oldest Message        No Messages
Last Activity         Never
"
    );
}

#[test]
fn hoststatus_says_why_and_when_and_shows_hostile_text_harmless() {
    let mut detail = detail(down("down.test"));
    detail.exchangers = vec![
        exchanger(10, "mx1.down.test", &["192.0.2.25:25", "192.0.2.26:25", "192.0.2.27:25", "[2001:db8::25]:2525"]),
        exchanger(20, "mx2.\u{202e}down.test", &[]),
    ];
    detail.exchangers_expire_at = Some(Timestamp(NOW.0 + 3_144_000));
    detail.named_by = Some(NextHops::Mx);
    detail.mx_expire_at = Some(Timestamp(NOW.0 + 7_200_000));
    detail.last_4xx = Some(SaidReply { reply: "421-busy\r\n421 \u{1b}[2Jbye\r\n".into(), at: NOW });
    detail.last_5xx = Some(SaidReply { reply: "550 REQUESTED ACTION NOT TAKEN".into(), at: NOW });
    let text = hoststatus::layout(&detail, Language::En);
    let (head, rest) = text.split_once("\n\nCounters:").unwrap();
    assert_eq!(
        head,
        "
Host mail status for: 'down.test'
Status as of:         Tue Nov 24 04:08:38 2026 UTC
Host up/down:         down
Since:                Tue Nov 24 03:08:38 2026 UTC (down for 1h)
Because:              The server greets with a temporary refusal. (smtp.banner_4xx)
Reply:                421-busy
                      421 \\x1b[31mcome back\\u{202e}
Seen at:              mx1.down.test [192.0.2.25:25]
What to do:           Wait; it is tried again.
Next attempt:         Tue Nov 24 04:12:48 2026 UTC (in 4m 10s)"
    );
    let (_, gauges) = rest.split_once("\n\nGauges:").unwrap();
    assert_eq!(
        gauges,
        "
  Queue
    Active Recipients          12,345
      Unattempted Recipients   12,000
      Attempted Recipients        345
  Connections
    Current Outbound Connections    0
    Pending Outbound Connections    1
    Waiting Recipients         12,345
      host_down                12,000
      retry                       345

Oldest Message        1 day 2 hours 3 mins 4 secs
Last Activity         Tue Nov 24 04:07:38 2026 UTC

Ordered IP addresses: (expiring at Tue Nov 24 05:01:02 2026 UTC)
  Preference   IPs
  10           192.0.2.25       192.0.2.26       192.0.2.27
  10           [2001:db8::25]:2525

MX Records:
  Preference   TTL       Hostname
  10           2h        mx1.down.test
  20           2h        mx2.\\u{202e}down.test

Last 4XX Error:
----------
421-busy
421 \\x1b[2Jbye
(at Tue Nov 24 04:08:38 2026 UTC)
----------

Last 5XX Error:
----------
550 REQUESTED ACTION NOT TAKEN
(at Tue Nov 24 04:08:38 2026 UTC)
----------
"
    );
}

#[test]
fn a_certificate_without_names_is_said_to_have_none() {
    let mut detail = detail(row("bare.test"));
    let sentence = "TLS 1.3, certificate not verified".to_owned();
    detail.tls = Some(TlsState { sentence, issuer: Some("CN=bare".into()), ..TlsState::default() });
    let text = hoststatus::layout(&detail, Language::En);
    assert!(text.contains("Certificate:          without names, by CN=bare\n"), "{text}");
}

#[test]
fn hoststatus_of_a_routed_host_shows_the_route_and_no_mx_records() {
    let mut detail = detail(row("routed.test"));
    detail.route = Some("192.0.2.9:2626".into());
    detail.exchangers = vec![exchanger(0, "192.0.2.9:2626", &["192.0.2.9:2626"])];
    detail.row.next_attempt_at = Some(Timestamp(NOW.0 - 1));
    let text = hoststatus::layout(&detail, Language::En);
    assert!(text.contains("Next attempt:         Tue Nov 24 04:08:37 2026 UTC (now)\n"), "{text}");
    assert!(text.ends_with(
        "
Ordered IP addresses:
  Preference   IPs
  0            192.0.2.9:2626

SMTP routes for this host:
  192.0.2.9:2626
"
    ));
}

#[test]
fn status_is_laid_out_in_the_manner_of_the_ancestor() {
    assert_eq!(
        status::layout(&status(), false, Language::En),
        "
Status as of:                  Tue Nov 24 04:08:38 2026 UTC
Up since:                      Fri Nov 06 07:30:53 2026 UTC (17d 20h 37m 45s)
Last counter reset:            Fri Nov 06 07:30:53 2026 UTC
System status:                 Online
Oldest Message:                4 weeks 46 mins 53 secs
Server:                        mail.example.net (nexthop 0.1.0)

Counters:                               Reset
  Receiving
    Messages Received                       1
    Recipients Received             5,000,000
  Queue
    Soft Bounced Events             2,334,552
  Completion
    Completed Recipients           50,441,741
      Hard Bounced Recipients               1
        DNS Hard Bounces                    0
        5XX Hard Bounces                    1
        Expired Hard Bounces                0
        Filter Hard Bounces                 0
        Other Hard Bounces                  0
      Delivered Recipients         50,441,740
      Deleted Recipients                    0

Gauges:                               Current
  Connections
    Current Outbound Conn.                 14
    Pending Outbound Conn.                  0
  Queue
    Active Recipients                   7,166
      Unattempted Recipients            7,000
      Attempted Recipients                166
    Waiting Recipients                  7,166
      slot                              7,166
  Hosts
    Destinations In Memory              1,201
      Up                                1,000
      Down                                200
      Limited                               1
      Held                                  0
"
    );
}

#[test]
fn status_in_detail_has_a_column_for_each_base_and_rates_per_hour() {
    let mut detailed = status();
    let mut hour = Counters::default();
    (0..7_200).for_each(|_| hour.delivered());
    detailed.windows.insert(CountWindow::Minute, hour);
    detailed.windows.insert(CountWindow::Day, hour);
    let text = status::layout(&detailed, true, Language::En);
    for line in [
        "Counters:                               Reset          Uptime        Lifetime",
        "    Recipients Received             5,000,000      10,000,000      15,000,000",
        "      Delivered Recipients         50,441,740      50,441,740      50,441,740",
        "Rates (Events Per Hour):             1-Minute          1-Hour        24-Hours",
        "    Delivered Recipients              432,000               0             300",
    ] {
        assert!(text.lines().any(|found| found == line), "{line:?} is missing:\n{text}");
    }
}

#[test]
fn a_line_of_a_rate_shows_what_came_since_the_line_before() {
    let (mut before, mut now) = (status(), status());
    before.columns.reset.recipients_received = 41_708_833;
    now.columns.reset.recipients_received = 41_708_840;
    now.totals.completed_recipients = 5;
    let line = rate::system_line(&before, &now);
    assert_eq!(line, "04:08:38   -    14    41708840       7           5      0       -");
    let (old, mut new) = (detail(row("a.test")), detail(row("a.test")));
    new.row.active_recipients = old.row.active_recipients + 3;
    assert!(rate::host_line(&new, &old).contains(" -3 "), "the queue may shrink");
    assert!(rate::host_line(&old, &new).starts_with("04:08:38        up"), "{}", rate::host_line(&old, &new));
}

#[test]
fn status_says_what_the_start_recovered_and_that_it_is_the_lab() {
    let mut lab = status();
    lab.lab = true;
    lab.recovery = Some("12 messages\u{7}".into());
    let text = status::layout(&lab, false, Language::En);
    assert!(text.contains("Server:                        mail.example.net (nexthop 0.1.0, lab)\n"), "{text}");
    assert!(text.contains("Recovered:                     12 messages\\x07\n"), "{text}");
}

fn question(words: &[&str]) -> Result<dig::Question, String> {
    dig::Question::parse(&words.iter().map(|word| word.to_string()).collect::<Vec<_>>(), None, Language::En)
}

#[test]
fn dig_prints_as_dig_does() {
    let text = dig::layout(&question(&["@127.0.0.1:5300", "mx", "xmail.com"]).unwrap(), &dig_answer());
    assert_eq!(
        text,
        "
; <<>> nexthop dig <<>> @127.0.0.1:5300 mx xmail.com
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 31337
;; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1

;; QUESTION SECTION:
;xmail.com.                     IN      MX

;; ANSWER SECTION:
xmail.com.              300     IN      MX      10 a11.xmail-smtp-in.example.
xmail.com.              300     IN      MX      20 alt.example.

;; ADDITIONAL SECTION:
a-very-long-name.of-an-exchanger.example. 60 IN A 192.0.2.1

;; Query time: 12 msec
;; SERVER: 127.0.0.1#5300(127.0.0.1) (UDP)
;; WHEN: Tue Nov 24 04:08:38 UTC 2026
;; MSG SIZE  rcvd: 92

"
    );
}

#[test]
fn dig_says_what_delivery_would_use() {
    let mut answer = dig_answer();
    assert_eq!(dig::delivery(&answer, Language::En), "");
    let hop = |preference, exchanger: &str, address: &str| DigHop {
        preference,
        exchanger: exchanger.into(),
        address: address.into(),
    };
    let hops = vec![hop(5, "mx1.test", "192.0.2.1:25"), hop(10, "mx2.test", "[2001:db8::2]:25")];
    answer.delivery = Some(DigDelivery { hops, ttl_seconds: Some(300), ..DigDelivery::default() });
    assert_eq!(
        dig::delivery(&answer, Language::En),
        ";; Delivery would use, in this order, for the next 300 s:
;;   5 mx1.test 192.0.2.1:25
;;   10 mx2.test [2001:db8::2]:25

"
    );
    let detail = Some("evil\u{1b}[2J".to_owned());
    let nowhere = DigDelivery { because: Some(VerdictCode::DnsMxUnusable), detail, ..DigDelivery::default() };
    (answer.delivery, answer.left_out) = (Some(nowhere), 3);
    let said = dig::delivery(&answer, Language::En);
    assert!(
        said.starts_with(";; 3 records are not shown: the answer is too large.\n;; Delivery would find no"),
        "{said}"
    );
    assert!(said.contains("evil\\x1b[2J") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn dig_takes_an_address_and_flags() {
    let words = ["@::1".to_owned(), "+tcp".to_owned(), "+dnssec".to_owned()];
    let asked = dig::Question::parse(&words, Some("192.0.2.7".parse().unwrap()), Language::En).unwrap();
    assert_eq!(
        (asked.rtype.as_deref(), asked.name.as_str(), asked.tcp, asked.dnssec),
        (Some("PTR"), "192.0.2.7", true, true)
    );
    let text = dig::layout(&asked, &dig_answer());
    assert!(text.starts_with("\n; <<>> nexthop dig <<>> @::1 ptr 192.0.2.7 +tcp +dnssec\n"), "{text}");
    assert!(question(&["+trace", "a.test"]).unwrap_err().contains("+trace"));
}

#[test]
fn dig_shows_an_empty_or_hostile_answer_harmless() {
    let mut answer = dig_answer();
    (answer.answer, answer.additional) = (Vec::new(), Vec::new());
    answer.status = "NXDOMAIN".into();
    answer.authority = vec![record("com.", 60, "TXT", "\"\u{1b}]0;owned\u{7}\"")];
    let text = dig::layout(&question(&["xmail.com"]).unwrap(), &answer);
    assert!(text.contains("status: NXDOMAIN, id: 31337"));
    assert!(!text.contains("ANSWER SECTION"));
    assert!(
        text.contains(
            ";; AUTHORITY SECTION:\ncom.                    60      IN      TXT     \"\\x1b]0;owned\\x07\"\n"
        )
    );
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn dig_takes_its_words_in_any_order_and_one_name_only() {
    let parts = |words: &[&str]| question(words).map(|q| (q.server, q.rtype, q.name));
    let all = (Some("127.0.0.1".to_owned()), Some("MX".to_owned()), "a.test".to_owned());
    assert_eq!(parts(&["@127.0.0.1", "mx", "a.test"]), Ok(all.clone()));
    assert_eq!(parts(&["a.test", "MX", "@127.0.0.1"]), Ok(all));
    assert_eq!(parts(&["mx"]), Ok((None, None, "mx".into())));
    assert_eq!(parts(&["@::1", "mx"]), Ok((Some("::1".into()), None, "MX".into())));
    assert!(parts(&["@127.0.0.1"]).unwrap_err().contains("needs a name"));
    assert!(parts(&["a.test", "b.test"]).unwrap_err().contains("b.test"));
}

#[test]
fn delivernow_says_the_ancestors_line_and_then_what_came_of_it() {
    let host = delivernow::Target::Host("example.com".parse().unwrap());
    assert_eq!(
        delivernow::layout(Some(&host), false, &action(34, 1), Language::En),
        "Scheduling all messages to example.com for delivery.
34 recipients at 1 host are due now.
Receipt: action 7.
"
    );
    let mut all = action(34, 3);
    all.messages = Some(12);
    all.failed = 1;
    all.done = 33;
    all.sample = vec!["a.test".into(), "b.test".into()];
    all.obstacles = vec!["b.test is \u{1b}[5msuspended".into()];
    assert_eq!(
        delivernow::layout(Some(&delivernow::Target::All), false, &all, Language::En),
        "Scheduling all messages for delivery.
33 recipients of 12 messages at 3 hosts are due now.
1 could not be scheduled.
Among them:
  a.test
  b.test
Mail will wait all the same:
  b.test is \\x1b[5msuspended
Receipt: action 7.
"
    );
}

#[test]
fn a_dry_run_says_that_nothing_was_changed() {
    let mut planned = action(1, 1);
    (planned.state, planned.id, planned.done) = (ActionState::Planned, None, 0);
    let all = delivernow::Target::All;
    assert_eq!(
        delivernow::layout(Some(&all), true, &planned, Language::En),
        "Dry run: 1 recipient at 1 host would become due. Nothing was changed.\n"
    );
    let mut nothing = action(0, 0);
    nothing.id = None;
    assert_eq!(
        delivernow::layout(Some(&all), false, &nothing, Language::Ja),
        "Scheduling all messages for delivery.\n再試行待ちの受信者はありません。\n"
    );
}

#[test]
fn showrecipients_has_two_lines_for_each_recipient() {
    assert_eq!(
        showrecipients::layout(NOW, &[message()]),
        "
MID/              Bytes/   Sender/                         Age
[RID]             [Atmps]  Recipient                       Cause
1527              1230     <>                              8m 38s
[0]               [2]      9554@example.net                retry
"
    );
}

#[test]
fn hoststatus_says_where_there_is_no_mx_record() {
    let mut detail = detail(row("plain.test"));
    detail.exchangers = vec![exchanger(0, "plain.test", &["192.0.2.25:25"])];
    detail.named_by = Some(NextHops::ImplicitMx);
    let text = hoststatus::layout(&detail, Language::En);
    let (_, records) = text.split_once("\nMX Records:\n").unwrap();
    assert_eq!(records, "  None: the domain's own address takes its mail (RFC 5321 section 5.1).\n");
}

#[test]
fn hoststatus_ends_with_the_last_tls_error_and_what_was_asked_for() {
    let mut detail = detail(row("tls.test"));
    let verdict = Verdict {
        code: VerdictCode::TlsHandshake,
        reply: None,
        sentence: "The TLS handshake failed.".into(),
        exchanger: Some("mx.tls.test".into()),
        ..down("tls.test").verdict.unwrap()
    };
    let trouble = TlsTrouble { verdict, asked: "require".into(), detail: Some("alert:\u{1b}[31m bad record".into()) };
    detail.last_tls_error = Some(trouble);
    let text = hoststatus::layout(&detail, Language::En);
    let (_, last) = text.split_once("\nLast TLS Error:\n").unwrap();
    assert_eq!(
        last,
        "----------
The TLS handshake failed. (tls.handshake)
alert:\\x1b[31m bad record
(at Tue Nov 24 04:08:38 2026 UTC, TLS mode: require at mx.tls.test [192.0.2.25:25])
----------
"
    );
}

#[test]
fn status_names_what_is_wrong_on_our_side_since_when_and_what_to_do() {
    let what = Alert::BrakePulled { refused: 61, hosts: 3 };
    let (since, until) = (Timestamp(NOW.0 - 300_000), NOW);
    let newer =
        StandingAlert { what: Alert::Other, since, until, sentence: "A \u{1b}[2Jflood.".into(), advice: "Run.".into() };
    let known = StandingAlert { what, ..newer.clone() };
    let text =
        status::layout(&ServerStatus { alerts: vec![known, newer], ..super::sample::status() }, false, Language::En);
    assert!(text.contains("\n  3 unrelated hosts refused 61 recipients at once for who we are: "), "{text}");
    assert!(text.contains(" instead of bouncing. (5m)\n    Check whether our address"), "{text}");
    assert!(text.contains("flood. (5m)\n    Run.") && !text.contains('\u{1b}'), "{text}");
}
