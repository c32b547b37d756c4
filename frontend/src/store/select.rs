//! What follows from the facts: the headline, a row's why, its next try, why a list is empty. Pure.

use crate::format::visible;
use crate::store::Board;
use common::vocab::{Badge, Timestamp, VerdictCode, WaitCause};
use common::wire::{Because, HostRow, HostsCount, HostsQuery, Totals};
use common::words::{Headline, HostTrouble, Label, Language, Phrase};
use std::time::Duration;

/// Characters of a reply that a row shows.
const REPLY_MAX: usize = 500;
/// Characters of a sentence that the server made.
const SENTENCE_MAX: usize = 500;

/// Why a host's mail waits, as its cell shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// Our words.
    pub words: String,
    /// When it is over or looked at again, where a cause and no verdict speaks.
    pub until: Option<Timestamp>,
    /// What the other server said, made visible and cut.
    pub reply: String,
    /// What it means and what to do; without a verdict, the whole of words that say more than the cause; or empty.
    pub advice: String,
}

impl Why {
    /// The time until it is over or looked at again; `None` where no time ends it, or that time has come.
    pub fn left(&self, now: Timestamp) -> Option<Duration> {
        self.until.filter(|until| *until > now).map(|until| until.since(now))
    }
}

/// The cell *Why*.
pub fn why(row: &HostRow, language: Language) -> Why {
    let verdict = row.verdict.as_ref().filter(|verdict| verdict.code != VerdictCode::Ok);
    let Some(verdict) = verdict else {
        let limit = row.limited.as_ref().and_then(|limited| Some((limited.cause?, limited.because.as_ref()?)));
        if let Some((cause, because)) = limit {
            return waiting(cause, Some(because), language); // what makes it Limited, though it may move at this moment
        }
        return match row.cause {
            Some(cause) if row.active_recipients > 0 => waiting(cause, row.because.as_ref(), language),
            _ if row.badge == Badge::Unknown && row.last_activity_at.is_none() => {
                Why { words: language.say(&Phrase::Label(Label::NoAttemptYet)), ..Why::default() }
            }
            _ => Why::default(),
        };
    };
    let known = verdict.code != VerdictCode::Other;
    let mut words = language.say(&Phrase::Brief(verdict.code));
    if verdict.addresses_tried > 1 {
        words.push_str(" · ");
        words.push_str(&language.say(&Phrase::Addresses(verdict.addresses_tried.into())));
    }
    let gap = if language == Language::En { " " } else { "" };
    let advice = match known {
        true => format!("{}{gap}{}", language.verdict_sentence(verdict.code), language.verdict_advice(verdict.code)),
        false => visible(&format!("{} {}", verdict.sentence, verdict.advice), SENTENCE_MAX),
    };
    let reply = visible(verdict.reply.as_deref().unwrap_or(""), REPLY_MAX);
    Why { words, reply, advice, until: None }
}

/// A cause with what it rests on: the server's sentence, said anew in the language of the page, which may have changed
/// since the row came.
fn waiting(cause: WaitCause, because: Option<&Because>, language: Language) -> Why {
    let bare = language.say(&Phrase::Cause(cause));
    let Some(because) = because else { return Why { words: bare, ..Why::default() } };
    let words = visible(&language.say(&because.phrase(cause)), SENTENCE_MAX);
    let advice = if words == bare { String::new() } else { words.clone() };
    Why { words, until: because.until, reply: String::new(), advice }
}

/// When something of a host is tried next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextTry {
    /// Nothing waits, or nobody can say.
    None,
    /// It is due.
    Now,
    /// When this time has passed.
    In(Duration),
    /// When somebody lets it go.
    Held,
    /// When a connection is free.
    WhenFree,
}

/// The cell *Next retry*.
pub fn next_try(row: &HostRow, now: Timestamp) -> NextTry {
    if row.active_recipients == 0 {
        return NextTry::None;
    }
    match (row.badge, row.cause, row.next_attempt_at) {
        (Badge::Held, _, _) | (_, Some(WaitCause::Held | WaitCause::Suspended), _) => NextTry::Held,
        (_, _, Some(at)) if at <= now => NextTry::Now,
        (_, _, Some(at)) => NextTry::In(at.since(now)),
        (_, Some(WaitCause::Sending | WaitCause::Routing), None) => NextTry::Now,
        (_, Some(WaitCause::Slot | WaitCause::Rate | WaitCause::Backoff), None) => NextTry::WhenFree,
        (_, _, None) => NextTry::None,
    }
}

