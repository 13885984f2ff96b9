//! Devices: models, what runs on them and since when, how well they keep time.
//! Must not know people or events.

use uuid::Uuid;

use crate::application::{Kind, Release, release};
use crate::line::Source;
use crate::rng::{Band, Rng};

const DAY_MS: i64 = 86_400_000;
const GIB: i64 = 1 << 30;

/// A model as an SDK would report it.
pub(crate) struct Model {
    /// `mobile`, `tablet`, `desktop`, `tv` or `watch`.
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    pub(crate) system: System,
    /// Physical pixels, portrait for what is held in a hand.
    pub(crate) screen: (i64, i64),
    /// Physical pixels per point, in hundredths.
    pub(crate) scale_cents: i64,
    pub(crate) memory_bytes: i64,
    pub(crate) storage_bytes: i64,
    weights: Weights,
}

/// What runs a device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Ios,
    Android,
    Macos,
    Tvos,
    Watchos,
    /// A page in a browser on the named system: no SDK, so no lifecycle events.
    Web(&'static str),
}

/// How likely a model is in each place of a person's life.
struct Weights {
    first: u32,
    further: u32,
    shared: u32,
}

/// What a person or a family wants the device for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    First,
    Further,
    Shared,
}

const fn held(
    name: &'static str,
    system: System,
    screen: (i64, i64),
    scale_cents: i64,
    gib: (i64, i64),
    weights: (u32, u32, u32),
) -> Model {
    model("mobile", name, system, screen, scale_cents, gib, weights)
}

const fn model(
    kind: &'static str,
    name: &'static str,
    system: System,
    screen: (i64, i64),
    scale_cents: i64,
    (memory, storage): (i64, i64),
    (first, further, shared): (u32, u32, u32),
) -> Model {
    Model {
        kind,
        name,
        system,
        screen,
        scale_cents,
        memory_bytes: memory * GIB,
        storage_bytes: storage * GIB,
        weights: Weights {
            first,
            further,
            shared,
        },
    }
}

const fn browser(name: &'static str, on: &'static str, weights: (u32, u32, u32)) -> Model {
    model(
        "desktop",
        name,
        System::Web(on),
        (1920, 1080),
        100,
        (8, 256),
        weights,
    )
}

#[rustfmt::skip]
static MODELS: [Model; 21] = [
    held("iPhone 15", System::Ios, (1179, 2556), 300, (6, 128), (13, 3, 0)),
    held("iPhone 13 mini", System::Ios, (1080, 2340), 300, (4, 128), (6, 2, 0)),
    held("iPhone SE", System::Ios, (750, 1334), 200, (4, 64), (5, 2, 0)),
    held("iPhone 16 Pro", System::Ios, (1206, 2622), 300, (8, 256), (8, 2, 0)),
    held("Pixel 8", System::Android, (1080, 2400), 263, (8, 128), (8, 2, 0)),
    held("Galaxy S24", System::Android, (1080, 2340), 263, (8, 256), (11, 3, 0)),
    held("Redmi Note 13", System::Android, (1080, 2400), 275, (6, 128), (10, 2, 0)),
    held("Xperia 10 VI", System::Android, (1080, 2520), 263, (8, 128), (4, 1, 0)),
    model("tablet", "iPad Air", System::Ios, (1640, 2360), 200, (8, 128), (3, 9, 12)),
    model("tablet", "Galaxy Tab S9", System::Android, (1600, 2560), 200, (8, 128), (2, 5, 8)),
    model("desktop", "MacBook Pro 14", System::Macos, (3024, 1964), 200, (16, 512), (2, 6, 1)),
    model("tv", "Apple TV 4K", System::Tvos, (3840, 2160), 200, (4, 64), (0, 3, 2)),
    model("watch", "Apple Watch S9", System::Watchos, (396, 484), 200, (1, 64), (0, 3, 0)),
    browser("Chrome 131", "Windows", (12, 16, 4)),
    browser("Chrome 131", "macOS", (4, 6, 1)),
    browser("Edge 131", "Windows", (4, 6, 1)),
    browser("Safari 18", "macOS", (5, 8, 1)),
    browser("Firefox 133", "Linux", (2, 4, 0)),
    browser("Firefox 132", "Windows", (2, 3, 0)),
    held("Chrome Mobile", System::Web("Android"), (1080, 2400), 275, (8, 128), (6, 6, 0)),
    held("Safari Mobile", System::Web("iOS"), (1179, 2556), 300, (6, 128), (5, 5, 0)),
];

const IOS: [Release; 5] = [
    release("17.6.1", "", 400),
    release("18.0.1", "", 52),
    release("18.1.0", "", 24),
    release("18.1.1", "", 13),
    release("18.2.0", "", 4),
];
const ANDROID: [Release; 3] = [
    release("13", "", 900),
    release("14", "", 400),
    release("15", "", 36),
];
const MACOS: [Release; 3] = [
    release("14.7.1", "", 400),
    release("15.0.1", "", 50),
    release("15.1", "", 23),
];
const TVOS: [Release; 2] = [release("17.6", "", 400), release("18.0", "", 61)];
const WATCHOS: [Release; 3] = [
    release("10.6", "", 400),
    release("11.0", "", 62),
    release("11.1", "", 22),
];

