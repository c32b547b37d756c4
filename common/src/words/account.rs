//! What the verbs `user` and `audit` say, in both languages.

use crate::words::Language;

/// A sentence about users, tokens and the audit record. Names and roles are as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountPhrase<'a> {
    /// Asks for a password.
    PasswordPrompt(&'a str),
    /// Asks for it once more.
    PasswordAgain,
    /// They were not the same.
    PasswordsDiffer,
    /// Nothing was typed.
    PasswordMissing,
    /// A user was made.
    UserAdded {
        /// Who.
        name: &'a str,
        /// What they may do.
        role: &'a str,
    },
    /// A user has another role or password.
    UserChanged {
        /// Who.
        name: &'a str,
        /// What they may do.
        role: &'a str,
    },
    /// A user was signed out everywhere.
    SessionsEnded(&'a str),
    /// A user is gone.
    UserRemoved(&'a str),
    /// There is no user.
    NoUsers,
    /// A token was made; its secret follows on a line of its own.
    TokenAdded {
        /// Its number.
        id: u64,
        /// For which program.
        name: &'a str,
        /// What it may do.
        role: &'a str,
        /// When it ends.
        until: &'a str,
    },
    /// A token is gone.
    TokenRevoked(u64),
    /// There is no token.
    NoTokens,
    /// Nothing is written down.
    NoAudit,
}

impl AccountPhrase<'_> {
    /// One of each, for tests.
    pub const EXAMPLES: [AccountPhrase<'static>; 13] = [
        AccountPhrase::PasswordPrompt("ann"),
        AccountPhrase::PasswordAgain,
        AccountPhrase::PasswordsDiffer,
        AccountPhrase::PasswordMissing,
        AccountPhrase::UserAdded { name: "ann", role: "admin" },
        AccountPhrase::UserChanged { name: "ann", role: "admin" },
        AccountPhrase::SessionsEnded("ann"),
        AccountPhrase::UserRemoved("ann"),
        AccountPhrase::NoUsers,
        AccountPhrase::TokenAdded { id: 7, name: "ann", role: "admin", until: "2027" },
        AccountPhrase::TokenRevoked(7),
        AccountPhrase::NoTokens,
        AccountPhrase::NoAudit,
    ];
}

impl Language {
    /// What is said of users, tokens and the audit record, in this language.
    pub fn say_account(self, phrase: &AccountPhrase<'_>) -> String {
        match self {
            Language::En => english(phrase),
            Language::Ja => japanese(phrase),
        }
    }
}

fn english(phrase: &AccountPhrase<'_>) -> String {
    use AccountPhrase::*;
    match phrase {
        PasswordPrompt(name) => format!("Password for {name}: "),
        PasswordAgain => "The same again: ".into(),
        PasswordsDiffer => "the two passwords differ; nothing was changed".into(),
        PasswordMissing => "no password was given; type one, or pass it as the first line of the input".into(),
        UserAdded { name, role } => format!("User {name} may sign in, as {role}."),
        UserChanged { name, role } => format!("User {name} was changed and is {role}; open sessions have ended."),
        SessionsEnded(name) => format!("Every session of {name} has ended."),
        UserRemoved(name) => format!("User {name} was removed; open sessions have ended."),
        NoUsers => "No users. Make the first with: nexthop user add NAME".into(),
        TokenAdded { id, name, role, until } => {
            format!("Token {id} for {name}, {role}, until {until}. It is shown this once:")
        }
        TokenRevoked(id) => format!("Token {id} was revoked."),
        NoTokens => "No tokens. Make one with: nexthop user token NAME".into(),
        NoAudit => "Nothing is written down.".into(),
    }
}

fn japanese(phrase: &AccountPhrase<'_>) -> String {
    use AccountPhrase::*;
    match phrase {
        PasswordPrompt(name) => format!("{name} のパスワード: "),
        PasswordAgain => "もう一度: ".into(),
        PasswordsDiffer => "2つのパスワードが一致しません。何も変更していません".into(),
        PasswordMissing => "パスワードがありません。入力するか、標準入力の1行目に渡してください".into(),
        UserAdded { name, role } => format!("ユーザー {name} を {role} として作成しました。"),
        UserChanged { name, role } => {
            format!("ユーザー {name} を変更しました (現在の役割: {role})。開いていたセッションは終了しました。")
        }
        SessionsEnded(name) => format!("{name} の開いていたセッションはすべて終了しました。"),
        UserRemoved(name) => format!("ユーザー {name} を削除しました。開いていたセッションは終了しました。"),
        NoUsers => "ユーザーはいません。最初のユーザーを作成するには: nexthop user add NAME".into(),
        TokenAdded { id, name, role, until } => {
            format!("{name} 用のトークン {id} ({role}、有効期限 {until}) を作成しました。表示は今回限りです:")
        }
        TokenRevoked(id) => format!("トークン {id} を無効にしました。"),
        NoTokens => "トークンはありません。作成するには: nexthop user token NAME".into(),
        NoAudit => "記録はありません。".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_said_in_both_languages() {
        for phrase in AccountPhrase::EXAMPLES {
            let (en, ja) = (Language::En.say_account(&phrase), Language::Ja.say_account(&phrase));
            assert!(en.is_ascii() && !en.is_empty(), "{en}");
            assert!(ja.chars().any(|letter| ('\u{3041}'..='\u{9fff}').contains(&letter)), "{ja}");
            let given = format!("{phrase:?}");
            assert_eq!(given.contains("\"ann\""), en.contains("ann") && ja.contains("ann"), "{given}");
        }
    }
}
