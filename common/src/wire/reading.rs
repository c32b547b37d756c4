//! Types of the wire out of JSON text, with little code for each type: the page carries one of it for every type it reads.
//!
//! `serde_json` says whether a text is JSON; then it is opened one layer at a time: the fields of an object, the items of an
//! array, each as the text it came in. What a type makes of a layer goes through the few lines below, which know nothing but what the wire has: objects by
//! name, arrays, words, whole numbers. The names of fields and of an enum's arms are looked up here, in the list that a type
//! brings, and it is told their place in it: so it has no comparing of its own.
//!
//! Promises: reads what `serde_json` reads of any type of the wire; a text nested too deeply is refused, not followed.
//! Never: fractions, which no type of the wire has, or structs written as arrays.

use serde::de::value::{StrDeserializer, U64Deserializer};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Objects and arrays within each other. The wire's deepest has eight; more would only use up the stack.
const DEPTH_MAX: u8 = 64;

/// Why a text is not what was expected. Small on purpose: it stands in every step of every type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is no JSON.
    Grammar,
    /// It is nested too deeply.
    Depth,
    /// A field is not there.
    Missing,
    /// A value is of another kind, or out of its range.
    Value,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unread::Grammar => "it is no JSON",
            Unread::Depth => "it is nested too deeply",
            Unread::Missing => "a field is missing",
            Unread::Value => "a value is not of the kind it has to be",
        })
    }
}
impl std::error::Error for Unread {}

impl de::Error for Unread {
    fn custom<T: fmt::Display>(_: T) -> Unread {
        Unread::Value
    }
    fn missing_field(_: &'static str) -> Unread {
        Unread::Missing
    }
    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Unread {
        Unread::Value
    }
    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Unread {
        Unread::Value
    }
    fn invalid_length(_: usize, _: &dyn de::Expected) -> Unread {
        Unread::Value
    }
    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Unread {
        Unread::Value
    }
    fn duplicate_field(_: &'static str) -> Unread {
        Unread::Value
    }
}

/// Reads a type of the wire.
pub fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unread> {
    let text = serde_json::from_str::<&RawValue>(text).map_err(|_| Unread::Grammar)?;
    T::deserialize(Value { text: text.get(), depth: 0 })
}

/// One value, as the text it came in: of the right grammar, nothing around it.
#[derive(Clone, Copy)]
struct Value<'a> {
    text: &'a str,
    depth: u8,
}

impl<'a> Value<'a> {
    /// What stands between these brackets.
    fn inside(self, open: char, close: char) -> Result<Parts<'a>, Unread> {
        let rest = self.text.strip_prefix(open).and_then(|text| text.strip_suffix(close)).ok_or(Unread::Value)?;
        if self.depth >= DEPTH_MAX { Err(Unread::Depth) } else { Ok(Parts { rest, depth: self.depth + 1 }) }
    }

    fn fields(self) -> Result<Fields<'a>, Unread> {
        Ok(Fields { left: self.inside('{', '}')?, value: None })
    }

    fn items(self) -> Result<Items<'a>, Unread> {
        self.inside('[', ']').map(Items)
    }

    fn arm(self, names: &[&str]) -> Result<Arm<'a>, Unread> {
        if self.text.starts_with('"') {
            return Ok(Arm { name: place(names, &self.word()?), value: None });
        }
        let mut fields = self.fields()?;
        let name = fields.step().ok_or(Unread::Value)?;
        let value = fields.taken()?;
        if fields.step().is_some() {
            return Err(Unread::Value);
        }
        Ok(Arm { name: place(names, &name), value: Some(value) })
    }

    /// A word without its quotes and escapes.
    fn word(self) -> Result<Cow<'a, str>, Unread> {
        let inside = self.text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or(Unread::Value)?;
        Ok(if inside.as_bytes().contains(&b'\\') { unescaped(inside).into() } else { inside.into() })
    }
}

/// The characters that an escaped text stands for (RFC 8259 section 7); half a surrogate pair stands for none.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        out.push(match rest.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => of_units(&mut rest),
            Some(other) => other,
            None => char::REPLACEMENT_CHARACTER,
        });
    }
    out
}

/// The character of one UTF-16 unit, or of two that belong together, written as `XXXX` or `XXXX\uXXXX`.
fn of_units(rest: &mut std::str::Chars<'_>) -> char {
    let unit = |rest: &mut std::str::Chars<'_>| {
        rest.by_ref().take(4).fold(0, |unit, digit| unit * 16 + digit.to_digit(16).unwrap_or_default())
    };
    let first = unit(rest);
    let mut ahead = rest.clone();
    if (0xd800..0xdc00).contains(&first) && ahead.next() == Some('\\') && ahead.next() == Some('u') {
        let second = unit(&mut ahead);
        if (0xdc00..0xe000).contains(&second) {
            *rest = ahead;
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
    }
    char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// What stands between two brackets and was not handed out yet.
struct Parts<'a> {
    rest: &'a str,
    depth: u8,
}

