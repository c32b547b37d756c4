//! What is wrong with a filter, where, and how it is said.

use crate::filter::{FILTER_CHARS_MAX, FILTER_TERMS_MAX};

/// Why a text is no filter, and at which of its characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The place of the term at fault, in characters from 1.
    pub place: usize,
    /// What is wrong with it.
    pub problem: FilterProblem,
}

/// See [`FilterError`]. Words are those of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterProblem {
    /// More than [`FILTER_CHARS_MAX`] characters.
    TooLong,
    /// More than [`FILTER_TERMS_MAX`] terms.
    TooManyTerms,
    /// A quote without its second.
    OpenQuote,
    /// A field that is not known.
    UnknownField(String),
    /// A field with nothing behind it.
    NoValue(&'static str),
    /// A field that takes words was compared, or one that takes numbers was not.
    WrongSign(&'static str),
    /// A field of recipients, in a list of hosts.
    NotOfHosts(&'static str),
    /// No such status.
    UnknownStatus(String),
    /// No such cause.
    UnknownCause(String),
    /// No such state.
    UnknownState(String),
    /// No number, or one that is too large.
    NoNumber(String),
    /// No length of time.
    NoSpan(String),
    /// `*` elsewhere than before a dot at the start.
    Pattern(String),
    /// The one who asks sees addresses masked, and this would tell what is behind the mask.
    Masked,
}

/// What may be asked for, as both languages list it.
const FIELDS: &str = "host: domain: status: active> from: to: mid: cause: state: reply: age> attempts> size>";
const HOST_FIELDS: &str = "host: domain: status: active> cause:";
const STATUSES: &str = "down, limited, held, up, unknown, waiting, attention";
const CAUSES: &str = "sending, held, suspended, guard, routing, dns, tls_policy, host_down, retry, backoff, rate, slot";

impl FilterError {
    /// Whether there is too much of it, rather than something wrong in it.
    pub fn is_size(&self) -> bool {
        matches!(self.problem, FilterProblem::TooLong | FilterProblem::TooManyTerms)
    }

    pub(crate) fn en(&self) -> String {
        let what = match &self.problem {
            FilterProblem::TooLong => return format!("The filter is longer than {FILTER_CHARS_MAX} characters."),
            FilterProblem::TooManyTerms => return format!("The filter has more than {FILTER_TERMS_MAX} terms."),
            FilterProblem::OpenQuote => "a quotation mark is not closed.".into(),
            FilterProblem::UnknownField(field) => {
                format!("there is no field {field:?}. There are {FIELDS}; put quotes around a word with a colon.")
            }
            FilterProblem::NoValue(field) => format!("nothing stands behind {field:?}."),
            FilterProblem::NotOfHosts(field) => {
                format!("{field:?} is said of a message, not of a host. Hosts have {HOST_FIELDS}.")
            }
            FilterProblem::UnknownStatus(word) => format!("{word:?} is no status. There are {STATUSES}."),
            FilterProblem::WrongSign(field @ ("active" | "age" | "attempts" | "size")) => {
                format!("{field:?} is compared: write {field}> or {field}<.")
            }
            FilterProblem::WrongSign(field) => format!("{field:?} is not compared: write {field}:."),
            FilterProblem::UnknownCause(word) => format!("{word:?} is no cause. There are {CAUSES}."),
            FilterProblem::UnknownState(word) => format!("{word:?} is no state: use queued, sending or held."),
            FilterProblem::NoNumber(word) => format!("{word:?} is no number. Sizes may end in k, M or G."),
            FilterProblem::NoSpan(word) => format!("{word:?} is no length of time: write 30s, 10m, 2h or 5d."),
            FilterProblem::Pattern(word) => {
                format!("{word:?} is no host: write its whole name, or *.example.com for all below it.")
            }
            FilterProblem::Masked => {
                "your role sees addresses masked and cannot search for what is hidden. Use host:, or \
                                      to:@example.com and from:@example.com for a domain, or ask an operator."
                    .into()
            }
        };
        format!("At character {} of the filter: {what}", self.place)
    }

    pub(crate) fn ja(&self) -> String {
        let what = match &self.problem {
            FilterProblem::TooLong => return format!("フィルターが{FILTER_CHARS_MAX}文字を超えています。"),
            FilterProblem::TooManyTerms => return format!("フィルターの条件が{FILTER_TERMS_MAX}個を超えています。"),
            FilterProblem::OpenQuote => "引用符が閉じられていません。".into(),
            FilterProblem::UnknownField(field) => {
                format!(
                    "{field:?}という項目はありません。使えるのは{FIELDS}です。コロンを含む語は引用符で囲んでください。"
                )
            }
            FilterProblem::NoValue(field) => format!("{field:?}の値がありません。"),
            FilterProblem::NotOfHosts(field) => {
                format!("{field:?}はメッセージの項目で、ホストには使えません。ホストに使えるのは{HOST_FIELDS}です。")
            }
            FilterProblem::UnknownStatus(word) => {
                format!("{word:?}というステータスはありません。使えるのは{STATUSES}です。")
            }
            FilterProblem::WrongSign(field @ ("active" | "age" | "attempts" | "size")) => {
                format!("{field:?}は比較で指定します。{field}> または {field}< と書いてください。")
            }
            FilterProblem::WrongSign(field) => format!("{field:?}は比較できません。{field}: と書いてください。"),
            FilterProblem::UnknownCause(word) => format!("{word:?}という原因はありません。使えるのは{CAUSES}です。"),
            FilterProblem::UnknownState(word) => {
                format!("{word:?}という状態はありません。queued、sending、heldのいずれかを使ってください。")
            }
            FilterProblem::NoNumber(word) => format!("{word:?}は数ではありません。サイズにはk、M、Gを付けられます。"),
            FilterProblem::NoSpan(word) => {
                format!("{word:?}は時間の長さではありません。30s、10m、2h、5dのように書いてください。")
            }
            FilterProblem::Pattern(word) => {
                format!(
                    "{word:?}はホストではありません。完全な名前か、その下すべてを指す*.example.comの形で書いてください。"
                )
            }
            FilterProblem::Masked => "閲覧者にはアドレスの一部が伏せられており、伏せた部分は検索できません。host: か、\
                                      ドメインを指す to:@example.com、from:@example.com を使うか、オペレーターに依頼してください。"
                .into(),
        };
        format!("フィルターの{}文字目：{what}", self.place)
    }
}
