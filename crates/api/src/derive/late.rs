//! What a batch changes in a stream that has events of after the grace. Final sessions never change
//! (sessions, section 4.2), so the walk goes on from where it stood: with the events that were in the
//! pool, those that came, and the final sessions that tell why a new one starts.
//!
//! Where events arrive that are not later than all of the stream before, it is left to deriving the
//! stream as a whole.

use dwell_model::EndReason;
use dwell_model::definition::{Role, SessionIds};
use dwell_sessionizer::{Before, Input, LastFinal, Stood, Walk, Walker};
use dwell_store::Owner;
use dwell_store::table::event::StreamPart;
use dwell_store::table::session::{Members, SessionRecord};
use dwell_store::table::stray::Stray;
use dwell_store::table::stream::StreamSummary;

use super::part::Deriving;
use super::replace::replace_these;
use super::sessions::{Order, Part, inputs_of, order_of, records_of};
use super::stray::{MANY, in_order, strays_of, waits_until_ms};
use super::{Compiled, LoadedStream, RoleTable};
use crate::error::ApiError;

/// Ranges of time that are not further apart are read as one: their events mostly stand in one block.
const NEAR_MS: i64 = 7 * 86_400_000;

/// What came to an owner.
pub(super) struct Came {
    /// (time, arrival) of its events, UTC ms.
    pub(super) events: Vec<(i64, i64)>,
    /// The newest arrival among all of the owner's events before, UTC ms.
    pub(super) newest_before_ms: i64,
    /// The longest that any of those arrived after its time.
    lateness_before_ms: i64,
}

/// An owner whose walk goes on.
struct Owned<'a> {
    compiled: &'a Compiled,
    owner: Owner,
    came: &'a Came,
}

/// The sessions that a walk has to know of to go on.
#[derive(Default)]
struct Known {
    /// All that can change.
    live: Vec<SessionRecord>,
    /// Final ones: of each event that can start a session the newest before it in order, and some more.
    finals: Vec<SessionRecord>,
    /// The latest start of any final one.
    last_final_ms: i64,
    /// What the walk may have to know lies in these, ascending, both ends included.
    ranges: Vec<(i64, i64)>,
    /// What else it has to know.
    before: Before,
    /// Whether the first session that can change started for the reason that it has.
    keeps_first: bool,
    /// Strays that stay as they are.
    strays: Vec<Stray>,
    /// All that there are.
    all_strays: Vec<Stray>,
}

impl Came {
    /// What came to a stream that was such a one before.
    pub(super) fn of(stream: &LoadedStream, before: &StreamSummary) -> Self {
        let events = stream.events.iter();
        Self {
            events: events
                .map(|event| (event.time_ms, event.arrival_ms))
                .collect(),
            newest_before_ms: before.newest_arrival_ms,
            lateness_before_ms: before.max_lateness_ms,
        }
    }

    /// Takes in that the owner has another stream, to which nothing came.
    pub(super) fn stand_beside(&mut self, other: &StreamSummary) {
        self.newest_before_ms = self.newest_before_ms.max(other.newest_arrival_ms);
        self.lateness_before_ms = self.lateness_before_ms.max(other.max_lateness_ms);
    }

    /// Takes what came to another stream of the same owner.
    pub(super) fn join(&mut self, other: Self) {
        self.events.extend(other.events);
        self.newest_before_ms = self.newest_before_ms.max(other.newest_before_ms);
        self.lateness_before_ms = self.lateness_before_ms.max(other.lateness_before_ms);
    }

    /// Whether nothing of an owner is final when the last of these has arrived, as the first of its
    /// sessions that can change is not; all of these come after all strays.
    fn is_held_by(&self, strays: &[Stray]) -> bool {
        let newest_ms = self.newest_arrival_ms();
        strays.iter().all(|stray| stray.until_ms > i64::MIN)
            && strays
                .first()
                .is_some_and(|stray| stray.until_ms > newest_ms)
            && strays
                .last()
                .is_some_and(|stray| stray.time_ms < self.first_ms())
    }

    fn first_ms(&self) -> i64 {
        let times_ms = self.events.iter().map(|(time_ms, _)| *time_ms);
        times_ms.min().unwrap_or(i64::MAX)
    }

    /// The newest arrival among all of the owner's events.
    fn newest_arrival_ms(&self) -> i64 {
        let arrivals_ms = self.events.iter().map(|(_, arrival_ms)| *arrival_ms);
        arrivals_ms.fold(self.newest_before_ms, i64::max)
    }

