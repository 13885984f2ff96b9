//! The people of an application: who they are, where they live, which devices they use, when
//! they come. Must not know what they do there.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use crate::application::Kind;
use crate::devices::{Device, Purpose};
use crate::names;
use crate::place::{self, PLACES, Place};
use crate::rng::{Band, Rng};
use crate::{kiosk, star};

pub(crate) const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// Days of the demo, the one of the newest moment included.
pub(crate) const DAYS: i64 = 60;

/// When an application learns who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// Signed in long ago.
    Always,
    /// In the visit that is planned for this moment (UTC).
    From {
        at_ms: i64,
    },
    Never,
}

/// A stay elsewhere.
pub(crate) struct Journey {
    pub(crate) to: &'static Place,
    pub(crate) from_ms: i64,
    pub(crate) until_ms: i64,
}

pub(crate) struct Person {
    /// Like `u_7f3a91`.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) home: &'static Place,
    pub(crate) journey: Option<Journey>,
    pub(crate) sign_in: SignIn,
    pub(crate) signed_up_on: NaiveDate,
    pub(crate) plan: &'static str,
    /// What the person likes best: an index into a list of the application's, after `%`.
    pub(crate) favourite: usize,
    /// The usual bet in the casino.
    pub(crate) stake_cents: i64,
    /// Of the household's devices, those that the person uses; the usual one first.
    pub(crate) devices: Vec<usize>,
    /// Planned starts of visits, oldest first.
    pub(crate) visits_ms: Vec<i64>,
}

impl Person {
    /// Where the person is at a moment.
    pub(crate) fn here(&self, at_ms: i64) -> &'static Place {
        match &self.journey {
            Some(journey) if (journey.from_ms..journey.until_ms).contains(&at_ms) => journey.to,
            _ => self.home,
        }
    }

    /// Whether the application knows the person at a moment.
    pub(crate) fn is_known(&self, now_ms: i64) -> bool {
        match self.sign_in {
            SignIn::Always => true,
            SignIn::From { at_ms } => now_ms >= at_ms,
            SignIn::Never => false,
        }
    }
}

/// One person with their devices, or two that share one of them.
pub(crate) struct Household {
    pub(crate) people: Vec<Person>,
    pub(crate) devices: Vec<Device>,
}

/// Everyone of an application. The first household is the story that the application tells:
/// the star of the casino, the kiosk of the shop.
pub(crate) fn households(kind: Kind, ends_at_ms: i64) -> Vec<Household> {
    let mut census = Census::new(kind, ends_at_ms);
    let story = match kind {
        Kind::Shop => kiosk::household(&mut census),
        Kind::Casino => star::household(&mut census),
    };
    let mut people_count = story.people.len();
    let mut households = vec![story];
    while people_count < kind.person_count() {
        let family = households.len() <= kind.family_count();
        let household = if family {
            census.family()
        } else {
            census.single()
        };
        people_count += household.people.len();
        households.push(household);
    }
    census.hand_out_further_devices(&mut households);
    set_clocks_wrong(&mut households);
    households
}

/// Makes people whose ids and e-mail addresses are their own.
pub(crate) struct Census {
    pub(crate) kind: Kind,
    pub(crate) ends_at_ms: i64,
    pub(crate) rng: Rng,
    taken: BTreeSet<String>,
}

/// Plans that people are on, as often as they are listed.
const PLANS: [&str; 7] = [
    "free", "free", "free", "monthly", "monthly", "annual", "family",
];

/// Visits of a person in all 60 days: many come seldom, a few come daily.
const VISIT_COUNTS: [Band; 16] = [
    (1, 1),
    (1, 1),
    (1, 2),
    (1, 3),
    (2, 3),
    (2, 4),
    (2, 5),
    (3, 6),
    (3, 7),
    (4, 8),
    (5, 10),
    (6, 12),
    (8, 15),
    (10, 19),
    (14, 26),
    (20, 52),
];

