//! What the page of people and programs says, both languages side by side. Roles are as they are written.

use super::Language;

side_by_side! {
    PeopleWord;
    /// Title of the page.
    Title: "People and programs", "利用者とプログラム";
    /// Title of the list of users.
    People: "People", "利用者";
    /// Title of the list of tokens.
    Programs: "Programs and their tokens", "プログラムとトークン";
    /// Field and mark: what somebody may do.
    Role: "Role", "役割";
    /// Mark: when somebody was here last.
    Seen: "last seen", "最終利用";
    /// Nobody came yet.
    Never: "never", "なし";
    /// Mark: when a token ends.
    Expires: "expires", "有効期限";
    /// Mark: how many sessions are open.
    Sessions: "open sessions", "開いているセッション";
    /// Gives another role.
    Change: "Change role", "役割を変更";
    /// Signs somebody out everywhere.
    EndSessions: "End sessions", "セッションを終了";
    /// Ends a user; their name follows.
    Remove: "Remove", "削除:";
    /// Ends a token; its name follows.
    Revoke: "Revoke", "無効化:";
    /// What changes end.
    EndsSessions: "Another role and a removal end the person's sessions at once.",
        "役割の変更や削除を行うと、その利用者のセッションはただちに終了します。";
    /// Makes a user.
    Add: "Add person", "利用者を追加";
    /// Makes a token.
    Make: "Make token", "トークンを作成";
    /// Field: for how long a token is valid.
    Lifetime: "Valid for", "有効期間";
    /// An act is done.
    Done: "Done.", "完了しました。";
    /// Above the secret of a new token.
    ShownOnce: "The new token. It is shown this once: copy it now.",
        "新しいトークンです。表示は今回限りです。今すぐコピーしてください。";
    /// The reader has another role.
    NeedsAdmin: "Only admins see people and programs.", "利用者とプログラムは admin のみが閲覧できます。";
    /// Refused: the name.
    NameTaken: "There is somebody of this name already. Take another name.",
        "この名前はすでに使われています。別の名前にしてください。";
    /// Refused: nobody would be left.
    LastAdmin: "This is the last admin. Make another one first.",
        "最後の admin です。先に別の admin を作成してください。";
    /// Refused: what is not there any more.
    Gone: "It is not there any more.", "すでに存在しません。";
    /// Refused for another reason.
    Refused: "The server refused this; its log says why. Try again later.",
        "サーバーに拒否されました。理由はサーバーのログにあります。しばらくしてからもう一度お試しください。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_the_page_of_people_stands_in_both_languages() {
        for word in PeopleWord::ALL {
            let (en, ja) = (word.say(Language::En), word.say(Language::Ja));
            assert!(en.is_ascii() && !en.is_empty(), "{en}");
            assert!(ja.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c)), "{ja}");
        }
    }
}
