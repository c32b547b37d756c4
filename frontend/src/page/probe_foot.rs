//! Below a probe: the command that makes it again, itself for a program, and the link under which it is kept.

use crate::part::{CommandLine, CopyButton};
use crate::preference::Tongue;
use crate::probe::Answered;
use common::layout;
use common::words::{Label, PanelWord};
use leptos::prelude::*;

/// The foot.
pub fn probe_foot(tongue: Tongue, answered: Answered) -> AnyView {
    let Answered { probe, json } = answered;
    let (command, link) = (layout::command(&probe), format!("/probes/{}", probe.id));
    let json = Callback::new(move |()| json.clone());
    let copied = Signal::derive(tongue.label(Label::Copied));
    view! {
        <div class="foot-of-probe" data-part="probe-foot">
            <CommandLine command=command copy=Signal::derive(tongue.label(Label::Copy)) copied/>
            <CopyButton name=tongue.panel_signal(PanelWord::CopyJson) copied text=json/>
            <a href=link>{tongue.panel(PanelWord::Kept)}</a>
        </div>
    }
    .into_any()
}
