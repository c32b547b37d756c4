//! The API: each handler reads its parameters, asks one room, answers JSON of `common::wire`.

use super::Shared;
use super::read::{Json, Parameters, bad, body, number, shown};
use super::refusal::{Refusal, nothing_here};
use super::speaks::Speaks;
use crate::console::actions::no_record_of;
use crate::console::auth::Caller;
use crate::console::index::order::{Cursor, OrderKey};
use crate::console::letterhead::Letterhead;
use crate::console::serve::stopped;
use crate::console::state::asked;
use crate::console::view;
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use common::filter::HostFilter;
use common::vocab::{ActionId, CountWindow, Domain, MessageId};
use common::wire::{
    Action, ActionRequest, ApiError, ErrorCode, Health, HostDetail, HostRow, HostSort, LineRequest, List,
    MessageDetail, Probe, ProbeKind, ProbeRequest, ProbeStarted, ServerStatus,
};
use serde_json::value::RawValue;
use std::time::Duration;

/// Rows of a page at most.
const PAGE_ROWS_MAX: usize = 500;
/// Rows of a page unless told otherwise.
const PAGE_ROWS: usize = 100;
/// Longest wait for a probe.
const WAIT_MAX: u64 = 30;

type Answer<T> = Result<Json<T>, Refusal>;

/// `GET /healthz`: the process answers.
#[utoipa::path(get, path = "/healthz", tag = "server", responses((status = 200, description = "The process answers", body = String)))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200 while the server takes mail, also while it still reads what waits from before; 503 otherwise.
#[utoipa::path(get, path = "/readyz", tag = "server", responses((status = 200, description = "The server takes mail", body = String), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn readyz(State(shared): State<Shared>) -> Result<&'static str, Refusal> {
    let health = *shared.console.health.borrow();
    let not_ready = |sentence: &str| Err(ApiError::new(ErrorCode::Unavailable, sentence).into());
    match health {
        Health::Online => Ok("ok\n"),
        Health::ReceivingStopped => {
            not_ready("No mail is taken: the disk is full, has less room than [guard] demands, or fails.")
        }
        Health::Stopping => not_ready("The server is stopping."),
        Health::Other => not_ready("The server is not ready."),
    }
}

