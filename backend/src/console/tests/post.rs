//! `POST /api/v1/messages` over real connections: what is taken, what is refused and how.

use super::house::{Answer, House, ask};
use crate::intake::smtp::tests::double::Mood;
use crate::spool::{Kept, SpoolError};
use common::vocab::MessageId;
use common::wire::ErrorCode;
use serde_json::json;
use tokio::net::UnixStream;

const MESSAGE: &str = "Subject: x\n\ntext\n";

impl House {
    /// A request of a program: no Origin.
    async fn send(&self, query: &str, kind: &str, more: &str, body: &str) -> Answer {
        let head = format!(
            "POST /api/v1/messages{query} HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\n{more}",
            self.address
        );
        self.ask(&head, body).await
    }

    async fn rfc822(&self, query: &str, body: &str) -> Answer {
        self.send(query, "message/rfc822", "", body).await
    }

    async fn json(&self, body: serde_json::Value) -> Answer {
        self.send("", "application/json; charset=utf-8", "", &body.to_string()).await
    }
}

fn refused(answer: &Answer) -> (u16, ErrorCode, Option<String>) {
    let error = answer.refusal().error;
    assert!(error.request_id.is_some() && error.sentence.ends_with('.'), "{error:?}");
    (answer.status, error.code, error.field)
}

#[tokio::test]
async fn a_message_is_taken_in_both_forms_and_answered_alike() {
    let house = House::new().await;
    let answer = house.rfc822("?from=me+tag@lab.test&to=a@b.test&to=root", MESSAGE).await;
    let expected = json!({"mid": 1, "recipients": [
        {"rid": 0, "address": "a@b.test", "host": "b.test"},
        {"rid": 1, "address": "admin@example.com", "host": "example.com"},
    ]});
    assert_eq!((answer.status, answer.json()), (202, expected));
    let answer = house.json(json!({"from": "", "to": ["a@b.test"], "raw": MESSAGE, "notify": "never"})).await;
    assert_eq!((answer.status, &answer.json()["mid"]), (202, &json!(2)));
    let kept = house.spool.kept();
    let body = String::from_utf8(kept[0].body.front().to_vec()).unwrap();
    assert!(body.starts_with("Received: from [127.0.0.1]\r\n\tby mail.test with HTTP id 1; "), "{body}");
    assert!(body.contains("\r\nFrom: me+tag@lab.test\r\n") && body.ends_with("\r\nSubject: x\r\n\r\ntext\r\n"));
    assert_eq!(kept[0].envelope.from.as_ref().unwrap().as_str(), "me+tag@lab.test");
    assert_eq!((kept[1].envelope.from.clone(), kept[1].envelope.dsn.notify(0).failure), (None, false));
}