/// The sentence at the head of the page, from the totals and the rows of the window.
///
/// The worst host is named only where the window is sure to hold it: sorted by active recipients, from the top,
/// not narrowed by a filter. Otherwise the totals speak.
pub fn headline<'a>(count: &HostsCount, query: &HostsQuery, rows: &'a [HostRow], now: Timestamp) -> Headline<'a> {
    let totals = &count.totals;
    let whole = query.filter.is_empty() || query.filter == "status:waiting";
    let from_the_top =
        whole && query.window.first == 0 && !query.ascending && query.sort == common::wire::HostSort::ActiveRecipients;
    let troubled = || rows.iter().filter(|row| in_trouble(row));
    let complete = from_the_top && count.matching <= rows.len() as u64;
    let in_all = match complete {
        true => troubled().count() as u64,
        false => totals.hosts_down + totals.hosts_limited + totals.hosts_held,
    };
    if totals.active_recipients == 0 {
        return Headline::NoMail;
    }
    match troubled().max_by_key(|row| row.active_recipients) {
        _ if in_all == 0 => Headline::AllMoving,
        Some(worst) if from_the_top => named(worst, in_all, now),
        _ => several(totals),
    }
}

/// The sentence at the head of the page *Overview*; the first host in trouble is the worst.
pub fn overview_headline<'a>(board: &Board, now: Timestamp) -> Headline<'a> {
    match board.attention.first() {
        _ if board.totals.active_recipients == 0 => Headline::NoMail,
        _ if board.troubled == 0 => Headline::AllMoving,
        Some(worst) => named(worst, board.troubled, now),
        None => several(&board.totals),
    }
}

/// One host explains most of it; `in_all` are in trouble.
fn named<'a>(worst: &HostRow, in_all: u64, now: Timestamp) -> Headline<'a> {
    Headline::Host(HostTrouble {
        recipients: worst.active_recipients,
        host: common::words::SLOT,
        code: code_of(worst),
        span: worst.since.map(|since| now.since(since)),
        others: in_all.saturating_sub(1),
    })
}

/// The host that [`headline`] leaves a place for.
pub fn worst_host(rows: &[HostRow]) -> Option<&HostRow> {
    rows.iter().filter(|row| in_trouble(row)).max_by_key(|row| row.active_recipients)
}

fn several<'a>(totals: &Totals) -> Headline<'a> {
    Headline::Several {
        recipients: totals.active_recipients,
        down: totals.hosts_down,
        limited: totals.hosts_limited,
        held: totals.hosts_held,
    }
}

fn in_trouble(row: &HostRow) -> bool {
    row.active_recipients > 0 && matches!(row.badge, Badge::Down | Badge::Limited | Badge::Held)
}

fn code_of(row: &HostRow) -> Option<VerdictCode> {
    match (row.badge, &row.verdict, row.cause) {
        (Badge::Held, _, _) => Some(VerdictCode::Held),
        (_, Some(verdict), _) => Some(verdict.code),
        (_, None, Some(WaitCause::Backoff)) => Some(VerdictCode::SmtpRate),
        (_, None, Some(WaitCause::Rate | WaitCause::Slot)) => Some(VerdictCode::LimitOurs),
        (_, None, _) => None,
    }
}

/// Why there are no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emptiness {
    /// There are some, or nobody knows yet.
    NotEmpty,
    /// Nothing was ever handed in.
    NeverAny,
    /// All mail has gone.
    NothingWaits,
    /// The filter leaves nothing.
    Filtered,
}

