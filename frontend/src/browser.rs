//! What the console asks of the browser besides the page itself: time, storage, titles, the clipboard.
//!
//! Promises: none of these fails; where the browser refuses (storage switched off), the answer is "nothing".
//! Never: the socket (see `live`), or anything that the server said.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, FocusOptions, HtmlDialogElement, HtmlDocument, HtmlElement, Storage};

fn document() -> Document {
    leptos::prelude::document()
}

/// Milliseconds since 1970 by the browser's clock.
pub fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// A random number in 0..1; not for secrets.
pub fn random() -> f64 {
    js_sys::Math::random()
}

/// Whether the page can be seen.
pub fn is_visible() -> bool {
    document().visibility_state() != web_sys::VisibilityState::Hidden
}

/// The time of day in the browser's zone with the zone's name: `10:42:31 JST`.
pub fn clock(at_ms: u64, language: &str) -> String {
    let options = js_sys::Object::new();
    for (key, value) in [
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("second", "2-digit"),
        ("hourCycle", "h23"),
        ("timeZoneName", "short"),
    ] {
        let _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
    }
    let date = js_sys::Date::new(&JsValue::from_f64(at_ms as f64));
    date.to_locale_time_string_with_options(language, &options).into()
}

fn storage() -> Option<Storage> {
    leptos::prelude::window().local_storage().ok().flatten()
}

/// What was kept under this key.
pub fn kept(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Keeps a choice for the next visit.
pub fn keep(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, value);
    }
}

/// The languages that the reader prefers, best first.
pub fn languages() -> Vec<String> {
    leptos::prelude::window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect()
}

/// The query of the address, `?` included; empty if there is none.
pub fn search() -> String {
    leptos::prelude::window().location().search().unwrap_or_default()
}

/// The language of the page, as `<html lang>` says it.
pub fn root_language() -> String {
    document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_default()
}

/// Sets an attribute of `<html>`, or removes it.
pub fn set_root_attribute(name: &str, value: Option<&str>) {
    if let Some(root) = document().document_element() {
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
}

/// The title of the tab.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Loads the page anew.
pub fn reload() {
    let _ = leptos::prelude::window().location().reload();
}

/// Takes away what `index.html` shows until the program runs.
pub fn remove_skeleton() {
    if let Some(skeleton) = document().get_element_by_id("skeleton") {
        skeleton.remove();
    }
}

/// Selects the text of an element and copies it. Works without a secure context, unlike `navigator.clipboard`.
pub fn copy_text_of(element: &Element) -> bool {
    let selected = (|| {
        let selection = leptos::prelude::window().get_selection().ok().flatten()?;
        let range = document().create_range().ok()?;
        range.select_node_contents(element).ok()?;
        selection.remove_all_ranges().ok()?;
        selection.add_range(&range).ok()
    })();
    let copied = || document().dyn_into::<HtmlDocument>().ok()?.exec_command("copy").ok();
    selected.is_some() && copied() == Some(true)
}

/// Copies a text that the page does not show.
pub fn copy(text: &str) -> bool {
    let document = document();
    let Some((sheet, body)) = document.create_element("pre").ok().zip(document.body()) else { return false };
    sheet.set_text_content(Some(text));
    sheet.set_class_name("only-heard");
    let copied = body.append_child(&sheet).is_ok() && copy_text_of(&sheet);
    sheet.remove();
    copied
}

/// Opens or closes a dialog; asks first, since opening an open one is an error.
pub fn show_dialog(dialog: &HtmlDialogElement, open: bool) {
    if open && !dialog.open() {
        let _ = dialog.show_modal();
    } else if !open && dialog.open() {
        dialog.close();
    }
}

/// Moves the focus to the row before or behind the focused one; from a row out of sight to the first in sight.
pub fn focus_neighbour_row(forward: bool) {
    let row = document().active_element().and_then(|focused| focused.closest("tr[data-host]").ok().flatten());
    let neighbour = row.and_then(|row| match forward || row.class_list().contains("away") {
        true => row.next_element_sibling(),
        false => row.previous_element_sibling(),
    });
    let neighbour = neighbour.filter(|row| row.has_attribute("data-host"));
    if let Some(row) = neighbour.and_then(|row| row.dyn_into::<HtmlElement>().ok()) {
        let _ = row.focus();
    }
}

/// What has the focus, if it is a row or stands in one.
pub fn focused_in_row() -> Option<HtmlElement> {
    let focused = document().active_element()?;
    focused.closest("tr[data-host]").ok().flatten()?;
    focused.dyn_into().ok()
}

/// Gives it the focus again without scrolling, if nothing else took it. Answers whether it has it.
pub fn focus_again(held: &HtmlElement) -> bool {
    if document().active_element().is_none_or(|element| element.tag_name() == "BODY") {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = held.focus_with_options(&options);
    }
    focused_in_row().as_ref() == Some(held)
}

/// Where an element begins, in pixels below the top of the screen; negative once it is scrolled beyond it.
pub fn top_of(element: &Element) -> f64 {
    element.get_bounding_client_rect().top()
}

/// The height of what can be seen of the page, in pixels.
pub fn screen_height() -> f64 {
    leptos::prelude::window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(900.0)
}

/// The height of a row as the stylesheet says it (`--line-height`), in pixels; 0 if it says none.
pub fn row_height(element: &Element) -> f64 {
    let style = leptos::prelude::window().get_computed_style(element).ok().flatten();
    let value = style.and_then(|style| style.get_property_value("--line-height").ok()).unwrap_or_default();
    // Rust's own reading of fractions would bring 12 kB of tables; a value that is no number is no height.
    js_sys::parse_float(&value).max(0.0)
}

/// Back to the beginning of the page.
pub fn scroll_to_top() {
    leptos::prelude::window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// Moves the focus to the element of this id.
pub fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Adds an element with children of text; texts stay texts.
pub fn append(parent: &Element, tag: &str, class: &str, children: &[(&str, &str)]) {
    let document = document();
    let Ok(element) = document.create_element(tag) else { return };
    element.set_class_name(class);
    for (tag, text) in children {
        if let Ok(child) = document.create_element(tag) {
            child.set_text_content(Some(text));
            let _ = element.append_child(&child);
        }
    }
    let _ = parent.append_child(&element);
}

/// Adds an element with attributes and a text, and gives it; the parent where the browser makes none.
pub fn add(parent: &Element, tag: &str, attributes: &[(&str, &str)], text: &str) -> Element {
    let Ok(element) = document().create_element(tag) else { return parent.clone() };
    for (name, value) in attributes {
        let _ = element.set_attribute(name, value);
    }
    element.set_text_content(Some(text));
    let _ = parent.append_child(&element);
    element
}

/// A property of a value of the browser's, as text; empty if it has none, or is no text and no number.
pub fn property(value: &JsValue, name: &str) -> String {
    let found = js_sys::Reflect::get(value, &name.into()).unwrap_or_default();
    found.as_string().or_else(|| found.as_f64().map(|number| (number as u64).to_string())).unwrap_or_default()
}

/// The element of this id.
pub fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// Unfolds the part of this name and brings it into sight.
pub fn unfold(part: &str) {
    if let Ok(Some(element)) = document().query_selector(&format!("[data-part={part}]")) {
        let _ = element.set_attribute("open", "");
        element.scroll_into_view();
    }
}

/// Whether keys typed now go into a field.
pub fn is_typing() -> bool {
    document()
        .active_element()
        .filter(|element| element.get_attribute("type").as_deref() != Some("checkbox"))
        .is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA"))
}
