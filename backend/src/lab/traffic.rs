//! Steady traffic for the playground: a small SMTP client that hands in messages one after the other.
//!
//! Promises: at most [`PER_SECOND_MAX`] messages a second over one kept connection; ends by the stop signal; when the
//! intake is away it waits and tries again. Never: an address outside of the lab's names. The walk goes on to `intake`.

use crate::clock::Clock;
use engine::random::Random;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// The playground is to look at, not to measure with.
pub const PER_SECOND_MAX: u32 = 1_000;
/// Wait before the intake is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// A message that is under way at the stop signal is finished within this.
const GRACE: Duration = Duration::from_secs(5);
/// The longest wait for one answer of the intake.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Octets of one answer line.
const LINE_BYTES_MAX: u64 = 2_048;

/// What can be set.
#[derive(Clone, Copy, Debug)]
pub struct TrafficSettings {
    /// Where the server takes mail.
    pub intake: SocketAddr,
    /// Messages a second, 1 to [`PER_SECOND_MAX`].
    pub per_second: u32,
    /// Start of the chance that picks destinations.
    pub seed: u64,
}

impl TrafficSettings {
    /// Two messages a second to this intake.
    pub fn to(intake: SocketAddr) -> TrafficSettings {
        TrafficSettings { intake, per_second: 2, seed: 1 }
    }
}

/// Shares of the destinations, per cent: mostly well, something of each trouble.
const DESTINATIONS: [(u64, &str); 20] = [
    (31, "healthy.test"),
    (20, ""), // one of many.test
    (9, "greylist.test"),
    (8, "slow.test"),
    (7, "five-mx.test"),
    (5, "refused.test"),
    (2, "silent.test"),
    (1, "no-user.test"),
    (2, "full.test"),
    (1, "blocked.test"),
    (2, "bad-tls.test"),
    (2, "expired-cert.test"),
    (2, "nxdomain.test"),
    (2, "null-mx.test"),
    (1, "slow-banner.test"),
    (1, "busy.test"),
    (1, "drops-after-dot.test"),
    (1, "flapping.test"),
    (1, "servfail.test"),
    (1, "loop.test"),
];
/// Destinations below many.test.
const MANY: u64 = 20;
const SENDERS: [&str; 4] = ["alerts", "billing", "newsletter", "support"];
const RECIPIENTS: [&str; 8] = ["akiko", "anna", "ben", "chiara", "hiroshi", "info", "orders", "sales"];
const SUBJECTS: [&str; 8] = [
    "Disk usage on db-3 is back to normal",
    "Your invoice for November",
    "Build 1482 passed",
    "Meeting moved to 15:00",
    "Certificate for www.lab.test expires in 14 days",
    "Weekly report",
    "Your order has been shipped",
    "Reminder: backup of mail-2 is due",
];

/// Hands messages in until the stop signal. Answers how many the intake took.
pub async fn run(settings: TrafficSettings, clock: Clock, mut stop: watch::Receiver<bool>) -> u64 {
    let per_second = settings.per_second.clamp(1, PER_SECOND_MAX);
    let mut ticks = interval(Duration::from_secs(1) / per_second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut random = Random::new(settings.seed);
    let mut client = None;
    let (mut made, mut taken) = (0, 0);
    let mut pause = Duration::ZERO;
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            () = async { sleep(pause).await; ticks.tick().await; } => {}
        }
        made += 1;
        let letter = Letter::next(made, clock, &mut random);
        let handed = tokio::select! {
            handed = hand_in(&mut client, settings.intake, &letter) => handed,
            () = async { stopped(&mut stop).await; sleep(GRACE).await; } => Err(io::ErrorKind::TimedOut.into()),
        };
        pause = match handed {
            Ok(was_taken) => {
                taken += u64::from(was_taken);
                Duration::ZERO
            }
            Err(error) => {
                tracing::debug!(%error, intake = %settings.intake, "the playground's traffic pauses");
                client = None;
                PAUSE
            }
        };
    }
    if let Some(mut client) = client {
        let _ = timeout(PAUSE, client.ask("QUIT")).await; // out of politeness
    }
    taken
}

