//! Sections 2 to 4 of the rules once more, as slowly and as close to their words as possible: the
//! events are taken one at a time, and before each of them everything is worked out anew. It shares
//! nothing with the engine but nouns, and knows nothing of how the engine works.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use dwell_model::definition::{GapAtTimeout, Role, Scope, SessionIds};
use dwell_model::{Definition, EndReason, Session, StartReason, Zone};
use dwell_sessionizer::{Input, Walk};

mod situation;
mod slip;

pub(crate) use situation::Situation;
pub(crate) use slip::Slip;

const HOUR_MS: i64 = 3_600_000;
/// Section 4.1: a session takes late events for at most this long after its last event.
const LATEST_MS: i64 = 48 * HOUR_MS;
/// Sections 4.3 and 9: what counts where a definition has no inactivity.
const NO_INACTIVITY_MS: i64 = 1_800_000;

/// The rules over one stream.
#[derive(Clone, Copy)]
pub(crate) struct Model<'a> {
    definition: &'a Definition,
    /// In order.
    events: &'a [Input],
    /// The one rule that this model gets wrong, if any.
    slip: Option<Slip>,
    /// Whether what happens on the way is looked at: that takes its time.
    is_watched: bool,
}

/// A session and its events, passive ones too, in order.
#[derive(Clone)]
struct Found {
    session: Session,
    members: Vec<usize>,
}

/// One stream of section 3, with the limits that hold in it.
struct Stream<'a> {
    model: Model<'a>,
    /// Its events, in order, ignored ones left out.
    places: Vec<usize>,
    inactivity_ms: Option<i64>,
    background_ms: Option<i64>,
    max_length_ms: Option<i64>,
    day_in: Option<Zone>,
    foreground_holds: bool,
}

fn starts(role: Role) -> bool {
    [Role::Activity, Role::Start, Role::Foreground].contains(&role)
}

fn extends(role: Role) -> bool {
    starts(role) || [Role::Extend, Role::Background, Role::End].contains(&role)
}

impl<'a> Model<'a> {
    pub(crate) fn new(definition: &'a Definition, events: &'a [Input]) -> Self {
        Self {
            definition,
            events,
            slip: None,
            is_watched: false,
        }
    }

    /// The same model, but for one rule that it gets wrong.
    pub(crate) fn with(self, slip: Slip) -> Self {
        Self {
            slip: Some(slip),
            ..self
        }
    }

    /// All sessions by section 4, in the order of their first events.
    pub(crate) fn sessions(self) -> Walk {
        self.run(&mut BTreeSet::new())
    }

    /// What happens on the way.
    pub(crate) fn situations(self) -> BTreeSet<Situation> {
        let mut situations = BTreeSet::new();
        let watched = Self {
            is_watched: true,
            ..self
        };
        watched.run(&mut situations);
        situations
    }

    fn run(self, situations: &mut BTreeSet<Situation>) -> Walk {
        let is_early = |event: &Input| event.arrival_ms < event.time_ms;
        if self.events.iter().any(is_early) {
            situations.insert(Situation::Early);
        }
        let mut found = Vec::new();
        for stream in self.streams() {
            found.extend(stream.by_arrival(situations));
        }
        self.shown(found, situations)
    }

    /// All sessions by section 3, over all events, whenever they arrived.
    pub(crate) fn sessions_in_order(self) -> Walk {
        let streams = self.streams().into_iter();
        let found = streams.flat_map(|stream| stream.walk(&stream.places, &[]));
        self.shown(found.collect(), &mut BTreeSet::new())
    }

