//! The console: a window into the queue, in a browser. The walk begins in [`app`].
//!
//! `app` makes the store, starts `live` (the only file that knows the socket) and shows a page. `live` hands frames
//! to `store::apply` (the only file that writes what the server said); pages read the store and are built of parts;
//! parts know values and events only. Everything compiles natively too, so what is pure is tested without a browser.

mod address;
mod app;
mod ask;
mod browser;
mod derived;
mod format;
mod live;
mod page;
mod part;
mod preference;
mod probe;
mod session;
mod store;

fn main() {
    console_error_panic_hook::set_once();
    preference::show_theme(preference::kept_theme());
    leptos::mount::mount_to_body(app::App);
}