    /// The longest that any of the owner's events arrived after its time, with those that came.
    pub(super) fn lateness_ms(&self) -> i64 {
        let lateness_ms = self
            .events
            .iter()
            .map(|(time_ms, arrival_ms)| arrival_ms - time_ms);
        lateness_ms.fold(self.lateness_before_ms, i64::max)
    }

    fn first_arrival_ms(&self) -> i64 {
        let arrivals_ms = self.events.iter().map(|(_, arrival_ms)| *arrival_ms);
        arrivals_ms.min().unwrap_or(i64::MAX)
    }
}

impl Known {
    fn add_final(&mut self, session: SessionRecord) {
        let is_same = |known: &SessionRecord| known.session_id == session.session_id;
        if !self.finals.iter().any(is_same) {
            self.ranges
                .push((session.started_at_ms, session.last_time_ms));
            self.finals.push(session);
        }
    }

    /// Takes a range in; answers whether it was not covered.
    fn cover(&mut self, from_ms: i64, last_ms: i64) -> bool {
        let holds = |range: &(i64, i64)| range.0 <= from_ms && last_ms <= range.1;
        let is_new = !self.ranges.iter().any(holds);
        if is_new {
            self.ranges.push((from_ms, last_ms));
            self.join_ranges();
        }
        is_new
    }

    /// The earliest session that can change.
    fn first_live(&self) -> Option<&SessionRecord> {
        let start_ms = |session: &&SessionRecord| session.started_at_ms;
        self.live.iter().min_by_key(start_ms)
    }

    fn join_ranges(&mut self) {
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, range| {
            let is_near = next.0 <= range.1.saturating_add(NEAR_MS);
            if is_near {
                range.1 = range.1.max(next.1);
            }
            is_near
        });
    }
}