impl<'a> Parts<'a> {
    /// Up to the next comma that is of this layer.
    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_ascii_start();
        let octets = text.as_bytes();
        let (mut at, mut depth) = (0, 0_usize);
        while at < octets.len() && (octets[at] != b',' || depth > 0) {
            match octets[at] {
                b'"' => at = after_word(octets, at),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        self.rest = text.get(at + 1..).unwrap_or_default();
        let part = text.get(..at).unwrap_or_default().trim_ascii_end();
        (!part.is_empty()).then_some(part)
    }
}

/// Where the quote is that ends the word which begins here.
fn after_word(octets: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < octets.len() && octets[at] != b'"' {
        at += if octets[at] == b'\\' { 2 } else { 1 };
    }
    at
}

/// The fields of an object, in their order.
struct Fields<'a> {
    left: Parts<'a>,
    value: Option<&'a str>,
}

impl<'a> Fields<'a> {
    /// The name of the next field, whose value can be taken then.
    fn step(&mut self) -> Option<Cow<'a, str>> {
        let part = self.left.next()?;
        let (name, value) = part.split_at_checked(after_word(part.as_bytes(), 0) + 1)?;
        self.value = value.trim_ascii_start().strip_prefix(':').map(str::trim_ascii_start);
        Value { text: name, depth: 0 }.word().ok()
    }

    fn taken(&mut self) -> Result<Value<'a>, Unread> {
        let text = self.value.take().ok_or(Unread::Value)?;
        Ok(Value { text, depth: self.left.depth })
    }
}

impl<'a> MapAccess<'a> for Fields<'a> {
    type Error = Unread;
    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Unread> {
        let Some(name) = self.step() else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(&name)).map(Some)
    }
    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Unread> {
        seed.deserialize(self.taken()?)
    }
}

struct Items<'a>(Parts<'a>);

impl<'a> SeqAccess<'a> for Items<'a> {
    type Error = Unread;
    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Unread> {
        let Some(text) = self.0.next() else { return Ok(None) };
        seed.deserialize(Value { text, depth: self.0.depth }).map(Some)
    }
}

/// The fields of a struct, told by their places in the list of its fields. One that is not in it has no place.
struct Known<'a> {
    fields: Fields<'a>,
    names: &'static [&'static str],
}

impl<'a> MapAccess<'a> for Known<'a> {
    type Error = Unread;
    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Unread> {
        let Some(name) = self.fields.step() else { return Ok(None) };
        seed.deserialize(place(self.names, &name)).map(Some)
    }
    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Unread> {
        seed.deserialize(self.fields.taken()?)
    }
}

fn place(names: &[&str], name: &str) -> U64Deserializer<Unread> {
    let place = names.iter().position(|known| *known == name);
    place.map_or(u64::MAX, |place| place as u64).into_deserializer()
}

/// One arm of an enum: `"arm"`, or `{"arm": value}`.
struct Arm<'a> {
    name: U64Deserializer<Unread>,
    value: Option<Value<'a>>,
}

impl<'a> de::EnumAccess<'a> for Arm<'a> {
    type Error = Unread;
    type Variant = ArmValue<'a>;
    fn variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<(S::Value, ArmValue<'a>), Unread> {
        Ok((seed.deserialize(self.name)?, ArmValue(self.value)))
    }
}

struct ArmValue<'a>(Option<Value<'a>>);

impl<'a> de::VariantAccess<'a> for ArmValue<'a> {
    type Error = Unread;
    fn unit_variant(self) -> Result<(), Unread> {
        Ok(())
    }
    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, Unread> {
        seed.deserialize(self.0.ok_or(Unread::Value)?)
    }
    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_seq(self.0.ok_or(Unread::Value)?.items()?)
    }
    fn struct_variant<V: Visitor<'a>>(self, names: &'static [&'static str], visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_map(Known { fields: self.0.ok_or(Unread::Value)?.fields()?, names })
    }
}

