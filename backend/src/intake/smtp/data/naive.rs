//! A slow reading of a whole body, to hold the scanner against: nothing in it depends on where the input is cut.

use super::Findings;
use crate::intake::smtp::limits::TEXT_LINE_BYTES_MAX;

/// The body, the findings and what was left behind the end; `None` if there was no end.
pub type Scanned = Option<(Vec<u8>, Findings, Vec<u8>)>;

/// Find the end in the whole, cut it into lines, take the dots off.
pub fn read_slowly(wire: &[u8], limit: u64) -> Scanned {
    let whole = [b"\r\n", wire].concat();
    let end = whole.windows(5).position(|window| window == b"\r\n.\r\n")?;
    let (stuffed, rest) = (&whole[2..(end + 2).max(2)], &whole[end + 5..]);
    let mut body = Vec::new();
    let mut findings = Findings::default();
    let mut at = 0;
    while at < stuffed.len() {
        let line_end = stuffed[at..].windows(2).position(|window| window == b"\r\n").map(|length| at + length).unwrap();
        let line = &stuffed[at..line_end];
        let line = line.strip_prefix(b".").unwrap_or(line);
        findings.bare |= line.contains(&b'\r') || line.contains(&b'\n');
        findings.nul |= line.contains(&0);
        findings.eight_bit |= line.iter().any(|&octet| octet > 127);
        findings.long_line |= line.len() as u64 > TEXT_LINE_BYTES_MAX;
        body.extend_from_slice(line);
        body.extend_from_slice(b"\r\n");
        at = line_end + 2;
    }
    findings.size_bytes = body.len() as u64;
    if findings.size_bytes > limit {
        findings.oversize = true;
        body.clear();
    }
    Some((body, findings, rest.to_vec()))
}
