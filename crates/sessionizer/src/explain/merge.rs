//! What would have to be different for two neighbouring sessions of one stream to be one: first as
//! data, then in words (sessions, sections 3 and 4).
//!
//! Between two sessions there can be several barriers at once (a pause that passed the timeout and
//! midnight as well). All of them must fall, and each falls by any one of its ways. Only changes
//! that a definition may really have are named.

use dwell_model::definition::{
    BACKGROUND_SECONDS, GRACE_SECONDS, GapAtTimeout, INACTIVITY_SECONDS, MAX_LENGTH_SECONDS,
    MAX_LENGTH_SECONDS_HELD, Role, Scope, SessionIds,
};
use dwell_model::session::expires_at_ms;
use dwell_model::{Definition, EndReason, StartReason, Zone};

use super::Told;

mod way;
mod words;

pub use words::joining_words;

/// Where the app was after a session's last extending event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppState {
    /// That event is a `background`.
    Background,
    /// A `start` or `foreground` came since the last `background`.
    Foreground,
    /// Neither.
    Unknown,
}

/// An event between two sessions that is in neither.
#[derive(Clone, Copy, Debug)]
pub struct Loose<'a> {
    /// When it happened, UTC ms.
    pub time_ms: i64,
    /// Its role.
    pub role: Role,
    /// Its name.
    pub name: &'a str,
    /// Its user, as people read it.
    pub user: Option<&'a str>,
    /// The session that the source believes in.
    pub source_session: Option<&'a str>,
}

/// Two neighbouring sessions of one stream.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The definition that made them.
    pub definition: &'a Definition,
    /// The earlier one.
    pub previous: Told<'a>,
    /// Where the app was at its end; see [`AppState::after`].
    pub app: AppState,
    /// Events of the stream that come after the earlier one's last and before the later one's first
    /// event in order, and are in no session.
    pub between: &'a [Loose<'a>],
    /// The later one.
    pub next: Told<'a>,
    /// The zone of all times, and the first that is tried where another zone's days are the way.
    pub zone: Zone,
}

/// Something that would be different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `limits.inactivity_seconds` of at least this.
    Timeout {
        /// The smallest that does.
        seconds: i64,
    },
    /// `limits.background_seconds` of at least this.
    Background {
        /// The smallest that does.
        seconds: i64,
    },
    /// No `limits.background_seconds`.
    NoBackground,
    /// `gap_at_timeout: same`: the pause is exactly the limit.
    SameAtLimit,
    /// One more extending event in `from_ms..until_ms`, UTC ms.
    Event {
        /// The first instant that does.
        from_ms: i64,
        /// The first instant that no longer does.
        until_ms: i64,
        /// Whether the app was in the background then.
        in_background: bool,
    },
    /// So many more extending events, where one is not enough.
    Events {
        /// The smallest number that does.
        count: i64,
        /// The last event before them, UTC ms.
        after_ms: i64,
        /// The first of them comes before this, UTC ms.
        first_until_ms: i64,
        /// The event after them, UTC ms.
        before_ms: i64,
        /// Each, and the event after them, comes less than this after the one before, ms.
        wait_ms: i64,
    },
    /// `limits.max_length_seconds` of at least this.
    MaxLength {
        /// The smallest that does.
        seconds: i64,
    },
    /// No `limits.max_length_seconds`.
    NoMaxLength,
    /// `limits.day_in` of this zone.
    DayIn(Zone),
    /// No `limits.day_in`.
    NoDay,
    /// No `limits.day_in`, but an inactivity, which a definition without a day needs.
    TimeoutForDay {
        /// The inactivity.
        seconds: i64,
    },
    /// Another role for an event.
    Role {
        /// Its name.
        event: String,
        /// What it is instead.
        role: Role,
    },
    /// Two users are known to be one.
    SameUser {
        /// The earlier session's.
        user: String,
        /// The later session's.
        other: String,
    },
    /// `session_ids: ignore`.
    IgnoreSourceSessions,
    /// `grace_seconds` of at least this.
    Grace {
        /// The smallest that does, where all events of the later session arrived at once.
        seconds: i64,
    },
    /// An arrival of the later session's events before this.
    Arrival {
        /// UTC ms.
        before_ms: i64,
    },
}

/// One thing that parts two sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// The reason that it would give to the later session if it were the only one.
    pub reason: StartReason,
    /// Any one of these is enough; of a way all changes are needed. None: nothing that is allowed
    /// is enough.
    pub ways: Vec<Vec<Change>>,
    /// A change that would be enough and is out of the allowed range.
    pub out_of_range: Option<Change>,
}

/// What parts two sessions; all of it would have to be different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joining {
    /// In the order of sessions, section 3.2.
    pub barriers: Vec<Barrier>,
}

