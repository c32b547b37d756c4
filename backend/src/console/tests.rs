//! The console over real sockets, with a driver that is played.

mod golden;
mod house;
mod http;
mod lists;
mod live;
mod openapi;
mod people;
mod post;
mod roles;
mod signing;
