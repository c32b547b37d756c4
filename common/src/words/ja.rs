//! The catalogue in Japanese: what carries numbers, names or times.
//!
//! Promises: one arm per phrase; the fixed terms of the product (配信ステータス, 宛先ドメイン, …) stand here once.
//! Fixed texts stand in `label_ja`, verdicts in `verdict_ja`, the head's sentence in `headline_ja`. Its twin is `en`.

use crate::vocab::{Badge, NotSent, Owner, WaitCause};
use crate::words::phrase::{Column, ListFooter, Phrase, Protection, RetryReceipt};
use crate::words::{
    Language, ReadingPhrase, alert_ja, duration, grouped, headline_ja, label_ja, verdict_ja, waiting_ja,
};

/// The phrase in Japanese.
pub(super) fn say(phrase: &Phrase<'_>) -> String {
    match phrase {
        Phrase::Badge(badge) => self::badge(*badge).into(),
        Phrase::BadgeMeaning(badge) => badge_meaning(*badge).into(),
        Phrase::Owner(owner) => self::owner(*owner).into(),
        Phrase::Cause(cause) => self::cause(*cause).into(),
        Phrase::Waiting(waiting) => waiting_ja::say(waiting),
        Phrase::Alert(alert) => alert_ja::sentence(alert),
        Phrase::AlertAdvice(alert) => alert_ja::advice(alert).into(),
        Phrase::Brief(code) => verdict_ja::brief(*code).into(),
        Phrase::Protection(how) => protection(how),
        Phrase::NotSent(why) => not_sent(*why).into(),
        Phrase::DeliveryStatus => "配信ステータス".into(),
        Phrase::Column(column) => self::column(*column).into(),
        Phrase::Label(label) => label_ja::label(*label).into(),
        Phrase::Note(note) => label_ja::note(*note).into(),
        Phrase::ShortSpan(span) => duration::short(Language::Ja, *span),
        Phrase::LongSpan(span) => duration::long(Language::Ja, *span),
        Phrase::Recipients(count) => format!("受信者{}件", grouped(*count)),
        Phrase::Hosts(count) => format!("{}ホスト", grouped(*count)),
        Phrase::Addresses(count) => format!("{}アドレス", grouped(*count)),
        Phrase::Headline(headline) => headline_ja::say(headline),
        Phrase::TabTitle { down: 0 } => "ホスト · nexthop".into(),
        Phrase::TabTitle { down } => format!("▼{} ホスト · nexthop", grouped(*down)),
        Phrase::ListFooter(footer) => list_footer(footer),
        Phrase::ListCut { shown } => {
            format!("先頭の{}件を表示しています。絞り込みで対象を減らしてください。", grouped(*shown))
        }
        Phrase::UnreadableRows(count) => format!("読み取れない行を{}件省略しました。", grouped(*count)),
        Phrase::HostsChosen(count) => format!("{}ホストを選択中", grouped(*count)),
        Phrase::NoHostMatches(filter) => format!("{filter} に一致するホストはありません。"),
        Phrase::ReconnectingIn { seconds } => format!("再接続しています… 次の試行まで{seconds}秒"),
        Phrase::LastUpdate(span) => format!("最終更新：{}前", duration::short(Language::Ja, *span)),
        Phrase::ConnectionLost { as_of } => {
            format!("サーバーとの接続が切れました。表示は{as_of}時点の内容です。")
        }
        Phrase::HostTurned { host, badge } => format!("{host}の状態が「{}」に変わりました。", self::badge(*badge)),
        Phrase::DamagedRecords(count) => {
            format!(
                "破損した記録が{}件あり、送信せずに隔離しています。「nexthop status」で確認できます。",
                grouped(*count)
            )
        }
        Phrase::StillReading { read, of } => ReadingPhrase { read: *read, of: *of }.ja(),
        Phrase::RetryPlan { recipients, hosts } => format!(
            "{}ホスト宛ての受信者{}件を今すぐ配信の対象にし、接続が空き次第、再試行します。",
            grouped(*hosts),
            grouped(*recipients)
        ),
        Phrase::RetryProgress(of) => {
            let [delivered, deferred, failed, undone, waiting] =
                [of.delivered, of.deferred, of.failed, of.undone, of.waiting].map(grouped);
            let undone = if of.undone > 0 { format!("・取り消し {undone}") } else { String::new() };
            format!("配信済み {delivered}・延期 {deferred}・失敗 {failed}・未試行 {waiting}{undone}")
        }
        Phrase::RetryReceipt(receipt) => retry_receipt(receipt),
        Phrase::RetryRefused(why) => format!("再試行は行われませんでした。{why}"),
    }
}

