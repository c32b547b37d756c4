//! What a peer offered in its answer to EHLO (RFC 5321 §4.1.1.1).
//!
//! Promises: reads the first [`KEYWORDS_MAX`] keywords and no more; what cannot be understood is as if it had not
//! been said. The walk goes on in `dialogue`, which asks for nothing that was not offered.

use common::vocab::Reply;

/// Keywords that are looked at. Real servers offer about twenty.
pub const KEYWORDS_MAX: usize = 100;

/// The extensions that we know, as a peer offered them. `Default`: none, as after HELO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// RFC 2920: several commands may go out at once.
    pub pipelining: bool,
    /// RFC 1870: MAIL takes `SIZE=`.
    pub size: bool,
    /// RFC 1870: the largest message they take, octets; none if they named no limit.
    pub size_bytes_max: Option<u64>,
    /// RFC 6152: MAIL takes `BODY=8BITMIME`.
    pub eight_bit_mime: bool,
    /// RFC 2034: replies bear enhanced codes.
    pub enhanced_status_codes: bool,
    /// RFC 3207: TLS is on offer.
    pub starttls: bool,
    /// RFC 6531: addresses may be UTF-8.
    pub smtputf8: bool,
    /// RFC 3461: reports can be asked for.
    pub dsn: bool,
    /// RFC 9422: most messages of one session.
    pub mail_max: Option<u64>,
    /// RFC 9422: most recipients of one message.
    pub rcpt_max: Option<u64>,
}

impl Extensions {
    /// Reads a positive answer to EHLO. Its first line is a greeting and names no keyword.
    pub fn from_reply(reply: &Reply) -> Extensions {
        let mut found = Extensions::default();
        for line in reply.text.split('\n').skip(1).take(KEYWORDS_MAX) {
            found.note(line);
        }
        found
    }

    fn note(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        let keyword = words.next().unwrap_or("").to_ascii_uppercase();
        match keyword.as_str() {
            "PIPELINING" => self.pipelining = true,
            "SIZE" => {
                self.size = true;
                // 0 means "no fixed limit"; so does, for us, what is no number.
                self.size_bytes_max = words.next().and_then(number).filter(|&max| max > 0);
            }
            "8BITMIME" => self.eight_bit_mime = true,
            "ENHANCEDSTATUSCODES" => self.enhanced_status_codes = true,
            "STARTTLS" => self.starttls = true,
            "SMTPUTF8" => self.smtputf8 = true,
            "DSN" => self.dsn = true,
            "LIMITS" => {
                for word in words {
                    match word.split_once('=') {
                        Some(("MAILMAX", max)) => self.mail_max = number(max),
                        Some(("RCPTMAX", max)) => self.rcpt_max = number(max),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// Digits only; a sign, a space or more than 64 bits is no number.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::vocab::ReplyCode;

    fn offered(lines: &str) -> Extensions {
        Extensions::from_reply(&Reply::new(ReplyCode(250), &format!("mx.x.test at your service\n{lines}")))
    }

    #[test]
    fn every_known_keyword_is_noted_whatever_its_case() {
        let found = offered(
            "pipelining\nSIZE 35882577\n8BitMIME\nSTARTTLS\nENHANCEDSTATUSCODES\nDSN\nSMTPUTF8\n\
             LIMITS MAILMAX=50 RCPTMAX=100 RCPTDOMAINMAX=1\nCHUNKING\nX-OTHER a b c",
        );
        let all = Extensions {
            pipelining: true,
            size: true,
            size_bytes_max: Some(35_882_577),
            eight_bit_mime: true,
            enhanced_status_codes: true,
            starttls: true,
            smtputf8: true,
            dsn: true,
            mail_max: Some(50),
            rcpt_max: Some(100),
        };
        assert_eq!(found, all);
    }

    #[test]
    fn the_greeting_line_offers_nothing() {
        let reply = Reply::new(ReplyCode(250), "PIPELINING SIZE 1");
        assert_eq!(Extensions::from_reply(&reply), Extensions::default());
    }

    #[test]
    fn an_absurd_size_is_no_limit() {
        for size in ["SIZE", "SIZE 0", "SIZE -5", "SIZE +5", "SIZE many", "SIZE 99999999999999999999999"] {
            let found = offered(size);
            assert_eq!((found.size, found.size_bytes_max), (true, None), "{size}");
        }
        assert_eq!(offered("SIZE 10").size_bytes_max, Some(10));
    }

    #[test]
    fn ten_thousand_keywords_are_read_up_to_the_hundredth() {
        let mut lines: Vec<String> = (0..99).map(|n| format!("X{n}")).collect();
        lines.extend(["PIPELINING".into(), "8BITMIME".into()]);
        let found = offered(&lines.join("\n"));
        assert!(found.pipelining);
        assert!(!found.eight_bit_mime);
    }
}
