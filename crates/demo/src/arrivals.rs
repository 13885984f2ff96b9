//! How events travel: prompt, late, uploaded after hours offline, twice, or twice and different;
//! and the file in order of arrival. Must not know why an event happened.

use crate::devices::Device;
use crate::line::{Envelope, Event, Line, Source, Value};
use crate::rng::{Band, Rng};

/// Milliseconds from an event to its arrival.
const PROMPT_NATIVE: [Band; 3] = [(180, 900), (400, 2500), (1500, 9000)];
const PROMPT_OTHER: [Band; 2] = [(40, 400), (150, 1200)];
/// Minutes that a single straggler is late; the last band is past the usual grace of a day.
const STRAGGLING: [Band; 8] = [
    (31, 90),
    (31, 90),
    (45, 240),
    (45, 240),
    (120, 600),
    (120, 600),
    (400, 1380),
    (1500, 4000),
];
/// Seconds from an arrival to its repetition.
const REPEATING: [Band; 3] = [(1, 20), (10, 300), (600, 40_000)];

/// How a visit's events reach the server.
#[derive(Clone, Copy)]
pub(crate) enum Route {
    /// At once, but for single stragglers.
    Prompt,
    /// All together, after the device found a network again.
    Uploaded { at_ms: i64 },
}

/// The lines of one application as they come in.
pub(crate) struct Arrivals {
    pub(crate) begins_at_ms: i64,
    /// Nothing happens or arrives later.
    pub(crate) ends_at_ms: i64,
    bytes: Vec<u8>,
    lines: Vec<Arrival>,
}

struct Arrival {
    at_ms: i64,
    from: usize,
    to: usize,
}

impl Arrivals {
    pub(crate) fn new(begins_at_ms: i64, ends_at_ms: i64) -> Arrivals {
        Arrivals {
            begins_at_ms,
            ends_at_ms,
            bytes: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Sends one source's events. What happens outside the demo's time, or is still on its way
    /// when it ends, is left out.
    pub(crate) fn deliver(
        &mut self,
        rng: &mut Rng,
        source: Source,
        device: Option<&Device>,
        events: Vec<Event>,
        route: Route,
    ) {
        let clock_error_ms = device.map_or(0, |device| device.clock_error_ms);
        let says_sent_at = device.is_some_and(|device| device.says_sent_at);
        for (index, mut event) in events.into_iter().enumerate() {
            let timestamp_ms = event.at_ms + clock_error_ms;
            let possible = self.begins_at_ms..self.ends_at_ms;
            if !possible.contains(&event.at_ms) || !possible.contains(&timestamp_ms) {
                continue;
            }
            let prompt_ms = event.at_ms
                + match source {
                    Source::Native => rng.banded(&PROMPT_NATIVE),
                    Source::Web | Source::Server => rng.banded(&PROMPT_OTHER),
                };
            let mut received_ms = match (event.arrives_ms, route) {
                (Some(arrives_ms), _) => arrives_ms,
                (None, Route::Uploaded { at_ms }) => at_ms + 2 * index as i64,
                (None, Route::Prompt) if source == Source::Native && rng.chance(5) => {
                    let late_ms = rng.banded(&STRAGGLING) * 60_000;
                    event.at_ms + late_ms + rng.between((0, 59_999))
                }
                (None, Route::Prompt) => prompt_ms,
            };
            if received_ms > self.ends_at_ms {
                received_ms = prompt_ms;
            }
            if received_ms > self.ends_at_ms {
                continue;
            }
            let envelope = Envelope {
                source,
                event_id: event_id(rng, source),
                device_id: device.map(|device| device.id),
                timestamp_ms,
                sent_ms: says_sent_at
                    .then(|| received_ms - rng.between((40, 320)) + clock_error_ms),
            };
            self.push(&Line {
                event: &event,
                envelope: &envelope,
                received_ms,
            });
            if envelope.event_id.is_none() || clock_error_ms != 0 {
                continue;
            }
            let repeated = rng.chance(5);
            let contradicted = rng.below(14_000) == 0;
            let again_ms = received_ms
                + 1000
                    * match envelope.sent_ms {
                        // Far from its sending, a copy would look like one of a wrong clock.
                        Some(_) => rng.between((1, 90)),
                        None => rng.banded(&REPEATING),
                    };
            if again_ms > self.ends_at_ms || !(repeated || contradicted) {
                continue;
            }
            if contradicted {
                contradict(&mut event);
            }
            self.push(&Line {
                event: &event,
                envelope: &envelope,
                received_ms: again_ms,
            });
        }
    }

    /// A line that is no event: `bytes` without a line end.
    pub(crate) fn deliver_raw(&mut self, at_ms: i64, bytes: &[u8]) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.bytes.push(b'\n');
        self.lines.push(Arrival {
            at_ms,
            from,
            to: self.bytes.len(),
        });
    }

    /// The file, first arrival first.
    pub(crate) fn into_file(mut self) -> Vec<u8> {
        self.lines.sort_by_key(|line| line.at_ms);
        let mut file = Vec::with_capacity(self.bytes.len());
        for line in &self.lines {
            file.extend_from_slice(&self.bytes[line.from..line.to]);
        }
        file
    }

    fn push(&mut self, line: &Line) {
        let from = self.bytes.len();
        line.write(&mut self.bytes);
        self.lines.push(Arrival {
            at_ms: line.received_ms,
            from,
            to: self.bytes.len(),
        });
    }
}

/// SDKs always give an id; the script on the web forgets it now and then.
fn event_id(rng: &mut Rng, source: Source) -> Option<String> {
    match source {
        Source::Native => Some(rng.uuid().to_string()),
        Source::Web if rng.chance(60) => None,
        Source::Web => Some(format!("w_{:011x}", rng.below(1 << 44))),
        Source::Server => Some(format!("srv_{:08x}", rng.below(1 << 32))),
    }
}

/// Changes one property, as a source does that corrects itself under the same id.
fn contradict(event: &mut Event) {
    match event.properties.first_mut() {
        Some((_, Value::Cents(cents))) => *cents += 100,
        Some((_, Value::Whole(number))) => *number += 1,
        Some((_, value)) => *value = "corrected".into(),
        None => event.properties.push(("corrected", true.into())),
    }
}
