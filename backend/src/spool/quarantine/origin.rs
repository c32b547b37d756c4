//! Where a damaged piece lay, and the name of the file that keeps it.
//!
//! Promises: a name says all that is known of a piece, and reads back as the same.
//! Never: touches a file.

use common::vocab::{MessageId, Timestamp};
use common::wire::{DamageKind, DamagedRecord};

/// What stands in a name in the place of a journal file's number.
const ROW: &str = "row";
/// The same for the file of a large body.
const BLOB: &str = "blob";

/// Where a piece lay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In this journal file, at this offset; at 0 the whole file.
    Journal(u32, u32),
    /// In `queue.db`, as the row of this message and its body.
    Row(MessageId),
    /// In `blobs/`, as the file of this message.
    Blob(MessageId),
}

impl Origin {
    /// The file, below the spool's folder or that of the journal.
    pub fn file(self) -> String {
        match self {
            Origin::Journal(number, _) => format!("{number:08}.jnl"),
            Origin::Row(_) => "queue.db".to_owned(),
            Origin::Blob(mid) => format!("blobs/{mid}"),
        }
    }

    /// Where in that file; 0 for the whole file, or a row.
    pub fn offset(self) -> u64 {
        match self {
            Origin::Journal(_, offset) => offset.into(),
            Origin::Row(_) | Origin::Blob(_) => 0,
        }
    }

    /// `NUMBER-OFFSET-OCTETS-FOUND-WHY-MID.bin`, or `row` or `blob` in the place of the number: found in milliseconds,
    /// MID 0 where it is not known.
    pub fn name_of(self, record: &DamagedRecord) -> String {
        let (found, mid) = (record.found_at.map_or(0, |at| at.0), record.mid.map_or(0, |mid| mid.0));
        let place = match self {
            Origin::Journal(number, offset) => format!("{number:08}-{offset:010}"),
            Origin::Row(_) => format!("{ROW}-0"),
            Origin::Blob(_) => format!("{BLOB}-0"),
        };
        format!("{place}-{}-{found}-{}-{mid}.bin", record.octets, record.why.as_str())
    }
}

/// What a name says; `None` for a file that somebody else has put here.
pub fn parse(name: &str) -> Option<(Origin, DamagedRecord)> {
    let parts: Vec<&str> = name.strip_suffix(".bin")?.split('-').collect();
    let [place, offset, octets, found, why, mid] = parts[..] else { return None };
    let (found, mid): (u64, u64) = (found.parse().ok()?, mid.parse().ok()?);
    let mid = (mid > 0).then_some(MessageId(mid));
    let origin = match place {
        ROW => Origin::Row(mid?),
        BLOB => Origin::Blob(mid?),
        number => Origin::Journal(number.parse().ok()?, offset.parse().ok()?),
    };
    let record = DamagedRecord {
        file: origin.file(),
        offset: origin.offset(),
        octets: octets.parse().ok()?,
        found_at: (found > 0).then_some(Timestamp(found)),
        mid,
        why: DamageKind::named(why)?,
        set_aside: true,
    };
    Some((origin, record))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_as_what_it_was_made_of() {
        let (mid, found_at) = (Some(MessageId(7)), Some(Timestamp(1_795_000_000_000)));
        for origin in [Origin::Journal(3, 8_192), Origin::Row(MessageId(7)), Origin::Blob(MessageId(7))] {
            let (file, offset) = (origin.file(), origin.offset());
            let why = DamageKind::Checksum;
            let record = DamagedRecord { file, offset, octets: 9, found_at, mid, why, set_aside: true };
            assert_eq!(parse(&origin.name_of(&record)), Some((origin, record)));
        }
        for other in ["7", "7.record", "notes.bin", "row-0-9-5-checksum-0.bin", "x-0-9-5-checksum-7.bin"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
