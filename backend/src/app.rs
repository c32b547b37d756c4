//! The app builds every room and joins them; then it waits for the stop signal.

mod reload;
mod settings;
mod way;

use crate::clock::Clock;
use crate::config::Config;
use crate::connect::tls::Roots;
use crate::console::auth::Auth;
use crate::console::{ConsoleParts, ConsoleState, feed};
use crate::descriptor::Descriptors;
use crate::driver::desk::Desk;
use crate::driver::{Driver, Inlets, Rooms};
use crate::intake::certificate::Certificate;
use crate::intake::smtp::Intake;
use crate::lab::{ALLOWED_TARGETS, BANNER_EXPLANATION, BANNER_TITLE, HOSTNAME, Lab, LabSettings, traffic};
use crate::report;
use crate::spool::{Backlog, JournalSpool, Spool, SpoolHealth};
use arc_swap::ArcSwap;
use common::wire::Health;
use common::words::Language;
use engine::Engine;
use reload::Reload;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout_at};
use way::Way;

/// Batches of changed rows that may wait for the feed.
const CHANGES_MAX: usize = 4;
/// Clients of the intake that the kernel lets wait to be accepted: what it allows by default. A client that found no
/// place would wait for a greeting that never comes.
const SMTP_BACKLOG: u32 = 4_096;
/// How long a stop waits for the doors and the reports once the driver has ended.
const DOORS_PATIENCE: Duration = Duration::from_secs(2);
/// From the signal to the end of the process it takes no longer than 10 s (DESIGN 9); this is from the moment when the
/// doors are told, with some room for the end itself.
const STOP_WITHIN: Duration = Duration::from_millis(9_500);
/// How long the doors stay closed for a queue that is still being read: a small part of the three seconds in which a
/// start has to listen, whatever waits.
const COUNT_PATIENCE: Duration = Duration::from_millis(500);
/// How often the spool is asked how it is.
const HEALTH_EVERY: Duration = Duration::from_millis(500);

/// What `nexthop lab` was asked for. Both listeners are on loopback: the command line takes no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabOptions {
    /// Where its data lives; `None` for the default directory, where the verbs look too.
    pub data: Option<std::path::PathBuf>,
    /// Where it takes mail.
    pub smtp: SocketAddr,
    /// Where its console is.
    pub console: SocketAddr,
}

/// Why the server cannot start or go on: a sentence for a person, and the exit code of the process (DESIGN 9).
#[derive(Debug)]
pub struct AppError {
    sentence: String,
    code: u8,
}

impl AppError {
    /// It may work another time: 75.
    pub fn later(sentence: String) -> AppError {
        AppError { sentence, code: 75 }
    }

    /// It will not, before somebody changes the configuration or the files that it names: 2.
    pub fn configuration(sentence: String) -> AppError {
        AppError { sentence, code: 2 }
    }

    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        self.code
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}
impl std::error::Error for AppError {}

impl From<String> for AppError {
    fn from(sentence: String) -> AppError {
        AppError::later(sentence)
    }
}

fn said(what: &'static str) -> impl Fn(std::io::Error) -> AppError {
    move |why| AppError::later(format!("{what}: {why}"))
}

/// True once SIGTERM or SIGINT has come.
fn stop_signal() -> watch::Receiver<bool> {
    let (stopper, stop) = watch::channel(false);
    tokio::spawn(async move {
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stopper.send_replace(true);
        stopper.closed().await;
    });
    stop
}

/// Runs the server until it is told to stop.
pub async fn serve(config: Config) -> Result<(), AppError> {
    let roots = settings::roots(&config)?;
    run(config, roots, false, stop_signal()).await
}

