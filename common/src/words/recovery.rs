//! What is said of a start: what the spool found on its disk, in both languages. Parts that are zero are left out.

use super::grouped;

/// Counts of a start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryPhrase {
    /// Messages that wait.
    pub messages: u64,
    /// Recipients that wait.
    pub recipients: u64,
    /// Records that were set aside.
    pub damaged: u64,
    /// Octets of a write that was under way when the power went.
    pub torn_bytes: u64,
    /// Recipients that may get their mail twice.
    pub possibly_twice: u64,
    /// Batches that the database had lost.
    pub lost_batches: u64,
    /// Files of large bodies that no message spoke of.
    pub orphans: u64,
}

/// How far a start has come with what waits from before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingPhrase {
    /// Messages that are known so far.
    pub read: u64,
    /// Messages in all; 0 while they are not counted yet.
    pub of: u64,
}

impl ReadingPhrase {
    pub(super) fn en(&self) -> String {
        let (read, of) = (grouped(self.read), grouped(self.of));
        match self.of {
            0 => "the queue is being read".to_owned(),
            1 => format!("the queue is being read: {read} of 1 message so far"),
            _ => format!("the queue is being read: {read} of {of} messages so far"),
        }
    }

    pub(super) fn ja(&self) -> String {
        match self.of {
            0 => "キューを読み込み中".to_owned(),
            _ => format!("キューを読み込み中: メッセージ {} 件中 {} 件", grouped(self.of), grouped(self.read)),
        }
    }
}

impl RecoveryPhrase {
    pub(super) fn en(&self) -> String {
        let count = |number: u64, one: &str, many: &str| match number {
            1 => format!("1 {one}"),
            _ => format!("{} {many}", grouped(number)),
        };
        let waiting = format!(
            "{} of {}",
            count(self.recipients, "recipient", "recipients"),
            count(self.messages, "message", "messages")
        );
        let damaged =
            count(self.damaged, "damaged record set aside, never sent", "damaged records set aside, never sent");
        let torn =
            count(self.torn_bytes, "octet of an unfinished write cut off", "octets of an unfinished write cut off");
        let twice = count(self.possibly_twice, "recipient may get it twice", "recipients may get it twice");
        let lost = count(self.lost_batches, "batch", "batches")
            + " lost by queue.db, read again from the journal as far as it is left";
        let orphans = count(self.orphans, "unfinished large body cleared away", "unfinished large bodies cleared away");
        self.join([waiting, twice, damaged, torn, lost, orphans], "; ")
    }

    pub(super) fn ja(&self) -> String {
        let waiting = format!("メッセージ {} 件、受信者 {} 件", grouped(self.messages), grouped(self.recipients));
        let damaged = format!("破損した記録 {} 件を隔離 (送信しません)", grouped(self.damaged));
        let torn = format!("書き込み途中の {} オクテットを切り捨て", grouped(self.torn_bytes));
        let twice = format!("受信者 {} 件は二重に届く可能性があります", grouped(self.possibly_twice));
        let lost = format!(
            "queue.db が失った {} 回分の書き込みを、残っているジャーナルから読み直しました",
            grouped(self.lost_batches)
        );
        let orphans = format!("未完了の大きな本文 {} 件を片付けました", grouped(self.orphans));
        self.join([waiting, twice, damaged, torn, lost, orphans], "、")
    }

    fn join(&self, parts: [String; 6], between: &str) -> String {
        let counts =
            [self.messages, self.possibly_twice, self.damaged, self.torn_bytes, self.lost_batches, self.orphans];
        let said = parts.into_iter().zip(counts).filter(|(_, count)| *count > 0).map(|(part, _)| part);
        said.collect::<Vec<_>>().join(between)
    }

    /// Nothing was found: there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == RecoveryPhrase::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_even_when_no_mail_is_left() {
        let found = RecoveryPhrase { damaged: 1, ..RecoveryPhrase::default() };
        assert!(!found.is_empty());
        assert_eq!(found.en(), "1 damaged record set aside, never sent");
        assert_eq!(found.ja(), "破損した記録 1 件を隔離 (送信しません)");
    }

    #[test]
    fn a_start_that_still_reads_says_how_far_it_has_come() {
        let phrase = ReadingPhrase { read: 312_000, of: 1_000_000 };
        assert_eq!(phrase.en(), "the queue is being read: 312,000 of 1,000,000 messages so far");
        assert_eq!(phrase.ja(), "キューを読み込み中: メッセージ 1,000,000 件中 312,000 件");
        assert_eq!(ReadingPhrase { read: 0, of: 0 }.en(), "the queue is being read");
    }

    #[test]
    fn what_is_zero_is_left_out_and_one_is_singular() {
        let found = RecoveryPhrase { messages: 1, recipients: 1_204, possibly_twice: 1, ..RecoveryPhrase::default() };
        assert_eq!(found.en(), "1,204 recipients of 1 message; 1 recipient may get it twice");
        assert_eq!(found.ja(), "メッセージ 1 件、受信者 1,204 件、受信者 1 件は二重に届く可能性があります");
    }
}
