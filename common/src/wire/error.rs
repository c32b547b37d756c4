//! What a client may be told when something is refused: a code for machines, a sentence that says what to do.

use serde::{Deserialize, Serialize};

/// Why a request was refused. Decides the HTTP status and the exit code of a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is not well formed (400; exit 2).
    BadRequest,
    /// A field holds something it may not (422; exit 2).
    BadField,
    /// A recipient at one of our own names that is not there (422; exit 2, `sendmail` 67).
    UnknownUser,
    /// The key was used for something else (409; exit 2).
    Conflict,
    /// Not signed in (401; exit 77).
    SignIn,
    /// Not allowed, or a foreign Origin or unknown Host (403; exit 77).
    NotAllowed,
    /// There is no such thing (404; exit 1).
    NotFound,
    /// Too large (413; exit 2).
    TooLarge,
    /// Too many at once; later (429; exit 75).
    Busy,
    /// We cannot do it now; later (503; exit 75).
    Unavailable,
    /// Our disk is full; later (507; exit 75).
    DiskFull,
    /// A fault of ours (500; exit 75).
    #[serde(other)]
    Internal,
}

impl ErrorCode {
    /// The HTTP status that carries it.
    pub fn http_status(self) -> u16 {
        match self {
            ErrorCode::BadRequest => 400,
            ErrorCode::SignIn => 401,
            ErrorCode::NotAllowed => 403,
            ErrorCode::NotFound => 404,
            ErrorCode::TooLarge => 413,
            ErrorCode::Conflict => 409,
            ErrorCode::BadField | ErrorCode::UnknownUser => 422,
            ErrorCode::Busy => 429,
            ErrorCode::Internal => 500,
            ErrorCode::Unavailable => 503,
            ErrorCode::DiskFull => 507,
        }
    }

    /// The exit code of a verb that got it (DESIGN 9).
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorCode::NotFound => 1,
            ErrorCode::BadRequest
            | ErrorCode::BadField
            | ErrorCode::UnknownUser
            | ErrorCode::Conflict
            | ErrorCode::TooLarge => 2,
            ErrorCode::SignIn | ErrorCode::NotAllowed => 77,
            ErrorCode::Busy | ErrorCode::Unavailable | ErrorCode::DiskFull | ErrorCode::Internal => 75,
        }
    }
}

/// The body of every refusal: `{"error":{…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiError {
    /// What is wrong.
    pub error: ErrorBody,
}

/// See [`ApiError`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// For machines.
    pub code: ErrorCode,
    /// For people: what is wrong and what to do.
    pub sentence: String,
    /// The field at fault, when it is one.
    pub field: Option<String>,
    /// By which our log knows the request.
    pub request_id: Option<String>,
}

impl ApiError {
    /// A refusal without a field.
    pub fn new(code: ErrorCode, sentence: impl Into<String>) -> ApiError {
        ApiError { error: ErrorBody { code, sentence: sentence.into(), field: None, request_id: None } }
    }

    /// A refusal that names the field at fault.
    pub fn field(code: ErrorCode, field: &str, sentence: impl Into<String>) -> ApiError {
        let mut refusal = ApiError::new(code, sentence);
        refusal.error.field = Some(field.into());
        refusal
    }
}
