//! *Retry*: one dialog for every scope. It says what the server would do (its dry run), asks how and why, and does it;
//! the receipt is a notice of the page's frame, and `page/actions` has it too.
//!
//! For a page: `<RetryButton scope=Scope::Host(host) name=Label::Retry/>`, or from a callback
//! `RetryDesk::here().open(Scope::Mid(mid))`. The frame holds the dialog once and provides the desk. Whoever opens it
//! has asked for the role operator. The focus returns to where it was when the dialog closes (a native `<dialog>`).

use crate::ask::ask;
use crate::browser;
use crate::derived::{effect, memo};
use crate::format::visible;
use crate::live::Live;
use crate::preference::Tongue;
use crate::store::Store;
use common::wire::{Action, ActionKind, ActionRequest, ApiError, RetryMode, Scope};
use common::words::{Label, Note, Phrase};
use leptos::prelude::*;

/// Characters of a sentence that the server made.
const SENTENCE_MAX: usize = 500;
/// Characters of a reason, as the server takes it.
const REASON_MAX: &str = "500";

/// Opens the dialog. Cheap to copy.
#[derive(Clone, Copy)]
pub struct RetryDesk(RwSignal<Option<Scope>>);

impl RetryDesk {
    /// For the frame, which provides it.
    pub fn new() -> RetryDesk {
        RetryDesk(RwSignal::new(None))
    }

    /// From the context.
    pub fn here() -> RetryDesk {
        expect_context()
    }

    /// Asks whether this is to be retried.
    pub fn open(self, scope: Scope) {
        self.0.set(Some(scope));
    }
}

/// A button that opens the dialog.
#[component]
pub fn RetryButton(#[prop(into)] scope: Signal<Scope>, name: Label) -> impl IntoView {
    let (store, tongue, desk) = (Store::here(), Tongue::here(), RetryDesk::here());
    let off = memo(move || !store.link.get().carries_commands());
    let reason = move || off.get().then(|| tongue.say(Phrase::Note(Note::NotConnected)));
    // `aria-disabled` rather than `disabled`: the reason must be reachable by key and by pointer.
    view! {
        <button
            type="button" class="primary" data-part="retry" aria-haspopup="dialog"
            aria-disabled=move || off.get().to_string() title=reason
            on:click=move |_| if !off.get_untracked() { desk.open(scope.get_untracked()) }
        >
            {tongue.label(name)}
            <span class="only-heard">{reason}</span>
        </button>
    }
    .into_any()
}

/// What the server would do, or its refusal; `None` while it has not answered.
type Preview = Option<Result<Action, String>>;

/// The dialog; once in the frame.
#[component]
pub fn RetryDialog() -> impl IntoView {
    let (store, live, tongue, desk) = (Store::here(), Live::here(), Tongue::here(), RetryDesk::here());
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    let (preview, canary, reason) = (RwSignal::new(Preview::None), RwSignal::new(true), RwSignal::new(String::new()));
    let off = memo(move || !store.link.get().carries_commands());
    effect(move || {
        let scope = desk.0.get();
        preview.set(None);
        if let Some(dialog) = dialog.get() {
            browser::show_dialog(&dialog, scope.is_some());
        }
        if let Some(scope) = scope {
            reason.set(String::new());
            // One message needs no canary: it is one.
            canary.set(!matches!(scope, Scope::Mid(_) | Scope::Recipient { .. }));
            let asked = scope.clone();
            ask("POST", "/api/v1/actions", Some(&request(scope, false, None, true)), move |status, text| {
                if desk.0.get_untracked() == Some(asked) {
                    preview.set(Some(read(tongue, status, &text)));
                }
            });
        }
    });
    let nothing = memo(move || preview.with(|seen| !matches!(seen, Some(Ok(action)) if action.matched > 0)));
    let close = move || desk.0.set(None);
    let go = move |_| {
        if let Some(scope) = desk.0.get_untracked() {
            let why = Some(reason.get_untracked().trim().to_owned()).filter(|why| !why.is_empty());
            live.command(request(scope, canary.get_untracked(), why, false));
        }
        close();
    };
    view! {
        <dialog node_ref=dialog aria-labelledby="retry-question" on:close=move |_| close()>
            <h2 id="retry-question">{tongue.note(Note::RetryQuestion)}</h2>
            <p class="mono" translate="no">{move || desk.0.get().map(|scope| in_words(tongue, &scope))}</p>
            <div data-part="retry-preview">{move || plan(tongue, preview.get())}</div>
            <fieldset class="plain">{mode(canary, true, Label::ModeCanary)}{mode(canary, false, Label::ModeAll)}</fieldset>
            <label class="choice">
                {tongue.label(Label::Reason)}
                <input
                    class="field" maxlength=REASON_MAX prop:value=reason
                    on:input=move |event| reason.set(event_target_value(&event))
                />
            </label>
            <Show when=move || off.get()><p class="warning">{tongue.note(Note::NotConnected)}</p></Show>
            <div class="choices">
                <button type="button" autofocus on:click=move |_| close()>{tongue.label(Label::Cancel)}</button>
                <button
                    type="button" class="primary" data-part="retry-confirm" on:click=go
                    disabled=move || off.get() || nothing.get()
                >
                    {tongue.label(Label::Retry)}" "
                    {move || preview.with(|seen| {
                        let found = seen.as_ref()?.as_ref().ok()?;
                        Some(tongue.say(Phrase::Recipients(found.matched)))
                    })}
                </button>
            </div>
        </dialog>
    }
    .into_any()
}

