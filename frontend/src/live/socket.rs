//! One websocket of the browser with its three handlers. Closed and silent once dropped.

use common::wire::SUBPROTOCOL;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

/// An open or opening connection.
pub(super) struct Socket {
    socket: WebSocket,
    _opened: Closure<dyn FnMut(Event)>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Begins to connect to the server that the page came from; `None` if the browser refuses.
    pub(super) fn open(
        mut opened: impl FnMut() + 'static,
        mut heard: impl FnMut(String) + 'static,
        mut closed: impl FnMut() + 'static,
    ) -> Option<Socket> {
        let location = leptos::prelude::window().location();
        let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
        let address = format!("{scheme}://{}/api/v1/ws", location.host().ok()?);
        let socket = WebSocket::new_with_str(&address, SUBPROTOCOL).ok()?;
        let opened = Closure::new(move |_: Event| opened());
        let heard = Closure::new(move |message: MessageEvent| {
            if let Some(text) = message.data().as_string() {
                heard(text);
            }
        });
        let closed = Closure::new(move |_: CloseEvent| closed());
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref())); // follows every error too
        Some(Socket { socket, _opened: opened, _heard: heard, _closed: closed })
    }

    /// Sends a frame; what cannot be sent is lost, and `closed` follows.
    pub(super) fn send(&self, text: &str) {
        if self.socket.ready_state() == WebSocket::OPEN {
            let _ = self.socket.send_with_str(text);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}
