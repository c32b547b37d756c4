//! The playground: a name server and next hops with fixed names under `.test`, well- and ill-behaved, in one process.
//!
//! Promises: everything listens on loopback; every next hop has an address of its own and one port is common to all,
//! so that it can be the delivery port; behaviours can be changed while it runs; what was taken is counted.
//! Never: mail that leaves the machine. It is also the fixture of the tests. `app` runs the server beside it.
//!
//! | name | next hop | behaves |
//! |---|---|---|
//! | `healthy.test`, `lab.test`, `*.many.test` | 127.0.0.11 | takes everything, with TLS |
//! | `slow.test` | 127.0.0.12 | answers after a second, with TLS |
//! | `greylist.test` | 127.0.0.13 | takes a sender and recipient from their second try after a minute |
//! | `refused.test` | 127.0.0.14 | nothing listens |
//! | `silent.test` | 127.0.0.15 | accepts, says nothing |
//! | `no-user.test` | 127.0.0.16 | refuses each recipient: `550 5.1.1` |
//! | `full.test` | 127.0.0.17 | puts each recipient off: `452 4.2.2` |
//! | `blocked.test` | 127.0.0.18 | refuses each message at its end: `554 5.7.1` |
//! | `bad-tls.test` | 127.0.0.19 | offers TLS and cannot do it; takes everything in clear |
//! | `expired-cert.test` | 127.0.0.20 | takes everything, with TLS and a certificate that has expired |
//! | `five-mx.test` | 127.0.0.21–25 | MX 5, 10 refuse; 20, 30, 40 take |
//! | `slow-banner.test` | 127.0.0.26 | greets after twenty seconds, then takes everything |
//! | `busy.test` | 127.0.0.27 | greets with `421 4.3.2` |
//! | `drops-after-dot.test` | 127.0.0.28 | closes without a word in place of the answer to the final dot |
//! | `flapping.test` | 127.0.0.29 | cuts every other connection, takes everything over the rest |
//! | `no-mx.test` | 127.0.0.11 | has an address and no MX |
//! | `null-mx.test` | | takes no mail (RFC 7505) |
//! | `nxdomain.test` | | does not exist |
//! | `servfail.test` | | its name server answers SERVFAIL |
//! | `loop.test` | | its mail server is `mail.lab.test`: this server itself |

pub mod behaviour;
pub mod certificate;
mod dialogue;
pub mod ledger;
pub mod nexthop;
pub mod traffic;
pub mod zone;

use behaviour::{Behaviour, Moment};
use certificate::{Authority, Validity};
use ledger::{Counts, Ledger};
use nexthop::{NextHop, Offer, SiteCounts};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use zone::ZoneServer;

/// What the banner says first.
pub const BANNER_TITLE: &str = "This is the playground of Nexthop.";
/// What the banner says then.
pub const BANNER_EXPLANATION: &str =
    "Its name server and its next hops live inside this process; no mail leaves this machine.";
/// The name of the server that stands before the playground.
pub const HOSTNAME: &str = "mail.lab.test";
/// The block that `allow_targets` must hold for the lab.
pub const ALLOWED_TARGETS: &str = "127.0.0.0/8";
/// Tries to find a port that is free on every address.
const PORT_TRIES: usize = 64;

/// What can be set.
#[derive(Clone, Debug)]
pub struct LabSettings {
    /// How long `slow.test` takes for each answer.
    pub slow: Duration,
    /// How long `slow-banner.test` takes for its greeting.
    pub slow_banner: Duration,
    /// How long `greylist.test` makes a new pair wait.
    pub greylist: Duration,
    /// Whether each message is recorded (tests); else it is only counted.
    pub record: bool,
}

impl Default for LabSettings {
    fn default() -> LabSettings {
        LabSettings {
            slow: Duration::from_secs(1),
            slow_banner: Duration::from_secs(20),
            greylist: Duration::from_secs(60),
            record: false,
        }
    }
}

