//! What a dialogue still expects, with the table of its moves.

use crate::failure::Stage;

/// A reply that is due, in other words a command that was not answered yet.
///
/// What each answer does. "rest failed" means: who has no outcome yet gets `Failed`, the session is over.
/// 421 means "I am closing" wherever it comes.
///
/// | expected | 2xx | 3xx | 4xx, 5xx | 421 |
/// |---|---|---|---|---|
/// | Greeting | send EHLO | failed | failed | failed |
/// | Ehlo | greeted | failed | 5xx: send HELO; 4xx: failed | failed |
/// | Helo | greeted | failed | failed | failed |
/// | StartTls | shake hands | failed | failed | failed |
/// | Handshake | failed | failed | failed | failed |
/// | MailFrom | go on | rest failed | all refused; go on | all refused, over |
/// | RcptTo(i) | i taken; go on | rest failed | i refused; go on | i refused, rest failed |
/// | Data | rest failed | somebody taken: send the body; else a lone dot | taken ones refused; RSET | taken ones refused, over |
/// | Body | rest failed | rest failed | taken ones refused, over | taken ones refused, over |
/// | EndOfData | taken ones delivered; done | rest failed | taken ones refused; done | taken ones refused, over |
/// | Rset | done | done, over | done, over | done, over |
/// | Quit | closed | closed | closed | closed |
/// | nothing | closed | closed | closed | closed |
///
/// *Greeted* is: send STARTTLS where the rule wants TLS, there is none yet and it is offered; failed where the rule
/// demands TLS and it is not; else ready (a probe: send QUIT).
///
/// *Go on* is: read on while something is expected; else (no PIPELINING) send the next of RCPT and DATA, or RSET if
/// MAIL was taken and no recipient was; or be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The 220 that nobody asked for.
    Greeting,
    /// The answer to EHLO.
    Ehlo,
    /// The answer to HELO.
    Helo,
    /// The answer to STARTTLS.
    StartTls,
    /// No answer is due: hands are being shaken. Whatever is read as an answer now came in clear, unasked.
    Handshake,
    /// The answer to MAIL.
    MailFrom,
    /// The answer to the RCPT of the order's recipient at this place.
    RcptTo(usize),
    /// The answer to DATA.
    Data,
    /// No answer is due: the body is being sent. An answer that comes nevertheless is an early refusal.
    Body,
    /// The answer to the final dot.
    EndOfData,
    /// The answer to RSET.
    Rset,
    /// The answer to QUIT.
    Quit,
}

impl Expect {
    /// Where a failure at this place stands. RSET and QUIT have no stage of their own: when they go out every
    /// recipient has its outcome already, so a failure there is told to nobody.
    pub fn stage(self) -> Stage {
        match self {
            Expect::Greeting => Stage::Greeting,
            Expect::Ehlo | Expect::Helo => Stage::Ehlo,
            Expect::StartTls | Expect::Handshake => Stage::StartTls,
            Expect::MailFrom | Expect::Rset | Expect::Quit => Stage::MailFrom,
            Expect::RcptTo(_) => Stage::RcptTo,
            Expect::Data => Stage::Data,
            Expect::Body => Stage::Body,
            Expect::EndOfData => Stage::EndOfData,
        }
    }
}
