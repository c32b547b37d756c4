//! The verbs' websocket: the same frames as a page.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::place::Wire;
use common::wire::{ClientFrame, SUBPROTOCOL, ServerFrame};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, http::Uri};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Octets of a frame from the server. A probe's line has at most 2,048; a batch of them stays far below this.
const FRAME_BYTES_MAX: usize = 1024 * 1024;
/// How long the handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// An open websocket.
pub(super) struct Live<'c> {
    client: &'c Client,
    socket: WebSocketStream<Box<dyn Wire>>,
}

impl Live<'_> {
    /// Connects and greets.
    pub(super) async fn open(client: &Client) -> Result<Live<'_>, Failure> {
        let stream = client.place.open(client.language).await?;
        let uri: Uri = format!("ws://{}/api/v1/ws", client.place.authority())
            .parse()
            .map_err(|_| client.not_ours("the address makes no URI"))?;
        let mut request = ClientRequestBuilder::new(uri)
            .with_header("Origin", client.place.origin())
            .with_header("Accept-Language", client.language.tag())
            .with_sub_protocol(SUBPROTOCOL);
        if let Some(token) = &client.token {
            request = request.with_header("Authorization", format!("Bearer {token}"));
        }
        let limits =
            WebSocketConfig::default().max_message_size(Some(FRAME_BYTES_MAX)).max_frame_size(Some(FRAME_BYTES_MAX));
        let shaking = client_async_with_config(request, stream, Some(limits));
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, shaking).await {
            Ok(Ok((socket, _))) => Ok(Live { client, socket }),
            Ok(Err(Error::Http(response))) => {
                let body = response.body().clone().unwrap_or_default();
                Err(client.refusal(response.status().as_u16(), &body))
            }
            Ok(Err(Error::Io(why))) => Err(client.broken(&why)),
            Ok(Err(why)) => Err(client.not_ours(&why.to_string())),
            Err(_) => Err(client.too_slow(HANDSHAKE_TIMEOUT)),
        }
    }

    /// Sends a frame.
    pub(super) async fn send(&mut self, frame: &ClientFrame) -> Result<(), Failure> {
        let sent = self.socket.send(Message::text(frame.encode())).await;
        sent.map_err(|why| self.client.broken(&why))
    }

    /// The next frame; `None` when the server closed. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<Option<ServerFrame>, Failure> {
        loop {
            match self.socket.next().await {
                None | Some(Err(Error::ConnectionClosed)) => return Ok(None),
                Some(Ok(Message::Close(_))) => return Ok(None),
                Some(Ok(Message::Text(text))) => {
                    let frame = ServerFrame::decode(&text);
                    return frame.map(Some).map_err(|why| self.client.not_ours(&why.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(why)) => return Err(self.client.broken(&why)),
            }
        }
    }

    /// Says goodbye; nobody minds if it is not heard.
    pub(super) async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(1), self.socket.close(None)).await;
    }
}