/// Also when nobody can give the signal any more.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn hand_in(client: &mut Option<Client>, intake: SocketAddr, letter: &Letter) -> io::Result<bool> {
    let client = match client {
        Some(client) => client,
        None => client.insert(Client::connect(intake).await?),
    };
    client.hand_in(letter).await
}

/// One message to hand in.
struct Letter {
    sender: String,
    recipients: Vec<String>,
    body: String,
}

impl Letter {
    fn next(number: u64, clock: Clock, random: &mut Random) -> Letter {
        let pick = |list: &[&str], random: &mut Random| list[random.below(list.len() as u64) as usize].to_string();
        let sender = format!("{}@lab.test", pick(&SENDERS, random));
        let domain = destination(random);
        let count = if random.below(10) == 0 { 3 } else { 1 };
        let mut recipients: Vec<String> = Vec::new();
        for _ in 0..count {
            let recipient = format!("{}@{domain}", pick(&RECIPIENTS, random));
            if !recipients.contains(&recipient) {
                recipients.push(recipient);
            }
        }
        let subject = pick(&SUBJECTS, random);
        let now = clock.now();
        let body = format!(
            "From: <{sender}>\r\nTo: <{}>\r\nSubject: {subject}\r\nDate: {}\r\nMessage-ID: <{}.{number}@lab.test>\r\n\r\n\
             This is message {number} of the playground.\r\n",
            recipients.join(">, <"),
            now.rfc5322(),
            now.millis(),
        );
        Letter { sender, recipients, body }
    }
}

fn destination(random: &mut Random) -> String {
    let total = DESTINATIONS.iter().map(|(share, _)| share).sum();
    let mut left = random.below(total);
    for (share, name) in DESTINATIONS {
        if left < share {
            return if name.is_empty() { format!("d{}.many.test", random.below(MANY)) } else { name.into() };
        }
        left -= share;
    }
    DESTINATIONS[0].1.into()
}

struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    async fn connect(intake: SocketAddr) -> io::Result<Client> {
        let stream = timeout(ANSWER_LIMIT, TcpStream::connect(intake)).await??;
        stream.set_nodelay(true)?;
        let mut client = Client { stream: BufReader::new(stream) };
        expect(client.answer().await?, 2)?;
        expect(client.ask("EHLO lab.test").await?, 2)?;
        Ok(client)
    }

    /// `false`: the intake refused it, the connection is still good.
    async fn hand_in(&mut self, letter: &Letter) -> io::Result<bool> {
        let mut is_wanted = self.ask(&format!("MAIL FROM:<{}>", letter.sender)).await? / 100 == 2;
        let mut recipients = 0;
        for recipient in letter.recipients.iter().filter(|_| is_wanted) {
            recipients += u32::from(self.ask(&format!("RCPT TO:<{recipient}>")).await? / 100 == 2);
        }
        is_wanted = is_wanted && recipients > 0 && self.ask("DATA").await? / 100 == 3;
        if !is_wanted {
            expect(self.ask("RSET").await?, 2)?;
            return Ok(false);
        }
        let code = self.ask(&format!("{}.", letter.body)).await?; // the body ends with a line end and holds no dots
        Ok(code / 100 == 2)
    }

    /// Sends a line (or a body) and reads the answer's code.
    async fn ask(&mut self, line: &str) -> io::Result<u16> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> io::Result<u16> {
        loop {
            let mut line = Vec::new();
            let mut bounded = (&mut self.stream).take(LINE_BYTES_MAX);
            timeout(ANSWER_LIMIT, bounded.read_until(b'\n', &mut line)).await??;
            let code = std::str::from_utf8(line.get(..3).unwrap_or_default()).ok().and_then(|code| code.parse().ok());
            match (code, line.get(3)) {
                (Some(_), Some(b'-')) => {}
                (Some(code), _) => return Ok(code),
                (None, _) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the intake hung up")),
            }
        }
    }
}

fn expect(code: u16, class: u16) -> io::Result<()> {
    if code / 100 == class { Ok(()) } else { Err(io::Error::other(format!("the intake answered {code}"))) }
}
