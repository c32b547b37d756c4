//! `POST /api/v1/messages`: from an HTTP request to the HTTP door of the intake.
//!
//! Promises: what a request says is read here and nowhere else; who may send is the gate's word. A page of another
//! origin cannot submit: neither content type is one that a browser sends without asking first, and nobody answers
//! that question. Never: judges a message.

use super::Shared;
use super::read::{Json, Parameters, media_type};
use super::refusal::Refusal;
use crate::console::http::client::Client;
use crate::intake::http::{Addressed, HttpIntake, Key, Letter, Wish};
use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use common::wire::{AcceptedMessage, ApiError, ErrorCode, NewMessage};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How the message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As itself; the envelope stands behind `?`.
    Rfc822,
    /// Within JSON, envelope and all.
    Json,
}

impl Form {
    fn of(fields: &HeaderMap) -> Result<Form, Refusal> {
        let unwelcome = |sentence: &str| {
            let body = ApiError::new(ErrorCode::BadRequest, sentence);
            Err(Refusal::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, body))
        };
        if fields.contains_key(header::CONTENT_ENCODING) {
            return unwelcome("Send the body as it is, without Content-Encoding.");
        }
        match media_type(fields) {
            kind if kind.eq_ignore_ascii_case("message/rfc822") => Ok(Form::Rfc822),
            kind if kind.eq_ignore_ascii_case("application/json") => Ok(Form::Json),
            _ => unwelcome("Send the field Content-Type: message/rfc822, or application/json."),
        }
    }
}

/// `POST /api/v1/messages`: takes a message; 202 once it is on disk.
///
/// As `message/rfc822` the body is the message and the envelope stands behind `?`; as JSON the body holds both. Line
/// ends become CRLF; a missing Date, Message-ID or From is added; Bcc, Resent-Bcc, Return-Path and Content-Length are
/// taken out.
#[utoipa::path(post, path = "/api/v1/messages", tag = "messages", params(
    ("from" = Option<String>, Query, description = "The envelope sender; empty for the null sender. Only as message/rfc822, and needed there"),
    ("to" = Option<Vec<String>>, Query, explode, description = "One for each envelope recipient. Only as message/rfc822, and needed there"),
    ("notify" = Option<String>, Query, description = "`never`, or some of `success`, `failure`, `delay` with commas between (RFC 3461)"),
    ("ret" = Option<String>, Query, description = "`full` or `hdrs` (RFC 3461)"),
    ("envid" = Option<String>, Query, max_length = 100, description = "A name that comes back in reports (RFC 3461)"),
    ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "The same key within 24 hours keeps one message"),
), request_body(content(
    (NewMessage = "application/json"),
    (String = "message/rfc822"),
)), responses(
    (status = 202, description = "The message is on disk", body = AcceptedMessage),
    (status = 409, description = "The key was used for another request", body = ApiError),
    (status = 413, description = "Larger than is taken", body = ApiError),
    (status = 415, description = "Neither of the two content types, or an encoded body", body = ApiError),
    (status = 507, description = "Our disk is full; later", body = ApiError),
    (status = "default", description = "Refused", body = ApiError),
))]
pub(super) async fn post(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let door = &*shared.console.mail;
    let form = Form::of(&head.headers)?;
    let key = key(&head.headers)?;
    let letter = door.letter(head.extensions.get::<Client>().and_then(|client| client.address), key);
    let taken = match form {
        Form::Rfc822 => {
            let addressed = by_query(door, query.as_deref())?;
            take(door, &head.headers, body, letter, addressed).await?
        }
        Form::Json => {
            if query.is_some_and(|query| !query.is_empty()) {
                let sentence = "As JSON the body holds the envelope too: nothing stands behind ?.";
                return Err(ApiError::new(ErrorCode::BadRequest, sentence).into());
            }
            take_json(door, &head.headers, body, letter).await?
        }
    };
    Ok((StatusCode::ACCEPTED, Json(taken)).into_response())
}

/// The envelope behind `?`. A `+` is a plus there: addresses have some, and hardly one has a blank.
fn by_query(door: &HttpIntake, query: Option<&str>) -> Result<Addressed, Refusal> {
    let query = query.unwrap_or("").replace('+', "%2B");
    let query = Parameters::read_repeating(Some(&query), &["from", "to", "notify", "ret", "envid"], "to")?;
    let said = |name: &str| query.get(name).map(str::to_owned);
    let Some(from) = said("from") else {
        let sentence = "Say who sends with from=ADDRESS, or from= for the null sender.";
        return Err(ApiError::field(ErrorCode::BadField, "from", sentence).into());
    };
    let to: Vec<String> = query.all("to").map(str::to_owned).collect();
    let wish = Wish { notify: said("notify"), ret: said("ret"), envid: said("envid") };
    Ok(door.address(&from, &to, &wish)?)
}

async fn take(
    door: &HttpIntake,
    fields: &HeaderMap,
    body: Body,
    mut letter: Letter,
    addressed: Addressed,
) -> Result<AcceptedMessage, Refusal> {
    let body = announced(door, fields, body, door.max_message_bytes().saturating_mul(2)).await?;
    let mut hold = door.begin().await?;
    door.receive(body.into_data_stream(), &mut letter, &mut hold).await?;
    Ok(door.keep(addressed, letter).await?)
}

async fn take_json(
    door: &HttpIntake,
    fields: &HeaderMap,
    body: Body,
    mut letter: Letter,
) -> Result<AcceptedMessage, Refusal> {
    let body = announced(door, fields, body, door.max_json_bytes() as u64).await?;
    let mut hold = door.begin().await?;
    let asked = door.receive_json(body.into_data_stream(), &mut letter, &mut hold).await?;
    let wish = Wish { notify: asked.notify, ret: asked.ret, envid: asked.envid };
    let addressed = door.address(&asked.from, &asked.to, &wish)?;
    Ok(door.keep(addressed, letter).await?)
}

/// Refuses a body that says itself that it is too large. A client that waits to be asked for it is not asked.
async fn announced(door: &HttpIntake, fields: &HeaderMap, body: Body, most: u64) -> Result<Body, Refusal> {
    let length = fields.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_none_or(|length| length <= most) {
        return Ok(body);
    }
    if !fields.contains_key(header::EXPECT) {
        door.drain(body.into_data_stream()).await;
    }
    Err(ApiError::new(ErrorCode::TooLarge, format!("The body is larger than {most} octets.")).into())
}

fn key(fields: &HeaderMap) -> Result<Option<Key>, Refusal> {
    let mut given = fields.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    // Given twice it is none.
    let value = if given.next().is_some() { &[] } else { first.as_bytes() };
    Ok(Some(Key::parse(value)?))
}
