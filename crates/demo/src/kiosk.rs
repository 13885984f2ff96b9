//! The shop's story: a tablet on a counter that nobody signs in to and that runs for days, so
//! that its session is cut at the maximum length. Must not know how events travel.

use uuid::Uuid;

use crate::application::Kind;
use crate::arrivals::{Arrivals, Route};
use crate::devices::Device;
use crate::people::{Census, DAY_MS, Household, SignIn};
use crate::place::LISBON;
use crate::rng::{Band, Rng};
use crate::shop;
use crate::visit::{DeviceState, Visit};

const DEVICE_ID: Uuid = Uuid::from_u128(0x51f0_77c2_8a3e_4d19_b6a4_0c9d_e2f3_1a88);
/// Days before the newest moment at which the tablet is switched on, and hours that it then runs.
const RUNS: [(i64, i64); 3] = [(41, 55), (20, 61), (6, 33)];
/// Seconds between two customers at the counter: never half an hour.
const CUSTOMERS: [Band; 4] = [(40, 200), (120, 500), (300, 900), (600, 1500)];

/// The tablet, and someone without a name who keeps it.
pub(crate) fn household(census: &mut Census) -> Household {
    let mut keeper = census.person(LISBON, LISBON.names.family[0]);
    keeper.sign_in = SignIn::Never;
    keeper.journey = None;
    keeper.devices = vec![0];
    keeper.visits_ms.clear();
    let tablet = Device::named(
        &mut census.rng,
        census.kind,
        "iPad Air",
        DEVICE_ID,
        census.ends_at_ms,
    );
    Household {
        people: vec![keeper],
        devices: vec![tablet],
    }
}

/// The tablet's days.
pub(crate) fn live(home: &Household, rng: &mut Rng, arrivals: &mut Arrivals) {
    let device = &home.devices[0];
    let mut state = DeviceState::new();
    for (days_ago, hours) in RUNS {
        let on_ms = arrivals.ends_at_ms - days_ago * DAY_MS - 6 * 3_600_000;
        let off_ms = on_ms + hours * 3_600_000;
        let mut visit = Visit {
            kind: Kind::Shop,
            household: home,
            who: 0,
            device,
            state: &mut state,
            rng,
            now_ms: on_ms,
            events: Vec::new(),
            follow_ups: Vec::new(),
        };
        visit.start_session("session_started", "app_launch", None);
        while visit.now_ms < off_ms {
            let pause = visit.rng.pick(&CUSTOMERS);
            visit.wait(pause);
            shop::serve_at_counter(&mut visit);
        }
        visit.wait((30, 90));
        visit.terminate("closed_by_user");
        let events = visit.events;
        arrivals.deliver(rng, device.source(), Some(device), events, Route::Prompt);
    }
}
