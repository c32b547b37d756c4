//! The console over real sockets, with a driver that is played.

mod golden;
mod house;
mod http;
mod lists;
mod live;
mod masked;
mod openapi;
mod people;
mod poll;
mod post;
mod roles;
mod signing;