/// The next hops: the name by which [`Lab::set`] knows them and the last octet of their address.
const NEXT_HOPS: [(&str, u8); 19] = [
    ("healthy", 11),
    ("slow", 12),
    ("greylist", 13),
    ("refused", 14),
    ("silent", 15),
    ("no-user", 16),
    ("full", 17),
    ("blocked", 18),
    ("bad-tls", 19),
    ("expired-cert", 20),
    ("mx5.five-mx", 21),
    ("mx10.five-mx", 22),
    ("mx20.five-mx", 23),
    ("mx30.five-mx", 24),
    ("mx40.five-mx", 25),
    ("slow-banner", 26),
    ("busy", 27),
    ("drops-after-dot", 28),
    ("flapping", 29),
];

/// A running lab. It ends when this is dropped.
#[derive(Debug)]
pub struct Lab {
    zone: ZoneServer,
    port: u16,
    hops: BTreeMap<&'static str, NextHop>,
    ledger: Arc<Ledger>,
    authority: Authority,
}

impl Lab {
    /// Opens the name server and the next hops. Fails if this machine has no loopback addresses besides 127.0.0.1.
    pub async fn start(settings: LabSettings) -> io::Result<Lab> {
        let zone = ZoneServer::failing_at(&["servfail.test."], "test.", records()).await?;
        let ledger = Arc::new(Ledger::new(settings.record));
        let authority = Authority::new()?;
        let mut last = io::Error::other("no port was tried");
        for _ in 0..PORT_TRIES {
            let port = free_port().await?;
            match open(&settings, port, &ledger, &authority).await {
                Ok(hops) => return Ok(Lab { zone, port, hops, ledger, authority }),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Where its name server listens.
    pub fn dns(&self) -> SocketAddr {
        self.zone.address()
    }

    /// The port of every next hop: the delivery port of a server that delivers to the lab.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// By whom the certificates of its next hops are issued.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Changes how a next hop behaves (`healthy`, `slow`, `greylist`, `refused`, `silent`, `no-user`, `bad-tls`, …).
    /// When it returns, new connections see the change.
    pub async fn set(&self, name: &str, behaviour: Behaviour) -> io::Result<()> {
        self.hop(name)?.set(behaviour).await
    }

    /// What a next hop did.
    pub fn site(&self, name: &str) -> io::Result<SiteCounts> {
        Ok(self.hop(name)?.counts())
    }

    /// What a destination domain got, over all next hops: `healthy` or `healthy.test`, `d7.many.test`.
    pub fn counts(&self, domain: &str) -> Counts {
        match domain.ends_with(".test") {
            true => self.ledger.domain(domain),
            false => self.ledger.domain(&format!("{domain}.test")),
        }
    }

    /// What was taken, message by message if [`LabSettings::record`] says so.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Waits until a destination domain got so many recipients; `false` if that does not happen within the limit.
    pub async fn until(&self, domain: &str, recipients: u64, limit: Duration) -> bool {
        let mut taken = self.ledger.taken();
        let enough = taken.wait_for(|_| self.counts(domain).recipients >= recipients);
        matches!(tokio::time::timeout(limit, enough).await, Ok(Ok(_)))
    }

    /// Ends it and waits until its name server's port is free.
    pub async fn stop(self) {
        drop(self.hops);
        self.zone.stop().await;
    }

    fn hop(&self, name: &str) -> io::Result<&NextHop> {
        let unknown = || {
            let known: Vec<&str> = self.hops.keys().copied().collect();
            io::Error::new(io::ErrorKind::NotFound, format!("no next hop {name:?}; there are {}", known.join(", ")))
        };
        self.hops.get(name).ok_or_else(unknown)
    }
}

fn first_behaviour(name: &str, settings: &LabSettings) -> Behaviour {
    match name {
        "slow" => Behaviour::Slow(settings.slow),
        "slow-banner" => Behaviour::SlowBanner(settings.slow_banner),
        "flapping" => Behaviour::Flapping,
        "busy" => Behaviour::answers(Moment::Greeting, "421 4.3.2 Too busy, try again later"),
        "drops-after-dot" => Behaviour::Drops { at: Moment::EndOfData },
        "greylist" => Behaviour::Greylist(settings.greylist),
        "refused" | "mx5.five-mx" | "mx10.five-mx" => Behaviour::Refused,
        "silent" => Behaviour::Silent,
        "no-user" => Behaviour::answers(Moment::RcptTo, "550 5.1.1 No such user here"),
        "full" => Behaviour::answers(Moment::RcptTo, "452 4.2.2 Mailbox full, try again later"),
        "blocked" => Behaviour::answers(Moment::EndOfData, "554 5.7.1 Message refused by policy"),
        _ => Behaviour::Healthy,
    }
}

/// What a next hop offers of TLS.
fn offer(name: &str, authority: &Authority) -> io::Result<Offer> {
    Ok(match name {
        "healthy" => {
            Offer::Tls(authority.acceptor(&["mx.healthy.test", "mx.many.test", "no-mx.test"], Validity::Good)?)
        }
        "slow" => Offer::Tls(authority.acceptor(&["mx.slow.test"], Validity::Good)?),
        "expired-cert" => Offer::Tls(authority.acceptor(&["mx.expired-cert.test"], Validity::Expired)?),
        "bad-tls" => Offer::Broken,
        _ => Offer::Nothing,
    })
}

fn ip(octet: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, octet).into()
}

/// `healthy` → `mx.healthy.test`, `mx5.five-mx` → `mx5.five-mx.test`.
fn exchanger_name(name: &str) -> String {
    if name.contains('.') { format!("{name}.test") } else { format!("mx.{name}.test") }
}

/// A port that is free on the first address; whether it is on the others shows when they are opened.
async fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((ip(NEXT_HOPS[0].1), 0)).await?;
    Ok(listener.local_addr()?.port())
}

/// Every next hop on one port. Whoever refuses at first is opened and closed again: its port must be free later.
async fn open(
    settings: &LabSettings,
    port: u16,
    ledger: &Arc<Ledger>,
    authority: &Authority,
) -> io::Result<BTreeMap<&'static str, NextHop>> {
    let mut hops = BTreeMap::new();
    for (name, octet) in NEXT_HOPS {
        let offer = offer(name, authority)?;
        let hop = NextHop::new(exchanger_name(name), SocketAddr::new(ip(octet), port), ledger.clone(), offer);
        hop.set(Behaviour::Healthy).await?;
        hop.set(first_behaviour(name, settings)).await?;
        hops.insert(name, hop);
    }
    Ok(hops)
}

