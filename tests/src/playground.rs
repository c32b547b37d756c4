//! The lab as a server's world outside: the settings that lead all its mail there.
//!
//! Never: starts or stops one; the scenario does.

use backend::lab::Lab;

/// Settings of a server whose name server and next hops are those of the lab; a scenario appends its own tables.
pub fn towards(lab: &Lab) -> String {
    let (dns, port) = (lab.dns(), lab.port());
    format!("[dns]\nservers = [\"{dns}\"]\n[delivery]\nport = {port}\nallow_targets = [\"127.0.0.0/8\"]\n")
}