impl<'a> Deserializer<'a> for Value<'a> {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.text.as_bytes().first() {
            Some(b'{') => visitor.visit_map(self.fields()?),
            Some(b'[') => visitor.visit_seq(self.items()?),
            Some(b'"') => self.deserialize_str(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'n') => visitor.visit_unit(),
            _ => match (self.text.parse(), self.text.parse()) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => visitor.visit_borrowed_str(self.text), // nobody's field: none has a fraction
            },
        }
    }
    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.text {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Unread::Value),
        }
    }
    fn deserialize_u64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_u64(self.text.parse().map_err(|_| Unread::Value)?)
    }
    fn deserialize_u8<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_u64(visitor)
    }
    fn deserialize_u16<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_u64(visitor)
    }
    fn deserialize_u32<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_u64(visitor)
    }
    fn deserialize_i64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_i64(self.text.parse().map_err(|_| Unread::Value)?)
    }
    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.word()? {
            Cow::Borrowed(word) => visitor.visit_borrowed_str(word),
            Cow::Owned(word) => visitor.visit_str(&word),
        }
    }
    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_str(visitor)
    }
    fn deserialize_identifier<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_str(visitor)
    }
    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        if self.text == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    /// A value that stays text says so to `serde_json` by the name of its type.
    fn deserialize_newtype_struct<V: Visitor<'a>>(self, name: &'static str, visitor: V) -> Result<V::Value, Unread> {
        serde_json::Deserializer::from_str(self.text)
            .deserialize_newtype_struct(name, visitor)
            .map_err(|_| Unread::Value)
    }
    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_seq(self.items()?)
    }
    fn deserialize_tuple<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_seq(self.items()?)
    }
    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_map(self.fields()?)
    }
    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        visitor.visit_map(Known { fields: self.fields()?, names })
    }
    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        visitor.visit_enum(self.arm(names)?)
    }
    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_unit()
    }
    serde::forward_to_deserialize_any! {
        <V: Visitor<'a>>
        i8 i16 i32 i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple_struct
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::{Alert, WaitCause};
    use crate::wire::{ApiError, HostRow, List, Scope, Welcome};
    use serde::de::DeserializeOwned;
    use std::fmt::Debug;

    /// Reads by both, which have to agree.
    fn both<T: DeserializeOwned + Debug>(text: &str) -> String {
        let (ours, theirs) = (read::<T>(text).unwrap(), serde_json::from_str::<T>(text).unwrap());
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{text}");
        format!("{ours:?}")
    }

    #[test]
    fn it_reads_what_serde_json_reads() {
        both::<Welcome>(
            r#" {"conn":1,"epoch":18446744073709551615,"build":"a\"\u00e9\n","now":"2026-11-24T02:11:08Z","hostname":"ä",
                "later":{"x":[1.5,-2e9,{"y":null}]},"limits":{"subscriptions":16,"window_rows":200,"frame_bytes":65536}} "#,
        );
        both::<List<WaitCause>>(r#"{"items":["retry","sending"],"total":2,"next":null}"#);
        both::<ApiError>(r#"{"error":{"code":"forbidden","sentence":"No.","field":null,"request_id":"7"}}"#);
        for scope in [r#"{"all":true}"#, r#"{"host":"a.test"}"#, r#"{"recipient":{"mid":7,"rid":0}}"#] {
            both::<Scope>(scope);
        }
    }

    #[test]
    fn an_enum_with_its_kind_inside_is_read_and_one_of_a_newer_server_is_other() {
        assert_eq!(read(r#"{"kind":"flood","level":9.5,"at":[{}]}"#), Ok(Alert::Other));
        both::<Alert>(r#"{"level":{"deep":[1,-1]},"kind":"flood"}"#);
    }

    #[test]
    fn words_are_freed_of_their_escapes_as_serde_json_does() {
        for text in [r#""a\"b\\\/c\n\t\r\b\f""#, r#""\u00e9\u65e5\ud83d\ude00 \\""#, r#""\\\"""#, r#""{[,:""#] {
            both::<String>(text);
        }
        both::<Vec<(String, u8)>>(r#" [ [ "]" , 1 ] , ["\\,\"", 2], ["", 3] ] "#);
        both::<std::collections::BTreeMap<String, Vec<u64>>>(r#"{"a\"}":[], "b" : [ ], "\u0063":[1 ,2]}"#);
        assert_eq!(read::<String>(r#""\ud83d.""#).unwrap(), "\u{fffd}.", "half a pair");
    }

    #[test]
    fn what_stays_text_stays_as_it_came() {
        let rows: Vec<Box<RawValue>> = read(r#"[ {"host":"a.test" , "x":1}, 7 ]"#).unwrap();
        let texts: Vec<&str> = rows.iter().map(|row| row.get()).collect();
        assert_eq!(texts, [r#"{"host":"a.test" , "x":1}"#, "7"]);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let refused = |text| read::<Welcome>(text).unwrap_err();
        assert_eq!(refused("{\"conn\":1,"), Unread::Grammar);
        assert_eq!(refused("{\"conn\":1}"), Unread::Missing);
        for text in ["7", "[]", "null", r#"{"conn":-1}"#, r#"{"conn":"1"}"#, r#"{"conn":1,"conn":1}"#] {
            assert_eq!(refused(text), Unread::Value, "{text}");
        }
        assert_eq!(read::<u8>("256"), Err(Unread::Value));
        assert_eq!(read::<bool>("tru"), Err(Unread::Grammar));
        assert_eq!(read::<HostRow>(r#"{"host":"a..b"}"#).unwrap_err(), Unread::Value);
    }

    #[test]
    fn a_text_nested_too_deeply_is_refused() {
        let nest = |depth: usize| format!("{{\"kind\":\"x\",\"y\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(read(&nest(63)), Ok(Alert::Other));
        assert_eq!(read::<Alert>(&nest(64)), Err(Unread::Depth));
        assert!(read::<Alert>(&nest(50_000)).is_err());
    }
}
