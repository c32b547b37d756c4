//! The page *Actions*: what was done, by whom, what has come of it, and the way back; the newest first.
//!
//! A receipt that runs asks the server once a second; so does the notice of the page's frame, by the same part.

use super::retry::{in_words, read};
use crate::ask::ask;
use crate::browser;
use crate::derived::{effect, memo};
use crate::format::visible;
use crate::preference::Tongue;
use crate::session::Entry;
use crate::store::Store;
use common::wire::{Action, ActionKind, ActionState, List, Role};
use common::words::{Label, Note, Phrase, RetryReceipt};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

/// How often a receipt that runs is asked for.
const ASK_EVERY_MS: u32 = 1_000;
/// Characters of a sentence that the server made.
const SENTENCE_MAX: usize = 500;
/// Obstacles that a receipt lists.
const OBSTACLES_MAX: usize = 5;

/// The page.
#[component]
pub fn ActionsPage() -> impl IntoView {
    let tongue = Tongue::here();
    let seen = RwSignal::new(None::<Vec<Action>>);
    effect(move || {
        tongue.get(); // obstacles are said by the server
        ask::<()>("GET", "/api/v1/actions", None, move |_, text| {
            if let Ok(list) = common::wire::read::<List<Action>>(&text) {
                seen.try_set(Some(list.items));
            }
        });
    });
    effect(move || browser::set_title(&format!("{} · nexthop", tongue.say(Phrase::Label(Label::Actions)))));
    let rows = move || match seen.get() {
        None => view! { <p class="muted">{tongue.say(Phrase::Note(Note::LoadingHosts))}</p> }.into_any(),
        Some(all) if all.is_empty() => view! { <p>{tongue.say(Phrase::Note(Note::NoActions))}</p> }.into_any(),
        Some(all) => {
            let lines = all.into_iter().map(|action| view! { <li><Receipt action/></li> }).collect_view();
            view! { <ul class="actions">{lines}</ul> }.into_any()
        }
    };
    view! {
        <section class="page">
            <h1 id="title" tabindex="-1">{tongue.label(Label::Actions)}</h1>
            {rows}
        </section>
    }
    .into_any()
}

/// One receipt, followed while it runs.
#[component]
pub fn Receipt(action: Action) -> impl IntoView {
    let (tongue, store, entry) = (Tongue::here(), Store::here(), Entry::here());
    let path = action.id.map(|id| format!("/api/v1/actions/{id}")).unwrap_or_default();
    let (seen, refused) = (RwSignal::new(action), RwSignal::new(None::<String>));
    let take = move |status: u16, text: String| {
        if let Some(Ok(action)) = (status != 0).then(|| read(tongue, status, &text)) {
            seen.try_set(action);
        }
    };
    let follow = path.clone();
    effect(move || {
        if seen.with(|action| action.state == ActionState::Running) {
            let path = follow.clone();
            // Also where nothing changed: the signal is set by every answer.
            Timeout::new(ASK_EVERY_MS, move || ask::<()>("GET", &path, None, take)).forget();
        }
    });
    let can_undo = memo(move || {
        let until = seen.with(|action| action.undo_until);
        until.is_some_and(|until| until > store.server_now.get()) && entry.has(Role::Operator)
    });
    let undo = move |_| {
        ask::<()>("POST", &format!("{path}/undo"), None, move |status, text| match read(tongue, status, &text) {
            Ok(action) => drop(seen.try_set(action)),
            Err(why) => drop(refused.try_set(Some(why))),
        });
    };
    view! {
        {move || seen.with(|action| summary(tongue, action))}
        <Show when=move || can_undo.get()>
            <button type="button" data-part="undo" on:click=undo.clone()>{tongue.label(Label::Undo)}</button>
        </Show>
        {move || refused.get().map(|why| view! { <p class="warning">{visible(&why, SENTENCE_MAX)}</p> })}
    }
    .into_any()
}

fn summary(tongue: Tongue, action: &Action) -> AnyView {
    let line = (action.kind == ActionKind::Retry).then(|| {
        tongue.say(Phrase::RetryReceipt(RetryReceipt {
            matched: action.matched,
            done: action.done,
            failed: action.failed,
            hosts: action.hosts,
            running: action.state == ActionState::Running,
        }))
    });
    let progress = action.progress.map(|progress| {
        view! { <p data-part="progress">{tongue.say(Phrase::RetryProgress(progress))}</p> }
    });
    let asked = action.asked.as_ref().map(|asked| {
        let reason = asked.reason.as_ref().map(|reason| format!(" · {}", visible(reason, SENTENCE_MAX)));
        let when = asked.at.status_line();
        view! {
            <p class="muted">
                <bdi translate="no">{format!("#{} · {when} · ", action.id.map_or(0, |id| id.0))}</bdi>
                <bdi>{visible(&asked.by, SENTENCE_MAX)}</bdi>" · "
                <bdi class="mono">{in_words(tongue, &asked.scope)}</bdi>
                {reason}
            </p>
        }
    });
    let obstacle = |text: &String| view! { <li><bdi>{visible(text, SENTENCE_MAX)}</bdi></li> };
    let obstacles = action.obstacles.iter().take(OBSTACLES_MAX).map(obstacle).collect_view();
    let kind = line.unwrap_or_else(|| action.sample.join(", "));
    view! { <p data-part="receipt">{kind}</p>{progress}{asked}<ul>{obstacles}</ul> }.into_any()
}
