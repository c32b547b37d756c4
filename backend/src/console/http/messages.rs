//! `GET /api/v1/messages`: what waits, by a filter.

use super::Shared;
use super::api::page_rows;
use super::read::{Json, Parameters, bad, number};
use super::refusal::Refusal;
use super::speaks::Speaks;
use crate::console::auth::Caller;
use crate::console::search;
use axum::Extension;
use axum::extract::{RawQuery, State};
use common::filter::{Filter, FilterProblem};
use common::vocab::MessageId;
use common::wire::{ApiError, ErrorCode, List, MessageDetail};

/// `GET /api/v1/messages?q=&limit=&cursor=&sort=`: messages with the recipients that match. Subject and Message-ID are
/// in the message itself only: they would have to be read from the disk.
#[utoipa::path(get, path = "/api/v1/messages", tag = "messages", params(
    ("q" = Option<String>, Query, max_length = 1024, description = "Terms that a recipient has to match: host: from: to: mid: cause: state: reply: age> attempts> size>, words; `-` turns a term round, quotes keep blanks. Who sees addresses masked searches for domains alone: to:@example.com", example = "host:example.com -cause:retry age>2h"),
    ("limit" = Option<u16>, Query, minimum = 1, maximum = 500, description = "Messages of a page at most; 100 unless told. A page of many recipients has fewer"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ("sort" = Option<String>, Query, description = "`mid`, the oldest first: there is no other order"),
), responses((status = 200, body = List<MessageDetail>), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn messages(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    Speaks(language): Speaks,
    RawQuery(query): RawQuery,
) -> Result<Json<List<MessageDetail>>, Refusal> {
    let query = Parameters::read(query.as_deref(), &["limit", "cursor", "sort", "q"])?;
    let limit = page_rows(&query)?;
    let cursor = match query.get("cursor").map(number) {
        None => None,
        Some(Some(mid)) => Some(MessageId(mid)),
        Some(None) => return Err(bad("cursor", "This is no cursor: use the one in \"next\" of the page before.")),
    };
    if !matches!(query.get("sort"), None | Some("mid")) {
        return Err(bad("sort", "Messages are sorted by mid alone, the oldest first."));
    }
    let text = query.get("q").unwrap_or("");
    let filter = if caller.sees_masked() { Filter::masked(text) } else { text.parse() };
    let filter = filter.map_err(|error| {
        let code = if error.problem == FilterProblem::Masked { ErrorCode::NotAllowed } else { ErrorCode::BadField };
        ApiError::field(code, "q", language.say_filter(&error))
    })?;
    Ok(Json(search::page(&shared.console, filter, cursor, limit, language).await?))
}
