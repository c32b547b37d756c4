//! The router: page, API, websocket and health on one listener, and the same on the control socket.
//!
//! Promises: every answer below `/api` is JSON, refusals too; every request passes the gate (`gate`) first.
//! Never: an answer to a browser that came by a foreign name or from a foreign page.

mod api;
pub mod assets;
pub(super) mod client;
mod description;
pub mod gate;
mod origin;
mod poll;
mod post;
mod read;
mod refusal;

use crate::console::live;
use crate::console::state::ConsoleState;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};
use gate::Door;
use std::sync::Arc;

pub(super) use refusal::Refusal;

/// Octets of a request's body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// What every handler is given: the console, and the door that the request came through.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) console: Arc<ConsoleState>,
    pub(super) door: Arc<Door>,
}

/// Every address of the API, and what answers there. `description` has the same list.
pub(super) fn routes() -> Vec<(&'static str, MethodRouter<Shared>)> {
    vec![
        ("/healthz", get(api::healthz)),
        ("/readyz", get(api::readyz)),
        ("/api/v1/status", get(api::status)),
        ("/api/v1/hosts", get(api::hosts)),
        ("/api/v1/hosts/{host}", get(api::host)),
        ("/api/v1/messages", post(post::post)),
        ("/api/v1/messages/{mid}", get(api::message)),
        ("/api/v1/actions", post(api::act)),
        ("/api/v1/actions/{id}", get(api::action)),
        ("/api/v1/probes", post(api::start_probe)),
        ("/api/v1/probes/{id}", get(api::probe)),
        ("/api/v1/poll", get(poll::poll)),
        ("/api/v1/ws", get(live::upgrade)),
        ("/api/v1/openapi.json", get(description::openapi)),
    ]
}

/// The router behind one door.
pub fn router(console: Arc<ConsoleState>, door: Door) -> Router {
    let shared = Shared { console, door: Arc::new(door) };
    let router = routes().into_iter().fold(Router::new(), |router, (path, answers)| router.route(path, answers));
    router
        .fallback(assets::page)
        .method_not_allowed_fallback(refusal::wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(shared.clone(), gate::gate))
        .with_state(shared)
}
