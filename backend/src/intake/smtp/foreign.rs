//! Other protocols that knock at the SMTP port: HTTP and TLS. A browser can be made to send mail through a server that
//! goes on after such a line, so none does.

/// Methods of HTTP with which a request line begins, and the preface of HTTP/2.
const HTTP_METHODS: [&[u8]; 10] =
    [b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT", b"TRACE", b"PATCH", b"PRI"];

/// Whether a command line is the first line of an HTTP request.
pub fn is_http(line: &[u8]) -> bool {
    let verb = line.split(|&byte| byte == b' ').next().unwrap_or_default();
    verb.len() < line.len() && HTTP_METHODS.iter().any(|method| verb.eq_ignore_ascii_case(method))
}

/// Whether what came begins like a TLS record with a handshake in it (RFC 8446 §5.1). It may never hold a LF, so one
/// octet decides; no command begins with it.
pub fn is_tls(unread: &[u8]) -> bool {
    unread.first() == Some(&22)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_known_and_commands_are_not_taken_for_them() {
        assert!(is_http(b"GET / HTTP/1.1"));
        assert!(is_http(b"post /mail HTTP/1.0"));
        assert!(is_http(b"PRI * HTTP/2.0"));
        assert!(!is_http(b"GET"));
        assert!(!is_http(b"HELP GET"));
        assert!(is_tls(&[22, 3, 1]));
        assert!(!is_tls(b"EHLO"));
    }
}
