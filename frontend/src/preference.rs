//! What the reader chose: language and theme. Kept in the browser, shown on `<html>`.
//!
//! Language, first that is known: `?lang=`, what was kept, the browser's list, English. Changing it needs no reload:
//! every text on the page is a function of [`Tongue`].

use crate::browser;
use crate::derived::effect;
use common::words::{Label, Language, Note, PanelWord, PeopleWord, Phrase};
use leptos::prelude::*;

const LANGUAGE_KEY: &str = "nexthop.language";
const THEME_KEY: &str = "nexthop.theme";

/// The language of the page, as a signal.
#[derive(Clone, Copy)]
pub struct Tongue(RwSignal<Language>);

impl Tongue {
    /// The language to begin with; `<html lang>` follows from now on.
    pub fn choose() -> Tongue {
        let language = RwSignal::new(first_language(
            query_value(&browser::search(), "lang"),
            browser::kept(LANGUAGE_KEY),
            &browser::languages(),
        ));
        effect(move || browser::set_root_attribute("lang", Some(language.get().tag())));
        Tongue(language)
    }

    /// From the context.
    pub fn here() -> Tongue {
        expect_context()
    }

    /// The language; tracked.
    pub fn get(self) -> Language {
        self.0.get()
    }

    /// The language; not tracked.
    pub fn now(self) -> Language {
        self.0.get_untracked()
    }

    /// The reader chose this one.
    pub fn set(self, language: Language) {
        browser::keep(LANGUAGE_KEY, language.tag());
        self.0.set(language);
    }

    /// The phrase; tracked.
    pub fn say(self, phrase: Phrase<'_>) -> String {
        self.0.get().say(&phrase)
    }

    /// A label as a function for the page.
    pub fn label(self, label: Label) -> impl Fn() -> String + Copy + Send + Sync + 'static {
        move || self.say(Phrase::Label(label))
    }

    /// A text of the panels as a function for the page.
    pub fn panel(self, word: PanelWord) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
        move || word.say(self.0.get())
    }

    /// A text of the page of people as a function for the page.
    pub fn people(self, word: PeopleWord) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
        move || word.say(self.0.get())
    }

    /// The same as a signal.
    pub fn panel_signal(self, word: PanelWord) -> Signal<String> {
        Signal::derive(move || word.say(self.0.get()).to_owned())
    }

    /// A note as a function for the page.
    pub fn note(self, note: Note) -> impl Fn() -> String + Copy + Send + Sync + 'static {
        move || self.say(Phrase::Note(note))
    }
}

fn first_language(asked: Option<String>, kept: Option<String>, preferred: &[String]) -> Language {
    let tags = asked.iter().chain(kept.iter()).chain(preferred);
    tags.filter_map(|tag| Language::known_tag(tag)).next().unwrap_or_default()
}

/// The value of a key in `?a=1&b=2`; good enough for words without escapes.
fn query_value(search: &str, key: &str) -> Option<String> {
    let pairs = search.trim_start_matches('?').split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == key).map(|(_, value)| value.to_owned())
}

/// The query without `lang`: once the reader has chosen, the address must not choose again.
pub fn without_language(search: &str) -> String {
    let kept: Vec<&str> = search
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
        .collect();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

/// How the page is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// As the system is.
    System,
}

impl Theme {
    /// All of them, in the order of the switch.
    pub const ALL: [Theme; 3] = [Theme::Light, Theme::Dark, Theme::System];

    /// Its name on the switch.
    pub fn label(self) -> Label {
        match self {
            Theme::Light => Label::ThemeLight,
            Theme::Dark => Label::ThemeDark,
            Theme::System => Label::ThemeSystem,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::System => "system",
        }
    }
}

/// The theme of the last visit, or the system's.
pub fn kept_theme() -> Theme {
    let kept = browser::kept(THEME_KEY);
    Theme::ALL.into_iter().find(|theme| kept.as_deref() == Some(theme.word())).unwrap_or(Theme::System)
}

/// Shows a theme; `System` is the absence of the attribute.
pub fn show_theme(theme: Theme) {
    let word = (theme != Theme::System).then_some(theme.word());
    browser::set_root_attribute("data-theme", word);
}

/// The reader chose this theme.
pub fn keep_theme(theme: Theme) {
    browser::keep(THEME_KEY, theme.word());
    show_theme(theme);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_beats_the_kept_choice_and_that_beats_the_browser() {
        let preferred = ["de".to_owned(), "ja-JP".to_owned()];
        let ja = Some("ja".to_owned());
        let en = Some("en".to_owned());
        assert_eq!(first_language(ja.clone(), en.clone(), &[]), Language::Ja);
        assert_eq!(first_language(None, en.clone(), &preferred), Language::En);
        assert_eq!(first_language(None, None, &preferred), Language::Ja);
        assert_eq!(first_language(Some("xx".into()), None, &[]), Language::En);
    }

    #[test]
    fn a_choice_by_hand_takes_the_language_out_of_the_address() {
        assert_eq!(query_value("?q=a&lang=ja", "lang"), Some("ja".into()));
        assert_eq!(without_language("?q=a&lang=ja&sort=host"), "?q=a&sort=host");
        assert_eq!(without_language("?lang=ja"), "");
    }
}
