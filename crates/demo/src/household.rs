//! A household's 60 days: its people's visits in order of time, on devices that remember.
//! Must not know what happens within a visit.

use crate::application::Kind;
use crate::arrivals::{Arrivals, Route};
use crate::line::Source;
use crate::people::Household;
use crate::rng::{Band, Rng};
use crate::visit::{DeviceState, Visit};

const MINUTE_MS: i64 = 60_000;

/// Minutes from the end of a visit without a network to its upload; the last band is past the
/// usual grace of a day.
const UPLOADS: [Band; 7] = [
    (40, 180),
    (40, 180),
    (90, 420),
    (90, 420),
    (300, 900),
    (600, 1300),
    (1500, 3400),
];

/// Lets the household live, and hands its events over for delivery.
pub(crate) fn live(kind: Kind, home: &Household, rng: &mut Rng, arrivals: &mut Arrivals) {
    let mut states: Vec<DeviceState> = home.devices.iter().map(|_| DeviceState::new()).collect();
    let mut visit_counts = vec![0; home.people.len()];
    let mut free_from_ms = vec![i64::MIN; home.people.len()];
    for (planned_ms, who) in agenda(home) {
        let index = visit_counts[who];
        let slot = device_for(home, who, index, rng);
        let state = &mut states[slot];
        // Nobody is in two places, and nobody takes a device out of another's hands.
        let device_free_ms = state
            .last_ms
            .map_or(i64::MIN, |last_ms| last_ms + MINUTE_MS);
        let start_ms = planned_ms.max(free_from_ms[who]).max(device_free_ms);
        if start_ms >= arrivals.ends_at_ms {
            continue;
        }
        let device = &home.devices[slot];
        let mut visit = Visit {
            kind,
            household: home,
            who,
            device,
            state,
            rng,
            now_ms: start_ms,
            events: Vec::new(),
            follow_ups: Vec::new(),
        };
        visit.run();
        let (end_ms, events, follow_ups) = (visit.now_ms, visit.events, visit.follow_ups);
        visit_counts[who] += 1;
        free_from_ms[who] = end_ms + MINUTE_MS;
        let offline = device.is_native() && rng.chance(22);
        let upload_ms = end_ms + rng.banded(&UPLOADS) * MINUTE_MS;
        let route = match offline && upload_ms + MINUTE_MS < arrivals.ends_at_ms {
            true => Route::Uploaded { at_ms: upload_ms },
            false => Route::Prompt,
        };
        arrivals.deliver(rng, device.source(), Some(device), events, route);
        arrivals.deliver(rng, Source::Server, None, follow_ups, Route::Prompt);
    }
}

/// Everyone's planned visits, oldest first.
fn agenda(home: &Household) -> Vec<(i64, usize)> {
    let people = home.people.iter().enumerate();
    let mut agenda: Vec<(i64, usize)> = people
        .flat_map(|(who, person)| {
            person
                .visits_ms
                .iter()
                .map(move |&start_ms| (start_ms, who))
        })
        .collect();
    agenda.sort_unstable();
    agenda
}

/// Each device is used once at first, so that none stays unseen; then mostly the usual one.
fn device_for(home: &Household, who: usize, index: usize, rng: &mut Rng) -> usize {
    let devices = &home.people[who].devices;
    match devices.get(index) {
        Some(&slot) => slot,
        None if rng.chance(550) => devices[0],
        None => rng.pick(devices),
    }
}