    /// Section 2, `session_ids`: `trust` is a stream per session id, and one of those without.
    fn streams(self) -> Vec<Stream<'a>> {
        let places = (0..self.events.len())
            .filter(|place| self.events[*place].role != Role::Ignored)
            .collect();
        if self.definition.session_ids != SessionIds::Trust {
            return vec![self.stream(places)];
        }
        let mut by_id: HashMap<u32, Vec<usize>> = HashMap::new();
        for place in places {
            let id = self.events[place].source_session;
            by_id.entry(id).or_default().push(place);
        }
        let stream_of = |(id, places): (u32, Vec<usize>)| {
            let stream = self.stream(places);
            match id == 0 || self.slips(Slip::TrustKeepsLimits) {
                true => stream,
                false => Stream {
                    inactivity_ms: Some(self.ms(86_400)),
                    background_ms: None,
                    day_in: None,
                    ..stream
                },
            }
        };
        by_id.into_iter().map(stream_of).collect()
    }

    fn stream(self, places: Vec<usize>) -> Stream<'a> {
        let limits = &self.definition.limits;
        let ms = |seconds: Option<i64>| seconds.map(|seconds| self.ms(seconds));
        Stream {
            model: self,
            places,
            inactivity_ms: ms(limits.inactivity_seconds),
            background_ms: ms(limits.background_seconds),
            max_length_ms: ms(limits.max_length_seconds),
            day_in: limits.day_in,
            foreground_holds: limits.foreground_holds,
        }
    }

    /// Section 2, `gap_at_timeout`.
    fn ms(self, seconds: i64) -> i64 {
        seconds * 1_000 + i64::from(self.definition.gap_at_timeout == GapAtTimeout::Same)
    }

    fn slips(self, slip: Slip) -> bool {
        self.slip == Some(slip)
    }

    /// In order of first events; trusted sessions closed as they are shown.
    fn shown(self, mut found: Vec<Found>, situations: &mut BTreeSet<Situation>) -> Walk {
        found.sort_by_key(|found| found.session.first_event);
        for number in 1..found.len() {
            let start_ms = found[number].session.started_at_ms;
            let before = &mut found[number - 1].session;
            if before.closes_at_ms > start_ms && self.slips(Slip::FrozenIsClosedEarlier) {
                before.closes_at_ms = start_ms;
            }
        }
        let configured = self.definition.limits.inactivity_seconds;
        if let (SessionIds::Trust, Some(seconds)) = (self.definition.session_ids, configured) {
            for Found { session, members } in &mut found {
                let shown_ms = session.ended_at_ms + self.ms(seconds);
                let is_trusted = self.events[members[0]].source_session != 0;
                if is_trusted && shown_ms < session.closes_at_ms {
                    session.closes_at_ms = shown_ms;
                    session.close_reason = EndReason::Timeout;
                    situations.insert(Situation::ShownClosed);
                    if self.slips(Slip::TrustExpiresAsShown) {
                        let by_grace = shown_ms + self.definition.grace_seconds * 1_000;
                        session.expires_at_ms = by_grace.min(session.ended_at_ms + LATEST_MS);
                    }
                }
            }
        }
        let mut session_of = vec![None; self.events.len()];
        for (number, found) in (0..).zip(&found) {
            for place in &found.members {
                session_of[*place] = Some(number);
            }
        }
        Walk {
            sessions: found.into_iter().map(|found| found.session).collect(),
            session_of,
        }
    }
}

