//! Sentences about settings, in Japanese.

use crate::words::SettingPhrase;

pub(super) fn say(phrase: &SettingPhrase<'_>) -> String {
    use SettingPhrase::*;
    match phrase {
        Unreadable(why) => format!("設定を読み込めません: {why}"),
        FileTooLarge(most) => format!("ファイルが {most} オクテットを超えています。設定ファイルではないようです"),
        NotUtf8 => "この行は UTF-8 ではありません".into(),
        Syntax(why) => format!("TOML として読めません: {why}"),
        UnknownKey { .. } => unknown_key(phrase),
        WrongType { key, found, example } => {
            format!("{key} に {found} は指定できません。{example} のように書いてください")
        }
        BadValue { key, value, example } => format!("{key}: {value:?} は正しくありません。例: {example}"),
        BadBecause { key, value, why } => format!("{key}: {value:?} は使えません: {why}"),
        NotOneOf { key, value, allowed } => {
            format!("{key}: {value:?} は使えません。{allowed} のいずれかにしてください")
        }
        OutOfRange { key, value, least, most } => format!("{key}: {value} は {least} から {most} の範囲にありません"),
        ListLength { key, found, least, most } => {
            format!("{key} は {found} 件あります。{least} 件以上 {most} 件以下にしてください")
        }
        Missing { key, example } => format!("{key} がありません。例: {example}"),
        Twice { key, value } => format!("{key}: {value:?} が重複しています。一方を削除してください"),
        HostBits { key, value, network } => format!(
            "{key}: {value:?} はプレフィックスより後ろのビットが立っています。{network:?} か、アドレスだけを書いてください"
        ),
        HostnameIsAddress(value) => {
            format!("{value:?} は名前ではなく IP アドレスです。\"mail.example.net\" のような名前を書いてください")
        }
        DiscardBesideOthers(key) => format!("{key}: \"discard\" は単独で書きます。他の宛先を削除してください"),
        FirstAboveMost { first, most } => format!("{first} が {most} より長くなっています。短くしてください"),
        AliasLoop(alias) => {
            format!("エイリアス {alias:?} が自分自身に戻ります。外部のアドレスで終わるようにしてください")
        }
        AliasNowhere { alias, target } => {
            format!("エイリアス {alias:?} の先 {target:?} はエイリアスではありません。外部のアドレスを書いてください")
        }
        ConsoleOpen(address) => format!(
            "console.listen: auth = \"none\" では {address} に届く誰もがメールを操作できます。\
             127.0.0.1 か ::1 で待ち受けてください"
        ),
        ConsoleInClear(address) => format!(
            "console.listen: {address} ではパスワードが暗号化されずにネットワークを流れます。\
             [console] に tls_cert と tls_key を設定するか、127.0.0.1 か ::1 で待ち受けてTLS対応のプロキシを前に置いてください"
        ),
        SameListener(address) => {
            format!("console.listen: {address} は smtp.listen と同じです。別のポートにしてください")
        }
        SocketPathTooLong { path, most } => {
            format!("data_dir: 制御ソケット {path} が {most} オクテットを超えます。短いパスにしてください")
        }
        Certificate(phrase) => phrase.ja(),
        NoRoots(_) | RootsTooLarge { .. } => roots(phrase),
        NotBuilt(key) => format!("{key} は受け付けますが、まだ効果はありません"),
        PostmasterNowhere(hostname) => format!(
            "postmaster@{hostname} 宛のメールは拒否されます。\
             [local] に aliases = {{ postmaster = \"you@example.com\" }} を追加してください"
        ),
        HostnameGuessed(hostname) => format!("hostname が未設定です。このマシンの名前は {hostname} です"),
        HostnameBare(hostname) => format!(
            "hostname {hostname} にドメインがありません。この名乗りを拒否する受信側が多いため、\
             アドレスに対応する名前を hostname に設定してください"
        ),
        OpenRelay(network) => format!("smtp.relay_from に {network} があります。誰でもこのサーバーから送信できます"),
        NobodyRelays => "smtp.relay_from が空です。他のドメインへは誰も送信できません".into(),
    }
}

fn roots(phrase: &SettingPhrase<'_>) -> String {
    match phrase {
        SettingPhrase::NoRoots(file) => format!(
            "tls.ca_file: {file} に証明書がありません。-----BEGIN CERTIFICATE----- で始まるファイルを指定してください"
        ),
        SettingPhrase::RootsTooLarge { file, most } => {
            format!(
                "tls.ca_file: {file} が {most} オクテットを超えています。ルート証明書だけのファイルを指定してください"
            )
        }
        _ => String::new(),
    }
}

fn unknown_key(phrase: &SettingPhrase<'_>) -> String {
    let SettingPhrase::UnknownKey { key, section, nearest, elsewhere, known } = phrase else { return String::new() };
    let place = if section.is_empty() { "テーブルの外".into() } else { format!("[{section}]") };
    let hint = match (nearest, elsewhere.as_deref()) {
        (Some(nearest), None) => format!("{nearest:?} ではありませんか"),
        (Some(nearest), Some("")) => format!("最初のテーブルより前に書く {nearest:?} ではありませんか"),
        (Some(nearest), Some(elsewhere)) => format!("[{elsewhere}] の {nearest:?} ではありませんか"),
        (None, _) if known.is_empty() => "使えるキーはまだありません".into(),
        (None, _) => format!("使えるキー: {known}"),
    };
    format!("{place}に不明なキー {key:?} があります。{hint}")
}
