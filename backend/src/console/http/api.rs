//! The API: each handler reads its parameters, asks one room, answers JSON of `common::wire`.

use super::refusal::{Refusal, nothing_here};
use super::{BODY_BYTES_MAX, Shared};
use crate::console::actions::no_record_of;
use crate::console::index::filter::Filter;
use crate::console::index::order::{Cursor, OrderKey};
use crate::console::serve::stopped;
use crate::console::state::asked;
use crate::console::view;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use common::vocab::{ActionId, Domain, MessageId};
use common::wire::{
    Action, ActionRequest, ApiError, ErrorCode, Health, HostDetail, HostSort, List, MessageDetail, Probe, ProbeRequest,
    ServerStatus,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::time::Duration;

/// Rows of a page at most.
const PAGE_ROWS_MAX: usize = 500;
/// Rows of a page unless told otherwise.
const PAGE_ROWS: usize = 100;
/// Longest wait for a probe.
const WAIT_MAX: u64 = 30;
/// For the body of a request.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Characters of a name from outside that are shown in a sentence.
const SHOWN_CHARS_MAX: usize = 100;

/// A JSON answer.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(why) => {
                tracing::error!(%why, "an answer could not be written");
                Refusal::from(ApiError::new(ErrorCode::Internal, "The answer could not be written.")).into_response()
            }
        }
    }
}

type Answer<T> = Result<Json<T>, Refusal>;

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200 while the server takes mail, 503 otherwise.
pub(super) async fn readyz(State(shared): State<Shared>) -> Result<&'static str, Refusal> {
    let health = *shared.console.health.borrow();
    let not_ready = |sentence: &str| Err(ApiError::new(ErrorCode::Unavailable, sentence).into());
    match health {
        Health::Online => Ok("ok\n"),
        Health::ReceivingStopped => not_ready("No mail is taken: the disk is full or failing."),
        Health::Stopping => not_ready("The server is stopping."),
        Health::Other => not_ready("The server is not ready."),
    }
}

