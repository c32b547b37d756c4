//! What is to be said to the reader: one calm line and one alert, as facts, so that they follow the language.

use common::vocab::{Badge, Domain};
use common::wire::Action;
use leptos::prelude::*;

/// Something to say.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A retry was asked for and no answer came yet.
    RetryAsked,
    /// The line broke before the answer came.
    RetryUnanswered,
    /// The answer.
    RetryReceipt(Box<Action>),
    /// The answer was no, with the server's sentence.
    RetryRefused(String),
    /// The server ended what was followed, with its sentence.
    Ended(String),
    /// The line has been lost for a while; the time of day of the last frame.
    ConnectionLost(String),
    /// It is back.
    ConnectedAgain,
}

/// The two places where notices are said.
#[derive(Clone, Copy)]
pub struct Notices {
    /// Said when there is a pause (`role=status`).
    pub status: RwSignal<Option<Notice>>,
    /// Said at once (`role=alert`).
    pub alert: RwSignal<Option<Notice>>,
    /// The host whose page is open and the state that it turned to: said beside the status, which may hold a receipt.
    pub turned: RwSignal<Option<(Domain, Badge)>>,
}

impl Notices {
    pub(super) fn new() -> Notices {
        Notices { status: RwSignal::new(None), alert: RwSignal::new(None), turned: RwSignal::new(None) }
    }

    /// Says it in its place; a new notice replaces the old one.
    pub fn say(&self, notice: Notice) {
        match notice {
            Notice::RetryAsked | Notice::RetryReceipt(_) | Notice::ConnectedAgain => {
                self.alert.set(None);
                self.status.set(Some(notice));
            }
            Notice::RetryRefused(_) | Notice::RetryUnanswered | Notice::Ended(_) | Notice::ConnectionLost(_) => {
                self.status.set(None);
                self.alert.set(Some(notice));
            }
        }
    }

    /// Takes a notice back, if it is still there.
    pub fn unsay(&self, gone: impl Fn(&Notice) -> bool) {
        for place in [self.status, self.alert] {
            if place.with_untracked(|notice| notice.as_ref().is_some_and(&gone)) {
                place.set(None);
            }
        }
    }
}
