//! The grammar as people type it, right and wrong.

use super::*;
use crate::words::Language;

const ONE: Candidate<'static> = Candidate {
    mid: MessageId(7),
    from: "Sales@Lab.test",
    to: "O'Brien@mail.example.jp",
    host: "mail.example.jp",
    badge: Badge::Limited,
    active: 12,
    cause: WaitCause::Retry,
    attempts: 3,
    reply: Some("451 4.7.1 Greylisted, try again"),
    age: Duration::from_secs(7_200),
    size_bytes: 2_048,
};

fn passes(filter: &str) -> bool {
    filter.parse::<Filter>().unwrap_or_else(|error| panic!("{filter}: {error:?}")).passes(&ONE)
}

fn refused(filter: &str) -> (usize, FilterProblem) {
    let error = filter.parse::<Filter>().expect_err(filter);
    (error.place, error.problem)
}

#[test]
fn every_field_finds_what_it_says_and_nothing_else() {
    for (yes, no) in [
        ("host:mail.example.jp", "host:example.jp"),
        ("host:MAIL.example.jp.", "host:mail.example.jp.test"),
        ("host:*.example.jp", "host:*.mail.example.jp"),
        ("domain:example", "domain:lab"),
        ("status:limited", "status:down"),
        ("status:attention", "status:up"),
        ("active>11", "active>12"),
        ("from:sales", "from:brien"),
        ("to:\"@MAIL.\"", "to:lab"),
        ("mid:7", "mid:70"),
        ("cause:retry", "cause:slot"),
        ("state:queued", "state:sending"),
        ("reply:greylist", "reply:full"),
        ("reply:\"try again\"", "reply:\"try  again\""),
        ("age>1h", "age>2h"),
        ("age>=2h", "age<120m"),
        ("age=7200s", "age<=1h"),
        ("attempts>2", "attempts>3"),
        ("attempts=3", "attempts<3"),
        ("size>=2k", "size>2K"),
        ("size<1M", "size>1G"),
        ("lab.test", "nobody"),
        ("-from:brien", "-from:sales"),
        ("", "-sales"),
    ] {
        assert!(passes(yes), "{yes}");
        assert!(!passes(no), "{no}");
    }
}

#[test]
fn all_terms_must_hold_and_quotes_hide_signs() {
    assert!(passes("  host:*.jp   -cause:slot brien attempts>=3 "));
    assert!(!passes("host:*.jp cause:slot"));
    assert!(!passes("\"from:sales\""), "a quoted word has no field");
    assert!(!passes("\"-sales\""), "and is not turned");
    assert!(passes("-\"from:sales\""));
    assert!(passes("\u{3000}ｆｒｏｍ：sales\u{3000}ａｇｅ＞1h"), "from a Japanese keyboard");
}

#[test]
fn the_null_sender_is_asked_for_with_empty_quotes() {
    let filter: Filter = "from:\"\"".parse().unwrap();
    assert!(!filter.passes(&ONE));
    assert!(filter.passes(&Candidate { from: "", ..ONE }));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let text = |word: &str| word.to_owned();
    for (filter, place, problem) in [
        ("a subject:x", 3, FilterProblem::UnknownField(text("subject"))),
        ("status:do", 1, FilterProblem::UnknownStatus(text("do"))),
        ("active:3", 1, FilterProblem::WrongSign("active")),
        ("http://x", 1, FilterProblem::UnknownField(text("http"))),
        ("é host:", 3, FilterProblem::NoValue("host")),
        ("-", 1, FilterProblem::NoValue("-")),
        ("age:2h", 1, FilterProblem::WrongSign("age")),
        ("host>x", 1, FilterProblem::WrongSign("host")),
        ("cause:moon", 1, FilterProblem::UnknownCause(text("moon"))),
        ("state:delivered", 1, FilterProblem::UnknownState(text("delivered"))),
        ("attempts>x", 1, FilterProblem::NoNumber(text("x"))),
        ("attempts>+1", 1, FilterProblem::NoNumber(text("+1"))),
        ("mid:99999999999999999999", 1, FilterProblem::NoNumber(text("99999999999999999999"))),
        ("age>2", 1, FilterProblem::NoSpan(text("2"))),
        ("age>99999999999999999999d", 1, FilterProblem::NoSpan(text("99999999999999999999d"))),
        ("age>300000000000000d", 1, FilterProblem::NoSpan(text("300000000000000d"))),
        ("size>18446744073709551615G", 1, FilterProblem::NoNumber(text("18446744073709551615G"))),
        ("host:a*", 1, FilterProblem::Pattern(text("a*"))),
        ("host:*", 1, FilterProblem::Pattern(text("*"))),
        ("x to:\"a b", 3, FilterProblem::OpenQuote),
    ] {
        assert_eq!(refused(filter), (place, problem), "{filter}");
    }
    assert_eq!(refused(&"a".repeat(FILTER_CHARS_MAX + 1)).1, FilterProblem::TooLong);
    assert_eq!(refused(&"a ".repeat(FILTER_TERMS_MAX + 1)).1, FilterProblem::TooManyTerms);
    assert!("é".repeat(FILTER_CHARS_MAX).parse::<Filter>().is_ok());
}

#[test]
fn a_person_is_told_where_and_what_would_be_right() {
    let error = "a cause:moon".parse::<Filter>().unwrap_err();
    let said = Language::En.say_filter(&error);
    assert!(
        said.starts_with("At character 3 of the filter: \"moon\" is no cause.") && said.contains("retry"),
        "{said}"
    );
    let said = Language::Ja.say_filter(&error);
    assert!(said.starts_with("フィルターの3文字目：") && said.contains("retry"), "{said}");
}

#[test]
fn who_sees_addresses_masked_cannot_search_behind_the_mask() {
    for open in ["", "host:a.test age>2h -cause:retry", "to:@mail.example", "-from:\"@Lab.test\"", "from:\"\"", "mid:7"]
    {
        let filter = Filter::masked(open).unwrap_or_else(|error| panic!("{open}: {error:?}"));
        assert_eq!(Ok(filter), open.parse(), "{open}");
    }
    for (hidden, place) in
        [("brien", 1), ("host:a.test to:o", 13), ("-from:s", 1), ("to:\"brien@\"", 1), ("reply:grey", 1)]
    {
        let error = Filter::masked(hidden).expect_err(hidden);
        assert_eq!((error.place, error.problem), (place, FilterProblem::Masked), "{hidden}");
    }
}

#[test]
fn a_word_that_begins_with_at_is_looked_for_in_the_domain_alone() {
    let quoted = Candidate { to: r#""x@secret"@mail.example.jp"#, ..ONE };
    let passes = |text: &str| text.parse::<Filter>().unwrap().passes(&quoted);
    assert!(passes("to:@mail.example.jp") && !passes("to:@secret") && passes("to:secret"));
}
