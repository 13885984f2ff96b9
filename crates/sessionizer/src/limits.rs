//! When a session closes by itself: the wait for the next event, the maximum length, the day and an
//! `end` event (sessions, section 3.1).

use dwell_model::EndReason;
use dwell_model::definition::{Definition, Role};

/// Later than any time: no limit.
pub(crate) const NEVER_MS: i64 = i64::MAX;

/// The limits in ms; [`NEVER_MS`] where there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    inactivity_ms: i64,
    /// In the background; not above the inactivity.
    background: (i64, EndReason),
    max_length_ms: i64,
    foreground_holds: bool,
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
        }
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
