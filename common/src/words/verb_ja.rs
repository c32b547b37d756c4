//! What the verbs say, in Japanese.

use crate::words::{VerbPhrase, ja};

pub(super) fn say(phrase: &VerbPhrase<'_>) -> String {
    use VerbPhrase::*;
    match *phrase {
        NoServer { place, why } => format!(
            "{place} にサーバーがありません: {why}。`nexthop serve --config FILE` で起動するか、\
             --server URL または --config FILE で場所を指定してください"
        ),
        SocketDenied { place } => format!("{place} を開く権限がありません。サーバーのユーザーで実行してください"),
        TooSlow { place, seconds } => format!("{place} が {seconds} 秒以内に応答しません。後でやり直してください"),
        NotOurs { place, why } => format!("{place} で応答しているのは Nexthop サーバーではありません: {why}"),
        AnswerTooLarge { most } => format!("応答が {most} オクテットを超えています。範囲を狭めてください"),
        RefusedSilently { status } => format!("サーバーが理由を示さず拒否しました (HTTP ステータス {status})"),
        Broken { place, why } => format!("{place} との接続が切れました: {why}。やり直してください"),
        BadUrl { url } => format!(
            "{url:?} はサーバーのアドレスではありません。http://HOST:PORT か https://HOST:PORT と書いてください"
        ),
        BadToken { place, why } => format!("{place} のトークンを読み込めません: {why}"),
        TokenMalformed => "トークンは 4096 文字以内の ASCII 文字 1 行です".into(),
        TokenInClear { host } => {
            format!("注意: トークンは暗号化されずに {host} へ送られます。トンネルを使ってください")
        }
        BadArgument { value, why } => format!("{value:?} は使えません: {why}"),
        NoHosts => "ホストはありません。待機中のものはなく、この数時間にもありませんでした。".into(),
        DueNow { recipients, messages, hosts } => {
            format!("{}の配信を今すぐ開始します。", count(recipients, messages, hosts))
        }
        WouldBeDue { recipients, messages, hosts } => {
            format!("試行: {}が対象です。何も変更していません。", count(recipients, messages, hosts))
        }
        NothingToSchedule => "再試行待ちの受信者はありません。".into(),
        NotScheduled { recipients } => format!("{recipients} 件は対象にできませんでした。"),
        Receipt { id } => format!("受付番号: {id}"),
        Obstacles => "次の理由により待機が続きます:".into(),
        Note => "注意:".into(),
        Among => "対象のホスト (一部):".into(),
        ActionFailed => "サーバーは実行できませんでした".into(),
        DigNoAnswer => "応答したネームサーバーはありません".into(),
        DigNoName => "名前を指定してください: nexthop dig [@SERVER] [TYPE] NAME または nexthop dig -x ADDRESS".into(),
        DigUnknownFlag { flag } => format!("{flag} は使えません。使えるのは +tcp と +dnssec です"),
        DigTwoNames { second } => format!("名前は 1 つだけです。{second:?} は 2 つ目です"),
        TelnetOver { why } => format!("セッションが終了しました: {why}"),
        TelnetDrained => "サーバーが停止します".into(),
        CheckGood { file } => format!("{file} に問題はありません。"),
        CheckDefaults => "設定ファイルはありません。既定値を使います。".into(),
        CheckBad { complaints } => format!("{complaints} 件の問題があります。何も起動していません。"),
        CheckIntake { listeners: "" } => "メールは受け付けません: smtp.listen が空です。".into(),
        CheckIntake { listeners } => format!("メールの受付: {listeners}"),
        CheckStartTls => "STARTTLS を提供します。証明書と鍵は対になっています。".into(),
        CheckConsole { url } => format!("コンソール: {url}"),
        CheckDataReady { path } => format!("データの保存先: {path}"),
        CheckDataNew { path } => format!("データの保存先: {path} (新しく作成します)"),
        CheckDataBad { path, why } => format!("data_dir {path} に書き込めません: {why}"),
        CheckNameServers { servers: "" } => "ネームサーバー: システムの設定".into(),
        CheckNameServers { servers } => format!("ネームサーバー: {servers}"),
        CheckByMx { port } => format!("経路のない宛先は、ドメインのメールサーバーのポート {port} へ配信します。"),
        CheckRoute { pattern, to } => format!("{pattern} 宛の配信先: {to}"),
        CheckBusy { address, why } => format!("{address} は現在開けません: {why}"),
        NothingMatches => "条件に合う受信者はキューにありません。".into(),
        NotAllShown { shown, total } => format!(
            "{total}通のうち{shown}通を表示しました。フィルターを絞り込むか、--limit（最大500）を増やしてください。"
        ),
        CheckNote { note } => format!("注意: {note}。"),
        WaitsUntil { sentence, at, left: Some(left) } => format!("{sentence}。{at} まで (あと {left})"),
        WaitsUntil { sentence, at, left: None } => format!("{sentence}。{at} まで (期限到来)"),
        Causes(causes) => causes.iter().map(|cause| ja::cause(*cause)).collect::<Vec<_>>().join("、"),
        NotRecorded => "記録なし (サーバーの起動前、またはマシンのスリープ中)".into(),
        Age => "キューでの経過時間".into(),
    }
}

fn count(recipients: u64, messages: Option<u64>, hosts: u64) -> String {
    match messages {
        Some(messages) => format!("{hosts} ホスト、{messages} 通、受信者 {recipients} 件"),
        None => format!("{hosts} ホスト、受信者 {recipients} 件"),
    }
}