/// `GET /api/v1/status`.
#[utoipa::path(get, path = "/api/v1/status", tag = "server", params(
    ("window" = Option<CountWindow>, Query, description = "Counters of `totals` in the latest 1m, 1h or 24h"),
), responses((status = 200, body = ServerStatus), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn status(
    State(shared): State<Shared>,
    Speaks(language): Speaks,
    RawQuery(query): RawQuery,
) -> Answer<ServerStatus> {
    let query = Parameters::read(query.as_deref(), &["window"])?;
    let window = window(&query)?;
    let (console, index) = (&shared.console, shared.console.index());
    let settings = &console.settings;
    let columns = view::columns(&index.counts, &index.totals);
    let (recovering, recovery) = console.recovery(language);
    Ok(Json(ServerStatus {
        as_of: console.clock.now(),
        up_since: settings.up_since,
        counters_since: index.counters_since,
        health: *console.health.borrow(),
        hostname: settings.hostname.clone(),
        version: settings.version.clone(),
        lab: settings.lab,
        messages_received: columns.uptime.messages_received,
        recipients_received: columns.uptime.recipients_received,
        recovery,
        recovering,
        quarantine: console.spool.damaged(),
        alerts: view::alerts(&index.alerts, language),
        totals: index.totals_in(window),
        window,
        windows: CountWindow::ALL.map(|window| (window, index.counts.windows.sum(index.as_of, window))).into(),
        columns,
    }))
}

/// `GET /api/v1/hosts?limit=&cursor=&sort=&q=`.
#[utoipa::path(get, path = "/api/v1/hosts", tag = "hosts", params(
    ("limit" = Option<u16>, Query, minimum = 1, maximum = 500, description = "Rows of a page; 100 unless told"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ("sort" = Option<String>, Query, description = "A column by its JSON name; with `-` the largest first", example = "-active_recipients"),
    ("window" = Option<CountWindow>, Query, description = "Counters in the latest 1m, 1h or 24h, and sorted by these"),
    ("q" = Option<String>, Query, max_length = 1024, description = "Words of names, and `host: domain: status: cause: active>`"),
), responses((status = 200, body = List<HostRow>), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn hosts(
    State(shared): State<Shared>,
    Speaks(language): Speaks,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let query = Parameters::read(query.as_deref(), &["limit", "cursor", "sort", "q", "window"])?;
    let window = window(&query)?;
    let limit = page_rows(&query)?;
    let cursor = match query.get("cursor").map(Cursor::parse) {
        None => None,
        Some(Some(cursor)) => Some(cursor),
        Some(None) => return Err(bad("cursor", "This is no cursor: use the one in \"next\" of the page before.")),
    };
    let (sort, ascending) = sorting(query.get("sort").unwrap_or("-active_recipients"))?;
    let filter = HostFilter::read(query.get("q").unwrap_or(""));
    let filter = filter.map_err(|why| bad("q", &language.say_filter(&why)))?;
    let index = shared.console.index();
    let page = index.page(&OrderKey { filter, sort, ascending }, window, cursor.as_ref(), limit);
    let (total, next) = (page.total, page.next.map(|cursor| cursor.to_text()));
    // What everybody is told is encoded once; what only this one asked for is made for it.
    if window.is_none() && language == shared.console.settings.language {
        let items: Vec<&RawValue> = page.rows.iter().map(|row| row.json()).collect();
        return Ok(Json(List { items, total, next }).into_response());
    }
    let items: Vec<HostRow> = page.rows.iter().map(|row| row.row_in(index.as_of, window, language)).collect();
    Ok(Json(List { items, total, next }).into_response())
}

/// The window that is asked for.
fn window(query: &Parameters) -> Result<Option<CountWindow>, Refusal> {
    let window = query.get("window").map(str::parse).transpose();
    window.map_err(|_| bad("window", "A window is 1m, 1h or 24h; without one counters count since counters_since."))
}

/// How many rows a page is to have.
pub(super) fn page_rows(query: &Parameters) -> Result<usize, Refusal> {
    match query.get("limit").map(str::parse) {
        None => Ok(PAGE_ROWS),
        Some(Ok(limit)) if (1..=PAGE_ROWS_MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(bad("limit", "A page has 1 to 500 rows.")),
    }
}

/// `active_recipients` is smallest first, `-active_recipients` largest first.
pub(super) fn sorting(text: &str) -> Result<(HostSort, bool), Refusal> {
    let (name, ascending) = match text.strip_prefix('-') {
        Some(name) => (name, false),
        None => (text, true),
    };
    match serde_json::from_value(name.into()) {
        Ok(sort) => Ok((sort, ascending)),
        Err(_) => Err(bad(
            "sort",
            "Sort by active_recipients, current_outbound_connections, delivered_recipients, soft_bounced_events, \
             hard_bounced_recipients, host, status, oldest_message_at or next_attempt_at; with - largest first.",
        )),
    }
}

/// `GET /api/v1/hosts/{host}`.
#[utoipa::path(get, path = "/api/v1/hosts/{host}", tag = "hosts", params(
    ("host" = Domain, Path, description = "The destination domain"),
    ("window" = Option<CountWindow>, Query, description = "Its counters in the latest 1m, 1h or 24h"),
), responses((status = 200, body = HostDetail), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn host(
    State(shared): State<Shared>,
    Speaks(language): Speaks,
    host: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Answer<HostDetail> {
    let window = window(&Parameters::read(query.as_deref(), &["window"])?)?;
    let Path(text) = host.map_err(|_| nothing_here())?;
    let Ok(host) = text.parse::<Domain>() else {
        let sentence = format!("No record of host: {}", shown(&text));
        return Err(ApiError::new(ErrorCode::NotFound, sentence).into());
    };
    let console = &shared.console;
    let found = asked(console.desk.host(host.clone())).await?.ok_or_else(|| no_record_of(&host))?;
    Ok(Json(view::host_detail(&found, window, console.clock.now(), language)))
}

/// `GET /api/v1/messages/{mid}`.
#[utoipa::path(get, path = "/api/v1/messages/{mid}", tag = "messages", params(("mid" = MessageId, Path)), responses((status = 200, body = MessageDetail), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn message(
    State(shared): State<Shared>,
    Speaks(language): Speaks,
    mid: Result<Path<String>, PathRejection>,
) -> Answer<MessageDetail> {
    let Path(text) = mid.map_err(|_| nothing_here())?;
    let missing = || ApiError::new(ErrorCode::NotFound, format!("No such message in the queue: {}", shown(&text)));
    let mid = number(&text).map(MessageId).ok_or_else(missing)?;
    let found = asked(shared.console.desk.message(mid)).await?.ok_or_else(missing)?;
    // A message whose record is damaged, or that ends at this moment, is shown without these two.
    let body = asked(shared.console.spool.body(mid)).await?;
    let head = body.map(|body| Letterhead::read(body.front())).unwrap_or_default();
    Ok(Json(view::message_detail(&found, head, language)))
}

/// `POST /api/v1/actions`.
#[utoipa::path(post, path = "/api/v1/actions", tag = "actions", request_body = ActionRequest, responses((status = 200, body = Action), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn act(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    Speaks(language): Speaks,
    request: Request,
) -> Answer<Action> {
    let request: ActionRequest = body(&shared, request).await?;
    Ok(Json(shared.console.act(&caller, request, language).await?))
}

/// `GET /api/v1/actions/{id}`.
#[utoipa::path(get, path = "/api/v1/actions/{id}", tag = "actions", params(("id" = ActionId, Path)), responses((status = 200, body = Action), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn action(
    State(shared): State<Shared>,
    Speaks(language): Speaks,
    id: Result<Path<String>, PathRejection>,
) -> Answer<Action> {
    let Path(text) = id.map_err(|_| nothing_here())?;
    let missing = || ApiError::new(ErrorCode::NotFound, format!("No record of action: {}", shown(&text)));
    let id = number(&text).map(ActionId).ok_or_else(missing)?;
    Ok(Json(shared.console.actions.find(id, language).await.ok_or_else(missing)?))
}

/// `GET /api/v1/actions`: the newest first.
#[utoipa::path(get, path = "/api/v1/actions", tag = "actions", params(
    ("limit" = Option<u16>, Query, minimum = 1, maximum = 500, description = "At most so many; 100 are shown"),
), responses((status = 200, body = List<Action>), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn actions(
    State(shared): State<Shared>,
    Speaks(language): Speaks,
    RawQuery(query): RawQuery,
) -> Answer<List<Action>> {
    let limit = page_rows(&Parameters::read(query.as_deref(), &["limit"])?)?;
    let (items, total) = shared.console.actions.list(limit, language).await;
    Ok(Json(List { items, total, next: None }))
}

/// `POST /api/v1/actions/{id}/undo`: what was not tried waits for the timers it had.
#[utoipa::path(post, path = "/api/v1/actions/{id}/undo", tag = "actions", params(("id" = ActionId, Path)), responses((status = 200, body = Action), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn undo(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    Speaks(language): Speaks,
    id: Result<Path<String>, PathRejection>,
) -> Answer<Action> {
    let Path(text) = id.map_err(|_| nothing_here())?;
    let missing = || ApiError::new(ErrorCode::NotFound, format!("No record of action: {}", shown(&text)));
    let id = number(&text).map(ActionId).ok_or_else(missing)?;
    Ok(Json(shared.console.undo(&caller, id, language).await?))
}

