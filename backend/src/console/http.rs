//! The router: page, API, websocket and health on one listener, and the same on the control socket.
//!
//! Promises: every answer below `/api` is JSON, refusals too; every request passes the gate (`gate`) first, and the
//! permission of its row here.
//! Never: an answer to a browser that came by a foreign name or from a foreign page.

mod api;
pub mod assets;
pub(super) mod client;
mod cookie;
mod description;
pub mod gate;
mod messages;
mod origin;
mod people;
mod poll;
mod post;
mod read;
mod refusal;
mod session;
mod speaks;

use crate::console::auth::Permission;
use crate::console::live;
use crate::console::state::ConsoleState;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post, put};
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

/// An address of the API: what is needed there (`None`: nothing), and what answers. One row for each method.
pub(super) type Row = (Option<Permission>, &'static str, MethodRouter<Shared>);

/// Every address of the API. `description` has the same list.
pub(super) fn routes() -> Vec<Row> {
    use Permission::*;
    vec![
        (None, "/healthz", get(api::healthz)),
        (None, "/readyz", get(api::readyz)),
        (None, "/api/v1/session", get(session::session)),
        (None, "/api/v1/session", post(session::sign_in)),
        (None, "/api/v1/session", delete(session::sign_out)),
        (None, "/api/v1/setup", post(session::set_up)),
        (Some(See), "/api/v1/status", get(api::status)),
        (Some(See), "/api/v1/hosts", get(api::hosts)),
        (Some(See), "/api/v1/hosts/{host}", get(api::host)),
        (Some(See), "/api/v1/messages", get(messages::messages)),
        (Some(Send), "/api/v1/messages", post(post::post)),
        (Some(See), "/api/v1/messages/{mid}", get(api::message)),
        (Some(Retry), "/api/v1/actions", post(api::act)),
        (Some(See), "/api/v1/actions", get(api::actions)),
        (Some(See), "/api/v1/actions/{id}", get(api::action)),
        (Some(Retry), "/api/v1/actions/{id}/undo", post(api::undo)),
        (Some(Probe), "/api/v1/probes", post(api::start_probe)),
        (Some(See), "/api/v1/probes/{id}", get(api::probe)),
        (Some(Terminal), "/api/v1/probes/{id}/lines", post(api::type_line)),
        (Some(Manage), "/api/v1/users", get(people::users)),
        (Some(Manage), "/api/v1/users", post(people::add_user)),
        (Some(Manage), "/api/v1/users/{name}", put(people::change_user)),
        (Some(Manage), "/api/v1/users/{name}", delete(people::remove_user)),
        (Some(Manage), "/api/v1/users/{name}/sessions", delete(people::end_sessions)),
        (Some(Manage), "/api/v1/tokens", get(people::tokens)),
        (Some(Manage), "/api/v1/tokens", post(people::add_token)),
        (Some(Manage), "/api/v1/tokens/{id}", delete(people::revoke_token)),
        (Some(Manage), "/api/v1/audit", get(people::audit)),
        (Some(See), "/api/v1/poll", get(poll::poll)),
        (Some(See), "/api/v1/ws", get(live::upgrade)),
        (Some(See), "/api/v1/openapi.json", get(description::openapi)),
    ]
}

/// The router behind one door.
pub fn router(console: Arc<ConsoleState>, door: Door) -> Router {
    let shared = Shared { console, door: Arc::new(door) };
    let router = routes().into_iter().fold(Router::new(), |router, (needs, path, answers)| {
        let answers = match needs {
            Some(permission) => answers.route_layer(from_fn_with_state((shared.clone(), permission), gate::permit)),
            None => answers,
        };
        router.route(path, answers)
    });
    router
        .fallback(assets::page)
        .method_not_allowed_fallback(refusal::wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(shared.clone(), gate::gate))
        .with_state(shared)
}
