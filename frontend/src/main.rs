//! The console.

use leptos::prelude::*;

fn main() {
    mount_to_body(|| view! { <p>"Nexthop"</p> });
}