/// Builds every room, joins them, and waits until `stop` is true.
async fn run(config: Config, roots: Roots, lab: bool, stop: watch::Receiver<bool>) -> Result<(), AppError> {
    let hangup = signal(SignalKind::hangup()).map_err(said("cannot hear SIGHUP"))?; // or it would end a start
    let (clock, started_at) = (Clock, Clock.now());
    let descriptors = Descriptors::raise();
    let listeners = Listeners::bind(&config).await?;
    let own_listeners = listeners.addresses();
    let engine_settings = settings::engine(&config, descriptors)?;
    let way = Way::new(&config, own_listeners.clone(), roots, engine_settings.tls.clone())?;
    std::fs::create_dir_all(&config.data_dir).map_err(said("cannot make the data directory"))?;
    let opened = JournalSpool::open(&config.data_dir, settings::spool(&config))
        .map_err(|why| AppError::later(why.to_string()))?;
    let spool = opened.spool;
    let (events, event_inlet) = mpsc::unbounded_channel();
    let (desk, questions) = Desk::new();
    let (changes, changes_inlet) = mpsc::channel(CHANGES_MAX);
    let (published, hosts) = feed::channel();
    let mut counted = hosts.clone();
    let (health_told, health_seen) = watch::channel(Health::Online);
    let own_names = Arc::new(ArcSwap::from_pointee(settings::own_names(&config)));
    let (reports, report_writer) = report::open(settings::report(&config, own_names.clone()), spool.clone(), clock);
    let rooms = Rooms {
        spool: spool.clone(),
        reports,
        resolver: way.resolver.clone(),
        session: Arc::new(settings::session(&config, way.tls.clone())),
        guard: way.hop_guard(),
        events: events.clone(),
    };
    let engine = Engine::new(started_at, engine_settings, started_at.millis());
    let driver = Driver::new(engine, clock, rooms, changes);
    let settings = settings::console(&config, lab, started_at)?;
    let looks = way.looks(&config, desk.clone(), clock);
    let intake = Arc::new(intake(&config, descriptors, spool.clone())?);
    let mail = Arc::new(intake.http());
    let auth = Arc::new(auth(&config, lab, clock)?);
    let (bodies, health) = (spool.clone(), health_seen);
    let Backlog { batches: backlog, reading } = opened.backlog;
    let parts = ConsoleParts { desk, hosts, clock, settings, health, looks, mail, spool: bodies, reading, auth };
    let state = ConsoleState::new(parts);
    let mut doors = JoinSet::new();
    doors.spawn(feed::run(changes_inlet, published, Language::En, stop.clone()));
    let reporting = tokio::spawn(report_writer.run());
    let inlets = Inlets { events: event_inlet, backlog, kept: opened.kept, questions, stop: stop.clone() };
    let driving = tokio::spawn(driver.run(opened.notes, inlets));
    // A queue of ordinary size is not shown half. A longer wait for it would be a longer outage.
    drop(tokio::time::timeout(COUNT_PATIENCE, counted.wait_for(|index| index.complete)).await);
    let control_socket = config.control_socket();
    let reload = Reload { config, descriptors, own_listeners, way, intake: intake.clone(), own_names, events };
    doors.spawn(reload.run(hangup, stop.clone()));
    open_doors(&mut doors, listeners, intake, state, control_socket, &stop);
    watch_spool(&spool, &health_told, stop).await?;
    wind_down(driving, doors, reporting, &spool).await;
    Ok(())
}

fn intake(config: &Config, descriptors: Descriptors, spool: Arc<JournalSpool>) -> Result<Intake, AppError> {
    let certificate = settings::certificate(config.smtp.certificate.as_ref())?;
    Ok(Intake::new(settings::intake(config, descriptors, certificate)?, spool, Clock))
}

/// The end, by one deadline over all rooms.
async fn wind_down(
    driving: JoinHandle<()>,
    mut doors: JoinSet<()>,
    reporting: JoinHandle<()>,
    spool: &Arc<JournalSpool>,
) {
    // Whatever happens below: a service manager that waits no longer than this finds us gone.
    let deadline = Instant::now() + STOP_WITHIN;
    drop(timeout_at(deadline, driving).await);
    // A session in the middle of a message may finish it: what it hands over is on disk and found at the next start.
    // With the driver went the last handle of the reports: what is in hand is kept, the rest stays as it is on disk.
    let ended = async { (while doors.join_next().await.is_some() {}, reporting.await) };
    drop(timeout_at(deadline.min(Instant::now() + DOORS_PATIENCE), ended).await);
    drop(timeout_at(deadline, spool.flush()).await);
}

/// Who may use the console. The lab is on loopback and for everybody there.
fn auth(config: &Config, lab: bool, clock: Clock) -> Result<Auth, AppError> {
    let sign_in = !lab && config.console.auth == crate::config::Auth::Password;
    Auth::open(&config.data_dir, sign_in, clock).map_err(|why| AppError::later(why.to_string()))
}

