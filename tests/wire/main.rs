//! Real sockets, the real binary, real peers: one scenario per file, named as the fact it proves.

mod mail_to_a_thousand_domains_arrives_once;
mod nothing_acknowledged_is_lost_by_kills;
mod the_ritual_works_by_verbs;
mod tls_is_used_proved_and_demanded;
mod twenty_thousand_go_from_smtp_source_to_smtp_sink;