impl Deriving<'_, '_> {
    /// Derives what events change that came to an owner of these streams, all of one person; answers
    /// whether they came after all others. Nothing was done otherwise.
    #[expect(
        clippy::too_many_arguments,
        reason = "the streams of a walk, whose they are, and what is reused from walk to walk"
    )]
    pub(super) fn resume(
        &self,
        index: usize,
        came: &Came,
        owner: Owner,
        streams: &[Owner],
        person: Owner,
        roles: &mut RoleTable<'_>,
        walker: &mut Walker<'_>,
    ) -> Result<bool, ApiError> {
        let compiled = &self.definitions[index];
        let owned = Owned {
            compiled,
            owner,
            came,
        };
        if came.first_arrival_ms() <= came.newest_before_ms {
            return Ok(false);
        }
        let Some(mut known) = self.known_of(&owned)? else {
            return Ok(false);
        };
        loop {
            let loaded = self.load(streams, &known.ranges, roles)?;
            let most = loaded.iter().map(|stream| stream.events.len()).max();
            let attributed = vec![person; most.unwrap_or(0)];
            let parts: Vec<Part<'_>> = loaded
                .iter()
                .map(|stream| Part {
                    stream,
                    attributed: &attributed[..stream.events.len()],
                    only: None,
                })
                .collect();
            let all = order_of(&parts, index);
            let inputs = inputs_of(&parts, &all, index);
            let numbers: Vec<i64> = all
                .iter()
                .map(|at| parts[at.0 as usize].stream.events[at.1 as usize].number)
                .collect();
            let stood = self.stood(&owned, &known, &inputs, &numbers)?;
            let mut all_stood = stood.iter().zip(&inputs);
            if compiled.rules.takes_in_time(0, came.lateness_before_ms)
                && !all_stood.any(|(stood, event)| arrives(*stood, event))
            {
                // Nobody noted what could change: all that had expired was final to the next event
                // that is not ignored, and there is none yet.
                return Ok(false);
            }
            let walked = walker.resume(&inputs, &stood, known.before).clone();
            let spans = spans_of(&walked, &inputs);
            // Whether a session has all events from its first to its last is seen where all are read.
            let mut reads_more = false;
            for (from_ms, last_ms) in spans {
                reads_more |= known.cover(from_ms, last_ms);
            }
            if reads_more {
                continue;
            }
            let order = Order {
                all: &all,
                from: 0,
                definition_index: index,
            };
            let mut new = records_of(self.naming, compiled, owner, &parts, &order, &walked)?;
            if known.keeps_first
                && let (Some(new), Some(first)) = (new.first_mut(), known.first_live())
            {
                new.start_reason = first.start_reason;
            }
            let newest_ms = came.newest_arrival_ms();
            let mut strays = std::mem::take(&mut known.strays);
            strays.retain(|stray| stray.is_session || stray.until_ms > newest_ms);
            if let Some(pooled) = walker.pooled() {
                let ends = (known.last_final_ms, newest_ms);
                strays.extend(strays_of(
                    compiled, &inputs, &walked, pooled, ends, &mut new,
                ));
            }
            let strays = in_order(strays);
            let mut old = known.live;
            for (place, session) in (0..).zip(known.finals) {
                if let Some(listed) = listed(&session, place, &inputs, &stood, &numbers) {
                    new.push(listed);
                    old.push(session);
                }
            }
            let writer = self.writer;
            writer.put_strays(compiled.definition_id, owner, &known.all_strays, &strays)?;
            replace_these(writer, self.telling, old, new, came.newest_before_ms)?;
            #[cfg(test)]
            tests::note_resumed(known.before, known.keeps_first);
            return Ok(true);
        }
    }

    /// The sessions that the walk has to know of; `None` where they are not kept.
    fn known_of(&self, owned: &Owned<'_>) -> Result<Option<Known>, ApiError> {
        let (definition_id, owner) = (owned.compiled.definition_id, owned.owner);
        let came = owned.came;
        let strays = self.writer.strays(definition_id, owner)?;
        if strays == [MANY] {
            return Ok(None);
        }
        let mut known = Known {
            last_final_ms: i64::MIN,
            ..Known::default()
        };
        let mut last_finals = Vec::new();
        self.writer
            .sessions_back_from(definition_id, owner, i64::MAX, |session| {
                if session.started_at_ms < known.last_final_ms {
                    return false;
                }
                match is_live(&session, came.newest_before_ms) {
                    true => known.live.push(session),
                    false => {
                        known.last_final_ms = session.started_at_ms;
                        last_finals.push(session);
                    }
                }
                true
            })?;
        let starts_ms = known.live.iter().map(|session| session.started_at_ms);
        let from_ms = starts_ms.min();
        known
            .ranges
            .extend(from_ms.map(|from_ms| (from_ms, i64::MAX)));
        // Whoever waits for a session is in one only where something comes before.
        let (first_ms, now_ms) = (came.first_ms(), came.first_arrival_ms());
        let waits_ms = now_ms - 2 * owned.compiled.definition.grace_ms();
        known.ranges.push((first_ms.max(waits_ms), i64::MAX));
        let mut times_ms: Vec<i64> = came.events.iter().map(|event| event.0).collect();
        times_ms.sort_unstable();
        times_ms.dedup();
        known
            .ranges
            .extend(times_ms.iter().map(|time_ms| (*time_ms, *time_ms)));
        let (sessions, waiting): (Vec<Stray>, Vec<Stray>) =
            strays.iter().partition(|stray| stray.is_session);
        known.all_strays = strays;
        for stray in waiting {
            match stray.time_ms < first_ms {
                true => known.strays.push(stray),
                false => known.ranges.push((stray.time_ms, stray.time_ms)),
            }
        }
        // All that can change starts before the batch and after all that is final, but for strays.
        let is_after = match from_ms {
            Some(from_ms) => first_ms > from_ms && known.last_final_ms < from_ms,
            None => first_ms > known.last_final_ms,
        };
        let has_strays = !sessions.is_empty();
        if is_after && has_strays && came.is_held_by(&sessions) {
            self.hold(owned, sessions, from_ms.is_none(), &mut known)?;
        } else if is_after && !has_strays && from_ms.is_some() {
            known.keeps_first = true;
        } else if is_after && !has_strays && self.tells_last(owned, &last_finals) {
            let last = last_finals.pop();
            known.before.last_final = last.map(|session| LastFinal {
                closes_at_ms: session.closes_at_ms,
                close_reason: session.close_reason,
                user: session.user_number.map_or(0, |user| user as u32),
            });
        } else {
            for session in last_finals.drain(..) {
                known.add_final(session);
            }
            if let Some(from_ms) = from_ms.filter(|from_ms| *from_ms <= known.last_final_ms) {
                self.add_finals_before(owned, from_ms, &mut known)?;
            }
            for stray in sessions {
                self.add_stray(owned, stray.time_ms, &mut known)?;
            }
            for time_ms in times_ms {
                // Of a later one it is the last of all, or starts with the first that can change.
                if from_ms.is_none_or(|from_ms| time_ms < from_ms) && time_ms <= known.last_final_ms
                {
                    self.add_finals_before(owned, time_ms, &mut known)?;
                }
            }
        }
        if known.before.is_held || known.keeps_first || known.before.last_final.is_some() {
            // Where the batch lies amid a final session, its events have to be told apart.
            for session in last_finals {
                if session.last_time_ms >= first_ms {
                    known.add_final(session);
                }
            }
        }
        known.join_ranges();
        Ok(Some(known))
    }

    /// Leaves the strays as they are, as nothing is final before the first of them; but for the last,
    /// where it is what comes before the batch.
    fn hold(
        &self,
        owned: &Owned<'_>,
        mut strays: Vec<Stray>,
        is_last_before: bool,
        known: &mut Known,
    ) -> Result<(), ApiError> {
        if is_last_before && let Some(last) = strays.pop() {
            let newest_ms = owned.came.newest_before_ms;
            let (definition_id, at_ms) = (owned.compiled.definition_id, last.time_ms);
            let here =
                self.writer
                    .sessions_of_owner(definition_id, owned.owner, at_ms, at_ms + 1)?;
            for session in here {
                if is_live(&session, newest_ms) {
                    known.ranges.push((at_ms, session.last_time_ms));
                    known.live.push(session);
                }
            }
        }
        known.strays.extend(strays);
        known.before.is_held = true;
        known.keeps_first = true;
        Ok(())
    }

    /// Whether the last final sessions tell by their rows why a later one starts.
    fn tells_last(&self, owned: &Owned<'_>, last_finals: &[SessionRecord]) -> bool {
        let [last] = last_finals else {
            return last_finals.is_empty();
        };
        let closes_by_itself = matches!(
            last.close_reason,
            EndReason::Ended
                | EndReason::Midnight
                | EndReason::MaxLength
                | EndReason::Background
                | EndReason::Timeout
        );
        closes_by_itself
            && last.last_time_ms < owned.came.first_ms()
            && owned.compiled.definition.session_ids == SessionIds::Ignore
    }

    /// Adds what can change at the time of a stray, and the final sessions that can be before a start in
    /// it.
    fn add_stray(
        &self,
        owned: &Owned<'_>,
        time_ms: i64,
        known: &mut Known,
    ) -> Result<(), ApiError> {
        let (definition_id, owner) = (owned.compiled.definition_id, owned.owner);
        let newest_ms = owned.came.newest_before_ms;
        known.ranges.push((time_ms, time_ms));
        let started = |from_ms: i64, last_ms: i64| {
            let until_ms = last_ms.saturating_add(1);
            self.writer
                .sessions_of_owner(definition_id, owner, from_ms, until_ms)
        };
        let (here, finals): (Vec<SessionRecord>, Vec<SessionRecord>) = started(time_ms, time_ms)?
            .into_iter()
            .partition(|session| is_live(session, newest_ms));
        for session in finals {
            known.add_final(session);
        }
        if !here.is_empty() {
            self.add_finals_before(owned, time_ms, known)?;
        }
        for session in here {
            if session.last_time_ms > time_ms {
                for other in started(time_ms + 1, session.last_time_ms)? {
                    if !is_live(&other, newest_ms) {
                        known.add_final(other);
                    }
                }
            }
            known.ranges.push((time_ms, session.last_time_ms));
            known.live.push(session);
        }
        Ok(())
    }

    /// Adds the final sessions among which the newest one is before an event of a time, in order: those
    /// that start at that time, and the last ones before.
    fn add_finals_before(
        &self,
        owned: &Owned<'_>,
        time_ms: i64,
        known: &mut Known,
    ) -> Result<(), ApiError> {
        let (definition_id, owner) = (owned.compiled.definition_id, owned.owner);
        let newest_ms = owned.came.newest_before_ms;
        let mut last_ms = i64::MIN;
        self.writer
            .sessions_back_from(definition_id, owner, time_ms, |session| {
                let started_at_ms = session.started_at_ms;
                if started_at_ms < last_ms {
                    return false;
                }
                if !is_live(&session, newest_ms) {
                    if started_at_ms < time_ms {
                        last_ms = started_at_ms;
                    }
                    known.add_final(session);
                }
                true
            })?;
        Ok(())
    }

    /// The events of streams in ranges of time.
    fn load(
        &self,
        streams: &[Owner],
        ranges: &[(i64, i64)],
        roles: &mut RoleTable<'_>,
    ) -> Result<Vec<LoadedStream>, ApiError> {
        let mut loaded = Vec::with_capacity(streams.len() * ranges.len());
        for stream in streams {
            for (from_ms, last_ms) in ranges {
                let part = StreamPart {
                    from_ms: *from_ms,
                    last_ms: *last_ms,
                    first_number: i64::MIN,
                };
                let view = self.writer.stream(stream.id(), part)?;
                loaded.push(LoadedStream::of(&view, roles)?);
            }
        }
        Ok(loaded)
    }

    /// Where each event stood before the batch.
    fn stood(
        &self,
        owned: &Owned<'_>,
        known: &Known,
        inputs: &[Input],
        numbers: &[i64],
    ) -> Result<Vec<Stood>, ApiError> {
        let is_new = |place: usize| numbers[place] >= self.first_number;
        let of = |place| match is_new(place) {
            true => Stood::Not,
            false => Stood::Past,
        };
        let mut stood: Vec<Stood> = (0..inputs.len()).map(of).collect();
        let mut mark = |session: &SessionRecord, mark: Stood| {
            for place in between(inputs, session.started_at_ms, session.last_time_ms) {
                let event = &inputs[place];
                if event.role != Role::Ignored
                    && !is_new(place)
                    && session.holds(numbers[place], event.time_ms)
                {
                    stood[place] = mark;
                }
            }
        };
        for (place, session) in (0..).zip(&known.finals) {
            mark(session, Stood::Final(place));
        }
        for session in &known.live {
            mark(session, Stood::InPool);
        }
        // Of an event that can start a session it is sure that it is in one.
        let now_ms = owned.came.first_arrival_ms();
        for (place, event) in inputs.iter().enumerate() {
            let can_wait = stood[place] == Stood::Past
                && event.role != Role::Ignored
                && !event.role.starts()
                && waits_until_ms(owned.compiled, event) > now_ms;
            if can_wait {
                let (definition_id, time_ms) = (owned.compiled.definition_id, event.time_ms);
                let across = self
                    .writer
                    .sessions_across(definition_id, owned.owner, time_ms)?;
                let number = numbers[place];
                if !across.iter().any(|session| session.holds(number, time_ms)) {
                    stood[place] = Stood::InPool;
                }
            }
        }
        Ok(stood)
    }
}

