//! placeholder
use crate::vocab::VerdictCode;
use crate::words::Phrase;
pub(super) fn say(phrase: &Phrase<'_>) -> String {
    let _ = phrase;
    String::new()
}
pub(super) fn verdict_sentence(code: VerdictCode) -> &'static str {
    code.as_str()
}
pub(super) fn verdict_advice(code: VerdictCode) -> &'static str {
    code.as_str()
}
