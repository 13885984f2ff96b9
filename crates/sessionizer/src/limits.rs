//! When a session closes by itself: the wait for the next event, the maximum length, the day and an
//! `end` event (sessions, section 3.1).

use dwell_model::EndReason;
use dwell_model::definition::{Definition, Role};

/// Later than any time: no limit.
pub(crate) const NEVER_MS: i64 = i64::MAX;

/// No local day is longer: since 1980, where events begin, the longest lasted 31 h
/// (Antarctica/Vostok, 1994-01-31; a test asks every zone). The rest is for what other zone data
/// may yet bring; a bound that is too large only sends more streams the long way to the same
/// sessions.
const LONGEST_DAY_MS: i64 = 36 * 3_600_000;

/// The limits in ms; [`NEVER_MS`] where there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    inactivity_ms: i64,
    /// In the background; not above the inactivity.
    background: (i64, EndReason),
    max_length_ms: i64,
    pub(crate) foreground_holds: bool,
    /// A day in some zone is a limit too.
    has_day: bool,
}

/// The first instant that a session does not cover, and what gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) at_ms: i64,
    pub(crate) reason: EndReason,
}

impl Limits {
    pub(crate) fn new(definition: &Definition) -> Self {
        let inactivity_ms = definition.inactivity_ms().unwrap_or(NEVER_MS);
        Self {
            inactivity_ms,
            background: match definition.background_ms() {
                Some(background_ms) => (background_ms, EndReason::Background),
                None => (inactivity_ms, EndReason::Timeout),
            },
            max_length_ms: definition.max_length_ms().unwrap_or(NEVER_MS),
            foreground_holds: definition.limits.foreground_holds,
            has_day: definition.limits.day_in.is_some(),
        }
    }

    /// Of a stream of one source session that is trusted: only 24 h without activity and the
    /// maximum length part its sessions (sessions, section 2). The foreground has nothing to hold
    /// there, as the maximum length that it needs is no longer than that.
    pub(crate) fn trusted(definition: &Definition) -> Self {
        let inactivity_ms = definition.trusted_inactivity_ms();
        Self {
            inactivity_ms,
            background: (inactivity_ms, EndReason::Timeout),
            max_length_ms: definition.max_length_ms().unwrap_or(NEVER_MS),
            foreground_holds: false,
            has_day: false,
        }
    }

    /// No session closes later than this after its last event.
    pub(crate) fn longest_open_ms(&self) -> i64 {
        let wait_ms = match self.foreground_holds {
            true => NEVER_MS,
            false => self.inactivity_ms,
        };
        let day_ms = match self.has_day {
            true => LONGEST_DAY_MS,
            false => NEVER_MS,
        };
        wait_ms.min(self.max_length_ms).min(day_ms)
    }

    /// What closes a session that starts here whatever comes: the end of its day or its maximum
    /// length. On a tie it is midnight.
    pub(crate) fn latest_closing(&self, started_at_ms: i64, day_end_ms: i64) -> Closing {
        let full_at_ms = started_at_ms.saturating_add(self.max_length_ms);
        if day_end_ms <= full_at_ms {
            Closing {
                at_ms: day_end_ms,
                reason: EndReason::Midnight,
            }
        } else {
            Closing {
                at_ms: full_at_ms,
                reason: EndReason::MaxLength,
            }
        }
    }

    /// What closes a session after its latest extending event. On a tie `latest` wins, except over
    /// an `end`, beside which nothing else counts.
    #[inline]
    pub(crate) fn closing_after(
        &self,
        role: Role,
        time_ms: i64,
        in_foreground: bool,
        latest: Closing,
    ) -> Closing {
        let (wait_ms, reason) = match role {
            Role::End => {
                return Closing {
                    at_ms: time_ms,
                    reason: EndReason::Ended,
                };
            }
            Role::Background => self.background,
            _ if in_foreground && self.foreground_holds => return latest,
            _ => (self.inactivity_ms, EndReason::Timeout),
        };
        let at_ms = time_ms.saturating_add(wait_ms);
        if at_ms < latest.at_ms {
            Closing { at_ms, reason }
        } else {
            latest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dwell_model::Zone;
    use dwell_model::time::days_of_date;

    #[test]
    fn no_local_day_is_longer_than_the_longest() {
        const DAY_MS: i64 = 86_400_000;
        let (from, until) = (days_of_date(1980, 1, 1), days_of_date(2040, 1, 1));
        let mut longest_ms = 0;
        for name in Zone::names() {
            let zone = Zone::parse(name).unwrap();
            // Weeks in which the clock went back are looked at day by day.
            let weeks = (from..until).step_by(7);
            let went_back = weeks.filter(|day| {
                zone.offset_ms_at((day + 7) * DAY_MS) < zone.offset_ms_at(day * DAY_MS)
            });
            for day in went_back {
                let mut day_start_ms = zone.next_day_start_after((day - 2) * DAY_MS);
                while day_start_ms < (day + 9) * DAY_MS {
                    let day_end_ms = zone.next_day_start_after(day_start_ms);
                    longest_ms = longest_ms.max(day_end_ms - day_start_ms);
                    day_start_ms = day_end_ms;
                }
            }
        }
        assert!(longest_ms >= 31 * 3_600_000, "{longest_ms}");
        assert!(longest_ms < LONGEST_DAY_MS, "{longest_ms}");
    }
}
