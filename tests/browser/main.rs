//! A real browser before the real server: what a person sees.

mod a_hosts_numbers_change_without_a_reload;
