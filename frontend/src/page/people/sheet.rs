//! The lists and forms of the page, element by element; texts stay texts.
//!
//! A person or token is a line; what can be done stands folded behind it: unfolding is the second thought.

use super::{LIFETIME, TOKENS, USERS};
use crate::browser::{add, property};
use common::wire::Role;
use common::words::{Label, Language, Note, PeopleWord, Phrase};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

const DAY: u64 = 86_400;
/// For how many days a token may be valid, the usual first; the verb takes any span up to two years.
const DAYS: [u64; 4] = [90, 7, 30, 365];

/// Both lists, each with its form.
pub(super) fn lists(root: &Element, language: Language, users: &str, tokens: &str) {
    let say = |word: PeopleWord| word.say(language);
    for (path, title, text) in [(USERS, PeopleWord::People, users), (TOKENS, PeopleWord::Programs, tokens)] {
        let people = path == USERS;
        add(root, "h2", &[], say(title));
        let part = if people { "users" } else { "tokens" };
        let list = add(root, "ul", &[("class", "actions"), ("data-part", part)], "");
        let items = js_sys::JSON::parse(text).and_then(|all| js_sys::Reflect::get(&all, &"items".into()));
        // None before the first answer.
        for member in items.and_then(|items| items.dyn_into::<js_sys::Array>()).iter().flat_map(js_sys::Array::iter) {
            row(&list, language, people, &member);
        }
        let form = form(root, "POST", path);
        field(&form, &[("name", "name"), ("autocomplete", "off")], &language.say(&Phrase::Label(Label::UserName)));
        roles(&form, language, "");
        let last = if people {
            let password = [("name", "password"), ("type", "password"), ("autocomplete", "new-password")];
            field(&form, &password, &language.say(&Phrase::Label(Label::Password)));
            PeopleWord::Add
        } else {
            let choice = choice(&form, LIFETIME, say(PeopleWord::Lifetime));
            for days in DAYS {
                let span = language.say(&Phrase::ShortSpan(Duration::from_secs(days * DAY)));
                add(&choice, "option", &[("value", &(days * DAY).to_string())], &span);
            }
            PeopleWord::Make
        };
        add(&form, "button", &[], say(last));
        if people {
            let rule = language.say(&Phrase::Note(Note::PasswordRule));
            add(root, "p", &[("class", "muted")], &format!("{rule} {}", say(PeopleWord::EndsSessions)));
        }
    }
}

/// What came of an act: that it is done, or the secret of a new token.
pub(super) fn done(outcome: &Element, language: Language, secret: &str) {
    let word = if secret.is_empty() { PeopleWord::Done } else { PeopleWord::ShownOnce };
    outcome.set_text_content(Some(word.say(language)));
    if !secret.is_empty() {
        let line = add(outcome, "p", &[("class", "command")], "");
        add(&line, "code", &[("id", "secret"), ("translate", "no")], secret);
        add(&line, "button", &[("type", "button")], &language.say(&Phrase::Label(Label::Copy)));
    }
}

fn row(list: &Element, language: Language, people: bool, member: &JsValue) {
    let say = |word: PeopleWord| word.say(language);
    let when = |name: &str| match property(member, name) {
        at if at.is_empty() => say(PeopleWord::Never).to_owned(),
        at => minute(&at),
    };
    let (name, role, id) = (property(member, "name"), property(member, "role"), property(member, "id"));
    let (mark, fact) = match people {
        true => (PeopleWord::Sessions, property(member, "sessions")),
        false => (PeopleWord::Expires, when("expires_at")),
    };
    let seen = format!("{}: {}", say(PeopleWord::Seen), when("seen_at"));
    let fold = add(&add(list, "li", &[], ""), "details", &[], "");
    let line = add(&fold, "summary", &[], "");
    add(&line, "bdi", &[("translate", "no")], &name);
    add(&line, "small", &[], &format!(" · {role} · {seen} · {}: {fact}", say(mark)));
    if people {
        let path = format!("{USERS}/{}", js_sys::encode_uri_component(&name));
        let form = form(&fold, "PUT", &path);
        roles(&form, language, &role);
        add(&form, "button", &[], say(PeopleWord::Change));
        act(&form, &format!("{path}/sessions"), say(PeopleWord::EndSessions));
        act(&form, &path, &format!("{} {name}", say(PeopleWord::Remove)));
    } else {
        act(&fold, &format!("{TOKENS}/{id}"), &format!("{} {name}", say(PeopleWord::Revoke)));
    }
}

/// `2026-11-24T10:42:31.000Z` as a person reads it, to the minute.
fn minute(at: &str) -> String {
    format!("{} UTC", at.get(..16).unwrap_or(at).replace('T', " "))
}

fn form(parent: &Element, method: &str, path: &str) -> Element {
    add(parent, "form", &[("class", "ask"), ("data-method", method), ("data-path", path)], "")
}

/// A button that ends something.
fn act(parent: &Element, path: &str, text: &str) {
    add(parent, "button", &[("type", "button"), ("data-path", path)], text);
}

fn field(form: &Element, attributes: &[(&str, &str)], label: &str) {
    let field = add(&add(form, "label", &[("class", "wide")], label), "input", attributes, "");
    for (name, value) in [("class", "field"), ("required", ""), ("maxlength", "256"), ("autocapitalize", "off")] {
        let _ = field.set_attribute(name, value);
    }
}

fn choice(form: &Element, name: &str, label: &str) -> Element {
    add(&add(form, "label", &[], label), "select", &[("class", "field"), ("name", name)], "")
}

/// A choice of the roles as they are written; the least first, unless another one is had.
fn roles(form: &Element, language: Language, had: &str) {
    let choice = choice(form, "role", PeopleWord::Role.say(language));
    for role in Role::ALL {
        let option = add(&choice, "option", &[("translate", "no")], role.word());
        if role.word() == had {
            let _ = option.set_attribute("selected", "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_to_the_minute() {
        assert_eq!(minute("2026-11-24T10:42:31.000Z"), "2026-11-24 10:42 UTC");
        assert_eq!(minute("soon"), "soon UTC");
    }
}