fn records() -> Vec<hickory_server::proto::rr::Record> {
    let mut records = Vec::new();
    for (name, octet) in NEXT_HOPS {
        let exchanger = exchanger_name(name);
        records.push(zone::address(&exchanger, ip(octet)));
        if let Some(preference) = name.strip_prefix("mx").and_then(|rest| rest.split('.').next()?.parse().ok()) {
            records.push(zone::mx("five-mx.test", preference, &exchanger));
            continue;
        }
        let domain = format!("{name}.test");
        records.push(zone::mx(&domain, 10, &exchanger));
        records.push(zone::address(&domain, ip(octet)));
        records.push(zone::txt(&domain, &[&format!("the {name} destination of the playground")]));
    }
    let healthy = ip(NEXT_HOPS[0].1);
    records.extend([
        zone::mx("lab.test", 10, "mx.healthy.test"),
        zone::mx("*.many.test", 10, "mx.many.test"),
        zone::address("*.many.test", healthy),
        zone::address("mx.many.test", healthy),
        zone::address("no-mx.test", healthy),
        zone::mx("null-mx.test", 0, "."),
        zone::mx("loop.test", 10, HOSTNAME),
        zone::address(HOSTNAME, Ipv4Addr::LOCALHOST),
        zone::cname("alias.test", "healthy.test"),
    ]);
    records
}

#[cfg(test)]
mod tests;
