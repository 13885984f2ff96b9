//! What tells the two applications apart: how many people, when they come, which releases.
//! Must not know single events; `shop` and `casino` write those.

/// Which of the demo's applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Shop,
    Casino,
}

/// A release of an app or an operating system.
pub(crate) struct Release {
    pub(crate) version: &'static str,
    /// Of apps only; empty for systems.
    pub(crate) build: &'static str,
    /// How long before the newest moment it came out; the first of a list was always there.
    pub(crate) days_ago: i64,
}

pub(crate) const fn release(version: &'static str, build: &'static str, days_ago: i64) -> Release {
    Release {
        version,
        build,
        days_ago,
    }
}

impl Kind {
    /// The seed of all its dice.
    pub(crate) fn seed(self) -> u64 {
        match self {
            Kind::Shop => 0x5409,
            Kind::Casino => 0xCA51_0000,
        }
    }

    /// People, those that never sign in among them.
    pub(crate) fn person_count(self) -> usize {
        match self {
            Kind::Shop => 1150,
            Kind::Casino => 850,
        }
    }

    pub(crate) fn device_count(self) -> usize {
        match self {
            Kind::Shop => 1480,
            Kind::Casino => 1120,
        }
    }

    /// Households of two people that share a device.
    pub(crate) fn family_count(self) -> usize {
        match self {
            Kind::Shop => 70,
            Kind::Casino => 30,
        }
    }

    /// Of 1,000 people, those that never say who they are.
    pub(crate) fn nameless_per_mille(self) -> u64 {
        match self {
            Kind::Shop => 100,
            Kind::Casino => 40,
        }
    }

    /// Weights of the local hours 0 to 23: the evening is the peak, in the casino a later one.
    pub(crate) fn hours(self) -> &'static [u32; 24] {
        match self {
            Kind::Shop => &[
                3, 1, 1, 1, 1, 2, 4, 7, 10, 10, 11, 11, 13, 13, 11, 10, 11, 13, 17, 21, 24, 22, 15,
                7,
            ],
            Kind::Casino => &[
                11, 6, 3, 2, 1, 1, 2, 4, 6, 6, 7, 7, 9, 8, 7, 7, 8, 10, 14, 19, 24, 27, 25, 18,
            ],
        }
    }

    /// Weights of Monday to Sunday, in per cent of the busiest day.
    pub(crate) fn weekdays(self) -> &'static [u64; 7] {
        match self {
            Kind::Shop => &[88, 70, 66, 68, 60, 78, 100],
            Kind::Casino => &[52, 50, 55, 62, 92, 100, 84],
        }
    }

    pub(crate) fn bundle_id(self) -> &'static str {
        match self {
            Kind::Shop => "com.example.shop",
            Kind::Casino => "com.example.casino",
        }
    }

    pub(crate) fn releases(self) -> &'static [Release] {
        match self {
            Kind::Shop => &SHOP_RELEASES,
            Kind::Casino => &CASINO_RELEASES,
        }
    }
}

const SHOP_RELEASES: [Release; 5] = [
    release("4.11.2", "318", 90),
    release("4.12.0", "325", 44),
    release("4.12.1", "327", 39),
    release("5.0.0", "340", 17),
    release("5.0.1", "343", 6),
];

const CASINO_RELEASES: [Release; 4] = [
    release("1.9.8", "37", 90),
    release("2.0.3", "38", 48),
    release("2.0.4", "39", 27),
    release("2.1.0", "42", 3),
];
