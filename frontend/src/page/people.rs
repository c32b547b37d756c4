//! The page *People and programs*, for admins: who may use the console, what they may do, when they were here last.
//!
//! It asks the same addresses as the verb `user`. Promises: a token's secret is on the screen once and nowhere else; after
//! each act the focus is on what came of it; what was refused stays in its form. Never: a rule of its own about names,
//! passwords or the last admin. The page is a rare one and everybody loads it, so that it is built by hand (`sheet`), and
//! one listener serves every button: a button or form names its request in `data-method` and `data-path`.

mod sheet;

use crate::ask::send;
use crate::browser;
use crate::derived::effect;
use crate::part::dynamic;
use crate::preference::Tongue;
use crate::session::Entry;
use common::wire::{ApiError, ErrorCode, Role, read};
use common::words::{Language, Note, PeopleWord, Phrase};
use leptos::ev::{Event, MouseEvent, SubmitEvent};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

const USERS: &str = "/api/v1/users";
const TOKENS: &str = "/api/v1/tokens";
/// Fields of a new or changed person or token, by their names on the wire.
const FIELDS: [&str; 4] = ["name", "role", "password", LIFETIME];
const LIFETIME: &str = "lifetime_s";

/// The page.
#[component]
pub fn PeoplePage() -> impl IntoView {
    let (tongue, entry) = (Tongue::here(), Entry::here());
    effect(move || browser::set_title(&format!("{} · nexthop", tongue.people(PeopleWord::Title)())));
    let page = dynamic(move || match entry.has(Role::Admin) {
        true => lists(tongue),
        false => view! { <p class="lead">{tongue.people(PeopleWord::NeedsAdmin)}</p> }.into_any(),
    });
    view! { <section class="page"><h1 id="title" tabindex="-1">{tongue.people(PeopleWord::Title)}</h1>{page}</section> }
        .into_any()
}

fn lists(tongue: Tongue) -> AnyView {
    // Users and tokens as they came; empty before.
    let known = RwSignal::new((String::new(), String::new()));
    look(known, || ());
    effect(move || {
        let language = tongue.get();
        // The element is there once the page is: an effect runs after its view.
        if let Some(root) = browser::by_id("people") {
            root.set_text_content(None);
            known.with(|(users, tokens)| sheet::lists(&root, language, users, tokens));
        }
    });
    let on_act = move |event: &Event, method: &str, path: &str, body: Option<String>| {
        event.prevent_default();
        // What is said again is heard again.
        if let Some(outcome) = browser::by_id("outcome") {
            outcome.set_text_content(None);
        }
        let done = move |status: u16, text: String| {
            let language = tongue.now();
            if status == 200 {
                look(known, move || request_animation_frame(move || say(language, status, &text)));
            } else {
                say(language, status, &text);
            }
        };
        send(method, path, body, Box::new(done));
    };
    let click = move |event: MouseEvent| {
        let Some(button) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        let Ok(Some(button)) = button.closest("button[type=button]") else { return };
        match (button.get_attribute("data-path"), browser::by_id("secret")) {
            (Some(path), _) => on_act(&event, "DELETE", &path, None),
            (None, Some(secret)) if browser::copy_text_of(&secret) => {
                button.set_text_content(Some(&tongue.say(Phrase::Label(common::words::Label::Copied))));
            }
            _ => {}
        }
    };
    let submit = move |event: SubmitEvent| {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        let named = |name| form.get_attribute(name).unwrap_or_default();
        on_act(&event, &named("data-method"), &named("data-path"), wish(&form));
    };
    view! {
        <div on:click=click on:submit=submit>
            // Present from the beginning, or its first words are not heard.
            <div role="status" id="outcome" tabindex="-1"></div>
            <div id="people"></div>
        </div>
    }
    .into_any()
}

/// Asks for both lists, and then goes on. They are shown at once: nothing is built anew under a hand that is on it.
fn look(known: RwSignal<(String, String)>, then: impl FnOnce() + 'static) {
    let users_came = move |_, users: String| {
        let tokens_came = move |_, tokens: String| {
            known.try_set((users, tokens)); // the page may have gone
            then();
        };
        send("GET", TOKENS, None, Box::new(tokens_came));
    };
    send("GET", USERS, None, Box::new(users_came));
}

/// What is filled in, as JSON.
fn wish(form: &Element) -> Option<String> {
    let wish = js_sys::Object::new();
    for name in FIELDS {
        let Ok(Some(field)) = form.query_selector(&format!("[name={name}]")) else { continue };
        let text = browser::property(&field, "value");
        let value = if name == LIFETIME { js_sys::parse_float(&text).into() } else { JsValue::from_str(&text) };
        let _ = js_sys::Reflect::set(&wish, &name.into(), &value);
    }
    js_sys::JSON::stringify(&wish).ok().and_then(|text| text.as_string())
}

/// Says what came of an act, and goes there.
fn say(language: Language, status: u16, answer: &str) {
    let Some(outcome) = browser::by_id("outcome") else { return };
    if status == 200 {
        let secret = js_sys::JSON::parse(answer).map(|answer| browser::property(&answer, "secret")).unwrap_or_default();
        sheet::done(&outcome, language, &secret);
    } else {
        outcome.set_text_content(Some(&refusal(language, answer)));
    }
    browser::focus("outcome");
}

/// A refusal in words of the catalogue.
fn refusal(language: Language, answer: &str) -> String {
    let note = |note| language.say(&Phrase::Note(note));
    let Ok(ApiError { error }) = read::<ApiError>(answer) else { return note(Note::ServerUnreached) };
    let word = match (error.code, error.field.as_deref()) {
        (ErrorCode::BadField, Some("password")) => return note(Note::PasswordRule),
        (ErrorCode::BadField, Some("name")) => return note(Note::NameRule),
        (ErrorCode::Conflict, Some(_)) => PeopleWord::NameTaken,
        (ErrorCode::Conflict, None) => PeopleWord::LastAdmin,
        (ErrorCode::NotFound, _) => PeopleWord::Gone,
        _ => PeopleWord::Refused,
    };
    word.say(language).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_said_in_words_of_the_catalogue() {
        let said = |code, field: Option<&str>| {
            let answer = match field {
                Some(field) => ApiError::field(code, field, "in the server's words"),
                None => ApiError::new(code, "in the server's words"),
            };
            refusal(Language::En, &serde_json::to_string(&answer).unwrap())
        };
        let note = |note| Language::En.say(&Phrase::Note(note));
        assert_eq!(said(ErrorCode::Conflict, Some("name")), PeopleWord::NameTaken.say(Language::En));
        assert_eq!(said(ErrorCode::Conflict, None), PeopleWord::LastAdmin.say(Language::En));
        assert_eq!(said(ErrorCode::BadField, Some("password")), note(Note::PasswordRule));
        assert_eq!(said(ErrorCode::BadField, Some("name")), note(Note::NameRule));
        assert_eq!(said(ErrorCode::Unavailable, None), PeopleWord::Refused.say(Language::En));
        assert_eq!(refusal(Language::En, ""), note(Note::ServerUnreached));
    }
}
