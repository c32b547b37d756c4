//! The hands-on part of a host's page: ask its name server, talk to its mail server.

use crate::derived::effect;
use crate::page::{DigPanel, Peer, Terminal};
use crate::preference::Tongue;
use common::vocab::Domain;
use common::words::PanelWord;
use leptos::prelude::*;

/// The panels, folded until somebody wants them.
#[component]
pub(super) fn Test(host: Memo<Option<Domain>>, peer: Peer) -> impl IntoView {
    let tongue = Tongue::here();
    let name = RwSignal::new(String::new());
    effect(move || {
        let host = host.with(|host| host.as_ref().map(Domain::to_string).unwrap_or_default());
        name.set(host.clone());
        peer.domain.set(host);
    });
    // A session belongs to its host's page: another host begins with a panel of its own.
    let terminal = move || host.get().map(|_| view! { <Terminal peer/> });
    view! {
        <h2>{tongue.panel(PanelWord::TestConnection)}</h2>
        <details data-part="fold-dig">
            <summary>{tongue.panel(PanelWord::Dig)}</summary>
            <DigPanel name rtype="MX"/>
        </details>
        <details data-part="fold-terminal">
            <summary>{tongue.panel(PanelWord::Terminal)}</summary>
            {terminal}
        </details>
    }
    .into_any()
}