/// What the server listens on.
struct Listeners {
    smtp: Vec<TcpListener>,
    console: TcpListener,
    /// Of the console.
    certificate: Option<Arc<Certificate>>,
}

impl Listeners {
    async fn bind(config: &Config) -> Result<Listeners, AppError> {
        let mut smtp = Vec::new();
        for address in &config.smtp.listen {
            let listener = listen(*address, SMTP_BACKLOG);
            smtp.push(listener.map_err(|why| format!("cannot listen for SMTP on {address}: {why}"))?);
        }
        let address = config.console.listen;
        let console = TcpListener::bind(address).await;
        let console = console.map_err(|why| format!("cannot listen for the console on {address}: {why}"))?;
        let certificate = settings::certificate(config.console.certificate.as_ref())?;
        Ok(Listeners { smtp, console, certificate })
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.smtp.iter().chain([&self.console]).filter_map(|listener| listener.local_addr().ok()).collect()
    }
}

/// Listens, also where a server that has just ended leaves connections behind.
fn listen(address: SocketAddr, backlog: u32) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}

/// Starts taking mail and showing the console.
fn open_doors(
    doors: &mut JoinSet<()>,
    listeners: Listeners,
    intake: Arc<Intake>,
    state: Arc<ConsoleState>,
    control_socket: std::path::PathBuf,
    stop: &watch::Receiver<bool>,
) {
    for listener in listeners.smtp {
        doors.spawn(intake.clone().serve(listener, stop.clone()));
    }
    let (page, page_stop) = (state.clone(), stop.clone());
    doors.spawn(async move {
        if let Err(why) = crate::console::serve(listeners.console, listeners.certificate, page, page_stop).await {
            tracing::error!("the console cannot be served: {why}");
        }
    });
    let socket_stop = stop.clone();
    doors.spawn(async move {
        if let Err(why) = crate::console::serve_control(&control_socket, state, socket_stop).await {
            tracing::error!("the control socket cannot be served: {why}");
        }
    });
}

/// Tells the console how the spool is; a spool that cannot write ends the process.
async fn watch_spool(
    spool: &JournalSpool,
    health: &watch::Sender<Health>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), AppError> {
    let mut beat = tokio::time::interval(HEALTH_EVERY);
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {
                health.send_replace(Health::Stopping);
                return Ok(());
            }
            _ = beat.tick() => match spool.health() {
                SpoolHealth::Ok => drop(health.send_replace(Health::Online)),
                SpoolHealth::Low | SpoolHealth::Full => drop(health.send_replace(Health::ReceivingStopped)),
                SpoolHealth::Failed(why) => return Err(AppError::later(format!("the spool cannot write any more: {why}"))),
            }
        }
    }
}

/// Runs the playground: the lab's name server and next hops, the server before them, steady traffic.
pub async fn lab(options: LabOptions) -> Result<(), AppError> {
    let stop = stop_signal();
    let mut config = Config::without_file();
    config.local.names.push(HOSTNAME.parse().map_err(|why| AppError::later(format!("{HOSTNAME}: {why}")))?);
    config.smtp.listen = vec![options.smtp];
    config.console.listen = options.console;
    if let Some(data) = options.data {
        config.data_dir = data;
    }
    let lab = Lab::start(LabSettings::default()).await.map_err(said("the lab cannot start"))?;
    config.dns.servers = vec![lab.dns()];
    config.delivery.port = lab.port();
    config.delivery.allow_targets = vec![ALLOWED_TARGETS.into()];
    println!("{BANNER_TITLE}\n{BANNER_EXPLANATION}\n");
    println!("  console   http://{}/", config.console.listen);
    if let Some(intake) = config.smtp.listen.first() {
        println!("  SMTP      {intake}");
        tokio::spawn(traffic::run(traffic::TrafficSettings::to(*intake), Clock, stop.clone()));
    }
    let mut roots = settings::roots(&config)?;
    roots
        .add(lab.authority().root().clone())
        .map_err(|why| AppError::later(format!("the lab's own authority: {why}")))?;
    let end = run(config, roots, true, stop).await;
    lab.stop().await;
    end
}
