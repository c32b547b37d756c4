//! What every verdict means and what to do about it, in Japanese.
//!
//! Promises: one arm per code; polite and terse; the advice says who has to act. Never: remote text.
//! Its twin is `verdict_en`.

use crate::vocab::VerdictCode as Code;

/// What it means, in one sentence.
pub(super) fn sentence(code: Code) -> &'static str {
    match code {
        Code::Ok => "配信できます。",
        Code::OkPartial => "一部のメールサーバーに問題がありますが、配信はできます。",
        Code::SmtpGreylist => {
            "先方のグレイリストにより、初回の配信が意図的に延期されています。後の試行で受け付けられます。"
        }
        Code::Held => "管理者またはルールによって保留されています。",
        Code::Suspended => "配信は管理者によって一時停止されています。",
        Code::DnsNxdomain => "ドメインが存在しません。",
        Code::DnsNullMx => "このドメインはメールを受信しないことを宣言しています。",
        Code::SmtpMailboxFull => "受信者のメールボックスに空きがありません。",
        Code::SmtpUnknownUser => "宛先にそのメールボックスは存在しません。",
        Code::DnsServfail => "先方のネームサーバーに障害があり、配信先を調べられません。",
        Code::DnsMxUnusable => "先方のMXレコードに、配信できるアドレスがありません。",
        Code::TcpRefused => {
            "先方のメールサーバーが接続を拒否しています。サーバーが停止しているか、ファイアウォールが拒否しています。"
        }
        Code::SmtpBanner4xx => "先方は応答しますが、現在メールを受け付けていません。",
        Code::SmtpGreetDelay => "接続はできますが、先方の220応答が時間内に届きません。",
        Code::SmtpRate => "先方から送信量を減らすよう求められています。",
        Code::SmtpDropped => "通信の途中で先方が接続を切断しました。",
        Code::SmtpProtocol => "接続先がSMTPで応答していません。",
        Code::SmtpDeferred => "先方が配信を延期しました。理由は先方の応答をご覧ください。",
        Code::SmtpRejected => "先方が受け取りを拒否しました。理由は先方の応答をご覧ください。",
        Code::TlsNoneRequired => "ポリシーで暗号化が必須ですが、先方が対応していません。",
        Code::TlsHandshake => "暗号化通信を開始できませんでした。",
        Code::TlsCertExpired => "先方の証明書の有効期限が切れています。",
        Code::TlsCertName => "先方の証明書は別の名前に対して発行されています。",
        Code::TlsCertChain => "先方の証明書を発行した認証局を信頼できません。",
        Code::PolicyMtaSts => "先方のメールサーバーが、先方自身のMTA-STSポリシーを満たしていません。",
        Code::PolicyDane => "先方の証明書が、DNSで公開されている情報（DANE）と一致しません。",
        Code::TcpTimeout => "先方のメールサーバーが接続に応答しません。",
        Code::DnsOurs => "こちらのネームサーバーが応答しません。",
        Code::TcpTimeoutAll => "どの宛先も応答しません。こちら側で送信ポート25が遮断されている可能性があります。",
        Code::TcpNoRoute => "こちらのネットワークに、このアドレスへの経路がありません。",
        Code::SmtpBanner5xx => "接続直後に先方から拒否されています。",
        Code::SmtpContent => "メールの内容または差出人を理由に、先方が受け取りを拒否しました。",
        Code::SmtpAuth => "次の配信先が、こちらのユーザー名またはパスワードを拒否しました。",
        Code::SmtpUnsupported => "メールのサイズや文字などに先方が対応していません。",
        Code::LimitOurs => "こちらで設定した上限により待機しています。",
        Code::GuardTarget => "接続が禁止されているアドレスです。",
        Code::GuardDisk => "こちらのディスクの空きが不足しています。",
        Code::GuardBrake => "通常より多くのメールが一度に返送されるところでした。確認のため停止しています。",
        Code::RouteLoop => "配信経路がこのサーバー自身に戻っています。",
        Code::Other => "サーバーから、ここではまだ扱えない状態が報告されました。",
    }
}