impl System {
    /// As Tell spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            System::Ios => "ios",
            System::Android => "android",
            System::Macos => "macos",
            System::Tvos => "tvos",
            System::Watchos => "watchos",
            System::Web(_) => "web",
        }
    }

    fn releases(self) -> &'static [Release] {
        match self {
            System::Ios => &IOS,
            System::Android => &ANDROID,
            System::Macos => &MACOS,
            System::Tvos => &TVOS,
            System::Watchos => &WATCHOS,
            System::Web(_) => &[],
        }
    }
}

/// A release that a device runs from a moment on.
pub(crate) struct Installed {
    pub(crate) from_ms: i64,
    pub(crate) release: &'static Release,
}

/// One device.
pub(crate) struct Device {
    pub(crate) id: Uuid,
    pub(crate) model: &'static Model,
    /// Oldest first; empty on the web.
    pub(crate) system: Vec<Installed>,
    /// Oldest first.
    pub(crate) app: Vec<Installed>,
    /// Added to the true time by the device's clock.
    pub(crate) clock_error_ms: i64,
    /// Whether its SDK says when it sent an event.
    pub(crate) says_sent_at: bool,
    /// Whether its SDK writes the context as one flat map.
    pub(crate) flat_context: bool,
    /// Used by two people.
    pub(crate) shared: bool,
}

impl Device {
    pub(crate) fn new(rng: &mut Rng, kind: Kind, purpose: Purpose, ends_at_ms: i64) -> Device {
        let weights: Vec<u32> = MODELS
            .iter()
            .map(|model| match purpose {
                Purpose::First => model.weights.first,
                Purpose::Further => model.weights.further,
                Purpose::Shared => model.weights.shared,
            })
            .collect();
        let model = &MODELS[rng.weighted(&weights)];
        Device {
            id: rng.uuid(),
            model,
            system: install(rng, model.system.releases(), ends_at_ms),
            app: install(rng, kind.releases(), ends_at_ms),
            clock_error_ms: 0,
            says_sent_at: rng.chance(250),
            flat_context: rng.chance(60),
            shared: matches!(purpose, Purpose::Shared),
        }
    }

    /// A device of the named model, with prompt updates and a good clock.
    pub(crate) fn named(
        rng: &mut Rng,
        kind: Kind,
        name: &str,
        id: Uuid,
        ends_at_ms: i64,
    ) -> Device {
        let model = MODELS
            .iter()
            .find(|model| model.name == name)
            .unwrap_or(&MODELS[0]);
        Device {
            id,
            model,
            system: install_all(rng, model.system.releases(), &PROMPT, ends_at_ms),
            app: install_all(rng, kind.releases(), &PROMPT, ends_at_ms),
            clock_error_ms: 0,
            says_sent_at: false,
            flat_context: false,
            shared: false,
        }
    }

    pub(crate) fn source(&self) -> Source {
        match self.model.system {
            System::Web(_) => Source::Web,
            _ => Source::Native,
        }
    }

    pub(crate) fn is_native(&self) -> bool {
        self.source() == Source::Native
    }
}

/// The version at a moment; `None` where nothing is known to run.
pub(crate) fn running_at(installed: &[Installed], ms: i64) -> Option<&'static Release> {
    let newest = installed
        .iter()
        .rev()
        .find(|installed| installed.from_ms <= ms);
    newest
        .or(installed.first())
        .map(|installed| installed.release)
}

/// Hours from a release to its installation.
const USUAL: [Band; 3] = [(0, 40), (10, 90), (40, 300)];
const PROMPT: [Band; 1] = [(0, 40)];

/// Most devices take a release some days after it is out; some never do.
fn install(rng: &mut Rng, releases: &'static [Release], ends_at_ms: i64) -> Vec<Installed> {
    if rng.chance(180) && !releases.is_empty() {
        let release = rng.one_of(releases);
        return vec![Installed {
            from_ms: i64::MIN,
            release,
        }];
    }
    install_all(rng, releases, &USUAL, ends_at_ms)
}

fn install_all(
    rng: &mut Rng,
    releases: &'static [Release],
    lags: &[Band],
    ends_at_ms: i64,
) -> Vec<Installed> {
    let mut installed: Vec<Installed> = Vec::new();
    for release in releases {
        let lag_ms = rng.banded(lags) * 3_600_000 + rng.between((0, 3_599_999));
        let from_ms = match installed.last() {
            None => i64::MIN,
            Some(_) => ends_at_ms - release.days_ago * DAY_MS + lag_ms,
        };
        if from_ms < ends_at_ms && installed.last().is_none_or(|last| last.from_ms < from_ms) {
            installed.push(Installed { from_ms, release });
        }
    }
    installed
}
