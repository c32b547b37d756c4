//! What the kernel says of a process: memory and processor time, read from `/proc`.

use std::time::Duration;

/// The kernel's ticks per second, which are the same on every Linux of ours.
const TICKS_PER_SECOND: u64 = 100;

/// Octets of memory that the process holds at this moment (`VmRSS`).
pub fn resident_bytes(pid: u32) -> u64 {
    line(pid, "VmRSS:")
}

/// The most that it ever held (`VmHWM`).
pub fn resident_bytes_peak(pid: u32) -> u64 {
    line(pid, "VmHWM:")
}

fn line(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let value = status.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel says so");
    let kibibytes: u64 = value.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    kibibytes * 1024
}

/// Processor time of the process so far, its system calls included.
pub fn processor_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    let ticks: u64 = fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

/// The load of the machine in the last minute, as `uptime` says it.
pub fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
