//! Where local days end (sessions, section 3.1), remembered from session to session.

use dwell_model::Zone;

/// A quarter of a bucket: about 35 minutes. No zone changes its clock and back in so short a time.
const PROBE_MS: i64 = 1 << 21;
const BUCKET_MS: i64 = PROBE_MS * 4;
/// About 99 days of buckets: a longer history forgets, and asks the zone again.
const BUCKETS: usize = 1 << 10;

/// The end of the local day of any instant, in one zone.
///
/// Asking the zone costs more than walking a session. Instants of one stretch share their answer,
/// and stretches stay known over streams, because the sessions of all streams lie on the same days.
#[derive(Clone, Debug)]
pub(crate) struct DayEnds {
    zone: Zone,
    stretches: Box<[Stretch]>,
}

/// Instants of one local date without a clock change: all their days end at one instant.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from_ms: i64,
    until_ms: i64,
    day_end_ms: i64,
}

impl DayEnds {
    pub(crate) fn new(zone: Zone) -> Self {
        let nothing = Stretch {
            from_ms: 0,
            until_ms: 0,
            day_end_ms: 0,
        };
        Self {
            zone,
            stretches: vec![nothing; BUCKETS].into_boxed_slice(),
        }
    }

    /// The first instant after `utc_ms` of a later local date.
    pub(crate) fn after(&mut self, utc_ms: i64) -> i64 {
        let bucket = utc_ms.div_euclid(BUCKET_MS).rem_euclid(BUCKETS as i64) as usize;
        let known = self.stretches[bucket];
        if (known.from_ms..known.until_ms).contains(&utc_ms) {
            return known.day_end_ms;
        }
        let found = self.stretch_at(utc_ms);
        self.stretches[bucket] = found;
        found.day_end_ms
    }

    fn stretch_at(&self, utc_ms: i64) -> Stretch {
        let day_end_ms = self.zone.next_day_start_after(utc_ms);
        let bucket_ms = utc_ms.div_euclid(BUCKET_MS) * BUCKET_MS;
        let offset_ms = self.zone.offset_ms_at(utc_ms);
        let is_steady =
            (0..=4).all(|probe| self.zone.offset_ms_at(bucket_ms + probe * PROBE_MS) == offset_ms);
        if !is_steady {
            return Stretch {
                from_ms: utc_ms,
                until_ms: utc_ms + 1,
                day_end_ms,
            };
        }
        let day_start_ms = utc_ms - (utc_ms + offset_ms).rem_euclid(86_400_000);
        let from_ms = bucket_ms.max(day_start_ms);
        let until_ms = (bucket_ms + BUCKET_MS).min(day_end_ms);
        Stretch {
            from_ms,
            until_ms,
            day_end_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dwell_model::time::{days_of_date, format_utc};

    #[test]
    fn a_remembered_day_end_is_the_zones_own() {
        let cases = [
            ("UTC", 2026),
            ("Europe/Rome", 2026),
            ("Africa/Cairo", 2025),
            ("America/Havana", 2025),
            ("America/Scoresbysund", 2024),
            ("America/St_Johns", 2006),
            ("Asia/Kathmandu", 1985),
            ("Australia/Lord_Howe", 2024),
            ("Pacific/Apia", 2011),
        ];
        for (name, year) in cases {
            let zone = Zone::parse(name).unwrap();
            let mut day_ends = DayEnds::new(zone);
            let (from, until) = (days_of_date(year, 1, 1), days_of_date(year + 1, 1, 3));
            // To and fro over the year in steps that share no factor with hours or buckets.
            let steps = (until - from) * 86_400 / 997;
            for step in 0..steps {
                let utc_ms = from * 86_400_000 + (step * 7_919) % steps * 997_003;
                assert_eq!(
                    format_utc(day_ends.after(utc_ms)),
                    format_utc(zone.next_day_start_after(utc_ms)),
                    "{name} after {}",
                    format_utc(utc_ms)
                );
            }
            // In order, so that most answers are remembered ones.
            for utc_ms in (from * 86_400_000..until * 86_400_000).step_by(2_000_003) {
                assert_eq!(
                    day_ends.after(utc_ms),
                    zone.next_day_start_after(utc_ms),
                    "{name}"
                );
            }
        }
    }
}
