//! The events of the demo workspace: a shop and a casino, made from a seed as files in the native
//! JSON Lines format, so that the demo goes through the same import as a person's own file.
//! Pure: the same arguments give the same bytes on every platform. Must not know the store, the
//! sessionizer, a clock or a file system.

mod application;
mod arrivals;
mod casino;
mod context;
mod devices;
mod household;
mod kiosk;
mod line;
mod malformed;
mod names;
mod people;
mod place;
mod rng;
mod shop;
mod star;
mod visit;

use application::Kind;
use arrivals::Arrivals;
use people::{DAY_MS, DAYS};
use rng::Rng;

/// One of the demo's applications.
pub struct DemoApplication {
    /// Its name in a workspace.
    pub name: &'static str,
    /// The IANA zone of the application.
    pub zone: &'static str,
    /// What a file of its events is called.
    pub file_name: &'static str,
    /// The presets of definitions that it has beside the standard one.
    pub presets: &'static [&'static str],
    kind: Kind,
}

/// The applications, in the order in which the demo imports them.
pub const APPLICATIONS: [DemoApplication; 2] = [
    DemoApplication {
        name: "casino",
        zone: "Europe/Berlin",
        file_name: "demo-casino.jsonl",
        presets: &["gameplay"],
        kind: Kind::Casino,
    },
    DemoApplication {
        name: "shop",
        zone: "America/New_York",
        file_name: "demo-shop.jsonl",
        presets: &[],
        kind: Kind::Shop,
    },
];

/// The newest moment of the demo: 2026-11-20 14:58:20 UTC, a Friday.
pub const ENDS_AT_MS: i64 = 1_795_186_700_000;

/// Rows of one application that an import puts into the quarantine.
pub const MALFORMED_ROW_COUNT: usize = malformed::ROW_COUNT;

/// All lines of one application in order of arrival, as the bytes of a JSON Lines file: the 60
/// days up to `ends_at_ms` (UTC), malformed rows and duplicates among them. Usually that moment
/// is [`ENDS_AT_MS`]; it should lie between the years 2000 and 2100.
pub fn lines(application: &DemoApplication, ends_at_ms: i64) -> Vec<u8> {
    let kind = application.kind;
    let begins_at_ms = ends_at_ms - DAYS * DAY_MS;
    let mut arrivals = Arrivals::new(begins_at_ms, ends_at_ms);
    for (index, home) in people::households(kind, ends_at_ms).iter().enumerate() {
        let mut rng = Rng::new(kind.seed(), 1000 + index as u64);
        household::live(kind, home, &mut rng, &mut arrivals);
        if index == 0 {
            match kind {
                Kind::Shop => kiosk::live(home, &mut rng, &mut arrivals),
                Kind::Casino => star::live_last_day(home, &mut rng, &mut arrivals),
            }
        }
    }
    for (at_ms, row) in malformed::rows(kind, begins_at_ms, ends_at_ms) {
        arrivals.deliver_raw(at_ms, &row);
    }
    arrivals.into_file()
}