/// What would have to be different for two neighbouring sessions to be one.
///
/// Exact for the two and what lies between them: what the same change would do to sessions before
/// and after them is for a what-if to say, and an `end` event that shares its
/// millisecond with others would, with another role, stand elsewhere among them. For sessions of
/// late events the arrivals are taken from [`Told::arrivals`].
pub fn joining(pair: &Pair<'_>) -> Joining {
    let chain = Chain::new(pair);
    let mut barriers = Vec::new();
    let mut add = |barrier: Option<Barrier>| barriers.extend(barrier);
    add(forced(pair));
    add(ended(pair, &chain));
    add(way::wait(pair, &chain));
    add(way::midnight(pair, &chain));
    add(way::max_length(pair));
    add(chain.users.as_ref().map(|(user, other)| Barrier {
        reason: StartReason::UserSwitched,
        ways: vec![vec![Change::SameUser {
            user: (*user).to_owned(),
            other: (*other).to_owned(),
        }]],
        out_of_range: None,
    }));
    add(chain.ignores_source_sessions.then(|| Barrier {
        reason: StartReason::SessionId,
        ways: vec![vec![Change::IgnoreSourceSessions]],
        out_of_range: None,
    }));
    add(late(pair, &chain));
    Joining { barriers }
}

impl AppState {
    /// After a session's extending events, given in order by time (UTC ms) and role. An `end` event
    /// counts as one that only extends, because that is what it would be if it ended nothing.
    pub fn after(events: impl IntoIterator<Item = (i64, Role)>) -> Self {
        let mut walked = Walked {
            app: Self::Unknown,
            time_ms: i64::MIN,
        };
        for (time_ms, role) in events {
            walked.take(time_ms, role);
        }
        walked.app
    }
}

/// A stream's last extending event.
#[derive(Clone, Copy, Debug)]
struct Walked {
    app: AppState,
    time_ms: i64,
}

impl Walked {
    fn take(&mut self, time_ms: i64, role: Role) {
        self.app = match (role, self.app) {
            (Role::Start | Role::Foreground, _) => AppState::Foreground,
            (Role::Background, _) => AppState::Background,
            // Of one time with a background event: had it only extended, it would stand before it.
            (Role::End, AppState::Background) if time_ms == self.time_ms => AppState::Background,
            (_, AppState::Background) => AppState::Unknown,
            (_, app) => app,
        };
        self.time_ms = time_ms;
    }
}

/// A pause from one event to the next that would be in the session.
#[derive(Clone, Copy, Debug)]
struct Hop {
    app: AppState,
    from_ms: i64,
    to_ms: i64,
}

/// The way from the earlier session's last event to the later one's first, over the events between
/// that would join on the way.
#[derive(Debug)]
struct Chain<'a> {
    /// The two users that would have to be one.
    users: Option<(&'a str, &'a str)>,
    /// The source's sessions would have to be ignored.
    ignores_source_sessions: bool,
    /// Those of the events between that would join.
    joined: Vec<&'a Loose<'a>>,
    hops: Vec<Hop>,
}

impl<'a> Chain<'a> {
    fn new(pair: &Pair<'a>) -> Self {
        let mut chain = Self {
            users: None,
            ignores_source_sessions: false,
            joined: Vec::new(),
            hops: Vec::new(),
        };
        // Who has to be one decides who joins on the way, and that in turn which source session is
        // known; without those, others join.
        for ignores in [false, true] {
            (chain.users, chain.ignores_source_sessions) = (None, ignores);
            let (user, _) = chain.gather(pair);
            chain.users = user
                .zip(pair.next.user)
                .filter(|(user, other)| pair.definition.scope == Scope::Device && user != other);
            let (_, source_session) = chain.gather(pair);
            let is_parted = pair.definition.session_ids == SessionIds::Prefer
                && differ(source_session, pair.next.source_session);
            if !is_parted {
                break;
            }
        }
        chain.walk(pair);
        chain
    }

    /// Finds who joins, and what user and source session the session knows at last.
    fn gather(&mut self, pair: &Pair<'a>) -> (Option<&'a str>, Option<&'a str>) {
        let splits_users = pair.definition.scope == Scope::Device;
        let splits_source_sessions =
            pair.definition.session_ids == SessionIds::Prefer && !self.ignores_source_sessions;
        let (mut user, mut source_session) = (pair.previous.user, pair.previous.source_session);
        self.joined.clear();
        for event in pair.between.iter().filter(|event| event.role.extends()) {
            let is_other = splits_users && differ(user, event.user);
            if is_other && self.users != user.zip(event.user) {
                continue;
            }
            if splits_source_sessions && differ(source_session, event.source_session) {
                continue;
            }
            user = user.or(event.user);
            source_session = source_session.or(event.source_session);
            self.joined.push(event);
        }
        (user, source_session)
    }

