//! What `sendmail` says of its own, in both languages: programs and people read it in mails of cron and in logs.

use crate::words::Language;

/// A sentence of `sendmail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendmailPhrase<'a> {
    /// A flag that nobody knows.
    UnknownFlag(&'a str),
    /// A flag without its value.
    ValueMissing(&'a str),
    /// A flag with a value that it cannot have; what it can.
    BadValue {
        /// The flag.
        flag: &'a str,
        /// What may stand there.
        known: &'a str,
    },
    /// A mode of the old program that is no part of this one.
    NotHere(&'a str),
    /// An argument that is not UTF-8.
    NotUtf8,
    /// Nobody to send to on the command line.
    NoRecipients,
    /// Nobody to send to in the header (`-t`).
    NoneInHeader,
    /// More than is read.
    TooLarge {
        /// Octets that are read.
        most: u64,
    },
    /// Too many recipients for a message that no JSON can carry.
    TooManyForRaw,
    /// Taken (`-v`).
    Taken {
        /// The message.
        mid: u64,
        /// For how many.
        recipients: u64,
    },
    /// `-bs` needs the server's SMTP listener, which a URL does not tell.
    SessionNeedsConfig,
    /// `-bs`: the server listens for SMTP nowhere.
    NoListener,
    /// `-bp`: nothing waits.
    QueueEmpty,
}

impl Language {
    /// What `sendmail` says, in this language.
    pub fn say_sendmail(self, phrase: &SendmailPhrase<'_>) -> String {
        match self {
            Language::En => english(phrase),
            Language::Ja => japanese(phrase),
        }
    }
}

fn english(phrase: &SendmailPhrase<'_>) -> String {
    use SendmailPhrase::*;
    match *phrase {
        UnknownFlag(flag) => {
            format!("there is no flag {flag}; usage: sendmail [-i] [-t] [-f sender] [-F name] [recipient ...]")
        }
        ValueMissing(flag) => format!("{flag} needs a value"),
        BadValue { flag, known } => format!("{flag} is followed by {known}"),
        NotHere(flag) => {
            format!(
                "{flag} is no part of this sendmail; the server runs by `nexthop serve`, its verbs are in `nexthop help`"
            )
        }
        NotUtf8 => "an argument is not UTF-8".into(),
        NoRecipients => "nobody to send to: name recipients on the command line, or use -t".into(),
        NoneInHeader => "nobody to send to: the header has no address in To, Cc or Bcc".into(),
        TooLarge { most } => format!("the message is larger than the {most} octets that sendmail reads"),
        TooManyForRaw => {
            "too many recipients for a message that is not UTF-8; send it to fewer at once, or encode it".into()
        }
        Taken { mid, recipients: 1 } => format!("Message {mid} is taken for 1 recipient."),
        Taken { mid, recipients } => format!("Message {mid} is taken for {recipients} recipients."),
        SessionNeedsConfig => {
            "-bs finds the SMTP listener in the server's configuration; use --config, not --server".into()
        }
        NoListener => "the server takes no mail by SMTP: smtp.listen is empty".into(),
        QueueEmpty => "Mail queue is empty".into(),
    }
}

fn japanese(phrase: &SendmailPhrase<'_>) -> String {
    use SendmailPhrase::*;
    match *phrase {
        UnknownFlag(flag) => {
            format!("{flag} というフラグはありません。使い方: sendmail [-i] [-t] [-f 送信者] [-F 名前] [受信者 ...]")
        }
        ValueMissing(flag) => format!("{flag} には値が必要です"),
        BadValue { flag, known } => format!("{flag} に指定できる値: {known}"),
        NotHere(flag) => format!(
            "{flag} はこの sendmail にはありません。サーバーは `nexthop serve` で起動し、コマンドは `nexthop help` で確認できます"
        ),
        NotUtf8 => "引数が UTF-8 ではありません".into(),
        NoRecipients => "宛先がありません。コマンドラインに受信者を書くか、-t を使ってください".into(),
        NoneInHeader => "宛先がありません。ヘッダーの To、Cc、Bcc にアドレスがありません".into(),
        TooLarge { most } => format!("メッセージが sendmail の読み取り上限 {most} オクテットを超えています"),
        TooManyForRaw => {
            "UTF-8 でないメッセージとしては受信者が多すぎます。受信者を分けるか、メッセージを符号化してください".into()
        }
        Taken { mid, recipients } => format!("メッセージ {mid} を受け付けました (受信者 {recipients} 件)。"),
        SessionNeedsConfig => {
            "-bs はサーバーの設定から SMTP の待ち受け先を調べます。--server ではなく --config を使ってください".into()
        }
        NoListener => "サーバーは SMTP でメールを受け付けていません: smtp.listen が空です".into(),
        QueueEmpty => "メールキューは空です".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_stands_in_both_languages_with_what_it_was_given() {
        use SendmailPhrase::*;
        for (phrase, given) in [
            (UnknownFlag("-Z"), "-Z"),
            (ValueMissing("-f"), "-f"),
            (BadValue { flag: "-R", known: "full, hdrs" }, "full, hdrs"),
            (NotHere("-bd"), "-bd"),
            (NotUtf8, "UTF-8"),
            (NoRecipients, "-t"),
            (NoneInHeader, "Bcc"),
            (TooLarge { most: 71 }, "71"),
            (TooManyForRaw, "UTF-8"),
            (Taken { mid: 71, recipients: 72 }, "72"),
            (Taken { mid: 71, recipients: 1 }, "71"),
            (SessionNeedsConfig, "--config"),
            (NoListener, "smtp.listen"),
            (QueueEmpty, ""),
        ] {
            let (en, ja) = (Language::En.say_sendmail(&phrase), Language::Ja.say_sendmail(&phrase));
            assert!(en.contains(given) && ja.contains(given), "{en} / {ja}");
            assert!(en.is_ascii() && ja.chars().any(|c| matches!(c, '\u{3041}'..='\u{30ff}')), "{en} / {ja}");
        }
    }
}
