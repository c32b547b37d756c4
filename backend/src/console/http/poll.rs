//! `GET /api/v1/poll`: the list of hosts for a page whose websocket does not come through.
//!
//! Promises: the same frames as on the websocket, in the same order; what did not change since the cursor is not said
//! again. Never: memory of who asks. The cursor says what the page has, so a page that goes away leaves nothing behind.

use super::Shared;
use super::api::sorting;
use super::read::{Json, Parameters, bad};
use super::refusal::Refusal;
use crate::console::live::hosts::HostsFollower;
use crate::console::live::{WINDOW_ROWS_MAX, welcome};
use axum::extract::{RawQuery, State};
use common::wire::{ApiError, HostsQuery, Polled, ServerFrame, Window};
use serde_json::value::RawValue;
use tokio::time::Instant;

/// The number of the list, and of the overview beside it.
const SID: u32 = 1;
const OVERVIEW_SID: u32 = 2;

/// `GET /api/v1/poll?cursor=&q=&sort=&first=&len=`.
#[utoipa::path(get, path = "/api/v1/poll", tag = "hosts", params(
    ("cursor" = Option<String>, Query, description = "`cursor` of the answer before; without it everything is said"),
    ("q" = Option<String>, Query, max_length = 1024, description = "As in /api/v1/hosts"),
    ("sort" = Option<String>, Query, description = "As in /api/v1/hosts", example = "-active_recipients"),
    ("first" = Option<u32>, Query, description = "Rows of the list before the window"),
    ("len" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Rows of the window; 100 unless told"),
), responses((status = 200, description = "Frames as on the websocket", body = Polled), (status = "default", description = "Refused", body = ApiError)))]
pub(super) async fn poll(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Result<Json<Polled>, Refusal> {
    let query = Parameters::read(query.as_deref(), &["cursor", "q", "sort", "first", "len"])?;
    let default = Window::default();
    let window = Window {
        first: number(&query, "first", 0..=u32::MAX, default.first)?,
        len: number(&query, "len", 1..=WINDOW_ROWS_MAX, default.len)?,
    };
    let (sort, ascending) = sorting(query.get("sort").unwrap_or("-active_recipients"))?;
    let filter = query.get("q").unwrap_or("").to_owned();
    let mut follower = HostsFollower::new(HostsQuery { filter, sort, ascending, window, freeze: false })?;
    let (console, index) = (&shared.console, shared.console.index());
    let cursor = format!("{:x}.{:x}", console.epoch(), index.version);
    let known = query.get("cursor").unwrap_or("");
    let mut frames = Vec::new();
    if known == cursor {
        frames.push(ServerFrame::Tick { now: console.clock.now() });
    } else {
        frames.push(ServerFrame::Welcome(welcome(console, 0)));
        let now = Instant::now();
        frames.extend(follower.step(SID, now, &index));
        let body = Box::new(console.overview.of(console, &index, now));
        frames.push(ServerFrame::Overview { sid: OVERVIEW_SID, seq: 1, body });
    }
    let raw = |frame: &ServerFrame| RawValue::from_string(frame.encode()).ok();
    Ok(Json(Polled { cursor, frames: frames.iter().filter_map(raw).collect() }))
}

fn number(
    query: &Parameters,
    name: &'static str,
    bounds: std::ops::RangeInclusive<u32>,
    default: u32,
) -> Result<u32, Refusal> {
    match query.get(name).map(str::parse) {
        None => Ok(default),
        Some(Ok(number)) if bounds.contains(&number) => Ok(number),
        Some(_) => Err(bad(name, &format!("This is a number from {} to {}.", bounds.start(), bounds.end()))),
    }
}
