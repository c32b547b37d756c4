//! What goes into a URL.

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_could_end_a_segment_is_encoded() {
        assert_eq!(encode("mail_1.example-a.com~"), "mail_1.example-a.com~");
        assert_eq!(encode("a/b?c=d&e#f %é"), "a%2Fb%3Fc%3Dd%26e%23f%20%25%C3%A9");
    }
}