/// Whether a session could still change when its owner's newest event had arrived.
fn is_live(session: &SessionRecord, newest_arrival_ms: i64) -> bool {
    session.expires_at_ms > newest_arrival_ms || session.outlives_expiry
}

/// Whether an event arrives that the definition does not ignore.
fn arrives(stood: Stood, event: &Input) -> bool {
    stood == Stood::Not && event.role != Role::Ignored
}

/// The places of the events of a range of time.
fn between(inputs: &[Input], from_ms: i64, last_ms: i64) -> std::ops::Range<usize> {
    let from = inputs.partition_point(|event| event.time_ms < from_ms);
    let until = inputs.partition_point(|event| event.time_ms <= last_ms);
    from..until.max(from)
}

/// The times of each session's first and last event.
fn spans_of(walked: &Walk, inputs: &[Input]) -> Vec<(i64, i64)> {
    let starts_ms = walked.sessions.iter().map(|session| session.started_at_ms);
    let mut spans: Vec<(i64, i64)> = starts_ms.map(|start_ms| (start_ms, start_ms)).collect();
    for (event, session) in inputs.iter().zip(&walked.session_of) {
        if let Some(session) = session {
            spans[*session as usize].1 = event.time_ms;
        }
    }
    spans
}

/// A final session that was a run and is none any more, as an event that came lies amid it.
fn listed(
    session: &SessionRecord,
    place: u32,
    inputs: &[Input],
    stood: &[Stood],
    numbers: &[i64],
) -> Option<SessionRecord> {
    let here = || between(inputs, session.started_at_ms, session.last_time_ms);
    if session.members != Members::Run || !here().any(|at| arrives(stood[at], &inputs[at])) {
        return None;
    }
    let is_member = |at: &usize| stood[*at] == Stood::Final(place);
    let mut members: Vec<i64> = here().filter(is_member).map(|at| numbers[at]).collect();
    members.sort_unstable();
    Some(SessionRecord {
        members: Members::Listed(members),
        ..session.clone()
    })
}

#[cfg(test)]
mod tests;
