//! The protocol without a socket: replies, commands, extensions, the dialogue.