/// `GET /api/v1/status`.
pub(super) async fn status(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Answer<ServerStatus> {
    Parameters::read(query.as_deref(), &[])?;
    let (console, index) = (&shared.console, shared.console.index());
    let settings = &console.settings;
    Ok(Json(ServerStatus {
        as_of: console.clock.now(),
        up_since: settings.up_since,
        counters_since: index.counters_since,
        health: *console.health.borrow(),
        hostname: settings.hostname.clone(),
        version: settings.version.clone(),
        lab: settings.lab,
        messages_received: index.messages_received,
        recipients_received: index.recipients_received,
        recovery: settings.recovery.clone(),
        totals: index.totals.clone(),
    }))
}

/// `GET /api/v1/hosts?limit=&cursor=&sort=&q=`.
pub(super) async fn hosts(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    let query = Parameters::read(query.as_deref(), &["limit", "cursor", "sort", "q"])?;
    let limit = match query.get("limit").map(str::parse) {
        None => PAGE_ROWS,
        Some(Ok(limit)) if (1..=PAGE_ROWS_MAX).contains(&limit) => limit,
        Some(_) => return Err(bad("limit", "A page has 1 to 500 rows.")),
    };
    let cursor = match query.get("cursor").map(Cursor::parse) {
        None => None,
        Some(Some(cursor)) => Some(cursor),
        Some(None) => return Err(bad("cursor", "This is no cursor: use the one in \"next\" of the page before.")),
    };
    let (sort, ascending) = sorting(query.get("sort").unwrap_or("-active_recipients"))?;
    let filter = Filter::parse(query.get("q").unwrap_or("")).map_err(|why| bad("q", &why.to_string()))?;
    let index = shared.console.index();
    let page = index.page(&OrderKey { filter, sort, ascending }, cursor.as_ref(), limit);
    let items: Vec<&RawValue> = page.rows.iter().map(|row| row.json()).collect();
    let list = List { items, total: page.total, next: page.next.map(|cursor| cursor.to_text()) };
    Ok(Json(list).into_response())
}

/// `active_recipients` is smallest first, `-active_recipients` largest first.
fn sorting(text: &str) -> Result<(HostSort, bool), Refusal> {
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
pub(super) async fn host(
    State(shared): State<Shared>,
    host: Result<Path<String>, PathRejection>,
) -> Answer<HostDetail> {
    let Path(text) = host.map_err(|_| nothing_here())?;
    let Ok(host) = text.parse::<Domain>() else {
        let sentence = format!("No record of host: {}", shown(&text));
        return Err(ApiError::new(ErrorCode::NotFound, sentence).into());
    };
    let console = &shared.console;
    let found = asked(console.desk.host(host.clone())).await?.ok_or_else(|| no_record_of(&host))?;
    Ok(Json(view::host_detail(&found, console.clock.now(), console.settings.language)))
}

/// `GET /api/v1/messages/{mid}`.
pub(super) async fn message(
    State(shared): State<Shared>,
    mid: Result<Path<String>, PathRejection>,
) -> Answer<MessageDetail> {
    let Path(text) = mid.map_err(|_| nothing_here())?;
    let missing = || ApiError::new(ErrorCode::NotFound, format!("No such message in the queue: {}", shown(&text)));
    let mid = number(&text).map(MessageId).ok_or_else(missing)?;
    let found = asked(shared.console.desk.message(mid)).await?.ok_or_else(missing)?;
    Ok(Json(view::message_detail(&found)))
}

/// `POST /api/v1/actions`.
pub(super) async fn act(State(shared): State<Shared>, request: Request) -> Answer<Action> {
    let request: ActionRequest = body(&shared, request).await?;
    Ok(Json(shared.console.actions.act(request).await?))
}

/// `GET /api/v1/actions/{id}`.
pub(super) async fn action(State(shared): State<Shared>, id: Result<Path<String>, PathRejection>) -> Answer<Action> {
    let Path(text) = id.map_err(|_| nothing_here())?;
    let found = number(&text).and_then(|id| shared.console.actions.find(ActionId(id)));
    let missing = || ApiError::new(ErrorCode::NotFound, format!("No record of action: {}", shown(&text)));
    Ok(Json(found.ok_or_else(missing)?))
}

/// What `POST /api/v1/probes` answers.
#[derive(Serialize)]
struct Started {
    id: u64,
}

/// `POST /api/v1/probes`.
pub(super) async fn start_probe(State(shared): State<Shared>, request: Request) -> Result<Response, Refusal> {
    let request: ProbeRequest = body(&shared, request).await?;
    let id = shared.console.probes.start(request, shared.door.stop.clone()).await?;
    Ok((StatusCode::ACCEPTED, Json(Started { id })).into_response())
}

/// `GET /api/v1/probes/{id}?wait=30`.
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

/// The JSON of a request. A browser asks first before it sends this content type to a foreign server, thus it is asked
/// for; on the control socket there are no browsers.
async fn body<T: DeserializeOwned>(shared: &Shared, request: Request) -> Result<T, Refusal> {
    let (head, body) = request.into_parts();
    let unwelcome = |sentence: &str| {
        let body = ApiError::new(ErrorCode::BadRequest, sentence);
        Err(Refusal::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, body))
    };
    if !shared.door.is_control() && !is_json(&head.headers) {
        return unwelcome("Send JSON with the field Content-Type: application/json.");
    }
    if head.headers.contains_key(header::CONTENT_ENCODING) {
        return unwelcome("Send the body as it is, without Content-Encoding.");
    }
    let body = read_body(body).await?;
    serde_json::from_slice(&body).map_err(|why| {
        ApiError::new(ErrorCode::BadRequest, format!("The body is not what belongs here: {why}.")).into()
    })
}

async fn read_body(body: Body) -> Result<axum::body::Bytes, Refusal> {
    match tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(why)) if is_too_large(&why) => {
            Err(ApiError::new(ErrorCode::TooLarge, "The body is larger than 64 KiB.").into())
        }
        Ok(Err(_)) => Err(ApiError::new(ErrorCode::BadRequest, "The body broke off.").into()),
        Err(_) => Err(ApiError::new(ErrorCode::BadRequest, "The body did not come within 10 s.").into()),
    }
}

fn is_too_large(why: &axum::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(why);
    while let Some(found) = source {
        if found.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = found.source();
    }
    false
}

fn is_json(fields: &HeaderMap) -> bool {
    media_type(fields).eq_ignore_ascii_case("application/json")
}

/// The Content-Type without its parameters; empty if there is none.
pub(super) fn media_type(fields: &HeaderMap) -> &str {
    let kind = fields.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    kind.split(';').next().unwrap_or("").trim()
}

/// The parameters behind `?`: known names only, each once unless it may repeat.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn read(query: Option<&str>, known: &[&str]) -> Result<Parameters, Refusal> {
        Parameters::read_repeating(query, known, "")
    }

    /// The same; `repeats` is the name that may stand there more than once.
    pub(super) fn read_repeating(query: Option<&str>, known: &[&str], repeats: &str) -> Result<Parameters, Refusal> {
        let uri: axum::http::Uri = format!("/?{}", query.unwrap_or("")).parse().unwrap_or_default();
        let read = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri);
        let axum::extract::Query(pairs) =
            read.map_err(|_| ApiError::new(ErrorCode::BadRequest, "What stands behind ? cannot be read."))?;
        for (at, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let sentence = format!("There is no parameter {}; known here: {}.", shown(name), known.join(", "));
                return Err(bad(&shown(name), &sentence));
            }
            if name != repeats && pairs[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(bad(name, "This parameter stands here twice."));
            }
        }
        Ok(Parameters(pairs))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a name, in order.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn bad(field: &str, sentence: &str) -> Refusal {
    ApiError::field(ErrorCode::BadField, field, sentence).into()
}

/// A number as we write it: digits only.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Text from outside for a sentence: short, without control characters.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
