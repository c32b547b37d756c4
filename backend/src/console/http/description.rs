//! The API's description of itself (OpenAPI 3.1) at `/api/v1/openapi.json`, made from its types.
//!
//! Promises: every route is in it with what it takes and answers; a test walks the router against it.
//! Never: said anew by hand; names, shapes and words come from `common::wire`.

use super::{api, messages, people, poll, post, session};
use crate::console::live;
use axum::http::header;
use axum::response::IntoResponse;
use std::sync::LazyLock;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema};
use utoipa::{Modify, OpenApi};

/// The description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Nexthop",
        description = "An outbound mail queue that you can see into. Times are RFC 3339 in UTC, numbers below 2^53, an \
                       absent value is null. Refusals are {\"error\":{code, sentence, field, request_id}}.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    paths(
        api::healthz,
        api::readyz,
        session::session,
        session::sign_in,
        session::sign_out,
        session::set_up,
        api::status,
        api::hosts,
        api::host,
        messages::messages,
        post::post,
        api::message,
        api::act,
        api::actions,
        api::action,
        api::undo,
        api::start_probe,
        api::probe,
        api::type_line,
        poll::poll,
        people::users,
        people::add_user,
        people::change_user,
        people::remove_user,
    people::end_sessions,
        people::tokens,
        people::add_token,
        people::revoke_token,
        people::audit,
        live::upgrade,
        openapi,
    ),
    modifiers(&OwnWords),
)]
pub(super) struct Description;

/// Takes the word `other` out of every list of words: it is how an old page reads a word of a newer server, and no
/// server says it.
struct OwnWords;

impl Modify for OwnWords {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for schema in document.components.iter_mut().flat_map(|components| components.schemas.values_mut()) {
            if let RefOr::T(Schema::Object(Object { enum_values: Some(words), .. })) = schema {
                words.retain(|word| word != "other");
            }
        }
    }
}

/// As it goes out; it changes with the program only.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    Description::openapi().to_json().unwrap_or_else(|why| {
        tracing::error!(%why, "the description of the API cannot be written");
        "{}".into()
    })
});

/// `GET /api/v1/openapi.json`: this description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "server", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object),
))]
pub(super) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}
