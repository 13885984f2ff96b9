//! What the system's zone data says otherwise, and which version it is. Its bytes are given by the
//! caller: nothing is read here.

use super::{MalformedZoneData, Offsets, Zone};

/// Where two tables of one zone begin to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstDifference {
    /// The first instant, UTC ms.
    pub at_ms: i64,
    /// Local time minus UTC there by the data in use.
    pub ours_offset_ms: i64,
    /// The same by the other data.
    pub theirs_offset_ms: i64,
}

/// The first instant from `from_ms` to `to_ms`, both included, at which `system_tzif`, the bytes of
/// a compiled zone file, has another offset for the zone than the data in use.
///
/// # Errors
/// Where the bytes are not such a file.
pub fn compare(
    zone: Zone,
    system_tzif: &[u8],
    from_ms: i64,
    to_ms: i64,
) -> Result<Option<FirstDifference>, MalformedZoneData> {
    let ours = zone.offsets();
    let theirs = Offsets::read(system_tzif)?;
    if from_ms > to_ms {
        return Ok(None);
    }
    // Between two changes of either nothing changes.
    let mut instants = vec![from_ms];
    instants.extend(ours.changes_between(from_ms, to_ms));
    instants.extend(theirs.changes_between(from_ms, to_ms));
    instants.sort_unstable();
    let difference_at = |at_ms: i64| FirstDifference {
        at_ms,
        ours_offset_ms: ours.offset_ms_at(at_ms),
        theirs_offset_ms: theirs.offset_ms_at(at_ms),
    };
    Ok(instants
        .into_iter()
        .map(difference_at)
        .find(|found| found.ours_offset_ms != found.theirs_offset_ms))
}

/// The version of the zone data of a system, such as `2026e`, from the text of its `tzdata.zi`
/// (first line `# version 2026e`) or of its `+VERSION`; `None` where it says none. Later versions
/// are later by text.
pub fn version_of_tzdata(text: &str) -> Option<&str> {
    let line = text.trim_start_matches('\u{feff}').lines().next()?.trim();
    let version = line.strip_prefix("# version ").unwrap_or(line).trim();
    let (year, letters) = version.split_at_checked(4)?;
    let is_version = year.bytes().all(|byte| byte.is_ascii_digit())
        && letters.starts_with(|first: char| first.is_ascii_lowercase())
        && letters
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_version.then_some(version)
}
