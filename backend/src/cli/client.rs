//! The verbs' side of the API: one request, one bounded answer, every failure a sentence with its exit code.

use crate::cli::failure::Failure;
use crate::cli::place::{Place, Wire};
use bytes::Bytes;
use common::wire::{ApiError, ErrorCode};
use common::words::{Language, VerbPhrase};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Octets of an answer. The largest list (500 hosts) has well under one million.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long an answer may take. A probe is waited for 30 s by the server.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);
/// How long it may take until a message is on the server's disk: as long as the server lets one come.
const HAND_IN_TIMEOUT: Duration = Duration::from_secs(600);

/// How to reach the server, and as whom.
#[derive(Clone, Debug)]
pub struct Client {
    /// Where it is.
    pub place: Place,
    /// The bearer token, for a URL.
    pub token: Option<String>,
    /// The language of sentences.
    pub language: Language,
    /// Whether answers are printed as they came.
    pub json: bool,
}

impl Client {
    /// Asks.
    pub async fn get(&self, path: &str) -> Result<Bytes, Failure> {
        self.exchange(Method::GET, path, None, ANSWER_TIMEOUT).await
    }

    /// Asks for something to be done.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Result<Bytes, Failure> {
        let body = serde_json::to_vec(body).map_err(|why| Failure::Usage(why.to_string()))?;
        self.exchange(Method::POST, path, Some(("application/json", body.into())), ANSWER_TIMEOUT).await
    }

    /// Asks for something to be as it is said here.
    pub async fn put(&self, path: &str, body: &impl Serialize) -> Result<Bytes, Failure> {
        let body = serde_json::to_vec(body).map_err(|why| Failure::Usage(why.to_string()))?;
        self.exchange(Method::PUT, path, Some(("application/json", body.into())), ANSWER_TIMEOUT).await
    }

    /// Asks for something to be taken away.
    pub async fn delete(&self, path: &str) -> Result<Bytes, Failure> {
        self.exchange(Method::DELETE, path, None, ANSWER_TIMEOUT).await
    }

    /// Hands in a message as `kind`.
    pub async fn hand_in(&self, path: &str, kind: &'static str, message: Bytes) -> Result<Bytes, Failure> {
        self.exchange(Method::POST, path, Some((kind, message)), HAND_IN_TIMEOUT).await
    }

    /// Reads an answer.
    pub fn read<T: DeserializeOwned>(&self, answer: &[u8]) -> Result<T, Failure> {
        serde_json::from_slice(answer).map_err(|why| self.not_ours(&why.to_string()))
    }

    /// "What answers there is no server of ours."
    pub(super) fn not_ours(&self, why: &str) -> Failure {
        let place = self.place.to_string();
        Failure::NoServer(self.language.say_verb(&VerbPhrase::NotOurs { place: &place, why }))
    }

    /// "The connection broke."
    pub(super) fn broken(&self, why: &dyn std::error::Error) -> Failure {
        let place = self.place.to_string();
        Failure::Later(self.language.say_verb(&VerbPhrase::Broken { place: &place, why: &why.to_string() }))
    }

    /// "No answer within so many seconds."
    pub(super) fn too_slow(&self, waited: Duration) -> Failure {
        let place = self.place.to_string();
        Failure::Later(self.language.say_verb(&VerbPhrase::TooSlow { place: &place, seconds: waited.as_secs() }))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, Bytes)>,
        wait: Duration,
    ) -> Result<Bytes, Failure> {
        let stream = self.place.open(self.language).await?;
        match tokio::time::timeout(wait, self.converse(stream, method, path, body)).await {
            Ok(answer) => answer,
            Err(_) => Err(self.too_slow(wait)),
        }
    }

    async fn converse(
        &self,
        stream: Box<dyn Wire>,
        method: Method,
        path: &str,
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Bytes, Failure> {
        let request = self.request(method, path, body)?;
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|why| self.broken(&why))?;
        let driving = tokio::spawn(connection);
        let answer = match sender.send_request(request).await {
            Ok(response) => self.receive(response).await,
            Err(why) if why.is_parse() => Err(self.not_ours(&why.to_string())),
            Err(why) => Err(self.broken(&why)),
        };
        driving.abort();
        answer
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.place.authority())
            .header(ACCEPT, "application/json")
            .header(ACCEPT_LANGUAGE, self.language.tag());
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some((kind, _)) = body {
            request = request.header(CONTENT_TYPE, kind);
        }
        let body = Full::new(body.map(|(_, octets)| octets).unwrap_or_default());
        request.body(body).map_err(|why| Failure::Usage(why.to_string()))
    }

    async fn receive(&self, response: Response<hyper::body::Incoming>) -> Result<Bytes, Failure> {
        let status = response.status();
        let body = match Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(why) if why.is::<LengthLimitError>() => {
                let most = ANSWER_BYTES_MAX as u64;
                return Err(Failure::Later(self.language.say_verb(&VerbPhrase::AnswerTooLarge { most })));
            }
            Err(why) => return Err(self.broken(&*why)),
        };
        if status.is_success() {
            return Ok(body);
        }
        Err(self.refusal(status.as_u16(), &body))
    }

    /// What a refusal says: the server's own words, else those of its HTTP status.
    pub(super) fn refusal(&self, status: u16, body: &[u8]) -> Failure {
        if let Ok(error) = serde_json::from_slice::<ApiError>(body) {
            return Failure::Refused(Box::new(error));
        }
        let code = match status {
            401 => ErrorCode::SignIn,
            403 => ErrorCode::NotAllowed,
            404 => return self.not_ours(&format!("HTTP {status}")),
            429 => ErrorCode::Busy,
            400..=499 => ErrorCode::BadRequest,
            500..=599 => ErrorCode::Unavailable,
            _ => return self.not_ours(&format!("HTTP {status}")),
        };
        let sentence = self.language.say_verb(&VerbPhrase::RefusedSilently { status });
        Failure::Refused(Box::new(ApiError::new(code, sentence)))
    }
}
