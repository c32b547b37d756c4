//! The field of the filter, with what may come next in a list below it (a combobox: WAI-ARIA 1.2, list autocomplete).
//!
//! Promises: typing alone does all it did without the list; nothing is put in that was not chosen; keys never leave the
//! field: arrows choose, Enter takes, Escape closes. The grammar is `common/filter`.

use super::Desk;
use crate::browser;
use crate::derived::{effect, memo};
use crate::format::fold_width;
use crate::preference::Tongue;
use common::filter::{Completion, complete};
use common::words::Label;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// A filter that is being typed is sent once the keys rest for so long.
const TYPING_MS: u32 = 150;
/// Characters of a filter; a domain has no more, and nobody types so many.
const FILTER_MAX: &str = "253";
const OPTIONS: &str = "filter-options";

/// What the field and its list share.
#[derive(Clone, Copy)]
struct Draft {
    text: RwSignal<String>,
    open: RwSignal<bool>,
    /// The place of the option that Enter would take.
    at: RwSignal<Option<usize>>,
    options: Memo<Vec<Completion>>,
    waiting: StoredValue<Option<Timeout>, LocalStorage>,
    desk: Desk,
}

impl Draft {
    fn new(desk: Desk) -> Draft {
        let text = RwSignal::new(desk.view.get_untracked().filter);
        let (open, at) = (RwSignal::new(false), RwSignal::new(None));
        let options = memo(move || if open.get() { complete(&fold_width(&text.get())) } else { Vec::new() });
        Draft { text, open, at, options, waiting: StoredValue::new_local(None), desk }
    }

    fn apply(self) {
        self.waiting.set_value(None);
        let filter = fold_width(&self.text.get_untracked());
        self.desk.show.run(self.desk.view.get_untracked().filtered(&filter));
    }

    fn typed(self, event: &leptos::ev::Event) {
        self.text.set(event_target_value(event));
        self.open.set(true);
        self.at.set(None);
        let composing = event.dyn_ref::<web_sys::InputEvent>().is_some_and(web_sys::InputEvent::is_composing);
        self.waiting.set_value((!composing).then(|| Timeout::new(TYPING_MS, move || self.apply())));
    }

    /// The option becomes the text; the list stays for what may come behind it.
    fn take(self, option: Completion) {
        self.at.set(None);
        self.open.set(!option.text.ends_with(' '));
        self.text.set(option.text);
        self.apply();
    }

    fn close(self) {
        self.open.set(false);
        self.at.set(None);
    }

    /// One option on, or back; from the last to none, which is the field itself.
    fn step(self, forward: bool) {
        self.open.set(true);
        let count = self.options.with_untracked(Vec::len);
        self.at.update(|at| *at = stepped(*at, count, forward));
    }

    fn key(self, event: &web_sys::KeyboardEvent) {
        if event.is_composing() {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" => {
                event.prevent_default();
                self.step(event.key() == "ArrowDown");
            }
            "Escape" if self.options.with_untracked(|options| !options.is_empty()) => {
                event.prevent_default();
                self.close();
            }
            "Enter" => {
                let chosen = self.at.get_untracked();
                match chosen.and_then(|at| self.options.with_untracked(|options| options.get(at).cloned())) {
                    Some(option) => self.take(option),
                    None => {
                        self.close();
                        self.apply();
                    }
                }
            }
            _ => {}
        }
    }
}

fn stepped(at: Option<usize>, count: usize, forward: bool) -> Option<usize> {
    match (at, forward) {
        (None, true) => Some(0),
        (None, false) => count.checked_sub(1),
        (Some(at), true) => Some(at + 1),
        (Some(at), false) => at.checked_sub(1),
    }
    .filter(|at| *at < count)
}

/// The field and its list.
#[component]
pub(super) fn FilterField() -> impl IntoView {
    let (tongue, desk) = (Tongue::here(), Desk::here());
    let draft = Draft::new(desk);
    let field = NodeRef::<leptos::html::Input>::new();
    // Chips and the browser's own buttons change the address: the field follows, unless it says the same already.
    effect(move || {
        let filter = desk.view.get().filter;
        if fold_width(draft.text.get_untracked().trim()) != filter {
            draft.text.set(filter);
        }
    });
    focus_by_slash(field);
    let is_open = memo(move || draft.options.with(|options| !options.is_empty()));
    view! {
        <search class="filter">
            <input
                type="search" class="field mono" node_ref=field autocomplete="off" spellcheck="false" autocapitalize="off"
                maxlength=FILTER_MAX aria-label=tongue.label(Label::FilterHosts) placeholder=tongue.label(Label::FilterHint)
                role="combobox" aria-autocomplete="list" aria-expanded=move || is_open.get().to_string()
                aria-controls=move || is_open.get().then_some(OPTIONS)
                aria-activedescendant=move || draft.at.get().map(|at| format!("{OPTIONS}-{at}"))
                prop:value=draft.text on:input=move |event| draft.typed(&event) on:compositionend=move |_| draft.apply()
                on:keydown=move |event| draft.key(&event) on:blur=move |_| draft.close()
            />
            <Show when=move || is_open.get()>
                // A press must not take the focus from the field.
                <ul
                    id=OPTIONS class="options mono" role="listbox" translate="no" aria-label=tongue.label(Label::FilterHosts)
                    on:mousedown=|event| event.prevent_default()
                >
                    {move || draft.options.get().into_iter().enumerate().map(|(at, one)| option(draft, at, one)).collect_view()}
                </ul>
            </Show>
        </search>
    }
    .into_any()
}

fn option(draft: Draft, at: usize, option: Completion) -> AnyView {
    let term = option.term.clone();
    view! {
        <li
            id=format!("{OPTIONS}-{at}") role="option" aria-selected=move || (draft.at.get() == Some(at)).to_string()
            on:click=move |_| draft.take(option.clone())
        >
            {term}
        </li>
    }
    .into_any()
}

fn focus_by_slash(field: NodeRef<leptos::html::Input>) {
    let slash = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "/"
            && !event.ctrl_key()
            && !event.meta_key()
            && !event.is_composing()
            && !browser::is_typing()
        {
            event.prevent_default();
            if let Some(field) = field.get_untracked() {
                let _ = field.focus();
            }
        }
    });
    on_cleanup(move || slash.remove());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round_through_the_field_itself() {
        assert_eq!(stepped(None, 2, true), Some(0));
        assert_eq!(stepped(Some(0), 2, true), Some(1));
        assert_eq!(stepped(Some(1), 2, true), None);
        assert_eq!(stepped(None, 2, false), Some(1));
        assert_eq!(stepped(Some(0), 2, false), None);
        assert_eq!((stepped(None, 0, true), stepped(None, 0, false)), (None, None));
    }
}
