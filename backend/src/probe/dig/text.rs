//! Answers in presentation format, as dig prints them (RFC 1035 §5.1, RFC 3597 §5).
//!
//! Promises: only printable ASCII, whatever the server sent. Never: an octet left out.

use common::wire::DigRecord;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{TLSA, TXT};
use hickory_resolver::proto::rr::{RData, Record};
use hickory_resolver::proto::serialize::binary::BinEncodable;

/// As dig spells it.
pub(super) fn status(code: ResponseCode) -> String {
    match u16::from(code) {
        0 => "NOERROR".into(),
        1 => "FORMERR".into(),
        2 => "SERVFAIL".into(),
        3 => "NXDOMAIN".into(),
        4 => "NOTIMP".into(),
        5 => "REFUSED".into(),
        6 => "YXDOMAIN".into(),
        7 => "YXRRSET".into(),
        8 => "NXRRSET".into(),
        9 => "NOTAUTH".into(),
        10 => "NOTZONE".into(),
        16 => "BADVERS".into(),
        other => format!("RESERVED{other}"),
    }
}

/// In dig's order.
pub(super) fn flags(message: &Message) -> Vec<String> {
    let meta = &message.metadata;
    let all = [
        ("qr", true), // `understand` saw it
        ("aa", meta.authoritative),
        ("tc", meta.truncation),
        ("rd", meta.recursion_desired),
        ("ra", meta.recursion_available),
        ("ad", meta.authentic_data),
        ("cd", meta.checking_disabled),
    ];
    all.iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag.to_string()).collect()
}

/// One record, as dig prints it.
pub(super) fn record(record: &Record) -> DigRecord {
    DigRecord {
        name: printable(&record.name.to_ascii()),
        ttl: record.ttl,
        class: record.dns_class.to_string(),
        rtype: record.record_type().to_string(),
        data: data(&record.data),
    }
}

fn data(data: &RData) -> String {
    match data {
        RData::TXT(txt) => txt_text(txt),
        RData::TLSA(tlsa) => tlsa_text(tlsa),
        RData::Unknown { .. } => unknown_text(data),
        other => printable(&other.to_string()),
    }
}

/// `"v=spf1 -all" "second string"`; octets outside of printable ASCII as `\ddd` (RFC 1035 §5.1).
fn txt_text(txt: &TXT) -> String {
    let mut text = String::new();
    for string in txt.txt_data.iter() {
        text.push_str(if text.is_empty() { "\"" } else { " \"" });
        for &octet in string.iter() {
            match octet {
                b'"' | b'\\' => text.extend(['\\', char::from(octet)]),
                32..=126 => text.push(char::from(octet)),
                _ => text.push_str(&format!("\\{octet:03}")),
            }
        }
        text.push('"');
    }
    text
}

/// `3 1 1 0A1B…`, the hash in pieces of 56 digits as dig has it.
fn tlsa_text(tlsa: &TLSA) -> String {
    let digits = hex(&tlsa.cert_data);
    let pieces: Vec<&str> = digits.as_bytes().chunks(56).filter_map(|piece| std::str::from_utf8(piece).ok()).collect();
    let (usage, selector, matching) = (u8::from(tlsa.cert_usage), u8::from(tlsa.selector), u8::from(tlsa.matching));
    format!("{usage} {selector} {matching} {}", pieces.join(" "))
}

/// `\# 4 0A000001` (RFC 3597 §5).
fn unknown_text(data: &RData) -> String {
    let octets = data.to_bytes().unwrap_or_default();
    format!("\\# {} {}", octets.len(), hex(&octets)).trim_end().to_string()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

/// Names come escaped; whatever else could steer a terminal is escaped here.
fn printable(text: &str) -> String {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic();
    if text.chars().all(is_plain) {
        return text.to_string();
    }
    let mut plain = String::with_capacity(text.len());
    let mut buffer = [0; 4];
    for c in text.chars() {
        if is_plain(c) {
            plain.push(c);
        } else {
            c.encode_utf8(&mut buffer).bytes().for_each(|octet| plain.push_str(&format!("\\{octet:03}")));
        }
    }
    plain
}
