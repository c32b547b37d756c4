//! Real sockets, the real binary, real peers: one scenario per file, named as the fact it proves.

mod a_message_is_handed_in_over_http;
mod a_sender_hears_of_what_was_refused;
mod a_suspended_host_stays_suspended_across_a_kill;
mod every_refused_recipient_is_told_of_once_across_kills;
mod intake;
mod mail_to_a_thousand_domains_arrives_once;
mod nothing_acknowledged_is_lost_by_kills;
mod people_and_programs_sign_in;
mod programs_hand_in_mail_by_sendmail;
mod the_ritual_works_by_verbs;
mod tls_is_used_proved_and_demanded;
mod twenty_thousand_go_from_smtp_source_to_smtp_sink;
