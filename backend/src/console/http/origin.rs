//! By which names the console may be reached, and from which pages it may be used: the defence against DNS rebinding
//! and against other sites' pages (OWASP ASVS 4.4.2).

use std::net::SocketAddr;

/// The names and pages that are let in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// `host:port`, the port always written, lower-case; with the schemes a page of it may have.
    hosts: Vec<(String, Schemes)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schemes {
    /// The listener speaks no TLS.
    Http,
    /// The listener, or a proxy in front of it, speaks TLS.
    Https,
    /// The configuration does not say.
    Both,
}

impl Names {
    /// The listener's own address forms, which it serves by TLS or not, and the configured names.
    pub fn new(listener: SocketAddr, tls: bool, public: &[String]) -> Names {
        let port = listener.port();
        let own = if tls { Schemes::Https } else { Schemes::Http };
        let mut hosts: Vec<(String, Schemes)> =
            ["127.0.0.1", "localhost", "[::1]"].iter().map(|name| (format!("{name}:{port}"), own)).collect();
        if !listener.ip().is_unspecified() {
            hosts.push((listener.to_string(), own));
        }
        for name in public {
            let name = name.trim().trim_end_matches('/').to_ascii_lowercase();
            let (bare, schemes, default_ports): (&str, Schemes, &[u16]) =
                if let Some(rest) = name.strip_prefix("https://") {
                    (rest, Schemes::Https, &[443])
                } else if let Some(rest) = name.strip_prefix("http://") {
                    (rest, Schemes::Http, &[80])
                } else {
                    (name.as_str(), Schemes::Both, &[80, 443])
                };
            match port_of(bare) {
                Some(_) => hosts.push((bare.to_owned(), schemes)),
                None => {
                    let own = (schemes == Schemes::Both).then_some(port);
                    let ports = default_ports.iter().copied().chain(own);
                    hosts.extend(ports.map(|port| (format!("{bare}:{port}"), schemes)));
                }
            }
        }
        Names { hosts }
    }

    /// Whether the `Host` field of a request, or the authority of its target, is a name of ours.
    pub fn knows_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        match port_of(&host) {
            Some(_) => self.hosts.iter().any(|(known, _)| *known == host),
            // Without a port it is the scheme's own, which a proxy in front of us may have taken off.
            None => [80, 443].iter().any(|port| {
                let whole = format!("{host}:{port}");
                self.hosts.iter().any(|(known, _)| *known == whole)
            }),
        }
    }

    /// Whether a page of this `Origin` may use the console.
    pub fn knows_origin(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        let (host, secure) = match (origin.strip_prefix("http://"), origin.strip_prefix("https://")) {
            (Some(host), _) => (host, false),
            (_, Some(host)) => (host, true),
            _ => return false,
        };
        let whole = match port_of(host) {
            Some(_) => host.to_owned(),
            None => format!("{host}:{}", if secure { 443 } else { 80 }),
        };
        self.hosts.iter().any(|(known, schemes)| {
            *known == whole
                && match schemes {
                    Schemes::Http => !secure,
                    Schemes::Https => secure,
                    Schemes::Both => true,
                }
        })
    }
}

/// The port written behind a name or a bracketed address.
fn port_of(host: &str) -> Option<u16> {
    let rest = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
    rest.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(public: &[&str]) -> Names {
        let public: Vec<String> = public.iter().map(|name| name.to_string()).collect();
        Names::new("127.0.0.1:8025".parse().unwrap(), false, &public)
    }

    #[test]
    fn the_listeners_own_forms_are_known_and_nothing_that_looks_like_them() {
        let names = names(&[]);
        for host in ["127.0.0.1:8025", "localhost:8025", "LOCALHOST:8025", "[::1]:8025"] {
            assert!(names.knows_host(host), "{host}");
            assert!(names.knows_origin(&format!("http://{host}")), "{host}");
            assert!(!names.knows_origin(&format!("https://{host}")), "{host}");
        }
        for host in [
            "",
            "localhost",
            "localhost:8026",
            "127.0.0.1",
            "127.0.0.1:80",
            "evil.test:8025",
            "localhost.evil.test:8025",
            "evil-localhost:8025",
            "localhost:8025.evil.test",
            "localhost:8025@evil.test",
            "localhost:08025x",
            "0.0.0.0:8025",
        ] {
            assert!(!names.knows_host(host), "{host}");
            assert!(!names.knows_origin(&format!("http://{host}")), "{host}");
        }
        for origin in ["null", "", "localhost:8025", "file://", "ftp://localhost:8025", "http://localhost:8025/x"] {
            assert!(!names.knows_origin(origin), "{origin}");
        }
    }

    #[test]
    fn a_listener_with_tls_is_known_to_its_own_secure_pages_alone() {
        let names = Names::new("192.0.2.1:443".parse().unwrap(), true, &["mail.example.net".into()]);
        assert!(names.knows_host("192.0.2.1") && names.knows_origin("https://192.0.2.1"));
        assert!(names.knows_origin("https://mail.example.net") && !names.knows_origin("http://192.0.2.1:443"));
    }

    #[test]
    fn a_configured_name_is_known_by_the_ports_it_may_have() {
        let names = names(&["Mail.Example.net", "https://queue.example.net", "queue.example.org:8443"]);
        for host in ["mail.example.net", "mail.example.net:8025", "mail.example.net:443", "queue.example.net"] {
            assert!(names.knows_host(host), "{host}");
        }
        assert!(names.knows_host("queue.example.org:8443") && !names.knows_host("queue.example.org"));
        assert!(names.knows_origin("https://queue.example.net") && !names.knows_origin("http://queue.example.net"));
        assert!(names.knows_origin("https://mail.example.net") && names.knows_origin("http://mail.example.net:8025"));
        assert!(
            !names.knows_origin("https://sub.mail.example.net") && !names.knows_origin("https://mail.example.net:1")
        );
    }
}
