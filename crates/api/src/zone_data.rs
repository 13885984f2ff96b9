//! Whether zone data is old: that of the sessions against this program's, and this program's against
//! the system's.

use std::path::{Path, PathBuf};

use dwell_model::time::format_utc;
use dwell_model::zone::{self, ZONE_DATA_VERSION};
use dwell_model::{Definition, Zone};

/// Where a system keeps its zone data, as far as Dwell knows.
const FOLDERS: [&str; 2] = ["/usr/share/zoneinfo", "/var/db/timezone/zoneinfo"];
/// Files that say the version, in the folder of the zones.
const VERSION_FILES: [&str; 2] = ["tzdata.zi", "+VERSION"];
/// 1980-01-01: no event is earlier.
const FROM_MS: i64 = 315_532_800_000;
/// Differences further ahead than two years are not told: rules often change again by then.
const AHEAD_MS: i64 = 2 * 366 * 86_400_000;
/// A zone's file is far smaller; what is larger is something else.
const MOST_BYTES: u64 = 1 << 20;

/// Whether a definition's sessions were built with other zone data than this program's, where that can
/// matter.
pub(crate) fn is_behind(definition: &Definition, built_with: &str) -> bool {
    definition.limits.day_in.is_some() && built_with != ZONE_DATA_VERSION
}

/// What to say about the zone data of a definition; `None` where all is well.
pub(crate) fn note(definition: &Definition, built_with: &str, now_ms: i64) -> Option<String> {
    let zone = definition.limits.day_in?;
    if built_with != ZONE_DATA_VERSION {
        let was = match built_with {
            "" => "an unknown version of the zone data".to_owned(),
            version => format!("zone data {version}"),
        };
        return Some(format!(
            "These sessions were built with {was}; Dwell has {ZONE_DATA_VERSION} now. A rebuild uses \
             it for {zone}."
        ));
    }
    let own = std::env::var_os("TZDIR").map(PathBuf::from);
    let known = FOLDERS.iter().map(PathBuf::from);
    let folder = own
        .into_iter()
        .chain(known)
        .find(|folder| folder.is_dir())?;
    system_note(zone, &folder, now_ms)
}

/// What to say where the system's data is newer than this program's and tells another time in a zone.
fn system_note(zone: Zone, folder: &Path, now_ms: i64) -> Option<String> {
    let version = VERSION_FILES
        .iter()
        .filter_map(|name| read(&folder.join(name)))
        .find_map(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            zone::version_of_tzdata(&text).map(str::to_owned)
        })?;
    if *version <= *ZONE_DATA_VERSION {
        return None;
    }
    let bytes = read(&folder.join(zone.name()))?;
    let differs = zone::compare(zone, &bytes, FROM_MS, now_ms + AHEAD_MS).ok()??;
    Some(format!(
        "This computer's zone data ({version}) is newer than Dwell's ({ZONE_DATA_VERSION}) and tells \
         another time in {zone} from {} on: days there may end at another hour.",
        format_utc(differs.at_ms)
    ))
}

/// The beginning of a file; `None` where it cannot be read.
fn read(path: &Path) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_000_000_000;

    fn definition(day_in: &str) -> Definition {
        Definition::from_json(&format!(r#"{{"name":"d","limits":{{{day_in}}}}}"#)).unwrap()
    }

    /// A zone that was always at an offset of so many hours, as a file of zone data.
    fn fixed(hours: i32) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..2 {
            bytes.extend_from_slice(b"TZif2");
            bytes.extend_from_slice(&[0; 15]);
            for count in [0_u32, 0, 0, 0, 1, 4] {
                bytes.extend_from_slice(&count.to_be_bytes());
            }
            bytes.extend_from_slice(&(hours * 3_600).to_be_bytes());
            bytes.extend_from_slice(&[0, 0]);
            bytes.extend_from_slice(b"XXX\0");
        }
        bytes.extend_from_slice(format!("\nXXX{}\n", -hours).as_bytes());
        bytes
    }

    #[test]
    fn sessions_of_another_version_are_behind_where_a_day_ends_them() {
        let by_day = definition(r#""day_in":"Europe/Rome""#);
        let by_pause = definition(r#""inactivity_seconds":60"#);
        assert!(is_behind(&by_day, "2025b"));
        assert!(!is_behind(&by_day, ZONE_DATA_VERSION));
        assert!(!is_behind(&by_pause, "2025b"));
        let note = note(&by_day, "2025b", NOW_MS).unwrap();
        assert!(
            note.contains("2025b") && note.contains("Europe/Rome"),
            "{note}"
        );
    }

    #[test]
    fn the_system_is_named_only_where_it_is_newer_and_differs() {
        let zone = Zone::parse("Asia/Kolkata").unwrap();
        let cases = [
            // version, hours of the system's zone, whether it is told
            ("# version 2999a", 7, true),
            ("# version 2020a", 7, false),
            ("no version", 7, false),
        ];
        for (version, hours, is_told) in cases {
            let folder = tempfile::TempDir::new().unwrap();
            std::fs::create_dir(folder.path().join("Asia")).unwrap();
            std::fs::write(folder.path().join("tzdata.zi"), version).unwrap();
            std::fs::write(folder.path().join("Asia/Kolkata"), fixed(hours)).unwrap();
            let found = system_note(zone, folder.path(), NOW_MS);
            assert_eq!(found.is_some(), is_told, "{version}: {found:?}");
        }
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("Etc")).unwrap();
        std::fs::write(folder.path().join("+VERSION"), "2999a\n").unwrap();
        std::fs::write(folder.path().join("Etc/GMT-7"), fixed(7)).unwrap();
        let same = Zone::parse("Etc/GMT-7").unwrap();
        assert_eq!(system_note(same, folder.path(), NOW_MS), None, "equal");
        std::fs::write(folder.path().join("Etc/GMT-7"), b"TZif?").unwrap();
        assert_eq!(system_note(same, folder.path(), NOW_MS), None, "damaged");
    }
}