#[tokio::test]
async fn the_control_socket_takes_messages_too() {
    let house = House::new().await;
    let stream = UnixStream::connect(&house.control).await.unwrap();
    let head = "POST /api/v1/messages?from=&to=a@b.test HTTP/1.1\r\nHost: any\r\nContent-Type: message/rfc822\r\n";
    assert_eq!(ask(stream, head, MESSAGE).await.status, 202);
    assert!(house.spool.kept()[0].body.front().starts_with(b"Received: by mail.test with HTTP id 1; "));
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_submit() {
    let house = House::new().await;
    let query = "?from=&to=a@b.test";
    for more in ["Origin: https://evil.test\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        let answer = house.send(query, "message/rfc822", more, MESSAGE).await;
        assert_eq!(refused(&answer), (403, ErrorCode::NotAllowed, None), "{more}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "message/rfc822x", ""] {
        let answer = house.send(query, kind, "", MESSAGE).await;
        assert_eq!(refused(&answer), (415, ErrorCode::BadRequest, None), "{kind}");
    }
    let asking = format!(
        "OPTIONS /api/v1/messages HTTP/1.1\r\nHost: {}\r\nOrigin: https://evil.test\r\n\
         Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n",
        house.address
    );
    let answer = house.ask(&asking, "").await;
    assert_eq!((answer.status, answer.field("access-control-allow-origin")), (405, None));
    assert!(house.spool.kept().is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_field() {
    let house = House::new().await;
    let field = |name: &str| Some(name.to_owned());
    for (query, name) in [
        ("", "from"),
        ("?to=a@b.test", "from"),
        ("?from=", "to"),
        ("?from=a@&to=a@b.test", "from"),
        ("?from=&to=a@b.test&to=x%20y@b.test", "to"),
        ("?from=&to=a@b.test%0d%0aBcc:c@d.test", "to"),
        ("?from=&from=&to=a@b.test", "from"),
        ("?from=&to=a@b.test&cc=a@b.test", "cc"),
        ("?from=&to=a@b.test&notify=always", "notify"),
    ] {
        let answer = house.rfc822(query, MESSAGE).await;
        assert_eq!(refused(&answer), (422, ErrorCode::BadField, field(name)), "{query}");
    }
    let answer = house.rfc822("?from=&to=nobody@mail.test", MESSAGE).await;
    assert_eq!(refused(&answer), (422, ErrorCode::UnknownUser, field("to")));
    for raw in ["Subject: a\0b\n\ntext", "no field\n\ntext", &format!("A: b\n\n{}", "x".repeat(999))] {
        let answer = house.rfc822("?from=&to=a@b.test", raw).await;
        assert_eq!(refused(&answer), (400, ErrorCode::BadRequest, field("raw")), "{raw}");
        let answer = house.json(json!({"from": "", "to": ["a@b.test"], "raw": raw})).await;
        assert_eq!(refused(&answer), (400, ErrorCode::BadRequest, field("raw")), "{raw}");
    }
    assert!(house.spool.kept().is_empty());
}

#[tokio::test]
async fn json_that_is_not_what_belongs_here_is_400_and_a_coded_body_415() {
    let house = House::new().await;
    for (body, at) in [
        ("{", None),
        (r#"{"from":"","to":["a@b.test"],"raw":"\udc00"}"#, Some("raw".to_owned())),
        (r#"{"from":"","to":[],"raw":"","x":1}"#, None),
    ] {
        let answer = house.send("", "application/json", "", body).await;
        assert_eq!(refused(&answer), (400, ErrorCode::BadRequest, at), "{body}");
    }
    let answer = house.send("?from=&to=a@b.test", "message/rfc822", "Content-Encoding: gzip\r\n", MESSAGE).await;
    assert_eq!(refused(&answer), (415, ErrorCode::BadRequest, None));
    let answer = house.send("?from=x", "application/json", "", "{}").await;
    assert_eq!(refused(&answer), (400, ErrorCode::BadRequest, None));
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_however_it_comes() {
    let house = House::new().await;
    let large = format!("A: b\n\n{}", "xxxxxxx\n".repeat(120_000));
    let answer = house.rfc822("?from=&to=a@b.test", &large).await;
    assert_eq!(refused(&answer), (413, ErrorCode::TooLarge, Some("raw".into())));
    let chunked = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    let head = format!(
        "POST /api/v1/messages?from=&to=a@b.test HTTP/1.1\r\nHost: {}\r\nContent-Type: message/rfc822\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{chunked}",
        house.address
    );
    let answer = house.ask_raw(&head).await;
    assert_eq!(refused(&answer), (413, ErrorCode::TooLarge, Some("raw".into())));
    let lying = format!(
        "POST /api/v1/messages?from=&to=a@b.test HTTP/1.1\r\nHost: {}\r\nContent-Type: message/rfc822\r\n\
         Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n",
        house.address
    );
    assert_eq!(refused(&house.ask_raw(&lying).await), (413, ErrorCode::TooLarge, None));
    let json = json!({"from": "", "to": ["a@b.test"], "raw": large.repeat(2)});
    assert_eq!(refused(&house.json(json).await).0, 413);
    assert!(house.spool.kept().is_empty());
}

#[tokio::test]
async fn a_request_that_could_be_two_is_none() {
    let house = House::new().await;
    let head = |more: &str| {
        format!(
            "POST /api/v1/messages?from=&to=a@b.test HTTP/1.1\r\nHost: {}\r\nContent-Type: message/rfc822\r\n{more}\r\n",
            house.address
        )
    };
    for more in ["Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n", "Content-Length: +5\r\n"] {
        assert_eq!(house.ask_raw(&(head(more) + "A: b\n\n")).await.status, 400, "{more}");
    }
    // RFC 9112 §6.1: chunked decides, and the connection ends: what follows is no second request.
    let both = head("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")
        + "6\r\nA: b\n\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    let answer = house.ask_raw(&both).await;
    assert!(answer.status == 400 || answer.status == 202, "{answer:?}");
    assert!(house.spool.kept().len() <= 1);
}

#[tokio::test]
async fn one_key_keeps_one_message() {
    let house = House::new().await;
    let send = async |key: &str| house.send("?from=&to=a@b.test", "message/rfc822", key, MESSAGE).await;
    let first = send("Idempotency-Key: 7f2c\r\n").await;
    assert_eq!(first.status, 202);
    house.spool.set_mood(Mood::Knows(Kept::Before(MessageId(1))));
    let again = send("Idempotency-Key: 7f2c\r\n").await;
    assert_eq!((again.status, again.json()), (202, first.json()));
    house.spool.set_mood(Mood::Knows(Kept::OtherRequest(MessageId(1))));
    let name = Some("Idempotency-Key".to_owned());
    assert_eq!(refused(&send("Idempotency-Key: 7f2c\r\n").await), (409, ErrorCode::Conflict, name.clone()));
    for bad in ["Idempotency-Key:\r\n", "Idempotency-Key: a b\r\n", "Idempotency-Key: a\r\nIdempotency-Key: a\r\n"] {
        assert_eq!(refused(&send(bad).await), (422, ErrorCode::BadField, name.clone()), "{bad}");
    }
}

#[tokio::test]
async fn a_full_disk_is_507_a_failed_one_503_and_both_say_when_to_come_again() {
    let house = House::new().await;
    for (why, status, code) in
        [(SpoolError::Full, 507, ErrorCode::DiskFull), (SpoolError::Failed("io".into()), 503, ErrorCode::Unavailable)]
    {
        house.spool.set_mood(Mood::Fails(why));
        let answer = house.rfc822("?from=&to=a@b.test", MESSAGE).await;
        assert_eq!(refused(&answer), (status, code, None));
        assert!(answer.field("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok()), "{answer:?}");
    }
}
