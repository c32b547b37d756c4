//! Before the console: signing in, and making the first admin.
//!
//! Two forms of one shape: labelled fields, one sentence when something was refused, one button. Keys alone do.

use super::shell::{LanguageSwitch, ThemeSwitch};
use crate::browser;
use crate::derived::effect;
use crate::preference::Tongue;
use crate::session::Entry;
use common::wire::{Secret, SetUp, SignIn};
use common::words::{Label, Note, Phrase};
use leptos::prelude::*;

/// Asks for name and password.
#[component]
pub fn SignInPage() -> impl IntoView {
    let entry = Entry::here();
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let send = move || {
        entry.sign_in(&SignIn { name: name.get_untracked(), password: Secret(password.get_untracked()) });
    };
    view! {
        <EntryFrame title=Label::SignInTitle lead=None act=Label::SignIn send=Callback::new(move |()| send())>
            <EntryField id="name" label=Label::UserName kind="text" fill="username" value=name/>
            <EntryField id="password" label=Label::Password kind="password" fill="current-password" value=password/>
        </EntryFrame>
    }
    .into_any()
}

/// Asks for the one-time token, and for the name and password of the first admin.
#[component]
pub fn SetUpPage() -> impl IntoView {
    let entry = Entry::here();
    let token = RwSignal::new(String::new());
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let send = move || {
        let (token, password) = (Secret(token.get_untracked()), Secret(password.get_untracked()));
        entry.set_up(&SetUp { token, name: name.get_untracked(), password });
    };
    view! {
        <EntryFrame
            title=Label::SetUpTitle lead=Some(Note::SetUpLead) act=Label::SetUp send=Callback::new(move |()| send())
        >
            <EntryField id="token" label=Label::SetUpToken kind="text" fill="off" value=token/>
            <EntryField id="name" label=Label::UserName kind="text" fill="username" value=name/>
            <EntryField
                id="password" label=Label::Password kind="password" fill="new-password" value=password
                rule=Note::PasswordRule
            />
        </EntryFrame>
    }
    .into_any()
}

#[component]
fn EntryFrame(title: Label, lead: Option<Note>, act: Label, send: Callback<()>, children: Children) -> impl IntoView {
    let (tongue, entry) = (Tongue::here(), Entry::here());
    effect(move || browser::set_title(&format!("{} · nexthop", tongue.say(Phrase::Label(title)))));
    let refusal = move || entry.refusal.get().map(|refusal| tongue.say(Phrase::Note(refusal.note)));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        send.run(());
    };
    view! {
        <div class="entry">
            <header>
                <b class="brand" translate="no">"nexthop"</b>
                <LanguageSwitch/>
                <ThemeSwitch/>
            </header>
            <main>
                <h1 id="title" tabindex="-1">{tongue.label(title)}</h1>
                {lead.map(|lead| view! { <p>{tongue.note(lead)}</p> })}
                <form on:submit=submit>
                    {children()}
                    // Present from the beginning, or its first words are not heard.
                    <p class="warning" role="alert" id="refusal">{refusal}</p>
                    <button type="submit" class="primary" aria-disabled=move || entry.busy.get().to_string()>
                        {tongue.label(act)}
                    </button>
                </form>
            </main>
        </div>
    }
    .into_any()
}

#[component]
fn EntryField(
    id: &'static str,
    label: Label,
    kind: &'static str,
    fill: &'static str,
    value: RwSignal<String>,
    #[prop(optional)] rule: Option<Note>,
) -> impl IntoView {
    let (tongue, entry) = (Tongue::here(), Entry::here());
    let wrong = move || {
        entry.refusal.with(|refusal| refusal.as_ref().is_some_and(|refusal| refusal.field.as_deref() == Some(id)))
    };
    let rule_id = rule.map(|_| format!("{id}-rule"));
    view! {
        <div class="entry-field">
            <label for=id>{tongue.label(label)}</label>
            <input
                id=id name=id type=kind class="field" autocomplete=fill autocapitalize="off" spellcheck="false" required
                maxlength="256" prop:value=value on:input=move |event| value.set(event_target_value(&event))
                aria-invalid=move || wrong().then_some("true") aria-describedby=rule_id.clone()
            />
            {rule.map(|rule| view! { <small id=rule_id>{tongue.note(rule)}</small> })}
        </div>
    }
    .into_any()
}
