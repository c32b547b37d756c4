//! The gate: what every request passes before its handler and every answer after it.
//!
//! In: the name by which we were called must be ours; who asks is found; a request that changes something must not come
//! from a foreign page; a route lets on who has its permission. Out: a viewer's answers are masked, refusals get their body, everything gets its protecting fields, the log gets a line.

use super::Shared;
use super::client::{self, Client};
use super::cookie;
use super::origin::Names;
use super::refusal::Refusal;
use crate::connect::cidr::Cidr;
use crate::console::auth::{Auth, Caller, Permission, Right};
use crate::console::mask;
use axum::body::{Body, to_bytes};
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
    /// Of the listener; 0 on the control socket.
    port: u16,
    /// Whether the listener speaks TLS.
    tls: bool,
    /// Networks whose word about the client's address is believed.
    proxies: Vec<Cidr>,
    /// True when the server stops.
    pub(in crate::console) stop: watch::Receiver<bool>,
}

/// What a request must show of the page that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::console) enum Page {
    /// Our own page's Origin: a browser sends it with every websocket.
    Origin,
    /// That it is ours, by the Origin or by what the browser thinks: a cookie is sent whoever made the browser ask.
    Ours,
    /// No foreign one. Without a word about a page it is a program.
    NotForeign,
}

impl Door {
    /// The door of a TCP listener.
    pub fn tcp(listener: SocketAddr, tls: bool, public: &[String], stop: watch::Receiver<bool>) -> Door {
        Door { names: Some(Names::new(listener, tls, public)), port: listener.port(), tls, proxies: Vec::new(), stop }
    }

    /// The door of the control socket: who comes through it is an admin.
    pub fn control(stop: watch::Receiver<bool>) -> Door {
        Door { names: None, port: 0, tls: false, proxies: Vec::new(), stop }
    }

    /// The same door behind proxies of these networks.
    pub fn behind(self, proxies: Vec<Cidr>) -> Door {
        Door { proxies, ..self }
    }

    /// Whether this is the control socket.
    pub(in crate::console) fn is_control(&self) -> bool {
        self.names.is_none()
    }

    /// The listener's port.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Whether the browser came by TLS: to us, or to a proxy whose page names its Origin.
    pub(super) fn is_secure(&self, fields: &HeaderMap) -> bool {
        let by_proxy = || fields.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
        self.tls || by_proxy()
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
                        console.public in its configuration.";
        Err(ApiError::new(ErrorCode::NotAllowed, sentence))
    }

    /// Refuses a request that a foreign page made.
    pub(in crate::console) fn check_origin(&self, fields: &HeaderMap, wanted: Page) -> Result<(), ApiError> {
        let Some(names) = &self.names else { return Ok(()) };
        let mut origins = fields.get_all(header::ORIGIN).iter();
        let known = match origins.next() {
            Some(origin) => origin.to_str().is_ok_and(|origin| names.knows_origin(origin)) && origins.next().is_none(),
            // A page whose browser leaves the Origin out says so by the other field.
            None => match fields.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes) {
                Some(b"same-origin") => wanted != Page::Origin,
                Some(_) => false,
                None => wanted == Page::NotForeign,
            },
        };
        if known {
            return Ok(());
        }
        Err(ApiError::new(ErrorCode::NotAllowed, "Only the console's own page may do this: the Origin is not ours."))
    }

    /// By which right a request comes.
    fn identify(&self, auth: &Auth, fields: &HeaderMap) -> Result<Right, ApiError> {
        if self.is_control() {
            return Ok(Right::Socket);
        }
        let bearer = fields.get(header::AUTHORIZATION).and_then(|field| field.to_str().ok()).and_then(|field| {
            let (scheme, token) = field.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        auth.identify(cookie::read(fields, self.port, self.tls), bearer)
    }
}

/// Lets a request in or not; who asks stands beside it from here on.
fn let_in(shared: &Shared, request: &mut Request) -> Result<(), ApiError> {
    let peer = request.extensions().get::<Client>().and_then(|client| client.address);
    let address = peer.map(|peer| client::behind(&shared.door.proxies, peer, request.headers()));
    let nobody = Caller { right: Right::Nobody, address };
    let (auth, door) = (&shared.console.auth, &shared.door);
    let refused = |caller: &Caller, what: &'static str, scope: &str, refusal: &ApiError| {
        auth.refused(caller, what, scope, &refusal.error.sentence);
    };
    let host = request.headers().get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    door.check_host(request).inspect_err(|why| refused(&nobody, "host", host.as_deref().unwrap_or(""), why))?;
    let fields = request.headers();
    let right = door.identify(auth, fields).inspect_err(|why| refused(&nobody, "token", request.uri().path(), why))?;
    let caller = Caller { right, address };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let wanted = match caller.right {
        // Nobody but the program itself can send its token.
        Right::Token { .. } | Right::Socket => None,
        Right::User { .. } => Some(Page::Ours),
        Right::Anybody | Right::Nobody => Some(Page::NotForeign),
    };
    if let Some(wanted) = wanted.filter(|_| !reads) {
        let origin = fields.get(header::ORIGIN).map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned());
        let origin = origin.unwrap_or_default();
        door.check_origin(fields, wanted).inspect_err(|why| refused(&caller, "origin", &origin, why))?;
    }
    auth.seen(&caller.right);
    request.extensions_mut().insert(caller);
    Ok(())
}

/// Lets on who has the permission of the route.
pub(super) async fn permit(
    State((shared, permission)): State<(Shared, Permission)>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let nobody = Caller { right: Right::Nobody, address: None };
    let caller = request.extensions().get::<Caller>().unwrap_or(&nobody);
    shared.console.permit(caller, permission, request.uri().path())?;
    let masked = caller.sees_masked();
    let response = next.run(request).await;
    Ok(if masked { mask(response).await } else { response })
}

/// An answer of the API for a role that sees addresses masked. A refusal says nothing but what was asked; it has no body yet.
async fn mask(response: Response) -> Response {
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !is_json {
        return response;
    }
    let (mut head, body) = response.into_parts();
    // A handler's JSON lies in memory, whole and valid.
    let text = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let masked = mask::json(&String::from_utf8_lossy(&text));
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(masked))
}

/// Lets a request in or not, and dresses the answer.
pub(super) async fn gate(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let name = shared.console.next_request();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let by_name = request.headers().get(header::HOST).is_some_and(|host| !host.as_bytes().starts_with(b"localhost"));
    let mut response = match let_in(&shared, &mut request) {
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
        if refusal.body.error.code == ErrorCode::SignIn {
            // No browser opens a window of its own for this scheme.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
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
    if shared.door.tls && by_name {
        // Not for localhost: a browser would ask every other server on this machine by TLS too.
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    response
}

/// A year: browsers ask for this name by TLS only.
const HSTS: &str = "max-age=31536000";

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
