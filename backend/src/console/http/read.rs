//! What a request says, read within bounds, and the JSON that answers it.

use super::refusal::Refusal;
use super::{BODY_BYTES_MAX, Shared};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use common::wire::{ApiError, ErrorCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

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

/// The JSON of a request. A browser asks first before it sends this content type to a foreign server, thus it is asked
/// for; on the control socket there are no browsers.
pub(super) async fn body<T: DeserializeOwned>(shared: &Shared, request: Request) -> Result<T, Refusal> {
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
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let sentence = format!("There is no parameter {}; known here: {known}.", shown(name));
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

pub(super) fn bad(field: &str, sentence: &str) -> Refusal {
    ApiError::field(ErrorCode::BadField, field, sentence).into()
}

/// A number as we write it: digits only.
pub(super) fn number(text: &str) -> Option<u64> {
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Text from outside for a sentence: short, without control characters.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