fn not_sent(why: NotSent) -> &'static str {
    match why {
        NotSent::LineEnds => "送信していません: 改行を含まない1行ずつ入力してください。",
        NotSent::TooLong => "送信していません: 行が2,048オクテットを超えています。",
        NotSent::BeginsMessage => "送信していません: DATAとBDATはメッセージの送信を始めるため、ここでは使えません。",
        NotSent::TooManyWaiting => "送信していません: 送信待ちの行が多すぎます。",
        NotSent::Watching => "送信していません。このセッションは閲覧のみです。入力しているのは別の人です。",
        NotSent::Other => "送信していません。",
    }
}

fn protection(how: &Protection<'_>) -> String {
    match *how {
        Protection::Verified { version } => format!("{version}、証明書は検証済み"),
        Protection::NotVerified { version, because } => {
            format!("{version}、証明書は未検証: {}", verdict_ja::brief(because))
        }
        Protection::ClearByRule => "平文 (ルールの指定)".into(),
        Protection::ClearNotOffered => "平文: 先方がTLSに未対応".into(),
        Protection::ClearBroken => "平文: 先方とのTLSハンドシェイクに失敗".into(),
    }
}

fn badge(badge: Badge) -> &'static str {
    match badge {
        Badge::Held => "保留中",
        Badge::Down => "停止",
        Badge::Limited => "制限中",
        Badge::Up => "稼働中",
        Badge::Unknown => "不明",
    }
}

fn badge_meaning(badge: Badge) -> &'static str {
    match badge {
        Badge::Held => "保留中：管理者またはルールにより配信が一時停止されています。",
        Badge::Down => "停止：直近の試行で到達できませんでした。",
        Badge::Limited => "制限中：到達できますが、先方が配信を延期しているか、上限に達しています。",
        Badge::Up => "稼働中：直近の試行で到達しました。",
        Badge::Unknown => "不明：最近の試行がありません。",
    }
}

fn owner(owner: Owner) -> &'static str {
    match owner {
        Owner::None => "対応不要",
        Owner::Ours => "こちら側",
        Owner::Network => "途中のネットワーク",
        Owner::Theirs => "先方",
        Owner::Recipient => "宛先アドレス",
        Owner::Other => "不明",
    }
}

pub(super) fn cause(cause: WaitCause) -> &'static str {
    match cause {
        WaitCause::Sending => "配信しています",
        WaitCause::Held => "保留中",
        WaitCause::Suspended => "配信の一時停止中",
        WaitCause::Guard => "こちらの保護機能により停止中",
        WaitCause::Routing => "配信先を調べています",
        WaitCause::Dns => "DNSの一時的な失敗",
        WaitCause::TlsPolicy => "ポリシーが求めるTLSを待機中",
        WaitCause::HostDown => "ホストの復旧待ち",
        WaitCause::Retry => "次回の再試行待ち",
        WaitCause::Backoff => "先方の要求により減速中",
        WaitCause::Rate => "送信レートの上限",
        WaitCause::Slot => "接続の空き待ち",
    }
}

fn column(column: Column) -> &'static str {
    match column {
        Column::DestinationDomain => "宛先ドメイン",
        Column::LatestHostStatus => "最新のホストステータス",
        Column::Why => "理由",
        Column::ActiveRecipients => "アクティブな受信者",
        Column::NextRetry => "次回再試行",
        Column::ConnectionsOut => "送信接続",
        Column::DeliveredRecipients => "配信済み受信者",
        Column::SoftBounced => "ソフトバウンス",
        Column::HardBounced => "ハードバウンス",
        Column::Oldest => "最古",
        Column::Trend => "直近1時間",
    }
}

fn list_footer(footer: &ListFooter) -> String {
    let mut text = if footer.matching == footer.total {
        format!("{}ホスト", grouped(footer.total))
    } else {
        format!("{}ホスト中{}件", grouped(footer.total), grouped(footer.matching))
    };
    text.push_str(&format!(" · 待機中の受信者{}件 · {}順", grouped(footer.waiting), column(footer.sort)));
    text
}

fn retry_receipt(receipt: &RetryReceipt) -> String {
    let (hosts, matched, done) = (grouped(receipt.hosts), grouped(receipt.matched), grouped(receipt.done));
    if receipt.matched == 0 {
        "待機中のメールがないため、再試行するものはありませんでした。".into()
    } else if receipt.running {
        format!("再試行を開始しました。{hosts}ホスト宛ての受信者{matched}件を順に配信の対象にします。")
    } else if receipt.failed > 0 {
        let failed = grouped(receipt.failed);
        format!(
            "{hosts}ホスト宛ての受信者{matched}件のうち{done}件を配信の対象にしました。{failed}件は変更できませんでした。"
        )
    } else if receipt.done < receipt.matched {
        format!("{hosts}ホスト宛ての受信者{matched}件のうち{done}件を配信の対象にしました。残りは変更していません。")
    } else {
        format!("待機中のすべてを今すぐ配信の対象にしました（{hosts}ホスト、受信者{matched}件）。")
    }
}
