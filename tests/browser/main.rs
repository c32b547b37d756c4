//! A real browser before the real server: what a person sees.

mod a_hosts_numbers_change_without_a_reload;
mod a_long_list_is_scrolled_and_sorted_without_holes;
mod a_phone_shows_the_page_without_scrolling_sideways;
mod the_page_ends_equal_to_the_servers_list_whatever_the_line_does;
