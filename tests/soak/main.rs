//! What takes minutes, or root: run by hand with `cargo xtask soak [NAME]`, its figures printed. Each scenario is ignored
//! by the daily tests and named as the fact it proves; its test begins with the name that the command takes.

mod a_file_system_turns_read_only_and_nothing_is_lost;
mod a_full_disk_refuses_and_recovers_by_itself;
mod a_million_queued_start_again_within_seconds;
mod every_flipped_bit_is_found;
mod large_messages_at_once_take_little_memory;
mod no_failing_call_loses_mail;
mod nothing_acknowledged_is_lost_by_power_cuts;
mod the_console_keeps_its_budget;
mod the_first_page_answers_within_two_seconds;
