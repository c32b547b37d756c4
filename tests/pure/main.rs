//! `cargo xtask bench pure`: what the pure parts of a message cost, each by itself. Time per message; it is no test.

mod engine_walk;

use backend::fuzzing::parts;
use common::vocab::{Domain, MessageId, Timestamp};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use engine::dsn::Dsn;
use engine::envelope::Envelope;
use engine::smtp::body::BodyEncoder;
use engine::smtp::reply::ReplyReader;
use engine_walk::Walk;
use std::hint::black_box;

/// Octets of a message, as in the relay's table.
const BODY_BYTES: usize = 4_096;

fn body() -> Vec<u8> {
    b"Seven octets, and then some more of them, until the line is full.\r\n".repeat(BODY_BYTES / 67)
}

fn envelope() -> Envelope {
    Envelope {
        mid: MessageId(7),
        from: Some("a@bench.test".parse().expect("an address")),
        recipients: vec!["b@h1.bench.test".parse().expect("an address")],
        size_bytes: BODY_BYTES as u64,
        received_at: Timestamp(1_800_000_000_000),
        eight_bit: false,
        smtputf8: false,
        dsn: Dsn::default(),
    }
}

fn smtp(c: &mut Criterion) {
    let hostname: Domain = "mail.example.test".parse().expect("a domain");
    let lines: [&[u8]; 3] = [b"MAIL FROM:<a@bench.test>", b"RCPT TO:<b@h1.bench.test>", b"DATA"];
    c.bench_function("three commands read", |b| b.iter(|| parts::commands(black_box(&lines), &hostname)));
    let mut group = c.benchmark_group("a body of 4 KiB");
    group.throughput(Throughput::Bytes(BODY_BYTES as u64));
    let (plain, mut wire) = (body(), Vec::new());
    let mut encoder = BodyEncoder::new();
    encoder.encode(&plain, &mut wire);
    encoder.finish(&mut wire);
    let mut kept = Vec::new();
    group.bench_function("taken off the wire", |b| b.iter(|| parts::scanned(black_box(&wire), &mut kept)));
    group.bench_function("put on the wire", |b| {
        b.iter(|| {
            kept.clear();
            let mut encoder = BodyEncoder::new();
            encoder.encode(black_box(&plain), &mut kept);
            encoder.finish(&mut kept);
            kept.len()
        });
    });
    group.finish();
    let said: &[u8] =
        b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n250 2.0.0 Ok: queued as 1\r\n";
    c.bench_function("four replies read", |b| {
        b.iter(|| {
            let (mut reader, mut left, mut count) = (ReplyReader::new(), black_box(said), 0);
            while let Ok(Some(_)) = reader.read(&mut left) {
                count += 1;
            }
            count
        });
    });
}

fn journal(c: &mut Criterion) {
    let (envelope, body) = (envelope(), body());
    let mut group = c.benchmark_group("an accept of 4 KiB");
    group.throughput(Throughput::Bytes(BODY_BYTES as u64));
    let mut record = Vec::new();
    group.bench_function("framed", |b| b.iter(|| parts::written(black_box(&envelope), &body, &mut record)));
    parts::written(&envelope, &body, &mut record);
    assert!(parts::reads(&record), "what is timed is a record");
    group.bench_function("read", |b| b.iter(|| parts::reads(black_box(&record))));
    group.finish();
}

/// The same message through queues of a thousand and of a million others: its cost should not know.
fn engine(c: &mut Criterion) {
    let mut group = c.benchmark_group("a message through the engine");
    for (waiting, hosts) in [(0, 1), (1_000, 1_000), (100_000, 100_000), (1_000_000, 100_000)] {
        let mut walk = Walk::with_backlog(waiting, hosts);
        group.bench_function(format!("{waiting} wait at {hosts} hosts"), |b| {
            b.iter_batched(|| (), |()| walk.one_message(), BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(all, smtp, journal, engine);
criterion_main!(all);
