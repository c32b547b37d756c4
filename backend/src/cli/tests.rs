//! The layouts against the ancestor's, and the verbs against a canned server on a socket.

mod because;
mod layout;
mod sample;
mod server;
mod verbs;
