//! How the words that write themselves look in the description of the API: text with its pattern, numbers with bounds.
//!
//! Promises: what is said here is what the words' own `Serialize` does; a test of the server compares both.

use crate::vocab::{ActionId, Address, CauseCounts, Domain, MessageId, RecipientId, Timestamp, VerdictCode};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// The largest whole number that a browser reads exactly.
const NUMBER_MAX: i64 = (1 << 53) - 1;

fn text(description: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description)).examples([json!(example)])
}

fn number(description: &str, least: i64) -> ObjectBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Integer).description(Some(description));
    number.minimum(Some(least)).maximum(Some(NUMBER_MAX))
}

macro_rules! schema {
    ($($name:ident => $schema:expr;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::Object(Object::from($schema)))
            }
        }
        impl ToSchema for $name {}
    )*};
}

schema! {
    Domain => text("A destination domain, lower-case, internationalised labels as A-labels.", "example.com");
    Address => text("An envelope address (RFC 5321 §4.1.2).", "someone@example.com");
    Timestamp => text("RFC 3339 in UTC.", "2026-11-24T04:08:38.120Z")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    VerdictCode => text("A verdict of the closed list.", "tcp.refused")
        .enum_values(Some(VerdictCode::ALL.iter().map(|code| code.to_string())));
    MessageId => number("The number of a message (MID).", 1);
    RecipientId => number("The number of a recipient within its message (RID).", 0);
    ActionId => number("The number of an action.", 0);
}

impl PartialSchema for CauseCounts {
    fn schema() -> RefOr<Schema> {
        let counts = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Recipients by the one cause of their waiting; causes without recipients are left out."))
            .additional_properties(Some(AdditionalProperties::RefOr(u64::schema())))
            .build();
        RefOr::T(Schema::Object(counts))
    }
}
impl ToSchema for CauseCounts {}