/// What to do about it, and who has to.
///
/// Long: one `match` over the whole catalogue, so that a code without its words does not compile.
pub(super) fn advice(code: Code) -> &'static str {
    match code {
        Code::Ok => "対応は不要です。",
        Code::OkPartial => {
            "こちらの対応は不要です。正常なサーバーに配信されます。ほかのサーバーについては先方の管理者にお知らせください。"
        }
        Code::SmtpGreylist => {
            "対応は不要です。自動的に再試行され、通常は30分以内に受け付けられます。早く再試行しても効果はありません。"
        }
        Code::Held => "配信してよい場合は、保留を解除してください。",
        Code::Suspended => "停止の理由がなくなったら、配信を再開してください。",
        Code::DnsNxdomain => "宛先の綴りを送信者に確認してください。存在しないドメイン宛てのメールは返送されます。",
        Code::DnsNullMx => "このドメインはメールを受信しないことを送信者にお知らせください。メールは返送されます。",
        Code::SmtpMailboxFull => "受信者が空きを作る必要があります。期限まで自動的に再試行されます。",
        Code::SmtpUnknownUser => "宛先アドレスを送信者に確認してください。メールは返送されます。",
        Code::DnsServfail => {
            "先方のDNS管理者の対応が必要です。メールは保管され、自動的に再試行されます。復旧はdigで確認できます。"
        }
        Code::DnsMxUnusable => "先方でMXレコードを修正する必要があります。メールは保管され、自動的に再試行されます。",
        Code::TcpRefused => {
            "先方の対応が必要です。メールは保管され、自動的に再試行されます。接続テストで220応答が返ったら再試行してください。"
        }
        Code::SmtpBanner4xx => {
            "対応は不要です。自動的に再試行されます。何時間も続く場合は、先方の管理者に問い合わせてください。"
        }
        Code::SmtpGreetDelay => {
            "先方のサーバーが混雑しているか、応答を意図的に遅らせています。自動的に再試行されます。"
        }
        Code::SmtpRate => {
            "送信量は自動的に減らしています。再試行すると悪化します。このままお待ちいただくか、このホストの上限を下げてください。"
        }
        Code::SmtpDropped => {
            "自動的に再試行されます。続く場合は、直近の失敗の通信記録を確認し、先方の管理者に問い合わせてください。"
        }
        Code::SmtpProtocol => {
            "アドレスとポートがメールサーバーのものか確認してください。正しい場合は、先方の対応が必要です。"
        }
        Code::SmtpDeferred => "先方の応答を確認してください。自動的に再試行されます。",
        Code::SmtpRejected => "先方の応答を確認し、送信者にお知らせください。メールは返送されます。",
        Code::TlsNoneRequired => {
            "先方でSTARTTLSを有効にする必要があります。暗号化しない送信は禁止されているため、メールは保管されます。"
        }
        Code::TlsHandshake => {
            "双方のTLSバージョンを確認してください。多くの場合、先方が古いことが原因です。自動的に再試行されます。"
        }
        Code::TlsCertExpired => "先方で証明書を更新する必要があります。メールは保管され、自動的に再試行されます。",
        Code::TlsCertName => {
            "先方で、MXレコードの名前に対する証明書を設定する必要があります。メールは保管され、自動的に再試行されます。"
        }
        Code::TlsCertChain => {
            "先方で中間証明書を含めて設定する必要があります。自社の認証局の場合は、そのルート証明書をtls.ca_fileに指定してください。"
        }
        Code::PolicyMtaSts => {
            "先方でポリシーとサーバーの設定を一致させる必要があります。ポリシーにより送信が禁止されているため、メールは保管されます。"
        }
        Code::PolicyDane => {
            "先方で、使用中の証明書に合うTLSAレコードを公開する必要があります。それまでメールは保管されます。"
        }
        Code::TcpTimeout => {
            "先方が停止しているか、途中のファイアウォールで遮断されています。ここからと、別の場所からの接続を確認してください。"
        }
        Code::DnsOurs => {
            "このサーバーが使うネームサーバー（dns.servers）を確認してください。その間、メールが返送されることはありません。"
        }
        Code::TcpTimeoutAll => {
            "こちらのファイアウォールと、回線事業者によるポート25の制限を確認してください。中継サーバーを使う方法もあります。"
        }
        Code::TcpNoRoute => "このサーバーのネットワーク（インターフェース、アドレス、既定の経路）を確認してください。",
        Code::SmtpBanner5xx => {
            "こちらのIPアドレスが拒否されています。逆引きとブロックリストを確認し、先方の管理者に問い合わせてください。"
        }
        Code::SmtpContent => {
            "先方の応答を確認してください。差出人ドメインのSPF、DKIM、DMARCとブロックリストも確認してください。"
        }
        Code::SmtpAuth => "設定ファイルでこの経路のログイン情報を修正し、再読み込みしてください。",
        Code::SmtpUnsupported => {
            "送信者にお知らせください。この宛先には、より小さいか単純なメールにする必要があります。"
        }
        Code::LimitOurs => "空きができると自動的に配信されます。遅すぎる場合は、このホストの上限を上げてください。",
        Code::GuardTarget => {
            "意図した宛先であれば、delivery.allow_targetsで許可してください。そうでなければ、先方のDNSの修正が必要です。"
        }
        Code::GuardDisk => {
            "データフォルダーのディスクに空きを作ってください。空きができると、メールの受け付けは自動的に再開します。"
        }
        Code::GuardBrake => "先方の応答を確認し、メールを配信に戻すか、返送してください。",
        Code::RouteLoop => "このサーバーを指しているMXレコードまたは経路の設定を修正してください。",
        Code::Other => "サーバーのログを確認するか、このプログラムをサーバーと同じバージョンに更新してください。",
    }
}