/// `POST /api/v1/probes`.
#[utoipa::path(post, path = "/api/v1/probes", tag = "probes", request_body = ProbeRequest, responses((status = 202, description = "It runs", body = ProbeStarted), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn start_probe(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    Speaks(language): Speaks,
    request: Request,
) -> Result<Response, Refusal> {
    let request: ProbeRequest = body(&shared, request).await?;
    let what = match request.kind {
        ProbeKind::Dig => "dig",
        ProbeKind::Diagnose => "diagnose",
        ProbeKind::Smtp | ProbeKind::Other => "smtp",
    };
    let target = request.target.clone();
    let stop = shared.door.stop.clone();
    let id = shared.console.probes.start(request, &caller.right.to_string(), language, stop).await?;
    shared.console.auth.note(&caller, what, &target, &format!("probe {id}"));
    Ok((StatusCode::ACCEPTED, Json(ProbeStarted { id })).into_response())
}

/// `POST /api/v1/probes/{id}/lines`. What becomes of the line stands in the probe's events.
#[utoipa::path(post, path = "/api/v1/probes/{id}/lines", tag = "probes", params(("id" = u64, Path)), request_body = LineRequest, responses((status = 202, description = "It is sent, if it may be", body = ProbeStarted), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn type_line(
    State(shared): State<Shared>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Refusal> {
    let line: LineRequest = body(&shared, request).await?;
    let Path(text) = id.map_err(|_| nothing_here())?;
    let missing = || ApiError::new(ErrorCode::NotFound, format!("No record of probe: {}", shown(&text)));
    let id = number(&text).ok_or_else(missing)?;
    shared.console.probes.type_line(id, line).ok_or_else(missing)??;
    Ok((StatusCode::ACCEPTED, Json(ProbeStarted { id })).into_response())
}

/// `GET /api/v1/probes/{id}?wait=30`.
#[utoipa::path(get, path = "/api/v1/probes/{id}", tag = "probes", params(
    ("id" = u64, Path),
    ("wait" = Option<u8>, Query, maximum = 30, description = "Seconds to wait for its end"),
), responses((status = 200, body = Probe), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn probe(
    State(shared): State<Shared>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Answer<Probe> {
    let query = Parameters::read(query.as_deref(), &["wait"])?;
    let wait = match query.get("wait").map(str::parse) {
        None => 0,
        Some(Ok(wait)) if wait <= WAIT_MAX => wait,
        Some(_) => return Err(bad("wait", "Wait 0 to 30 seconds.")),
    };
    let Path(text) = id.map_err(|_| nothing_here())?;
    let missing = || ApiError::new(ErrorCode::NotFound, format!("No record of probe: {}", shown(&text)));
    let id = number(&text).ok_or_else(missing)?;
    let mut stop = shared.door.stop.clone();
    let found = tokio::select! {
        found = shared.console.probes.find(id, Duration::from_secs(wait)) => found,
        () = stopped(&mut stop) => shared.console.probes.find(id, Duration::ZERO).await,
    };
    Ok(Json(found.ok_or_else(missing)?))
}