/// Section 3.
impl Stream<'_> {
    fn event(&self, place: usize) -> &Input {
        &self.model.events[place]
    }

    /// The walk over some of the events, where some sessions are frozen already.
    fn walk(&self, pool: &[usize], frozen: &[Found]) -> Vec<Found> {
        let mut sessions: Vec<(StartReason, Vec<usize>)> = Vec::new();
        for &place in pool {
            let event = self.event(place);
            let reason = match sessions.last() {
                Some((_, current)) => self.reason(current, event),
                None => Some(self.reason_after_frozen(frozen, place)),
            };
            match (reason, sessions.last_mut()) {
                (Some(reason), _) if starts(event.role) => sessions.push((reason, vec![place])),
                (None, Some((_, current))) => current.push(place),
                // Without a session.
                _ => {}
            }
        }
        let mut found = Vec::new();
        for (number, (start_reason, members)) in sessions.iter().enumerate() {
            let next = sessions.get(number + 1);
            let next = next.map(|(reason, members)| (*reason, self.event(members[0]).time_ms));
            found.push(Found {
                session: self.session(*start_reason, members, next),
                members: members.clone(),
            });
        }
        found
    }

    /// Rule 2: why an event is not taken by the current session.
    fn reason(&self, current: &[usize], event: &Input) -> Option<StartReason> {
        if event.role == Role::Start {
            return Some(StartReason::Forced);
        }
        let (closes_at_ms, close_reason) = self.closes_at(current);
        if close_reason == EndReason::Ended {
            return Some(StartReason::Ended);
        }
        if event.time_ms >= closes_at_ms {
            return Some(start_reason(close_reason));
        }
        let user = self.first_known(current, |event| event.user);
        let source_session = self.first_known(current, |event| event.source_session);
        self.switch(user, source_session, event)
    }

    /// Rule 2, its last two.
    fn switch(&self, user: u32, source_session: u32, event: &Input) -> Option<StartReason> {
        let differ = |known: u32, seen: u32| known != 0 && seen != 0 && known != seen;
        let definition = self.model.definition;
        let extends = extends(event.role);
        if definition.scope == Scope::Device && extends && differ(user, event.user) {
            return Some(StartReason::UserSwitched);
        }
        let prefers = definition.session_ids == SessionIds::Prefer;
        if prefers && extends && differ(source_session, event.source_session) {
            return Some(StartReason::SessionId);
        }
        None
    }

    /// Rule 1, but for the start of the next session.
    fn closes_at(&self, members: &[usize]) -> (i64, EndReason) {
        let last = self.event(*self.extending(members).last().expect("its first event"));
        if last.role == Role::End {
            return (last.time_ms, EndReason::Ended);
        }
        let started_at_ms = self.event(members[0]).time_ms;
        // In the order of ties.
        let mut instants = Vec::new();
        if let Some(zone) = self.day_in {
            instants.push((day_end(zone, started_at_ms), EndReason::Midnight));
        }
        if let Some(max_length_ms) = self.max_length_ms {
            instants.push((started_at_ms + max_length_ms, EndReason::MaxLength));
        }
        let background_ms = self.background_ms.filter(|background_ms| {
            let is_shorter = self.inactivity_ms.is_none_or(|wait| *background_ms < wait);
            last.role == Role::Background && is_shorter
        });
        let is_held = self.foreground_holds && self.in_foreground(members);
        match (background_ms, self.inactivity_ms) {
            (Some(wait_ms), _) => instants.push((last.time_ms + wait_ms, EndReason::Background)),
            (None, Some(wait_ms)) if !is_held => {
                instants.push((last.time_ms + wait_ms, EndReason::Timeout));
            }
            _ => {}
        }
        let earliest_ms = instants.iter().map(|(at_ms, _)| *at_ms).min();
        let earliest = instants
            .into_iter()
            .find(|(at_ms, _)| Some(*at_ms) == earliest_ms);
        earliest.expect("inactivity, a day, or a maximum length that bounds what holds")
    }

    /// A `start` or `foreground` since the last `background` or `end`.
    fn in_foreground(&self, members: &[usize]) -> bool {
        let mut in_foreground = false;
        for place in members {
            match self.event(*place).role {
                Role::Start | Role::Foreground => in_foreground = true,
                Role::Background | Role::End => in_foreground = false,
                _ => {}
            }
        }
        in_foreground
    }

    fn extending(&self, members: &[usize]) -> Vec<usize> {
        let mut extending = members.to_vec();
        extending.retain(|place| extends(self.event(*place).role));
        extending
    }

    fn first_known(&self, members: &[usize], known: impl Fn(&Input) -> u32) -> u32 {
        let extending = self.extending(members).into_iter();
        let mut known = extending.map(|place| known(self.event(place)));
        known.find(|known| *known != 0).unwrap_or(0)
    }

    /// Rules 1 and 3 to 5, and sections 4.1, 4.3 and 9.
    fn session(
        &self,
        start_reason: StartReason,
        members: &[usize],
        next: Option<(StartReason, i64)>,
    ) -> Session {
        let extending = self.extending(members);
        let (first, last) = (extending[0], extending[extending.len() - 1]);
        let (mut closes_at_ms, mut close_reason) = self.closes_at(members);
        if let Some((reason, next_ms)) = next
            && next_ms < closes_at_ms
        {
            closes_at_ms = next_ms;
            close_reason = EndReason::parse(reason.as_str()).expect("the same word");
        }
        let (mut engaged_ms, mut background_ms) = (0, 0);
        for pair in extending.windows(2) {
            let gap_ms = self.event(pair[1]).time_ms - self.event(pair[0]).time_ms;
            match self.event(pair[0]).role {
                Role::Background => background_ms += gap_ms,
                _ => engaged_ms += gap_ms.min(300_000),
            }
        }
        let definition = self.model.definition;
        let late_after_ms = match definition.limits.inactivity_seconds {
            Some(seconds) => self.model.ms(seconds),
            None => NO_INACTIVITY_MS,
        };
        let late_after_ms = late_after_ms + i64::from(self.model.slips(Slip::LateAfterInactivity));
        let is_late = |event: &Input| event.arrival_ms - event.time_ms >= late_after_ms;
        let late = members.iter().filter(|place| is_late(self.event(**place)));
        let ended_at_ms = self.event(last).time_ms;
        let first_arrived = self.first_arrived(members);
        Session {
            started_at_ms: self.event(first).time_ms,
            ended_at_ms,
            closes_at_ms,
            expires_at_ms: self.expires_at(closes_at_ms, ended_at_ms),
            start_reason,
            close_reason,
            start_kind: self.event(first).start_kind,
            late_born: self.is_late_born(members),
            event_count: members.len() as u32,
            late_count: late.count() as u32,
            engaged_ms,
            background_ms,
            first_event: first as u32,
            last_extending: last as u32,
            first_arrived: first_arrived as u32,
            user: self.first_known(members, |event| event.user),
            source_session: self.first_known(members, |event| event.source_session),
        }
    }
}

