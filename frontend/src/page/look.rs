//! What has come of a probe, as every page of probes shows it: on its way, refused, or there.

use super::dig::answer::answer;
use super::probe_foot::probe_foot;
use crate::format::visible;
use crate::part::dynamic;
use crate::preference::Tongue;
use crate::probe::Found;
use common::wire::ProbeKind;
use common::words::PanelWord;
use leptos::prelude::*;

/// Characters of a sentence that the server made.
const SENTENCE_MAX: usize = 1_000;

/// The latest question.
#[derive(Clone, PartialEq)]
pub enum Look {
    /// None was asked.
    None,
    /// It is on its way.
    Asking,
    /// What came of it.
    Done(Found),
}

/// The probe with its foot, or why there is none; the answer of a name server, where it is one and `whole`.
pub fn shown(tongue: Tongue, look: RwSignal<Look>, whole: bool) -> AnyView {
    dynamic(move || match look.get() {
        Look::None => ().into_any(),
        Look::Asking => view! { <p class="muted">{tongue.panel(PanelWord::Asking)}</p> }.into_any(),
        Look::Done(Err(why)) => view! { <p class="warning">{visible(&why.sentence, SENTENCE_MAX)}</p> }.into_any(),
        Look::Done(Ok(answered)) => {
            let dig = whole && answered.probe.kind == ProbeKind::Dig;
            let above = if dig { answer(tongue, &answered.probe) } else { ().into_any() };
            view! { {above}{probe_foot(tongue, answered)} }.into_any()
        }
    })
}
