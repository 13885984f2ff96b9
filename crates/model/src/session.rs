//! The session, its reasons and states, and its identity (sessions, sections 3 to 6).
//!
//! How sessions are found is not known here: that is the sessionizer's.

use uuid::Uuid;

/// Makes an enum of words: each variant has the one text by which files, tables and people know it.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize,
        )]
        #[cfg_attr(feature = "types", derive(ts_rs::TS))]
        pub enum $name {
            $( $(#[$variant_meta])* #[serde(rename = $word)] $variant, )+
        }

        impl $name {
            /// All of them, in the order in which people read them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one with this word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

/// Gives each variant the number by which workspace files know it. A number is never given to another
/// variant, and a new variant gets a new one: files hold them.
macro_rules! codes {
    ($name:ident: $( $variant:ident = $code:literal, )+) => {
        impl $name {
            /// Its number in workspace files, below 16.
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The one with this number.
            pub const fn of_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// Why a session started (sessions, section 3.2 and 4.4).
    pub enum StartReason {
        /// There was no session before it.
        First = "first",
        /// Its event always starts one.
        Forced = "forced",
        /// An `end` event had ended the one before.
        Ended = "ended",
        /// The inactivity timeout of the one before had passed.
        Timeout = "timeout",
        /// The app had been in the background for too long.
        Background = "background",
        /// A new local day had begun.
        Midnight = "midnight",
        /// The one before had reached its maximum length.
        MaxLength = "max_length",
        /// Another known user was seen on the device.
        UserSwitched = "user_switched",
        /// The event named another session than the one before.
        SessionId = "session_id",
        /// The session that would have taken the event was final when it arrived.
        Late = "late",
    }
}

words! {
    /// Why a session ended (sessions, section 3.4).
    pub enum EndReason {
        /// It has not: now is before its closing.
        Open = "open",
        /// An `end` event.
        Ended = "ended",
        /// A new local day began.
        Midnight = "midnight",
        /// Its maximum length.
        MaxLength = "max_length",
        /// The app was in the background for too long.
        Background = "background",
        /// The inactivity timeout.
        Timeout = "timeout",
        /// The next session, which its event forced.
        Forced = "forced",
        /// The next session, of another user.
        UserSwitched = "user_switched",
        /// The next session, which its event named.
        SessionId = "session_id",
        /// The next session, of late events.
        Late = "late",
    }
}

words! {
    /// How the app came to the session's start.
    pub enum StartKind {
        /// The app was launched.
        Cold = "cold",
        /// The app came back from the background.
        Warm = "warm",
        /// Neither is known.
        None = "none",
    }
}

words! {
    /// A session's state as of a moment (sessions, section 5).
    pub enum State {
        /// Now is before its closing.
        Active = "active",
        /// It is closed and still takes late events.
        Closed = "closed",
        /// It is final.
        Expired = "expired",
    }
}

codes! {
    StartReason:
    First = 0,
    Forced = 1,
    Ended = 2,
    Timeout = 3,
    Background = 4,
    Midnight = 5,
    MaxLength = 6,
    UserSwitched = 7,
    SessionId = 8,
    Late = 9,
}

codes! {
    EndReason:
    Open = 0,
    Ended = 1,
    Midnight = 2,
    MaxLength = 3,
    Background = 4,
    Timeout = 5,
    Forced = 6,
    UserSwitched = 7,
    SessionId = 8,
    Late = 9,
}

codes! {
    StartKind:
    None = 0,
    Cold = 1,
    Warm = 2,
}

impl StartReason {
    /// The reason for the end of the session before, where only this start closed it. A first
    /// session closes none, and the other reasons say that a limit had closed it already.
    pub const fn closing(self) -> Option<EndReason> {
        match self {
            Self::Forced => Some(EndReason::Forced),
            Self::UserSwitched => Some(EndReason::UserSwitched),
            Self::SessionId => Some(EndReason::SessionId),
            Self::Late => Some(EndReason::Late),
            Self::First
            | Self::Ended
            | Self::Timeout
            | Self::Background
            | Self::Midnight
            | Self::MaxLength => None,
        }
    }
}

impl State {
    /// The state at `now_ms`.
    pub const fn at(now_ms: i64, closes_at_ms: i64, expires_at_ms: i64) -> Self {
        if now_ms < closes_at_ms {
            Self::Active
        } else if now_ms < expires_at_ms {
            Self::Closed
        } else {
            Self::Expired
        }
    }
}

/// A session takes late events for at most this long after its last event (sessions, section 4.1).
pub const LATEST_REOPENING_MS: i64 = 48 * 3_600_000;

/// When a session becomes final: its closing plus grace, 48 h after its last event at most
/// (sessions, section 4.1).
pub const fn expires_at_ms(closes_at_ms: i64, ended_at_ms: i64, grace_ms: i64) -> i64 {
    let by_grace = closes_at_ms.saturating_add(grace_ms);
    let by_last_event = ended_at_ms.saturating_add(LATEST_REOPENING_MS);
    if by_grace < by_last_event {
        by_grace
    } else {
        by_last_event
    }
}

/// A session of one stream, as the sessionizer finds it. Times are UTC milliseconds; indices point
/// into the stream's events in order; users and source sessions are the stream's interned numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The time of its first extending event.
    pub started_at_ms: i64,
    /// The time of its last extending event.
    pub ended_at_ms: i64,
    /// The first instant that it does not cover.
    pub closes_at_ms: i64,
    /// From here on it takes no late event.
    pub expires_at_ms: i64,
    /// Why it started.
    pub start_reason: StartReason,
    /// What gave `closes_at_ms` its value; never `open`.
    pub close_reason: EndReason,
    /// Cold, warm or none.
    pub start_kind: StartKind,
    /// Whether its first-arrived event came after the expiry of its own time (sessions, section
    /// 4.3).
    pub late_born: bool,
    /// Events in it, passive ones too.
    pub event_count: u32,
    /// Late events in it, passive ones too.
    pub late_count: u32,
    /// Gaps between extending events, each counted up to 300 s, without those in the background.
    pub engaged_ms: i64,
    /// Whole gaps that follow a `background` event inside it.
    pub background_ms: i64,
    /// The event that started it.
    pub first_event: u32,
    /// Its last extending event.
    pub last_extending: u32,
    /// The event that arrived first, ties in order.
    pub first_arrived: u32,
    /// The user that it knows: that of the first extending event that has one; 0 is none.
    pub user: u32,
    /// The source's session that it knows, found likewise; 0 is none.
    pub source_session: u32,
}

impl Session {
    /// From the first to the last extending event; a session of one event lasts 0.
    pub const fn duration_ms(&self) -> i64 {
        self.ended_at_ms - self.started_at_ms
    }

    /// Why it ended: `open` while now is before its closing.
    pub const fn end_reason(&self, now_ms: i64) -> EndReason {
        if now_ms < self.closes_at_ms {
            EndReason::Open
        } else {
            self.close_reason
        }
    }

    /// Its state at `now_ms`.
    pub const fn state(&self, now_ms: i64) -> State {
        State::at(now_ms, self.closes_at_ms, self.expires_at_ms)
    }
}

/// The namespace of session ids.
pub const SESSION_NAMESPACE: Uuid = Uuid::from_u128(0xf11450f8_cfd5_42f6_9f54_8b194280f9d8);

/// A session's id (sessions, section 6): UUIDv5 in [`SESSION_NAMESPACE`] over the three texts as
/// netstrings (`4:shop,5:visit,2:e1,`, lengths in bytes), so that no two triples read the same.
pub fn session_id(application: &str, definition: &str, first_arrived_event_id: &str) -> Uuid {
    let parts = [application, definition, first_arrived_event_id];
    let mut name = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        name.extend_from_slice(part.len().to_string().as_bytes());
        name.push(b':');
        name.extend_from_slice(part.as_bytes());
        name.push(b',');
    }
    Uuid::new_v5(&SESSION_NAMESPACE, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_is_the_same_in_json() {
        for reason in StartReason::ALL {
            assert_eq!(StartReason::parse(reason.as_str()), Some(*reason));
            assert_eq!(
                serde_json::to_string(reason).unwrap(),
                format!("\"{reason}\"")
            );
            assert_eq!(
                serde_json::from_str::<StartReason>(&format!("\"{reason}\"")).unwrap(),
                *reason
            );
        }
        let words: Vec<_> = EndReason::ALL
            .iter()
            .map(|reason| reason.as_str())
            .collect();
        let expected = [
            "open",
            "ended",
            "midnight",
            "max_length",
            "background",
            "timeout",
            "forced",
            "user_switched",
            "session_id",
            "late",
        ];
        assert_eq!(words, expected);
        assert_eq!(EndReason::parse("MaxLength"), None);
        assert_eq!(State::parse("expired"), Some(State::Expired));
        assert_eq!(StartKind::parse("none"), Some(StartKind::None));
    }

    #[test]
    fn the_numbers_of_words_in_files_never_change() {
        let starts = StartReason::ALL.iter().map(|reason| reason.code());
        assert_eq!(starts.collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        let ends = EndReason::ALL.iter().map(|reason| reason.code());
        assert_eq!(ends.collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        let kinds = [StartKind::None, StartKind::Cold, StartKind::Warm];
        assert_eq!(kinds.map(StartKind::code), [0, 1, 2]);
        for code in 0..=u8::MAX {
            let start = StartReason::of_code(code).map(StartReason::code);
            assert_eq!(start, (code < 10).then_some(code));
            let end = EndReason::of_code(code).map(EndReason::code);
            assert_eq!(end, (code < 10).then_some(code));
            let kind = StartKind::of_code(code).map(StartKind::code);
            assert_eq!(kind, (code < 3).then_some(code));
        }
        // What the order of the list above stands for.
        assert_eq!(StartReason::of_code(3), Some(StartReason::Timeout));
        assert_eq!(StartReason::of_code(7), Some(StartReason::UserSwitched));
        assert_eq!(EndReason::of_code(1), Some(EndReason::Ended));
        assert_eq!(EndReason::of_code(5), Some(EndReason::Timeout));
    }

    #[test]
    fn a_session_is_active_until_it_closes_and_closed_until_it_expires() {
        let cases = [
            (99, State::Active),
            (100, State::Closed),
            (199, State::Closed),
            (200, State::Expired),
        ];
        for (now_ms, expected) in cases {
            assert_eq!(State::at(now_ms, 100, 200), expected, "{now_ms}");
        }
        assert_eq!(
            State::at(100, 100, 100),
            State::Expired,
            "without grace nothing is closed"
        );
    }

    #[test]
    fn a_session_expires_after_its_grace_and_48_hours_after_its_last_event_at_the_latest() {
        const HOUR_MS: i64 = 3_600_000;
        let cases = [
            // closes at, ended at, grace, expires at, all in hours
            (1, 0, 24, 25),
            (1, 0, 0, 1),
            (24, 0, 24, 48),
            // A midnight session on a day of 25 hours.
            (25, 0, 24, 48),
            (25, 1, 24, 49),
        ];
        for (closes, ended, grace, expires) in cases {
            assert_eq!(
                expires_at_ms(closes * HOUR_MS, ended * HOUR_MS, grace * HOUR_MS),
                expires * HOUR_MS,
                "closes {closes} ended {ended} grace {grace}"
            );
        }
    }

    #[test]
    fn a_session_id_depends_on_each_part_and_never_changes_between_versions() {
        let id = session_id("shop", "visit", "e1");
        assert_eq!(id.get_version_num(), 5);
        assert_eq!(id.to_string(), "036e4036-0bf6-59c6-bf28-de30ef85aa22");
        let others = [
            ("shop", "visit", "e2"),
            ("shop", "visi", "te1"),
            ("casino", "visit", "e1"),
        ];
        for (application, definition, event_id) in others {
            assert_ne!(session_id(application, definition, event_id), id);
        }
    }
}