/// One way to go about it.
fn mode(canary: RwSignal<bool>, is_canary: bool, name: Label) -> AnyView {
    let tongue = Tongue::here();
    view! {
        <label class="choice">
            <input
                type="radio" name="mode" prop:checked=move || canary.get() == is_canary
                on:change=move |_| canary.set(is_canary)
            />
            {tongue.label(name)}
        </label>
    }
    .into_any()
}

/// The scope as a filter or a name says it.
pub fn in_words(tongue: Tongue, scope: &Scope) -> String {
    match scope {
        Scope::All(_) => tongue.say(Phrase::Label(Label::All)),
        Scope::Host(host) => format!("host:{host}"),
        Scope::Hosts(hosts) => tongue.say(Phrase::Hosts(hosts.len() as u64)),
        Scope::Mid(mid) => format!("mid:{mid}"),
        Scope::Recipient { mid, rid } => format!("mid:{mid} rid:{rid}"),
        Scope::Filter(filter) => visible(filter, SENTENCE_MAX),
    }
}

/// What will happen, in words.
fn plan(tongue: Tongue, preview: Preview) -> AnyView {
    let action = match preview {
        None => return view! { <p class="muted">{tongue.say(Phrase::Note(Note::LoadingHosts))}</p> }.into_any(),
        Some(Err(why)) => return view! { <p class="warning">{visible(&why, SENTENCE_MAX)}</p> }.into_any(),
        Some(Ok(action)) => action,
    };
    let line = match action.matched {
        0 => tongue.say(Phrase::Note(Note::RetryNothingWaits)),
        recipients => tongue.say(Phrase::RetryPlan { recipients, hosts: action.hosts }),
    };
    let obstacle = |text: &String| view! { <p class="warning">{visible(text, SENTENCE_MAX)}</p> };
    view! {
        <p>{line}</p>
        {action.obstacles.iter().map(obstacle).collect_view()}
        <p class="muted">{tongue.say(Phrase::Note(Note::RetryLimitsHold))}</p>
    }
    .into_any()
}

/// An action, or the server's sentence.
pub fn read(tongue: Tongue, status: u16, text: &str) -> Result<Action, String> {
    let unreached = || tongue.now().say(&Phrase::Note(Note::ServerUnreached));
    match status {
        200..300 => common::wire::read(text).map_err(|_| unreached()),
        _ => Err(common::wire::read::<ApiError>(text).map_or_else(|_| unreached(), |why| why.error.sentence)),
    }
}

fn request(scope: Scope, canary: bool, reason: Option<String>, dry_run: bool) -> ActionRequest {
    let mode = if canary { RetryMode::Canary } else { RetryMode::All };
    let key = (!dry_run).then(unique_key);
    ActionRequest { kind: ActionKind::Retry, scope, mode, reason, for_seconds: None, dry_run, key }
}

/// Unique, not secret: the same request repeated after a broken line must be known as the same.
fn unique_key() -> String {
    let part = || (browser::random() * f64::from(u32::MAX)) as u32;
    format!("console-{:x}-{:08x}{:08x}", browser::now_ms(), part(), part())
}