/// Section 4.
impl Stream<'_> {
    /// Rule 1.
    fn expires_at(&self, closes_at_ms: i64, ended_at_ms: i64) -> i64 {
        let latest_ms = match self.model.slips(Slip::NoLatestMoment) {
            true => closes_at_ms + LATEST_MS,
            false => ended_at_ms + LATEST_MS,
        };
        (closes_at_ms + self.grace_ms()).min(latest_ms)
    }

    fn grace_ms(&self) -> i64 {
        self.model.definition.grace_seconds * 1_000
    }

    /// Rule 2.
    fn by_arrival(&self, situations: &mut BTreeSet<Situation>) -> Vec<Found> {
        let mut arriving = self.places.clone();
        arriving.sort_by_key(|place| (self.event(*place).arrival_ms, *place));
        let (mut frozen, mut pool): (Vec<Found>, Vec<usize>) = Default::default();
        for place in arriving {
            let now_ms = self.event(place).arrival_ms;
            let homeless = self.homeless(&pool, &frozen);
            let frozen_before = frozen.len();
            while let Some(number) = self.freezing(&self.walk(&pool, &frozen), now_ms) {
                let session = self.walk(&pool, &frozen).remove(number);
                situations.insert(Situation::Frozen);
                if self.model.is_watched {
                    situations.extend(self.around_freezing(&pool, &frozen, &session, now_ms));
                }
                pool.retain(|place| !session.members.contains(place));
                frozen.push(session);
            }
            if frozen.len() > frozen_before + 1 {
                situations.insert(Situation::FrozenTogether);
            }
            let count_before = pool.len();
            pool.retain(|place| !homeless.contains(place) || !self.leaves(*place, now_ms));
            if pool.len() < count_before {
                situations.insert(Situation::HomelessLeft);
            }
            let pool_before = pool.clone();
            pool.push(place);
            pool.sort();
            if self.model.is_watched {
                let live_before = self.walk(&pool_before, &frozen);
                situations.extend(self.held_back(&live_before, now_ms));
                situations.extend(self.around_arrival(&live_before, &pool, &frozen, place));
            }
        }
        let live = self.walk(&pool, &frozen);
        let found: Vec<Found> = frozen.into_iter().chain(live).collect();
        if found.iter().any(|found| found.session.late_born) {
            situations.insert(Situation::LateBorn);
        }
        found
    }

    /// The live session that freezes next, at `now_ms` at the latest.
    fn freezing(&self, live: &[Found], now_ms: i64) -> Option<usize> {
        let is_due = |found: &Found| match self.model.slips(Slip::FreezesAfterTheMoment) {
            true => self.freezing_moment(found) < now_ms,
            false => self.freezing_moment(found) <= now_ms,
        };
        match self.model.slips(Slip::FreezesOutOfOrder) {
            true => live.iter().position(is_due),
            false => live.first().filter(|first| is_due(first)).map(|_| 0),
        }
    }

    /// What is in the pool and in no live session.
    fn homeless(&self, pool: &[usize], frozen: &[Found]) -> Vec<usize> {
        let live = self.walk(pool, frozen);
        let has_session = |place: &usize| live.iter().any(|found| found.members.contains(place));
        let mut homeless = pool.to_vec();
        homeless.retain(|place| !has_session(place));
        homeless
    }

    /// Whether an event without a session has left the pool at `now_ms`.
    fn leaves(&self, place: usize, now_ms: i64) -> bool {
        let event = self.event(place);
        let from_ms = match self.model.slips(Slip::HomelessLeaveByTime) {
            true => event.time_ms,
            false => event.time_ms.max(event.arrival_ms),
        };
        let leaves = match self.model.slips(Slip::HomelessLeaveAfterTheMoment) {
            true => from_ms + self.grace_ms() < now_ms,
            false => from_ms + self.grace_ms() <= now_ms,
        };
        (leaves || self.model.slips(Slip::HomelessLeaveAtOnce))
            && !self.model.slips(Slip::HomelessStay)
    }

    /// Rule 3.
    fn freezing_moment(&self, found: &Found) -> i64 {
        let expires_at_ms = found.session.expires_at_ms;
        if !found.session.late_born || self.model.slips(Slip::LateBornFreezesAtExpiry) {
            return expires_at_ms;
        }
        let arrivals = self.arriving(&found.members).into_iter();
        let latest_ms = arrivals.map(|place| self.event(place).arrival_ms).max();
        let latest_ms = latest_ms.expect("a session has an event");
        let half_hour_ms = match self.model.slips(Slip::HalfHourIsLengthened) {
            true => self.model.ms(1_800),
            false => NO_INACTIVITY_MS,
        };
        let quiet_ms = latest_ms + self.inactivity_ms.unwrap_or(half_hour_ms);
        match self.model.slips(Slip::LateBornFreezesAtArrival) {
            true => quiet_ms,
            false => expires_at_ms.max(quiet_ms),
        }
    }

    /// Rule 3: whether the first-arrived event came at or after the expiry that a single `activity`
    /// event at its time would have.
    fn is_late_born(&self, members: &[usize]) -> bool {
        let event = self.event(match self.model.slips(Slip::LateBornByFirstEvent) {
            true => members[0],
            false => self.first_arrived(members),
        });
        let time_ms = event.time_ms;
        let mut closings = vec![self.inactivity_ms.map(|wait_ms| time_ms + wait_ms)];
        if !self.model.slips(Slip::LateBornByInactivityAlone) || self.inactivity_ms.is_none() {
            closings.push(self.max_length_ms.map(|length_ms| time_ms + length_ms));
            closings.push(self.day_in.map(|zone| day_end(zone, time_ms)));
        }
        let closes_at_ms = closings.into_iter().flatten().min();
        let closes_at_ms = closes_at_ms.expect("inactivity or a day is set");
        let expires_at_ms = self.expires_at(closes_at_ms, time_ms);
        match self.model.slips(Slip::LateBornAfterExpiry) {
            true => event.arrival_ms > expires_at_ms,
            false => event.arrival_ms >= expires_at_ms,
        }
    }

    fn first_arrived(&self, members: &[usize]) -> usize {
        let mut arriving = self.arriving(members);
        arriving.sort_by_key(|place| (self.event(*place).arrival_ms, *place));
        arriving[0]
    }

    /// The events whose arrivals count: all of them.
    fn arriving(&self, members: &[usize]) -> Vec<usize> {
        match self.model.slips(Slip::PassiveNeverArrives) {
            true => self.extending(members),
            false => members.to_vec(),
        }
    }

    /// Rule 4, for an event that starts a session and has no live one before it.
    fn reason_after_frozen(&self, frozen: &[Found], place: usize) -> StartReason {
        let is_before = |found: &&Found| found.members[0] < place;
        let mut before = frozen.iter().filter(is_before);
        let newest = match self.model.slips(Slip::BeforeByFreezing) {
            true => before.next_back(),
            false => before.max_by_key(|found| found.members[0]),
        };
        let Some(Found { session, members }) = newest else {
            return StartReason::First;
        };
        let event = self.event(place);
        if self.model.slips(Slip::AlwaysLate) {
            return StartReason::Late;
        }
        let reason = match self.reason(members, event) {
            // Before its `end` event it would have taken this one.
            Some(StartReason::Ended)
                if event.time_ms < session.ended_at_ms
                    && !self.model.slips(Slip::EndedBeforeItsEnd) =>
            {
                self.switch(session.user, session.source_session, event)
            }
            reason => reason,
        };
        let is_at_closing = event.time_ms == session.closes_at_ms;
        if is_at_closing && self.model.slips(Slip::LateAtTheClosing) {
            return StartReason::Late;
        }
        let was_cut = session.closes_at_ms < self.closes_at(members).0;
        if was_cut && self.model.slips(Slip::LateAfterTheNext) && event.role != Role::Start {
            return StartReason::Late;
        }
        reason.unwrap_or(StartReason::Late)
    }
}

