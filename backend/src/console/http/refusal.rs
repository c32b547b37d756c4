//! A refusal on its way out. The gate writes its body, so that each carries the name of its request.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use common::wire::{ApiError, ErrorCode};

/// What a handler answers instead.
#[derive(Clone, Debug)]
pub(in crate::console) struct Refusal {
    status: StatusCode,
    /// The body, without the name of the request.
    pub(in crate::console) body: ApiError,
}

impl Refusal {
    /// A refusal with another status than the one of its code.
    pub(in crate::console) fn with_status(status: StatusCode, body: ApiError) -> Refusal {
        Refusal { status, body }
    }
}

impl From<ApiError> for Refusal {
    fn from(body: ApiError) -> Refusal {
        let status = StatusCode::from_u16(body.error.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Refusal { status, body }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// There is something at this address, but not by this method.
pub(super) async fn wrong_method() -> Refusal {
    let body = ApiError::new(ErrorCode::BadRequest, "This address does not know that method. See the Allow field.");
    Refusal::with_status(StatusCode::METHOD_NOT_ALLOWED, body)
}

/// There is nothing at this address.
pub(super) fn nothing_here() -> Refusal {
    ApiError::new(ErrorCode::NotFound, "There is nothing at this address.").into()
}
