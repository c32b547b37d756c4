//! The description of the API against the router and against what it really answers.

use super::house::{House, down, host};
use crate::console::http;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn document(house: &House) -> Value {
    let answer = house.get("/api/v1/openapi.json").await;
    assert_eq!(answer.status, 200);
    answer.json()
}

#[tokio::test]
async fn every_route_is_described_with_its_methods_and_nothing_else_is() {
    let house = House::new().await;
    let document = document(&house).await;
    let paths = document["paths"].as_object().unwrap();
    let described: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
    let routes = http::routes();
    assert_eq!(described, routes.iter().map(|(_, path, _)| *path).collect::<BTreeSet<_>>());
    for path in described {
        let real = path.replace("{host}", "a.test").replace("{name}", "ann").replace("{mid}", "7").replace("{id}", "1");
        let answer = house.ask(&format!("PATCH {real} HTTP/1.1\r\nHost: {}\r\n", house.address), "").await;
        let allowed = answer.field("allow").unwrap_or_else(|| panic!("{path}: {answer:?}"));
        // HEAD comes with every GET.
        let allowed: BTreeSet<String> =
            allowed.split(',').map(str::to_ascii_lowercase).filter(|method| method != "head").collect();
        assert_eq!(allowed, paths[path].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>(), "{path}");
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    let house = House::new().await;
    let document = document(&house).await;
    assert_eq!(document["openapi"], "3.1.0");
    fn walk<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
}

/// What is wrong with a value by its schema: fields that are not described or missing, types that differ.
fn faults(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.strip_prefix('#').unwrap()).unwrap();
        return faults(document, target, value, at, found);
    }
    if let Some(choices) = ["oneOf", "anyOf"].iter().find_map(|word| schema[word].as_array()) {
        let fits = choices.iter().any(|choice| {
            let mut wrong = Vec::new();
            faults(document, choice, value, at, &mut wrong);
            wrong.is_empty()
        });
        if !fits {
            found.push(format!("{at}: {value} fits no choice"));
        }
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.contains(&kind) {
        found.push(format!("{at}: {kind} instead of {kinds:?}"));
    }
    if let (Some(words), false) = (schema["enum"].as_array(), words_contain(schema, value)) {
        found.push(format!("{at}: {value} is none of {words:?}"));
    }
    if let Value::Array(items) = value {
        items.iter().for_each(|item| faults(document, &schema["items"], item, &format!("{at}[]"), found));
    }
    if let (Value::Object(fields), Some(properties)) = (value, schema["properties"].as_object()) {
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(required) {
                found.push(format!("{at}.{required} is missing"));
            }
        }
        for (name, value) in fields {
            match properties.get(name) {
                Some(schema) => faults(document, schema, value, &format!("{at}.{name}"), found),
                None => found.push(format!("{at}.{name} is not described")),
            }
        }
    }
}

fn words_contain(schema: &Value, value: &Value) -> bool {
    schema["enum"].as_array().is_none_or(|words| words.contains(value))
}

#[tokio::test]
async fn what_is_answered_is_what_is_described() {
    let house = House::new().await;
    house.change(vec![host("a.test", 3), down("b.test", 2)]).await;
    house.shows(2).await;
    let document = document(&house).await;
    let retry = r#"{"kind":"retry","scope":{"all":true}}"#;
    let act = house.post("/api/v1/actions", retry).await;
    let id = act.json()["id"].clone();
    let dig = house.post("/api/v1/probes", r#"{"kind":"dig","target":"a.test"}"#).await;
    let probe = format!("/api/v1/probes/{}?wait=30", dig.json()["id"]);
    let message = json!({"from": "", "to": ["a@b.test"], "raw": "A: b\n\n"}).to_string();
    for (path, method, status, answer) in [
        ("/api/v1/status", "get", "200", house.get("/api/v1/status").await),
        ("/api/v1/hosts", "get", "200", house.get("/api/v1/hosts").await),
        ("/api/v1/hosts/{host}", "get", "200", house.get("/api/v1/hosts/b.test").await),
        ("/api/v1/messages/{mid}", "get", "200", house.get("/api/v1/messages/7").await),
        ("/api/v1/messages", "get", "200", house.get("/api/v1/messages").await),
        ("/api/v1/messages", "post", "202", house.post("/api/v1/messages", &message).await),
        ("/api/v1/actions", "post", "200", act),
        ("/api/v1/actions/{id}", "get", "200", house.get(&format!("/api/v1/actions/{id}")).await),
        ("/api/v1/probes", "post", "202", dig),
        ("/api/v1/probes/{id}", "get", "200", house.get(&probe).await),
        ("/api/v1/status", "get", "default", house.get("/api/v1/status?x=1").await),
    ] {
        if status != "default" {
            assert_eq!(answer.status.to_string(), status, "{path}");
        }
        let schema = &document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{path} {method} {status}");
        let mut found = Vec::new();
        faults(&document, schema, &answer.json(), path, &mut found);
        assert!(found.is_empty(), "{found:#?}");
    }
}