impl Census {
    fn new(kind: Kind, ends_at_ms: i64) -> Census {
        let taken = [star::ID, star::EMAIL].map(String::from).into();
        Census {
            kind,
            ends_at_ms,
            rng: Rng::new(kind.seed(), 1),
            taken,
        }
    }

    fn single(&mut self) -> Household {
        let home = self.place();
        let family_name = self.family_name(home);
        let mut person = self.person(home, family_name);
        person.devices = vec![0];
        let device = self.device(Purpose::First);
        Household {
            people: vec![person],
            devices: vec![device],
        }
    }

    /// Two people of one home: one has a device of their own besides the shared one, the other
    /// in half of the families.
    fn family(&mut self) -> Household {
        let home = self.place();
        let family_name = self.family_name(home);
        let mut first = self.person(home, family_name);
        let mut second = self.person(home, family_name);
        let mut devices = vec![self.device(Purpose::Shared), self.device(Purpose::First)];
        first.devices = vec![1, 0];
        second.devices = vec![0];
        if self.rng.chance(500) {
            devices.push(self.device(Purpose::First));
            second.devices.push(2);
        }
        for person in [&mut first, &mut second] {
            let more = self.rng.between((3, 9));
            person
                .visits_ms
                .extend(self.starts(home, (0, DAYS - 1), more, None));
            person.visits_ms.sort_unstable();
        }
        Household {
            people: vec![first, second],
            devices,
        }
    }