/// A few words, for a table's cell.
pub(super) fn brief(code: Code) -> &'static str {
    match code {
        Code::Ok => "正常",
        Code::OkPartial => "一部のサーバーに問題",
        Code::SmtpGreylist => "グレイリスト",
        Code::Held => "保留",
        Code::Suspended => "一時停止",
        Code::DnsNxdomain => "存在しないドメイン",
        Code::DnsNullMx => "メール受信なし",
        Code::SmtpMailboxFull => "メールボックス満杯",
        Code::SmtpUnknownUser => "メールボックスなし",
        Code::DnsServfail => "先方のDNS障害",
        Code::DnsMxUnusable => "有効なMXなし",
        Code::TcpRefused => "接続拒否",
        Code::SmtpBanner4xx => "一時的に受付停止",
        Code::SmtpGreetDelay => "220応答なし",
        Code::SmtpRate => "送信量の抑制要求",
        Code::SmtpDropped => "途中で切断",
        Code::SmtpProtocol => "SMTP以外の応答",
        Code::SmtpDeferred => "延期",
        Code::SmtpRejected => "受信拒否",
        Code::TlsNoneRequired => "TLS未対応",
        Code::TlsHandshake => "TLS失敗",
        Code::TlsCertExpired => "証明書の期限切れ",
        Code::TlsCertName => "証明書の名前不一致",
        Code::TlsCertChain => "信頼できない証明書",
        Code::PolicyMtaSts => "MTA-STS不適合",
        Code::PolicyDane => "DANE不適合",
        Code::TcpTimeout => "応答なし",
        Code::DnsOurs => "こちらのDNS障害",
        Code::TcpTimeoutAll => "ポート25の遮断（こちら側）",
        Code::TcpNoRoute => "経路なし",
        Code::SmtpBanner5xx => "接続直後に拒否",
        Code::SmtpContent => "内容または差出人の拒否",
        Code::SmtpAuth => "ログイン拒否",
        Code::SmtpUnsupported => "先方が未対応",
        Code::LimitOurs => "こちらの上限",
        Code::GuardTarget => "禁止アドレス",
        Code::GuardDisk => "こちらのディスク不足",
        Code::GuardBrake => "大量返送の抑止",
        Code::RouteLoop => "経路のループ",
        Code::Other => "未知の状態",
    }
}
