//! What happens to a trace on the way, to see that traces are worth something. It decides nothing.

use std::collections::BTreeSet;

use dwell_model::{Session, StartReason};

use super::{Found, Stream};

/// What can happen to a trace beside the plain walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Situation {
    /// A session froze before the last event came.
    Frozen,
    /// Two or more froze before one event.
    FrozenTogether,
    /// One froze at the very moment of an arrival.
    FrozenAtArrival,
    /// One froze 48 h after its last event, before its grace was over.
    FrozenByLatest,
    /// One froze before a session that it overlaps.
    FrozenOverlapped,
    /// A frozen session would have taken an event, which started one of its own.
    Late,
    /// An event after a frozen session started one, for another reason.
    AfterFrozen,
    /// A session is late-born.
    LateBorn,
    /// A late-born session outlived its expiry and took another event.
    LateBornGrew,
    /// A session would have frozen, but for a late-born one before it.
    HeldBack,
    /// A late event became the first of a session that was there.
    ExtendedBackward,
    /// A late event made one session of two or more.
    Bridged,
    /// A late event parted a session in two.
    Parted,
    /// An event without a session left the pool.
    HomelessLeft,
    /// An event without a session found one later.
    HomelessFound,
    /// An event that had a session lost it.
    HomeLost,
    /// The reason of a session's start changed when the one before it froze.
    ReasonChanged,
    /// An event came before its time.
    Early,
    /// A trusted session is shown as closed before it is.
    ShownClosed,
}

impl Situation {
    pub(crate) const ALL: [Self; 19] = [
        Self::Frozen,
        Self::FrozenTogether,
        Self::FrozenAtArrival,
        Self::FrozenByLatest,
        Self::FrozenOverlapped,
        Self::Late,
        Self::AfterFrozen,
        Self::LateBorn,
        Self::LateBornGrew,
        Self::HeldBack,
        Self::ExtendedBackward,
        Self::Bridged,
        Self::Parted,
        Self::HomelessLeft,
        Self::HomelessFound,
        Self::HomeLost,
        Self::ReasonChanged,
        Self::Early,
        Self::ShownClosed,
    ];
}

impl Stream<'_> {
    pub(super) fn around_freezing(
        &self,
        pool: &[usize],
        frozen: &[Found],
        session: &Found,
        now_ms: i64,
    ) -> Vec<Situation> {
        let mut situations = Vec::new();
        if self.freezing_moment(session) == now_ms {
            situations.push(Situation::FrozenAtArrival);
        }
        let Session { closes_at_ms, .. } = session.session;
        if session.session.expires_at_ms < closes_at_ms + self.grace_ms() {
            situations.push(Situation::FrozenByLatest);
        }
        let overlaps = |frozen: &Found| {
            let (a, b) = (&frozen.session, &session.session);
            a.started_at_ms < b.closes_at_ms && b.started_at_ms < a.closes_at_ms
        };
        if frozen.iter().any(overlaps) {
            situations.push(Situation::FrozenOverlapped);
        }
        let mut rest = pool.to_vec();
        rest.retain(|place| !session.members.contains(place));
        let frozen: Vec<Found> = frozen.iter().chain([session]).cloned().collect();
        let before = self.walk(pool, &frozen[..frozen.len() - 1]);
        let after = self.walk(&rest, &frozen);
        if self.model.slip.is_none() {
            let members = |sessions: &[Found]| -> Vec<Vec<usize>> {
                sessions.iter().map(|found| found.members.clone()).collect()
            };
            assert_eq!(
                members(&before[1..]),
                members(&after),
                "freezing moves no event"
            );
        }
        if let (Some(before), Some(after)) = (before.get(1), after.first())
            && before.session.start_reason != after.session.start_reason
        {
            situations.push(Situation::ReasonChanged);
        }
        situations
    }

    pub(super) fn held_back(&self, live: &[Found], now_ms: i64) -> Option<Situation> {
        let is_due = |found: &Found| self.freezing_moment(found) <= now_ms;
        let (first, rest) = live.split_first()?;
        let is_held = first.session.late_born && rest.iter().any(is_due);
        is_held.then_some(Situation::HeldBack)
    }

    pub(super) fn around_arrival(
        &self,
        before: &[Found],
        pool: &[usize],
        frozen: &[Found],
        arrived: usize,
    ) -> Vec<Situation> {
        let mut situations = Vec::new();
        let now_ms = self.event(arrived).arrival_ms;
        let after = self.walk(pool, frozen);
        let home = |sessions: &[Found], place: usize| {
            let mut sessions = sessions.iter();
            sessions.position(|found| found.members.contains(&place))
        };
        for found in &after {
            let others = found.members.iter().filter(|place| **place != arrived);
            let homes: BTreeSet<Option<usize>> = others.map(|place| home(before, *place)).collect();
            let has_arrived = found.members.contains(&arrived);
            if has_arrived && homes.iter().flatten().count() > 1 {
                situations.push(Situation::Bridged);
            }
            if homes.contains(&None) {
                situations.push(Situation::HomelessFound);
            }
            let grew = found.members[0] == arrived && homes.iter().any(Option::is_some);
            if grew && found.session.started_at_ms < now_ms {
                situations.push(Situation::ExtendedBackward);
            }
            let outlived = |home: &usize| {
                let session = &before[*home].session;
                session.late_born && session.expires_at_ms <= now_ms
            };
            if has_arrived && homes.iter().flatten().any(outlived) {
                situations.push(Situation::LateBornGrew);
            }
        }
        for found in before {
            let homes: BTreeSet<Option<usize>> = found
                .members
                .iter()
                .map(|place| home(&after, *place))
                .collect();
            if homes.contains(&None) {
                situations.push(Situation::HomeLost);
            }
            if homes.iter().flatten().count() > 1 {
                situations.push(Situation::Parted);
            }
        }
        if let Some(first) = after.first()
            && first.members[0] == arrived
            && frozen.iter().any(|frozen| frozen.members[0] < arrived)
        {
            situations.push(match first.session.start_reason {
                StartReason::Late => Situation::Late,
                _ => Situation::AfterFrozen,
            });
        }
        situations
    }
}