    fn place(&mut self) -> &'static Place {
        &PLACES[self.rng.weighted(&place::weights())]
    }

    fn family_name(&mut self, home: &Place) -> &'static str {
        self.rng.pick(home.names.family)
    }

    fn device(&mut self, purpose: Purpose) -> Device {
        Device::new(&mut self.rng, self.kind, purpose, self.ends_at_ms)
    }

    pub(crate) fn person(&mut self, home: &'static Place, family_name: &'static str) -> Person {
        let given_name = self.rng.pick(home.names.given);
        let journey = self.rng.chance(70).then(|| self.journey(home));
        let first_day = if self.rng.chance(560) {
            0
        } else {
            self.rng.between((0, DAYS - 2))
        };
        let last_day = match self.rng.chance(600) {
            true => DAYS - 1,
            false => self.rng.between((first_day, DAYS - 1)),
        };
        let visit_count = self.rng.banded(&VISIT_COUNTS);
        let days = (first_day, last_day);
        let mut visits_ms = self.starts(home, days, visit_count, journey.as_ref());
        if self.rng.chance(22) {
            // Here at this very moment.
            let ago_ms = self.rng.between((2 * MINUTE_MS, 24 * MINUTE_MS));
            visits_ms.push(self.ends_at_ms - ago_ms);
        }
        let sign_in = match self.rng.below(1000) {
            n if n < self.kind.nameless_per_mille() => SignIn::Never,
            n if n < 560 => SignIn::Always,
            _ => {
                let index = self.rng.below(4) as usize;
                SignIn::From {
                    at_ms: visits_ms[index.min(visits_ms.len() - 1)],
                }
            }
        };
        let signed_up_on = match sign_in {
            SignIn::From { at_ms } => place::local_date(home.zone, at_ms),
            _ => {
                let days_ago = self.rng.banded(&[(61, 200), (90, 500), (200, 1100)]);
                place::local_date(home.zone, self.ends_at_ms) - TimeDelta::days(days_ago)
            }
        };
        Person {
            id: self.id(),
            name: home.names.full(given_name, family_name),
            email: self.email(given_name, family_name),
            home,
            journey,
            sign_in,
            signed_up_on,
            plan: self.rng.pick(&PLANS),
            favourite: self.rng.below(1000) as usize,
            stake_cents: self
                .rng
                .pick(&[20, 20, 40, 50, 50, 100, 100, 200, 400, 1000, 2500]),
            devices: Vec::new(),
            visits_ms,
        }
    }

    fn journey(&mut self, home: &Place) -> Journey {
        let mut to = self.place();
        if to.zone == home.zone {
            to = if to.zone == place::LISBON.zone {
                place::MADRID
            } else {
                place::LISBON
            };
        }
        let from_ms = self.ends_at_ms - self.rng.between((5, 55)) * DAY_MS;
        let until_ms = from_ms + self.rng.between((2, 14)) * DAY_MS;
        Journey {
            to,
            from_ms,
            until_ms,
        }
    }

    fn id(&mut self) -> String {
        loop {
            let id = format!("u_{:06x}", self.rng.below(1 << 24));
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }

    fn email(&mut self, given_name: &str, family_name: &str) -> String {
        let host = self
            .rng
            .pick(&["example.com", "example.com", "example.org"]);
        let name = format!("{}.{}", names::latin(given_name), names::latin(family_name));
        let mut email = format!("{name}@{host}");
        let mut number = 2;
        while !self.taken.insert(email.clone()) {
            email = format!("{name}{number}@{host}");
            number += 1;
        }
        email
    }

    /// Starts of `count` visits between two days (0 is the oldest), by the rhythm of week and day
    /// of the place where the person is, oldest first.
    pub(crate) fn starts(
        &mut self,
        home: &Place,
        days: Band,
        count: i64,
        journey: Option<&Journey>,
    ) -> Vec<i64> {
        let mut starts: Vec<i64> = (0..count)
            .map(|_| self.start(home, days, journey))
            .collect();
        starts.sort_unstable();
        starts
    }

    fn start(&mut self, home: &Place, days: Band, journey: Option<&Journey>) -> i64 {
        let begins_at_ms = self.ends_at_ms - DAYS * DAY_MS;
        let today = place::local_date(home.zone, self.ends_at_ms);
        // A day that the rhythm or the range refuses is thrown again, some times.
        for _ in 0..12 {
            let days_ago = DAYS - 1 - self.rng.between(days);
            let date = today - TimeDelta::days(days_ago);
            let weekday = place::weekday(date);
            let refused = self.rng.below(100) >= self.kind.weekdays()[weekday];
            let hour = self.rng.weighted(self.kind.hours()) as i64;
            let second = hour * 3600 + self.rng.between((0, 3599));
            let away = journey.filter(|journey| {
                let noon_ms = place::utc_ms(home.zone, date, 12 * 3600);
                (journey.from_ms..journey.until_ms).contains(&noon_ms)
            });
            let zone = away.map_or(home, |journey| journey.to).zone;
            let start_ms = place::utc_ms(zone, date, second) + self.rng.between((0, 999));
            let possible = begins_at_ms..self.ends_at_ms - MINUTE_MS;
            if !refused && possible.contains(&start_ms) {
                return start_ms;
            }
        }
        // All refused: the first or the last day at the edge of the range.
        self.ends_at_ms - self.rng.between((1, 47)) * 30 * MINUTE_MS
    }

    /// Gives regular visitors second and third devices until there are as many as promised.
    fn hand_out_further_devices(&mut self, households: &mut [Household]) {
        let mut device_count: usize = households.iter().map(|home| home.devices.len()).sum();
        while device_count < self.kind.device_count() {
            let home = self.rng.below(households.len() as u64 - 1) as usize + 1;
            let home = &mut households[home];
            let person = &mut home.people[0];
            if person.visits_ms.len() < 4 || person.devices.len() > 2 {
                continue;
            }
            person.devices.push(home.devices.len());
            home.devices.push(self.device(Purpose::Further));
            device_count += 1;
        }
    }
}

/// A few devices keep bad time, fast or slow; they say when they sent, so that it shows.
fn set_clocks_wrong(households: &mut [Household]) {
    let errors = [7, -60, 60, -7, 7, 60].map(|minutes| minutes * MINUTE_MS + 1_340);
    let regulars = households
        .iter_mut()
        .skip(120)
        .filter(|home| home.people[0].visits_ms.len() >= 8 && home.devices[0].is_native());
    for (home, error_ms) in regulars.step_by(9).zip(errors) {
        home.devices[0].clock_error_ms = error_ms;
        home.devices[0].says_sent_at = true;
    }
}
