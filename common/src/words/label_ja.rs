//! Labels and notes in Japanese. Its twin is `label_en`.

use crate::words::{Label, Note};

/// A few words on a control.
///
/// Long: one `match` over all labels, so that one without its words does not compile.
pub(super) fn label(label: Label) -> &'static str {
    match label {
        Label::Overview => "概要",
        Label::TilesName => "キューの数値",
        Label::TileWaiting => "待機中の受信者",
        Label::TileOldest => "最古のメッセージ",
        Label::TileDelivered => "直近1分の配信済み",
        Label::TileDeferred => "直近1分のソフトバウンス",
        Label::TileBounced => "直近1分のハードバウンス",
        Label::TileConnections => "送信接続",
        Label::NeedsAttention => "要対応",
        Label::OurSide => "自側の状態",
        Label::MailServers => "メールサーバー",
        Label::WhatTheySaid => "相手の最後の応答",
        Label::WaitingMessages => "待機中のメッセージ",
        Label::CountersAndGauges => "カウンターとゲージ",
        Label::NotTried => "未試行",
        Label::BackToHosts => "ホスト一覧へ戻る",
        Label::Hosts => "ホスト",
        Label::MainNavigation => "メイン",
        Label::SkipToContent => "本文へ移動",
        Label::LanguageSwitch => "言語",
        Label::ThemeSwitch => "テーマ",
        Label::ThemeLight => "ライト",
        Label::ThemeDark => "ダーク",
        Label::ThemeSystem => "システム",
        Label::ServerTime => "サーバー時刻",
        Label::Connecting => "接続中",
        Label::Live => "ライブ",
        Label::Stale => "更新なし",
        Label::Reconnecting => "再接続中",
        Label::Now => "今すぐ",
        Label::Reload => "再読み込み",
        Label::FilterHosts => "ホストの絞り込み",
        Label::FilterHint => "ドメインの一部、status:down、cause:host_down",
        Label::ClearFilter => "絞り込みを解除",
        Label::SelectHost => "選択",
        Label::ClearSelection => "選択を解除",
        Label::RetryChosen => "選択したホストを再試行…",
        Label::RetryMatching => "一致するホストを再試行…",
        Label::QuickFilters => "クイック絞り込み",
        Label::All => "すべて",
        Label::Waiting => "待機中",
        Label::TableOfHosts => "宛先ドメインと配信ステータス",
        Label::Polling => "ポーリング",
        Label::OrderChanged => "並び順が変わりました",
        Label::ApplyOrder => "反映",
        Label::DueNow => "今すぐ",
        Label::OnHold => "保留",
        Label::WhenSlotFrees => "空き次第",
        Label::NoAttemptYet => "未試行",
        Label::Copy => "コピー",
        Label::Copied => "コピーしました",
        Label::RetryAllDelivery => "すべての配信の再試行",
        Label::Retry => "再試行",
        Label::ModeCanary => "各ホストにまず1通。受け入れられたら残りも送信",
        Label::ModeAll => "上限の範囲で一度にすべて",
        Label::Reason => "理由",
        Label::Undo => "元に戻す",
        Label::Actions => "操作履歴",
        Label::Cancel => "キャンセル",
        Label::Dismiss => "閉じる",
        Label::Keys => "キー操作",
        Label::KeyFilter => "一覧を絞り込む",
        Label::KeyNextRow => "次の行へ",
        Label::KeySelect => "行を選択（Shiftでその行までまとめて選択）",
        Label::KeyPreviousRow => "前の行へ",
        Label::KeyHelp => "キー操作を表示",
        Label::KeyClose => "閉じる",
        Label::GoToHosts => "ホスト一覧へ",
        Label::NoSuchPage => "ページが見つかりません",
        Label::SignInTitle => "Nexthopにサインイン",
        Label::SignIn => "サインイン",
        Label::SignOut => "サインアウト",
        Label::UserName => "ユーザー名",
        Label::Password => "パスワード",
        Label::SetUpTitle => "コンソールの初期設定",
        Label::SetUp => "管理者を作成してサインイン",
        Label::SetUpToken => "ワンタイムトークン",
    }
}

/// A whole sentence.
pub(super) fn note(note: Note) -> &'static str {
    match note {
        Note::LabBanner => "これは試用環境です。メールも宛先も架空のもので、このマシンの外には送信されません。",
        Note::ConsoleUpdated => "コンソールが更新されました。",
        Note::PollingHint => {
            "ブラウザーとサーバーの間でWebSocketが遮断されています（多くの場合、Upgradeを中継しないプロキシが原因です）。復旧するまで5秒ごとに問い合わせます。"
        }
        Note::ConnectedAgain => "再接続しました。",
        Note::NotConnected => "サーバーに接続していないため、現在は実行できません。",
        Note::NothingNeedsAttention => "メールが待機している宛先に、停止・制限中・保留中のものはありません。",
        Note::NoRecordOfHost => "このドメイン宛てに待機しているメールはなく、直近 3 時間の配信もありません。",
        Note::ReceivingStopped => {
            "ディスクの空き不足または障害のため、新しいメールを受け付けていません。待機中のメールの配信は続いています。\
             データディレクトリの空きを増やすと、自動的に再開します。"
        }
        Note::Stopping => "処理中のものを終えて、サーバーを停止しています。",
        Note::NoMailWaiting => "待機中のメールはありません。",
        Note::AllMailHasLeft => "受け付けたメールはすべて処理済みです。",
        Note::NoMailHandedIn => "メールはまだ送信されていません。",
        Note::HandInByCommand => "SMTPで最初のメールを送信してください。例：",
        Note::LoadingHosts => "読み込んでいます…",
        Note::NoSuchPageHint => "アドレスに誤りがあるか、ページが移動しています。",
        Note::RetryQuestion => "配信を今すぐ再試行しますか？",
        Note::NoActions => "サーバーの起動後、操作は行われていません。",
        Note::RetryLimitsHold => "接続数と送信レートの上限はそのまま適用されます。保留中のメールは保留のままです。",
        Note::RetryNothingWaits => "待機中のメールがないため、再試行するものはありません。",
        Note::RetryAsked => "サーバーの応答を待っています…",
        Note::RetryUnanswered => {
            "サーバーが応答する前に接続が切れました。復旧後に要求を再送します。実行されるのは一度だけです。"
        }
        Note::SetUpLead => {
            "サインインできるユーザーがまだいません。サーバーのログに出力されたワンタイムトークン\
             （データディレクトリのsetup-tokenファイルにもあります）を入力し、最初の管理者のユーザー名とパスワードを決めてください。"
        }
        Note::SetUpAlready => "初期設定は完了しています。サインインするか、管理者にユーザーの作成を依頼してください。",
        Note::SetUpTokenWrong => {
            "トークンが最新の起動時のものと異なるか、発行から1時間を過ぎています。サーバーを再起動して新しいトークンを取得するか、\
             サーバー上で「nexthop user add NAME」を実行してください。"
        }
        Note::PasswordRule => "パスワードは12文字以上128文字以内です。",
        Note::NameRule => "ユーザー名は64文字以内で、使える文字はa～z、0～9、. _ - @です。",
        Note::SignInWrong => "ユーザー名またはパスワードが違います。",
        Note::SignInTooOften => {
            "失敗が続いたため、サインインを一時的に制限しています。15分待ってからやり直してください。"
        }
        Note::SignInFailed => "サーバーに拒否されました。理由はサーバーのログを確認してください。",
        Note::ServerUnreached => "サーバーが応答しません。もう一度お試しください。",
    }
}