/// What closed the session before is why the next one starts.
fn start_reason(close_reason: EndReason) -> StartReason {
    StartReason::parse(close_reason.as_str()).expect("the same word on both sides")
}

/// The first instant after `utc_ms` whose local date is later, found minute by minute (clocks
/// change on whole minutes).
pub(crate) fn day_end(zone: Zone, utc_ms: i64) -> i64 {
    const DAY_MS: i64 = 24 * HOUR_MS;
    let date = zone.local_date_at(utc_ms);
    let mut day = utc_ms.div_euclid(DAY_MS);
    loop {
        let changes = date_changes(zone, day);
        let later = |(at_ms, new_date): &&(i64, i64)| *at_ms > utc_ms && *new_date > date;
        if let Some((at_ms, _)) = changes.iter().find(later) {
            return *at_ms;
        }
        day += 1;
    }
}

/// The minutes of a UTC day on which the local date becomes another, and which.
fn date_changes(zone: Zone, day: i64) -> Vec<(i64, i64)> {
    type Changes = HashMap<(Zone, i64), Vec<(i64, i64)>>;
    thread_local! {
        static KNOWN: RefCell<Changes> = RefCell::default();
    }
    let find = || {
        let minutes = (day * 1_440)..((day + 1) * 1_440);
        let at = |minute: i64| zone.local_date_at(minute * 60_000);
        let changing = minutes.filter(|minute| at(*minute) != at(minute - 1));
        changing
            .map(|minute| (minute * 60_000, at(minute)))
            .collect()
    };
    KNOWN.with_borrow_mut(|known| known.entry((zone, day)).or_insert_with(find).clone())
}
