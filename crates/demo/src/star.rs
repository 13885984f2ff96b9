//! The casino's story: Inês Carvalho of Lisbon, who plays daily and is there at this very moment.
//! Her last day is written out, a late purchase in it. Must not know how events travel.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::application::Kind;
use crate::arrivals::{Arrivals, Route};
use crate::casino::{self, GAMES};
use crate::devices::{Device, Installed};
use crate::line::Properties;
use crate::people::{Census, DAY_MS, DAYS, Household, Journey, SignIn};
use crate::place::{LISBON, MADRID};
use crate::rng::Rng;
use crate::visit::{DeviceState, Visit};

pub(crate) const ID: &str = "u_7f3a91";
pub(crate) const EMAIL: &str = "ines.carvalho@example.com";
const PHONE_ID: Uuid = Uuid::from_u128(0x9d41_e7b0_52ac_4f18_8b03_6f1a_2c77_d0c2);
const LAPTOP_ID: Uuid = Uuid::from_u128(0x41fe_00ac_93d7_4b62_a1f5_7e08_33c9_bd10);

/// Visits before the last day.
const VISIT_COUNT: i64 = 206;
/// The newest moment on the clock of her last day; its times count back from it.
const NOW: Clock = (14, 58, 20);

/// Hours, minutes and seconds.
type Clock = (i64, i64, i64);

const SIGNED_UP_ON: Option<NaiveDate> = NaiveDate::from_ymd_opt(2025, 2, 3);

/// She, a phone and a laptop.
pub(crate) fn household(census: &mut Census) -> Household {
    let mut ines = census.person(LISBON, LISBON.names.family[1]);
    let ends_at_ms = census.ends_at_ms;
    ines.id = ID.into();
    ines.name = "Inês Carvalho".into();
    ines.email = EMAIL.into();
    ines.plan = "monthly";
    ines.favourite = 0;
    ines.stake_cents = 400;
    ines.sign_in = SignIn::Always;
    ines.signed_up_on = SIGNED_UP_ON.unwrap_or(ines.signed_up_on);
    // Home from Madrid five days ago.
    let from_ms = ends_at_ms - 9 * DAY_MS;
    let until_ms = ends_at_ms - 5 * DAY_MS + 2 * 3_600_000;
    let journey = Journey {
        to: MADRID,
        from_ms,
        until_ms,
    };
    ines.visits_ms = census.starts(LISBON, (0, DAYS - 2), VISIT_COUNT, Some(&journey));
    ines.journey = Some(journey);
    ines.devices = vec![0, 1, 0];
    let mut phone = Device::named(
        &mut census.rng,
        Kind::Casino,
        "iPhone 15",
        PHONE_ID,
        ends_at_ms,
    );
    // Both updates come on the day before the last.
    take_newest_at(&mut phone.app, ends_at_ms - ago_ms((8, 2, 0)) - DAY_MS);
    take_newest_at(&mut phone.system, ends_at_ms - ago_ms((19, 24, 0)) - DAY_MS);
    let laptop = Device::named(
        &mut census.rng,
        Kind::Casino,
        "MacBook Pro 14",
        LAPTOP_ID,
        ends_at_ms,
    );
    Household {
        people: vec![ines],
        devices: vec![phone, laptop],
    }
}

fn take_newest_at(installed: &mut [Installed], at_ms: i64) {
    if let Some(newest) = installed.last_mut() {
        newest.from_ms = at_ms;
    }
}

/// Her last day: a morning, a noon with a purchase that arrives three hours late, and now.
pub(crate) fn live_last_day(home: &Household, rng: &mut Rng, arrivals: &mut Arrivals) {
    let device = &home.devices[0];
    let mut state = DeviceState::new();
    state.signed_in = Some(0);
    let visit = Visit {
        kind: Kind::Casino,
        household: home,
        who: 0,
        device,
        state: &mut state,
        rng,
        now_ms: arrivals.ends_at_ms,
        events: Vec::new(),
        follow_ups: Vec::new(),
    };
    let mut day = Day {
        visit,
        ends_at_ms: arrivals.ends_at_ms,
    };
    day.morning();
    day.noon();
    day.now();
    let events = day.visit.events;
    arrivals.deliver(rng, device.source(), Some(device), events, Route::Prompt);
}

fn ago_ms((hours, minutes, seconds): Clock) -> i64 {
    let seconds_of = |(h, m, s): Clock| (h * 60 + m) * 60 + s;
    (seconds_of(NOW) - seconds_of((hours, minutes, seconds))) * 1000
}

struct Day<'a, 'b> {
    visit: Visit<'a, 'b>,
    ends_at_ms: i64,
}

