//! `audit`: what was done and refused, newest first.

use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::printable::printable;
use crate::cli::terminal::Terminal;
use crate::cli::user::table;
use common::wire::{AuditRow, List};
use common::words::AccountPhrase;

/// Asks and prints.
pub(super) async fn run(client: &Client, limit: u16, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let answer = client.get(&format!("/api/v1/audit?limit={limit}")).await?;
    let list: List<AuditRow> = client.read(&answer)?;
    table(client, &answer, AccountPhrase::NoAudit, list.items.iter().map(line), terminal)
}

fn line(row: &AuditRow) -> String {
    let address = row.address.as_deref().unwrap_or("-");
    printable(&format!("{}  {}  {address}  {}  {}  {}", row.at, row.who, row.what, row.scope, row.outcome))
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::vocab::Timestamp;

    #[test]
    fn a_row_is_one_line_whatever_is_in_it() {
        let row = AuditRow {
            id: 1,
            at: Timestamp(0),
            who: "user ann".into(),
            address: None,
            what: "retry".into(),
            scope: "all".into(),
            outcome: "a\nb\u{1b}[31m".into(),
        };
        let line = line(&row);
        assert!(line.starts_with("1970-01-01T00:00:00.000Z  user ann  -  retry  all  a"), "{line}");
        assert!(!line.contains('\n') && !line.contains('\u{1b}'), "{line:?}");
    }
}
