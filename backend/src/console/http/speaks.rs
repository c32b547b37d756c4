//! In which language an answer is to be: the field Accept-Language, else the server's own language.
//!
//! Never: a refusal of a request for its language.

use super::Shared;
use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use common::words::Language;
use std::convert::Infallible;

/// The language of the one who asks.
pub(super) struct Speaks(pub(super) Language);

impl FromRequestParts<Shared> for Speaks {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Speaks, Infallible> {
        let field = parts.headers.get(ACCEPT_LANGUAGE).and_then(|field| field.to_str().ok());
        Ok(Speaks(field.and_then(Language::accepted).unwrap_or(shared.console.settings.language)))
    }
}
