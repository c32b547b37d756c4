//! A real browser before the real server: what a person sees.

mod a_hosts_numbers_change_without_a_reload;
mod a_person_signs_in_and_a_viewer_only_looks;
mod a_phone_shows_the_page_without_scrolling_sideways;
