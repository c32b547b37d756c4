//! Polling: the frames of the websocket for a page that cannot have one.

use super::house::{House, host};
use common::wire::{Polled, ServerFrame};

async fn poll(house: &House, question: &str) -> (String, Vec<ServerFrame>) {
    let answer = house.get(&format!("/api/v1/poll{question}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let polled: Polled = serde_json::from_value(answer.json()).unwrap();
    let frames = polled.frames.iter().map(|frame| ServerFrame::decode(frame.get()).unwrap());
    (polled.cursor.clone(), frames.collect())
}

#[tokio::test]
async fn a_first_question_is_answered_whole_and_the_next_only_if_something_changed() {
    let house = House::new().await;
    house.change(vec![host("a.test", 3), host("b.test", 1)]).await;
    house.shows(2).await;
    let (cursor, frames) = poll(&house, "?first=1&len=1").await;
    let [
        ServerFrame::Welcome(welcome),
        ServerFrame::Snapshot { sid: 1, body, .. },
        ServerFrame::Overview { body: whole, .. },
    ] = &*frames
    else {
        panic!("a welcome, a snapshot and the overview: {frames:?}")
    };
    assert_eq!(whole.totals.active_recipients, 4);
    assert_eq!((&*welcome.hostname, body.first, body.count.matching), ("mail.test", 1, 2));
    assert_eq!(body.decode_rows().0[0].host.as_str(), "b.test");
    let (same, frames) = poll(&house, &format!("?first=1&len=1&cursor={cursor}")).await;
    assert_eq!(same, cursor);
    assert!(matches!(&*frames, [ServerFrame::Tick { .. }]), "{frames:?}");
    house.change(vec![host("c.test", 9)]).await;
    house.shows(3).await;
    let (next, frames) = poll(&house, &format!("?cursor={cursor}&q=c.")).await;
    assert_ne!(next, cursor);
    assert!(matches!(&*frames, [_, ServerFrame::Snapshot { body, .. }, _] if body.count.matching == 1), "{frames:?}");
}

#[tokio::test]
async fn a_window_beyond_its_bounds_is_refused_with_the_field() {
    let house = House::new().await;
    for (question, field) in [("?len=201", "len"), ("?len=0", "len"), ("?first=-1", "first"), ("?sort=moon", "sort")] {
        let answer = house.get(&format!("/api/v1/poll{question}")).await;
        assert_eq!((answer.status, answer.json()["error"]["field"].as_str()), (422, Some(field)), "{question}");
    }
}
