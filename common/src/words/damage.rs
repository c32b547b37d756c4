//! What is said of damaged records, in both languages.

use super::grouped;
use crate::wire::{DamageKind, DamagedRecord};

impl DamagedRecord {
    fn stays(&self) -> bool {
        !self.set_aside && self.why != DamageKind::Missing
    }

    pub(super) fn en(&self) -> String {
        let why = match self.why {
            DamageKind::Checksum => "its checksum is wrong",
            DamageKind::Torn => "a write that was under way when the power went",
            DamageKind::Malformed => "its content makes no sense",
            DamageKind::Header => "the header of the whole file cannot be read",
            DamageKind::Missing => "it is not there; put it back from a copy before the next start",
            DamageKind::Other => "a reason of a newer server",
        };
        let mid = self.mid.map(|mid| format!(", message {mid}")).unwrap_or_default();
        let found = self.found_at.map(|at| format!(", found {}", at.status_line())).unwrap_or_default();
        let left = if self.stays() { "; it could not be copied and is kept in place" } else { "" };
        let place = if self.offset > 0 { format!(" at {}", self.offset) } else { String::new() };
        let (file, octets) = (&self.file, grouped(self.octets));
        format!("{file}{place}, {octets} octets{mid}{found}: {why}{left}")
    }

    pub(super) fn ja(&self) -> String {
        let why = match self.why {
            DamageKind::Checksum => "チェックサムが一致しません",
            DamageKind::Torn => "電源断の時点で書き込み途中でした",
            DamageKind::Malformed => "内容を解釈できません",
            DamageKind::Header => "ファイル全体のヘッダーを読めません",
            DamageKind::Missing => "ファイルがありません。次の起動までに控えから戻してください",
            DamageKind::Other => "新しいサーバーの理由です",
        };
        let mid = self.mid.map(|mid| format!("、メッセージ {mid}")).unwrap_or_default();
        let found = self.found_at.map(|at| format!("、検出 {}", at.status_line())).unwrap_or_default();
        let left = if self.stays() { "。コピーできないため元の場所に残しています" } else { "" };
        let place = if self.offset > 0 { format!(" の {}", self.offset) } else { String::new() };
        let (file, octets) = (&self.file, grouped(self.octets));
        format!("{file}{place}、{octets} オクテット{mid}{found}：{why}{left}")
    }
}

#[cfg(test)]
mod tests {
    use crate::vocab::MessageId;
    use crate::wire::{DamageKind, DamagedRecord};
    use crate::words::Language;

    #[test]
    fn every_language_says_where_it_lies_and_whose_it_is() {
        let record = DamagedRecord {
            file: "00000003.jnl".into(),
            offset: 8_192,
            octets: 4_711,
            found_at: None,
            mid: Some(MessageId(77)),
            why: DamageKind::Checksum,
            set_aside: false,
        };
        for language in Language::ALL {
            let said = language.say_damage(&record);
            assert!(["00000003.jnl", "8192", "4,711", "77"].iter().all(|part| said.contains(part)), "{said}");
            let gone = DamagedRecord { why: DamageKind::Missing, offset: 0, ..record.clone() };
            let missing = language.say_damage(&gone);
            assert!(missing != said && !missing.contains(" 0"), "{missing}");
            let tail = said.rsplit(['.', '。', ';']).next().unwrap();
            assert!(!missing.ends_with(tail), "what is not there is not kept in place: {missing}");
        }
    }
}
