//! The gate: what every request passes before its handler and every answer after it.
//!
//! In: the name by which we were called must be ours; a request that changes something must not come from a foreign
//! page. Out: refusals get their body, everything gets its protecting fields, the log gets a line.

use super::Shared;
use super::origin::Names;
use super::refusal::Refusal;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use common::wire::{ApiError, ErrorCode};
use std::net::SocketAddr;
use tokio::sync::watch;

/// Says whether the browser itself thinks that page and server belong together.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How a request came in.
#[derive(Clone, Debug)]
pub struct Door {
    /// The names that are let in; `None` on the control socket, where the file's mode decides.
    names: Option<Names>,
    /// True when the server stops.
    pub(in crate::console) stop: watch::Receiver<bool>,
}

impl Door {
    /// The door of a TCP listener.
    pub fn tcp(listener: SocketAddr, public: &[String], stop: watch::Receiver<bool>) -> Door {
        Door { names: Some(Names::new(listener, public)), stop }
    }

    /// The door of the control socket: who comes through it is an admin.
    pub fn control(stop: watch::Receiver<bool>) -> Door {
        Door { names: None, stop }
    }

    /// Whether this is the control socket.
    pub(in crate::console) fn is_control(&self) -> bool {
        self.names.is_none()
    }

    /// What the log calls those who come through it.
    pub(in crate::console) fn name(&self) -> &'static str {
        if self.is_control() { "control socket" } else { "console" }
    }

    /// The name by which we were called must be ours: DNS rebinding makes a foreign name point at us.
    fn check_host(&self, request: &Request) -> Result<(), ApiError> {
        let Some(names) = &self.names else { return Ok(()) };
        let mut fields = request.headers().get_all(header::HOST).iter();
        let host = fields.next().and_then(|host| host.to_str().ok());
        let target = request.uri().authority().map(|authority| authority.as_str());
        let known = host.is_some_and(|host| names.knows_host(host))
            && fields.next().is_none()
            && target.is_none_or(|target| names.knows_host(target));
        if known {
            return Ok(());
        }
        let sentence = "The console is not known by this name. Use the address it listens on, or add the name to \
                        the console's public names.";
        Err(ApiError::new(ErrorCode::NotAllowed, sentence))
    }

    /// The page that asks must be ours. Without an `Origin` it is no page but a program, if `programs` are welcome.
    pub(in crate::console) fn check_origin(&self, fields: &HeaderMap, programs: bool) -> Result<(), ApiError> {
        let Some(names) = &self.names else { return Ok(()) };
        let mut origins = fields.get_all(header::ORIGIN).iter();
        let known = match origins.next() {
            Some(origin) => origin.to_str().is_ok_and(|origin| names.knows_origin(origin)) && origins.next().is_none(),
            // A page whose browser leaves the Origin out says so by the other field.
            None => {
                programs && matches!(fields.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes), None | Some(b"same-origin"))
            }
        };
        if known {
            return Ok(());
        }
        Err(ApiError::new(ErrorCode::NotAllowed, "Only the console's own page may do this: the Origin is not ours."))
    }
}

/// Lets a request in or not, and dresses the answer.
pub(super) async fn gate(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let name = shared.console.next_request();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let let_in = shared.door.check_host(&request).and_then(|()| {
        let reads = matches!(method, Method::GET | Method::HEAD | Method::OPTIONS);
        if reads { Ok(()) } else { shared.door.check_origin(request.headers(), true) }
    });
    let mut response = match let_in {
        Ok(()) => next.run(request).await,
        Err(refusal) => axum::response::IntoResponse::into_response(Refusal::from(refusal)),
    };
    if let Some(mut refusal) = response.extensions_mut().remove::<Refusal>() {
        let (status, sentence) = (response.status().as_u16(), &refusal.body.error.sentence);
        if matches!(status, 403 | 500..) {
            tracing::warn!(request = %name, %method, ?path, status, ?sentence, "refused");
        } else {
            tracing::debug!(request = %name, %method, ?path, status, ?sentence, "refused");
        }
        if let Some(seconds) = retry_after(refusal.body.error.code) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        refusal.body.error.request_id = Some(name);
        let body = serde_json::to_vec(&refusal.body).unwrap_or_default();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(body);
    } else {
        tracing::debug!(request = %name, %method, ?path, status = response.status().as_u16(), "answered");
    }
    dress(response.headers_mut());
    response
}

/// In how many seconds a client may come again, where time alone may help.
fn retry_after(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::Busy => Some("5"),
        ErrorCode::Unavailable => Some("30"),
        ErrorCode::DiskFull => Some("120"),
        _ => None,
    }
}

/// The fields that every answer carries. What a handler has set stays.
fn dress(fields: &mut HeaderMap) {
    let always: [(HeaderName, &'static str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (field, value) in always {
        fields.entry(field).or_insert(HeaderValue::from_static(value));
    }
}
