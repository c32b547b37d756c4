//! An operator suspends a host; the process is killed; the host waits on, and its mail goes once somebody resumes.

use backend::lab::{Lab, LabSettings};
use std::time::Duration;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_suspended_waits_across_a_kill_and_goes_when_it_is_resumed() {
    let lab = Lab::start(LabSettings::default()).await.expect("the lab");
    let mut server = Server::serve(&towards(&lab)).await;
    let wish = ["suspenddel", "healthy.test", "--reason", "they move house", "--for", "2h"];
    let (code, said, errors) = server.verb(&wish).await;
    assert_eq!(code, 0, "{errors}");
    assert!(said.starts_with("Mail delivery to healthy.test suspended.\nIt ends by itself at "), "{said}");
    let mails = ["r@healthy.test", "r@d1.many.test"].map(|to| Mail { id: to.into(), to: to.into() });
    hand_in(server.smtp, 1, mails.into(), 1_024, Acknowledged::default()).await;
    let waits = |totals: &serde_json::Value| {
        totals["wait_causes"]["suspended"] == 1 && totals["hosts_held"] == 1 && totals["active_recipients"] == 1
    };
    server.until_totals(PATIENCE, waits).await;
    server.kill().await;
    server.start_again().await;
    server.until_totals(PATIENCE, waits).await;

    let row = server.get("/api/v1/hosts/healthy.test").await["row"].take();
    assert_eq!((&row["badge"], &row["held"]["reason"]), (&"held".into(), &"they move house".into()), "{row}");
    assert_eq!((&row["held"]["by"], &row["verdict"]["code"]), (&"console".into(), &"suspended".into()), "{row}");
    let (_, status, _) = server.verb(&["hoststatus", "healthy.test"]).await;
    assert!(status.contains("from console: they move house"), "{status}");
    let (_, receipt, _) = server.verb(&["delivernow", "all"]).await;
    assert!(receipt.contains("1 recipient of suspended hosts: nothing of them goes"), "{receipt}");
    server.until_totals(PATIENCE, waits).await;

    assert_eq!(server.verb(&["resumedel", "other.test"]).await.0, 1, "it is not suspended");
    let (code, said, errors) = server.verb(&["resumedel"]).await;
    assert_eq!(code, 0, "{errors}");
    assert!(said.starts_with("Mail delivery resumed.\n1 recipient at 1 host in the queue.\n"), "{said}");
    server.until_totals(PATIENCE, |totals| totals["active_recipients"] == 0 && totals["hosts_held"] == 0).await;
    server.kill().await;
    server.start_again().await;
    assert_eq!(server.verb(&["resumedel", "all"]).await.0, 1, "it was resumed, on disk too");
    lab.stop().await;
}
