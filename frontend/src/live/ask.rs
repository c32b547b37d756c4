//! Questions over plain HTTP, for a page whose websocket does not come through.
//!
//! Promises: one question at a time is the caller's affair; what does not answer with success answers `None`, but for
//! a refusal of an action, whose body says why.

use common::wire::{Action, ActionRequest, ApiError, HostsQuery, Polled};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

/// The list of hosts, or what has changed since the cursor.
pub(super) async fn poll(query: HostsQuery, cursor: String) -> Option<Polled> {
    let order = serde_json::to_value(query.sort).ok()?;
    let sort = format!("{}{}", if query.ascending { "" } else { "-" }, order.as_str()?);
    let filter = String::from(js_sys::encode_uri_component(&query.filter));
    let window = query.window;
    let address =
        format!("/api/v1/poll?cursor={cursor}&q={filter}&sort={sort}&first={}&len={}", window.first, window.len);
    let (true, text) = fetch(&address, &RequestInit::new()).await? else { return None };
    serde_json::from_str(&text).ok()
}

/// Has something done. `None` if nobody answered.
pub(super) async fn act(action: &ActionRequest) -> Option<Result<Action, ApiError>> {
    let body = serde_json::to_string(action).ok()?;
    let headers = Headers::new().ok()?;
    headers.set("Content-Type", "application/json").ok()?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&JsValue::from_str(&body));
    match fetch("/api/v1/actions", &request).await? {
        (true, text) => Some(Ok(serde_json::from_str(&text).ok()?)),
        (false, text) => Some(Err(serde_json::from_str(&text).ok()?)),
    }
}

/// Whether the answer is one of success, and its text.
async fn fetch(address: &str, request: &RequestInit) -> Option<(bool, String)> {
    let asked = leptos::prelude::window().fetch_with_str_and_init(address, request);
    let response: Response = JsFuture::from(asked).await.ok()?.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    Some((response.ok(), text.as_string()?))
}
