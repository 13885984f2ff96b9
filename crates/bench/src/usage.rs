//! What this process used so far, as the system tells it. Linux alone tells it in files; elsewhere
//! nothing is known.

use std::fs;

/// Ticks of a second in `/proc/self/stat`: the same on every Linux that Rust is built for.
const TICKS_A_SECOND: f64 = 100.0;

/// CPU seconds of all threads, in user and system mode.
pub(crate) fn cpu_seconds() -> Option<f64> {
    cpu_seconds_of(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// The most memory that it held, in MB.
pub(crate) fn peak_mb() -> Option<f64> {
    peak_mb_of(&fs::read_to_string("/proc/self/status").ok()?)
}

fn cpu_seconds_of(stat: &str) -> Option<f64> {
    // The name of the program, in brackets, may hold spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: Vec<f64> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    match ticks.as_slice() {
        [user, system] => Some((user + system) / TICKS_A_SECOND),
        _ => None,
    }
}

fn peak_mb_of(status: &str) -> Option<f64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1_024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_is_read() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 90 0 0 0 250 50 0 0 20 0 1 0 5 1 2 3";
        assert_eq!(cpu_seconds_of(stat), Some(3.0));
        assert_eq!(cpu_seconds_of("nothing"), None);
        assert_eq!(
            peak_mb_of("VmPeak:\t9 kB\nVmHWM:\t  1000 kB\n"),
            Some(1.024)
        );
        assert_eq!(peak_mb_of(""), None);
    }
}
