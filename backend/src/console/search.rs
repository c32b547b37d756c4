//! Queued messages by a filter, a page at a time.
//!
//! The driver is asked slice by slice (`engine/search`): it never looks at more than some hundred recipients in a turn, and
//! only the page is kept. Promises: a page is bounded in messages, recipients and octets of replies. What changes while
//! it is made may be in it as it was or as it is; messages come in the order of their numbers.

use crate::console::letterhead::Letterhead;
use crate::console::state::{ConsoleState, asked};
use crate::console::view;
use common::filter::Filter;
use common::vocab::MessageId;
use common::wire::{ApiError, List, MessageDetail};
use common::words::Language;
use engine::view::Search;
use std::sync::Arc;

/// Recipients of a page, the last message's others included.
const PAGE_RECIPIENTS: usize = 1_000;
/// Characters of a reply in a list; the message itself has it whole.
const REPLY_CHARS: usize = 300;

/// The page of at most `limit` messages behind `cursor`, in the language of the one who asks, and how many match in all.
pub(super) async fn page(
    console: &ConsoleState,
    filter: Filter,
    cursor: Option<MessageId>,
    limit: usize,
    language: Language,
) -> Result<List<MessageDetail>, ApiError> {
    let _seat = asked(console.searches.acquire()).await?;
    let filter = Arc::new(filter);
    let mut list = List { items: Vec::new(), total: 0, next: None };
    let (mut after, mut room, mut recipients, mut more) = (None, limit, 0, false);
    loop {
        let search = Search { filter: filter.clone(), after, shown_after: cursor, room };
        let found = asked(console.desk.search(search)).await?;
        list.total += found.messages;
        more |= found.more;
        for message in &found.shown {
            if recipients >= PAGE_RECIPIENTS {
                (room, more) = (0, true);
                break;
            }
            recipients += message.recipients.len();
            room -= 1;
            list.items.push(row(view::message_detail(message, Letterhead::default(), language)));
        }
        after = found.place;
        if after.is_none() {
            break;
        }
    }
    list.next = list.items.last().filter(|_| more).map(|last| last.mid.to_string());
    Ok(list)
}

/// A message as a list has it.
fn row(mut message: MessageDetail) -> MessageDetail {
    for recipient in &mut message.recipients {
        if let Some(reply) = &mut recipient.reply
            && let Some((end, _)) = reply.char_indices().nth(REPLY_CHARS)
        {
            reply.truncate(end);
            reply.push('\u{2026}');
        }
    }
    message
}