/// Why the list shows nothing.
pub fn emptiness(count: Option<&HostsCount>, filter: &str) -> Emptiness {
    let Some(count) = count.filter(|count| count.matching == 0) else {
        return Emptiness::NotEmpty;
    };
    let waits = count.totals.active_recipients > 0;
    if count.total == 0 && count.totals.completed_recipients == 0 && !waits {
        Emptiness::NeverAny
    } else if count.total == 0 || (filter == "status:waiting" && !waits) {
        Emptiness::NothingWaits
    } else {
        Emptiness::Filtered
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use common::vocab::{CauseCounts, HostStatus, Limit, Owner};
    use common::wire::{HostSort, Verdict};

    /// An idle row.
    pub(crate) fn row(host: &str) -> HostRow {
        HostRow {
            host: host.parse().unwrap(),
            status: HostStatus::Up,
            badge: Badge::Up,
            since: Some(Timestamp(0)),
            held: None,
            limited: None,
            verdict: None,
            active_recipients: 0,
            unattempted_recipients: 0,
            attempted_recipients: 0,
            completed_recipients: 0,
            delivered_recipients: 0,
            deleted_recipients: 0,
            soft_bounced_events: 0,
            hard_bounced_recipients: 0,
            dns_hard_bounces: 0,
            five_xx_hard_bounces: 0,
            filter_hard_bounces: 0,
            expired_hard_bounces: 0,
            other_hard_bounces: 0,
            current_outbound_connections: 0,
            pending_outbound_connections: 0,
            connections_max: 10,
            oldest_message_at: None,
            next_attempt_at: None,
            wait_causes: CauseCounts::default(),
            cause: None,
            because: None,
            also: Vec::new(),
            last_activity_at: Some(Timestamp(0)),
            trend: None,
        }
    }

    fn down(host: &str, active: u64) -> HostRow {
        let verdict = Verdict {
            code: VerdictCode::TcpRefused,
            owner: Owner::Theirs,
            sentence: String::new(),
            advice: String::new(),
            reply: None,
            exchanger: None,
            address: None,
            at: None,
            addresses_tried: 2,
        };
        HostRow { badge: Badge::Down, active_recipients: active, verdict: Some(verdict), ..row(host) }
    }

    fn count_of(rows: &[HostRow]) -> HostsCount {
        let badges = |badge| rows.iter().filter(|row| row.badge == badge).count() as u64;
        let totals = Totals {
            hosts_down: badges(Badge::Down),
            hosts_limited: badges(Badge::Limited),
            active_recipients: rows.iter().map(|row| row.active_recipients).sum(),
            ..Totals::default()
        };
        HostsCount { total: rows.len() as u64, matching: rows.len() as u64, totals }
    }

    #[test]
    fn the_headline_names_the_host_that_most_mail_waits_for() {
        let rows = [down("a.test", 2), down("b.test", 13), row("c.test"), down("idle.test", 0)];
        let now = Timestamp(47 * 60_000);
        let Headline::Host(trouble) = headline(&count_of(&rows), &HostsQuery::default(), &rows, now) else {
            panic!("one host is the worst");
        };
        assert_eq!((trouble.recipients, trouble.others, trouble.code), (13, 1, Some(VerdictCode::TcpRefused)));
        assert_eq!(trouble.span, Some(Duration::from_secs(47 * 60)));
        assert_eq!(worst_host(&rows).unwrap().host.as_str(), "b.test");
    }

    #[test]
    fn a_filtered_window_never_decides_who_is_worst() {
        let rows = [down("a.test", 2)];
        let mut count = count_of(&rows);
        count.totals.hosts_down = 3;
        count.totals.active_recipients = 340;
        for query in [
            HostsQuery { filter: "a".into(), ..HostsQuery::default() },
            HostsQuery { sort: HostSort::Host, ..HostsQuery::default() },
        ] {
            let headline = headline(&count, &query, &rows, Timestamp(0));
            assert_eq!(headline, Headline::Several { recipients: 340, down: 3, limited: 0, held: 0 });
        }
    }

    #[test]
    fn mail_that_moves_and_no_mail_are_told_apart() {
        let query = HostsQuery::default();
        let busy = [HostRow { active_recipients: 3, ..row("a.test") }, down("idle.test", 0)];
        assert_eq!(headline(&count_of(&busy), &query, &busy, Timestamp(0)), Headline::AllMoving);
        let idle = [row("a.test")];
        assert_eq!(headline(&count_of(&idle), &query, &idle, Timestamp(0)), Headline::NoMail);
    }

    #[test]
    fn the_next_try_counts_down_and_never_below_now() {
        let at = |at: u64| HostRow { next_attempt_at: Some(Timestamp(at)), ..down("a.test", 1) };
        assert_eq!(next_try(&at(5_000), Timestamp(1_000)), NextTry::In(Duration::from_secs(4)));
        assert_eq!(next_try(&at(5_000), Timestamp(9_000)), NextTry::Now);
        assert_eq!(next_try(&HostRow { badge: Badge::Held, ..at(5_000) }, Timestamp(0)), NextTry::Held);
        assert_eq!(next_try(&down("a.test", 0), Timestamp(0)), NextTry::None);
        let slot = HostRow { cause: Some(WaitCause::Slot), ..down("a.test", 1) };
        assert_eq!(next_try(&slot, Timestamp(0)), NextTry::WhenFree);
    }

    #[test]
    fn the_why_of_a_row_is_our_words_then_theirs() {
        let mut refused = down("a.test", 1);
        let said = why(&refused, Language::En);
        assert_eq!((said.words.as_str(), said.reply.as_str()), ("refused · 2 addresses", ""));
        let verdict = refused.verdict.as_mut().unwrap();
        (verdict.code, verdict.addresses_tried) = (VerdictCode::SmtpGreylist, 1);
        verdict.reply = Some("451 4.7.1 come\u{1b} back".into());
        let said = why(&refused, Language::Ja);
        assert_eq!((said.words.as_str(), said.reply.as_str()), ("グレイリスト", "451 4.7.1 come␛ back"));
        assert!(said.advice.starts_with("先方のグレイリスト") && said.advice.contains("対応は不要です。"));
    }

    #[test]
    fn a_row_without_a_verdict_says_what_it_waits_for_or_nothing() {
        let never = HostRow { badge: Badge::Unknown, last_activity_at: None, ..row("a.test") };
        assert_eq!(why(&never, Language::En).words, "no attempt yet");
        assert_eq!(why(&row("a.test"), Language::En), Why::default());
        let busy = HostRow { active_recipients: 1, cause: Some(WaitCause::Sending), ..row("a.test") };
        assert_eq!(why(&busy, Language::En).words, "being delivered");
    }

    fn limited(limit: Limit, most: u64, period_seconds: Option<u64>, until: Option<Timestamp>) -> Because {
        let (sentence, rule) = ("as the server said it".into(), Some("*.a.test".into()));
        Because { sentence, until, limit: Some(limit), most: Some(most), period_seconds, rule, ..Because::default() }
    }

    #[test]
    fn the_why_of_a_limited_row_names_the_limit_and_its_rule_in_the_language_of_the_page() {
        let waits = |cause, because| HostRow {
            active_recipients: 1,
            cause: Some(cause),
            because: Some(because),
            ..row("a.test")
        };
        let slot = waits(WaitCause::Slot, limited(Limit::Destination, 2, None, None));
        let said = "waiting for a connection: 2 connections, as many as [[destination]] \"*.a.test\" allows";
        assert_eq!(
            (why(&slot, Language::En).words.as_str(), why(&slot, Language::En).left(Timestamp(0))),
            (said, None)
        );
        assert_eq!(why(&slot, Language::En).advice, said, "the whole of it, where the cell is too narrow");
        let rate = waits(WaitCause::Rate, limited(Limit::Destination, 100, Some(60), Some(Timestamp(9_000))));
        assert_eq!(
            why(&rate, Language::Ja).words,
            "送信レートの上限: [[destination]] \"*.a.test\" により、ホストごとに1分あたり受信者100件"
        );
    }

    #[test]
    fn the_why_of_a_row_counts_down_to_its_end_and_not_beyond() {
        let because = limited(Limit::Destination, 100, Some(60), Some(Timestamp(9_000)));
        let rate =
            HostRow { active_recipients: 1, cause: Some(WaitCause::Rate), because: Some(because), ..row("a.test") };
        let said = why(&rate, Language::En);
        assert_eq!(said.left(Timestamp(5_000)), Some(Duration::from_secs(4)));
        assert_eq!((said.left(Timestamp(9_000)), said.left(Timestamp(10_000))), (None, None));
        let down = HostRow { because: rate.because.clone(), ..down("a.test", 1) };
        assert_eq!(why(&down, Language::En).words, "refused · 2 addresses", "a verdict says more than a cause");
    }

    #[test]
    fn an_empty_list_says_which_emptiness_it_is() {
        let empty = HostsCount::default();
        assert_eq!(emptiness(None, ""), Emptiness::NotEmpty);
        assert_eq!(emptiness(Some(&empty), ""), Emptiness::NeverAny);
        let known = HostsCount { total: 4, ..HostsCount::default() };
        assert_eq!(emptiness(Some(&known), "status:waiting"), Emptiness::NothingWaits);
        assert_eq!(emptiness(Some(&known), "zzz"), Emptiness::Filtered);
        assert_eq!(emptiness(Some(&HostsCount { matching: 1, ..known }), "zzz"), Emptiness::NotEmpty);
    }

    #[test]
    fn the_overview_names_the_worst_host_and_counts_the_others() {
        let mut board = Board::default();
        assert_eq!(overview_headline(&board, Timestamp(0)), Headline::NoMail);
        board.totals.active_recipients = 40;
        assert_eq!(overview_headline(&board, Timestamp(0)), Headline::AllMoving);
        (board.troubled, board.attention) = (3, vec![down("b.test", 13)]);
        let Headline::Host(trouble) = overview_headline(&board, Timestamp(60_000)) else { panic!("a host") };
        assert_eq!((trouble.recipients, trouble.others, trouble.host), (13, 2, common::words::SLOT));
        (board.unreadable, board.attention) = (1, Vec::new());
        assert!(matches!(overview_headline(&board, Timestamp(0)), Headline::Several { recipients: 40, .. }));
    }
}