    fn walk(&mut self, pair: &Pair<'a>) {
        let mut walked = Walked {
            app: pair.app,
            time_ms: pair.previous.ended_at_ms,
        };
        for event in &self.joined {
            self.hops.push(Hop {
                app: walked.app,
                from_ms: walked.time_ms,
                to_ms: event.time_ms,
            });
            walked.take(event.time_ms, event.role);
        }
        self.hops.push(Hop {
            app: walked.app,
            from_ms: walked.time_ms,
            to_ms: pair.next.started_at_ms,
        });
    }

    /// The time of the last event before the later session, UTC ms.
    fn last_ms(&self) -> i64 {
        self.hops.last().map_or(i64::MIN, |hop| hop.from_ms)
    }
}

impl Hop {
    fn gap_ms(&self) -> i64 {
        self.to_ms - self.from_ms
    }
}

/// Both are known and they differ.
fn differ(a: Option<&str>, b: Option<&str>) -> bool {
    a.is_some() && b.is_some() && a != b
}

/// A limit of these seconds in ms, as the definition compares.
fn limit_ms(definition: &Definition, seconds: i64) -> i64 {
    seconds * 1_000 + over_ms(definition)
}

/// What `gap_at_timeout` adds to a limit, ms.
fn over_ms(definition: &Definition) -> i64 {
    match definition.gap_at_timeout {
        GapAtTimeout::New => 0,
        GapAtTimeout::Same => 1,
    }
}

/// The smallest limit that a span stays under, in whole seconds.
fn seconds_over(definition: &Definition, span_ms: i64) -> i64 {
    (span_ms - over_ms(definition)).div_euclid(1_000) + 1
}

fn forced(pair: &Pair<'_>) -> Option<Barrier> {
    (pair.next.start_reason == StartReason::Forced).then(|| Barrier {
        reason: StartReason::Forced,
        ways: vec![vec![Change::Role {
            event: pair.next.starting_event.to_owned(),
            role: Role::Foreground,
        }]],
        out_of_range: None,
    })
}

fn ended(pair: &Pair<'_>, chain: &Chain<'_>) -> Option<Barrier> {
    let between = chain.joined.iter().filter(|event| event.role == Role::End);
    let mut names: Vec<&str> = between.map(|event| event.name).collect();
    if pair.previous.close_reason == EndReason::Ended {
        names.insert(0, pair.previous.last_event);
    }
    names.sort_unstable();
    names.dedup();
    let extend = |event: &str| Change::Role {
        event: event.to_owned(),
        role: Role::Extend,
    };
    (!names.is_empty()).then(|| Barrier {
        reason: StartReason::Ended,
        ways: vec![names.into_iter().map(extend).collect()],
        out_of_range: None,
    })
}

/// The later session's events came when the earlier one was final (sessions, section 4).
fn late(pair: &Pair<'_>, chain: &Chain<'_>) -> Option<Barrier> {
    let (definition, previous) = (pair.definition, &pair.previous);
    let is_late = pair.next.start_reason == StartReason::Late;
    let Some(arrivals) = pair.next.arrivals else {
        let before_ms = previous.final_at_ms(definition);
        return is_late.then(|| Barrier {
            reason: StartReason::Late,
            ways: vec![vec![Change::Arrival { before_ms }]],
            out_of_range: None,
        });
    };
    // Where something else parts them too, the earlier one would be open up to the later's start.
    let last_ms = chain.last_ms();
    let (closes_at_ms, _) = previous.own_closing(definition);
    let closes_at_ms = match is_late {
        true => closes_at_ms,
        false => closes_at_ms
            .max(last_ms + definition.inactivity_ms().unwrap_or(0))
            .max(pair.next.started_at_ms + 1),
    };
    let by_grace_ms = expires_at_ms(closes_at_ms, last_ms, definition.grace_ms());
    let before_ms = by_grace_ms.max(previous.final_at_ms(definition));
    if !is_late && arrivals.starting_ms < before_ms {
        return None;
    }
    let seconds = (arrivals.latest_ms - closes_at_ms).div_euclid(1_000) + 1;
    let grace = Change::Grace { seconds };
    let is_enough =
        arrivals.latest_ms < expires_at_ms(closes_at_ms, last_ms, seconds.saturating_mul(1_000));
    let arrival = vec![Change::Arrival { before_ms }];
    let (ways, out_of_range) = match is_enough && GRACE_SECONDS.contains(&seconds) {
        true => (vec![vec![grace], arrival], None),
        false => (vec![arrival], Some(grace)),
    };
    Some(Barrier {
        reason: StartReason::Late,
        ways,
        out_of_range,
    })
}

#[cfg(test)]
mod tests;
