//! One request to the server that the page came from, outside of the line: signing in and out, dry runs, receipts.
//!
//! Promises: the answer comes once; status 0 where the server could not be reached. Never: another server.

use crate::browser;
use serde::Serialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, XmlHttpRequest};

/// Asks, with a body of JSON if there is one; `done` gets status and answer.
pub fn ask<T: Serialize>(method: &str, path: &str, body: Option<&T>, done: impl FnOnce(u16, String) + 'static) {
    send(method, path, body.and_then(|body| serde_json::to_string(body).ok()), Box::new(done));
}

/// The same with a body that is text already. One program for all: a copy for each kind of question costs kilobytes.
pub fn send(method: &str, path: &str, body: Option<String>, done: Box<dyn FnOnce(u16, String)>) {
    let Ok(request) = XmlHttpRequest::new() else { return done(0, String::new()) };
    let heard = request.clone();
    let ended = Closure::once_into_js(move |_: Event| {
        let text = heard.response_text().ok().flatten().unwrap_or_default();
        done(heard.status().unwrap_or(0), text);
    });
    request.set_onloadend(Some(ended.unchecked_ref()));
    // What the browser refuses here it tells by the end as well, or there is nobody to tell.
    if request.open(method, path).is_err() {
        return;
    }
    let _ = request.set_request_header("Accept", "application/json");
    // What the server says is in the language of the page, not of the browser.
    let _ = request.set_request_header("Accept-Language", &browser::root_language());
    if body.is_some() {
        let _ = request.set_request_header("Content-Type", "application/json");
    }
    let _ = request.send_with_opt_str(body.as_deref());
}
