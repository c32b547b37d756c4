//! What the panels of probes say on the page (dig, the SMTP terminal, the three steps), both languages side by side.
//!
//! Section names, record types and SMTP's own words are terms of their fields and stay as they are.

use super::Language;

side_by_side! {
    PanelWord;
    /// The page and panel that ask name servers.
    Dig: "DNS (dig)", "DNS 照会 (dig)";
    /// Field: the name asked for.
    Name: "Name", "名前";
    /// What may be written there.
    NameHint: "example.com; for PTR an address", "example.com（PTR の場合はアドレス）";
    /// Field: the record type.
    RecordType: "Type", "タイプ";
    /// Asks the name server.
    Ask: "Ask", "照会";
    /// The question is on its way.
    Asking: "Asking the name server…", "ネームサーバーに問い合わせています…";
    /// Name of the switch between the two forms of an answer.
    Form: "Form of the answer", "表示形式";
    /// As dig prints it.
    AsText: "Text", "テキスト";
    /// As a table.
    AsTable: "Table", "表";
    /// Column: what a record says.
    Data: "Data", "データ";
    /// Copies counters and gauges as the verb prints them.
    CopyAsVerb: "Copy as hoststatus prints it", "hoststatus の表示形式でコピー";
    /// Copies the whole probe for a program.
    CopyJson: "Copy JSON", "JSON をコピー";
    /// The link under which a probe is kept.
    Kept: "Permanent link", "固定リンク";
    /// Looks at every mail server of the host.
    Diagnose: "Diagnose", "診断";
    /// Title of the panels on a host's page.
    TestConnection: "Test the connection", "接続を試す";
    /// Title of a kept probe until it is read.
    Probe: "Probe", "プローブ";
    /// A probe at work.
    Running: "still running", "実行中";
    /// A probe that has ended.
    Over: "ended", "終了";
    /// A number without a probe.
    NoSuchProbe:
        "There is no such probe. The latest 200 are kept, for a day at most and until the server is restarted. Make it again:",
        "該当するプローブはありません。保存されるのは最新 200 件、最長 1 日間で、サーバーの再起動時に消えます。もう一度実行してください。";
    /// Name of the three steps.
    Steps: "Count, test, move", "確認・試験・再試行の手順";
    /// The first step.
    Count: "Count", "件数を確認";
    /// The second step.
    Test: "Test", "接続を試す";
    /// Nothing was tried from this page.
    NotTested: "not tested from here yet", "このページからは未試験";
    /// The test goes on.
    Connecting: "connecting…", "接続しています…";
    /// When the queue tries.
    NextTry: "next try", "次回の試行";
    /// The page and panel that hold an SMTP session.
    Terminal: "SMTP terminal", "SMTP 端末";
    /// Field: with whom.
    Host: "Mail server", "メールサーバー";
    /// Field: at which port.
    Port: "Port", "ポート";
    /// Begins the session.
    Connect: "Connect", "接続";
    /// Ends it.
    Disconnect: "Disconnect", "切断";
    /// Name of what was said in a session.
    Transcript: "What was said", "通信記録";
    /// Field: the line that is sent next.
    Line: "Line to send", "送信する行";
    /// Sends it.
    Send: "Send", "送信";
    /// Name of the buttons that write a line.
    UsualLines: "Usual lines", "よく使う行";
    /// A session needs a websocket.
    NeedsWebsocket:
        "A session needs the live connection, which is not there. Wait for it, or use nexthop telnet on the command line.",
        "セッションにはライブ接続が必要ですが、現在つながっていません。復旧を待つか、コマンドラインで nexthop telnet を使ってください。";
    /// The session went with the line.
    SessionLost:
        "The connection to this server broke, and the session with it. What was said is kept. Connect again when it is back.",
        "このサーバーとの接続が切れたため、セッションも終了しました。記録は残っています。復旧後にもう一度接続してください。";
    /// Probing takes more than looking.
    NeedsOperator:
        "Only operators and admins may ask the outside. Ask an admin for the role operator.",
        "外部への照会は operator または admin のみが行えます。管理者に operator の権限を依頼してください。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_the_panels_stands_in_both_languages() {
        for word in PanelWord::ALL {
            let (en, ja) = (word.say(Language::En), word.say(Language::Ja));
            assert!(!en.is_empty() && !en.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c)), "{en}");
            assert!(ja.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c)), "{ja}");
        }
    }
}
