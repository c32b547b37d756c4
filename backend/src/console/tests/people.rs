//! A console where people sign in: helpers for the tests of sign-in and of roles.

use super::house::{Answer, Console, House, open};
use common::wire::{ApiError, Role, SUBPROTOCOL};
use serde_json::{Value, json};
use tokio::net::{TcpStream, UnixStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

pub(super) const PASSWORD: &str = "correct horse battery";

impl House {
    /// A request over the control socket.
    pub(super) async fn as_owner(&self, method: &str, path: &str, body: Value) -> Answer {
        let stream = UnixStream::connect(&self.control).await.unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        super::house::ask(stream, &format!("{method} {path} HTTP/1.1\r\nHost: nexthop\r\n"), &body).await
    }

    /// A user; the first one is an admin in any case.
    pub(super) async fn user(&self, name: &str, role: Role) {
        let new = json!({"name": name, "role": role, "password": PASSWORD});
        let answer = self.as_owner("POST", "/api/v1/users", new).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Signs in as our own page does it; the cookie.
    pub(super) async fn cookie(&self, name: &str) -> String {
        let answer = self.sign_in(name, PASSWORD).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.field("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    pub(super) async fn sign_in(&self, name: &str, password: &str) -> Answer {
        self.post("/api/v1/session", &json!({"name": name, "password": password}).to_string()).await
    }

    /// A token's secret, and its number.
    pub(super) async fn token(&self, role: Role) -> (String, u64) {
        let new = json!({"name": "program", "role": role, "lifetime_s": 3600});
        let answer = self.as_owner("POST", "/api/v1/tokens", new).await.json();
        (answer["secret"].as_str().unwrap().to_owned(), answer["token"]["id"].as_u64().unwrap())
    }

    /// A request of our own page with these more fields.
    pub(super) async fn as_page(&self, method: &str, path: &str, more: &str, body: &str) -> Answer {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nContent-Type: application/json\r\n{more}",
            self.address
        );
        self.ask(&head, body).await
    }

    /// A request of a program with its token.
    pub(super) async fn as_program(&self, method: &str, path: &str, token: &str, body: &str) -> Answer {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n",
            self.address
        );
        self.ask(&head, body).await
    }

    /// A websocket with these fields, or the status with which it was refused.
    pub(super) async fn open_with(&self, fields: &[(&'static str, String)]) -> Result<Console<TcpStream>, u16> {
        use tokio_tungstenite::tungstenite::Error;
        let stream = TcpStream::connect(self.address).await.unwrap();
        let mut request = format!("ws://{}/api/v1/ws", self.address).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
        for (field, value) in fields {
            request.headers_mut().insert(*field, value.parse().unwrap());
        }
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, _)) => Ok(Console { socket }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(why) => panic!("{why}"),
        }
    }

    /// A websocket of our own page with a cookie.
    pub(super) async fn open_as(&self, cookie: &str) -> Console<TcpStream> {
        let origin = format!("http://{}", self.address);
        let opened = self.open_with(&[("origin", origin), ("cookie", cookie.to_owned())]).await;
        let mut console = opened.map_err(|status| panic!("{status}")).unwrap();
        assert!(matches!(console.hear().await, common::wire::ServerFrame::Welcome(_)));
        console
    }

    /// The audit record, newest first: who, what, scope, outcome.
    pub(super) async fn audit(&self) -> Vec<[String; 4]> {
        let list = self.as_owner("GET", "/api/v1/audit", Value::Null).await.json();
        let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
        let rows = list["items"].as_array().unwrap().iter();
        rows.map(|row| ["who", "what", "scope", "outcome"].map(|field| text(row, field))).collect()
    }

    /// Waits until the record has a row of this kind, and gives it.
    pub(super) async fn audited(&self, who: &str, what: &str) -> [String; 4] {
        let wait = async {
            loop {
                if let Some(row) = self.audit().await.into_iter().find(|row| row[0] == who && row[1] == what) {
                    return row;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(super::house::PATIENCE, wait).await.expect("it is written down")
    }

    /// A websocket over the control socket.
    pub(super) async fn open_as_owner(&self) -> Console<UnixStream> {
        let stream = UnixStream::connect(&self.control).await.unwrap();
        open(stream, "ws://nexthop/api/v1/ws", None).await.map_err(|status| panic!("{status}")).unwrap()
    }
}

/// The refusal in an answer with this status.
pub(super) fn refused(answer: &Answer, status: u16) -> ApiError {
    assert_eq!(answer.status, status, "{answer:?}");
    answer.refusal()
}
