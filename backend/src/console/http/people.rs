//! Users, tokens and the audit record over HTTP, for admins.

use super::Shared;
use super::read::{Json, Parameters, bad, body, number, shown};
use super::refusal::{Refusal, nothing_here};
use crate::console::auth::Caller;
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use common::wire::{
    ApiError, AuditRow, ErrorCode, List, MintedToken, NewToken, NewUser, TokenRow, UserChange, UserRow,
};
use serde::Serialize;

/// Rows of the audit record in an answer, at most and unless told otherwise.
const AUDIT_ROWS: (usize, usize) = (500, 100);

type Answer<T> = Result<Json<T>, Refusal>;
type Named = Result<Path<String>, PathRejection>;

/// All of them: there are a thousand at most.
fn whole<T: Serialize>(items: Vec<T>) -> Json<List<T>> {
    let total = items.len() as u64;
    Json(List { items, total, next: None })
}

/// `GET /api/v1/users`.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", responses((status = 200, body = List<UserRow>), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn users(State(shared): State<Shared>) -> Json<List<UserRow>> {
    whole(shared.console.auth.users())
}

/// `POST /api/v1/users`.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = NewUser, responses((status = 200, body = UserRow), (status = 409, description = "The name is taken", body = ApiError), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn add_user(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer<UserRow> {
    let new: NewUser = body(&shared, request).await?;
    Ok(Json(shared.console.auth.add_user(&caller, new).await?))
}

/// `PUT /api/v1/users/{name}`: another role or password; the user's sessions end.
#[utoipa::path(put, path = "/api/v1/users/{name}", tag = "users", params(("name" = String, Path)), request_body = UserChange, responses((status = 200, body = UserRow), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn change_user(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    name: Named,
    request: Request,
) -> Answer<UserRow> {
    let Path(name) = name.map_err(|_| nothing_here())?;
    let change: UserChange = body(&shared, request).await?;
    Ok(Json(shared.console.auth.change_user(&caller, &name, change).await?))
}

/// `DELETE /api/v1/users/{name}`: the user's sessions end; answers who is left.
#[utoipa::path(delete, path = "/api/v1/users/{name}", tag = "users", params(("name" = String, Path)), responses((status = 200, body = List<UserRow>), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn remove_user(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    name: Named,
) -> Answer<List<UserRow>> {
    let Path(name) = name.map_err(|_| nothing_here())?;
    shared.console.auth.remove_user(&caller, &name).await?;
    Ok(whole(shared.console.auth.users()))
}

/// `DELETE /api/v1/users/{name}/sessions`: the user's sessions end; they may sign in again.
#[utoipa::path(delete, path = "/api/v1/users/{name}/sessions", tag = "users", params(("name" = String, Path)), responses((status = 200, body = UserRow), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn end_sessions(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    name: Named,
) -> Answer<UserRow> {
    let Path(name) = name.map_err(|_| nothing_here())?;
    Ok(Json(shared.console.auth.end_sessions(&caller, &name).await?))
}

/// `GET /api/v1/tokens`: without their secrets.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "users", responses((status = 200, body = List<TokenRow>), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn tokens(State(shared): State<Shared>) -> Json<List<TokenRow>> {
    whole(shared.console.auth.tokens())
}

/// `POST /api/v1/tokens`: the secret is in the answer, this once.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "users", request_body = NewToken, responses((status = 200, body = MintedToken), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn add_token(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer<MintedToken> {
    let new: NewToken = body(&shared, request).await?;
    Ok(Json(shared.console.auth.add_token(&caller, new).await?))
}

/// `DELETE /api/v1/tokens/{id}`: answers which are left.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "users", params(("id" = u64, Path)), responses((status = 200, body = List<TokenRow>), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn revoke_token(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    id: Named,
) -> Answer<List<TokenRow>> {
    let Path(text) = id.map_err(|_| nothing_here())?;
    let missing = || ApiError::new(ErrorCode::NotFound, format!("There is no token {}.", shown(&text)));
    let id = number(&text).ok_or_else(missing)?;
    shared.console.auth.revoke_token(&caller, id).await?;
    Ok(whole(shared.console.auth.tokens()))
}

/// `GET /api/v1/audit?limit=&cursor=`: what was done and refused, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "users", params(
    ("limit" = Option<u16>, Query, minimum = 1, maximum = 500, description = "Rows of a page; 100 unless told"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
), responses((status = 200, body = List<AuditRow>), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn audit(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Answer<List<AuditRow>> {
    let query = Parameters::read(query.as_deref(), &["limit", "cursor"])?;
    let limit = match query.get("limit").map(str::parse) {
        None => AUDIT_ROWS.1,
        Some(Ok(limit)) if (1..=AUDIT_ROWS.0).contains(&limit) => limit,
        Some(_) => return Err(bad("limit", "A page has 1 to 500 rows.")),
    };
    let before = match query.get("cursor").map(number) {
        None => None,
        Some(Some(id)) => Some(id),
        Some(None) => return Err(bad("cursor", "This is no cursor: use the one in \"next\" of the page before.")),
    };
    Ok(Json(shared.console.auth.audit(before, limit).await?))
}