impl Day<'_, '_> {
    fn morning(&mut self) {
        self.at((8, 9, 2))
            .start_session("session_started", "app_launch", None);
        self.look((8, 9, 11), "LobbyViewed", vec![("section", "new".into())]);
        self.play(
            1,
            &[
                ((8, 10, 3), 400, 0),
                ((8, 10, 12), 400, 480),
                ((8, 10, 31), 400, 0),
                ((8, 11, 2), 800, 0),
                ((8, 14, 47), 800, 1600),
            ],
        );
        self.play(
            4,
            &[
                ((8, 22, 5), 400, 0),
                ((8, 22, 19), 400, 200),
                ((8, 36, 40), 400, 0),
            ],
        );
        self.at((8, 37, 8)).go_to_background();
    }

    fn noon(&mut self) {
        self.at((11, 22, 8)).come_back(9900);
        self.look(
            (11, 22, 31),
            "LobbyViewed",
            vec![("section", "slots".into())],
        );
        let search = vec![("query", "mahjong".into()), ("results", 12.into())];
        self.look((11, 22, 58), "SearchPerformed", search);
        self.play(0, &[((11, 24, 2), 800, 1250)]);
        self.at((11, 27, 45)).go_to_background();
        self.at((11, 31, 2)).come_back(197);
        let bought = casino::subscription("annual", 2999, "EUR", false);
        self.look((11, 37, 12), "PurchaseCompleted", bought);
        self.arrives((14, 41, 20));
        self.play(0, &[((11, 41, 30), 2000, 0), ((11, 42, 1), 2000, 3000)]);
        self.at((11, 53, 51)).go_to_background();
    }

    fn now(&mut self) {
        self.at((14, 12, 4))
            .start_session("session_started", "app_launch", None);
        self.look(
            (14, 12, 9),
            "LobbyViewed",
            vec![("section", "popular".into())],
        );
        let shown = vec![("campaignId", "cmp_vip_night".into())];
        self.look((14, 12, 14), "CampaignShown", shown);
        self.play(
            0,
            &[
                ((14, 13, 20), 400, 0),
                ((14, 13, 29), 400, 0),
                ((14, 13, 41), 400, 600),
                ((14, 14, 8), 800, 0),
                ((14, 21, 50), 800, 0),
            ],
        );
        self.play(5, &[((14, 34, 12), 400, 1200), ((14, 35, 2), 400, 0)]);
        self.at((14, 36, 40)).go_to_background();
        self.at((14, 41, 20)).come_back(280);
        self.play(
            5,
            &[
                ((14, 47, 30), 400, 0),
                ((14, 52, 11), 800, 0),
                ((14, 57, 55), 800, 1600),
                ((14, 58, 18), 800, 0),
            ],
        );
        self.arrives(NOW);
    }

    fn at(&mut self, clock: Clock) -> &mut Self {
        let fraction_ms = self.visit.rng.between((0, 900));
        self.visit.now_ms = self.ends_at_ms - ago_ms(clock) + fraction_ms;
        self
    }

    fn start_session(&mut self, name: &'static str, reason: &'static str, away: Option<i64>) {
        self.visit.start_session(name, reason, away);
    }

    fn come_back(&mut self, seconds: i64) {
        self.visit.come_back(seconds);
    }

    fn go_to_background(&mut self) {
        self.visit.go_to_background();
    }

    fn look(&mut self, clock: Clock, name: &'static str, properties: Properties) {
        self.at(clock).visit.emit(name, properties);
    }

    /// Opens a game twenty seconds before the first of its bets: (when, staked, won) in cents.
    fn play(&mut self, game: usize, bets: &[(Clock, i64, i64)]) {
        let game = &GAMES[game];
        for (index, &(clock, staked_cents, won_cents)) in bets.iter().enumerate() {
            self.at(clock);
            if index == 0 {
                self.visit.now_ms -= 20_000;
                let opened = vec![("game_id", game.id.into()), ("game_name", game.name.into())];
                self.visit.emit("GameOpened", opened);
                self.visit.now_ms += 20_000;
            }
            self.visit
                .emit_bare("Bet", casino::bet(game, staked_cents, "EUR"));
            if won_cents > 0 {
                self.visit.now_ms += 1_400;
                self.visit
                    .emit_bare("Win", casino::win(game, won_cents, "EUR"));
            }
        }
    }

    /// When the newest event arrives.
    fn arrives(&mut self, clock: Clock) {
        let at_ms = self.ends_at_ms - ago_ms(clock);
        if let Some(event) = self.visit.events.last_mut() {
            event.arrives_ms = Some(at_ms);
        }
    }
}
