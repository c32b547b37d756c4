//! Signing in and out over HTTP: `auth` decides, the cookie carries it.

use super::Shared;
use super::cookie;
use super::read::{Json, body};
use super::refusal::Refusal;
use crate::console::auth::{Caller, Right};
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use common::wire::{ApiError, Secret, Session, SetUp, SignIn};

/// `GET /api/v1/session`: who is asking, and whether people sign in here.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", responses((status = 200, body = Session), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn session(State(shared): State<Shared>, Extension(caller): Extension<Caller>) -> Json<Session> {
    Json(shared.console.auth.session(&caller))
}

/// `POST /api/v1/session`: signs in; the answer sets the cookie.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = SignIn, responses((status = 200, body = Session), (status = 401, description = "Name or password is wrong", body = ApiError), (status = 429, description = "Too many tries", body = ApiError), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn sign_in(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Refusal> {
    let secure = shared.door.is_secure(request.headers());
    let asked: SignIn = body(&shared, request).await?;
    let (secret, caller) = shared.console.auth.sign_in(caller.address, asked).await?;
    Ok(welcome(&shared, secure, &secret, &caller))
}

/// `POST /api/v1/setup`: makes the first admin with the one-time token of the log, and signs them in.
#[utoipa::path(post, path = "/api/v1/setup", tag = "session", request_body = SetUp, responses((status = 200, body = Session), (status = 403, description = "Not the one-time token", body = ApiError), (status = 409, description = "There is a user already", body = ApiError), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn set_up(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Refusal> {
    let secure = shared.door.is_secure(request.headers());
    let asked: SetUp = body(&shared, request).await?;
    let (secret, caller) = shared.console.auth.set_up(caller.address, asked).await?;
    Ok(welcome(&shared, secure, &secret, &caller))
}

/// `DELETE /api/v1/session`: signs out; the answer takes the cookie away.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 200, body = Session), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn sign_out(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Refusal> {
    let auth = &shared.console.auth;
    auth.sign_out(&caller).await?;
    let left = match caller.right {
        Right::User { .. } => Caller { right: Right::Nobody, ..caller },
        _ => caller,
    };
    let mut response = Json(auth.session(&left)).into_response();
    for line in cookie::clear(shared.door.port()) {
        if let Ok(value) = HeaderValue::try_from(line) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    Ok(response)
}

fn welcome(shared: &Shared, secure: bool, secret: &Secret, caller: &Caller) -> Response {
    let mut response = Json(shared.console.auth.session(caller)).into_response();
    let fields: &mut HeaderMap = response.headers_mut();
    fields.extend(cookie::set(secret, shared.door.port(), secure).map(|value| (header::SET_COOKIE, value)));
    response
}
