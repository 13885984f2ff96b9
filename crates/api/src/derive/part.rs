//! The part of a stream that a batch can change. Where all events of a stream arrived in time, late ones
//! change nothing but the sessions around them (sessions, section 4), so only these are walked again:
//! from the session before the batch to the first session after it that starts as it did before.
//!
//! Everything else (events that were replaced, aliases, resets, several people on one device, events
//! after the grace) is left to deriving the stream as a whole.

use dwell_model::definition::{Role, Scope, SessionIds};
use dwell_sessionizer::{Walk, Walker};
use dwell_store::table::event::{StreamPart, TouchedStream};
use dwell_store::table::people::PeopleChange;
use dwell_store::table::session::SessionRecord;
use dwell_store::table::stream::{StreamOfOne, StreamSummary};
use dwell_store::{Owner, Writer};

use super::late::Came;
use super::replace::{replace_all, replace_these};
use super::sessions::{Naming, Order, Part, inputs_of, order_of, records_of, sessions_of};
use super::{Compiled, LoadedStream, RoleTable, Telling, people};
use crate::error::ApiError;

/// What deriving a part needs.
pub(super) struct Deriving<'a, 'w> {
    pub(super) writer: &'a Writer<'a>,
    pub(super) naming: &'a Naming<'a>,
    pub(super) definitions: &'w [Compiled],
    pub(super) telling: &'w Telling,
    /// Events of the batch have this number or a higher one.
    pub(super) first_number: i64,
}

/// What came to a stream.
pub(super) struct CameTo {
    touched: TouchedStream,
    came: Came,
}

impl CameTo {
    fn join(mut self, other: Self) -> Self {
        self.touched.from_ms = self.touched.from_ms.min(other.touched.from_ms);
        self.touched.to_ms = self.touched.to_ms.max(other.touched.to_ms);
        self.came.join(other.came);
        self
    }
}

/// What is known of a stream before the batch, where the batch can be added to it.
struct Known {
    summary: StreamSummary,
    person: Owner,
    /// Its row, where it is of one owner.
    one: Option<StreamOfOne>,
}

/// A person reads from so many streams at most to be derived by parts.
const MOST_STREAMS: usize = 32;

impl Deriving<'_, '_> {
    /// Derives what a batch changes in one stream, where that can be told from the batch and what is
    /// around it; not the sessions of scope `user`. Answers the stream's one person and what came, or
    /// `None` where nothing was done.
    pub(super) fn part(
        &self,
        touched: &TouchedStream,
        change: &mut PeopleChange<'_>,
        roles: &mut RoleTable<'_>,
        walkers: &mut [Walker<'_>],
    ) -> Result<Option<(Owner, CameTo)>, ApiError> {
        let writer = self.writer;
        if touched.has_replaced || touched.has_alias {
            return Ok(None);
        }
        let one = writer.stream_of_one(touched.stream_id)?;
        let Some(known) = self.known(touched.stream_id, one)? else {
            return Ok(None);
        };
        let batch = StreamPart {
            from_ms: touched.from_ms,
            last_ms: touched.to_ms,
            first_number: self.first_number,
        };
        let view = writer.stream(touched.stream_id, batch)?;
        let batch = LoadedStream::of(&view, roles)?;
        if !self.is_of_one_person(&batch, &known, roles) {
            return Ok(None);
        }
        let attributed = vec![known.person; batch.events.len()];
        let told = people::tell(&view, &batch, &attributed, roles)?;
        let Some(more) = told.people.into_iter().next() else {
            return Ok(None);
        };
        let Some(summary) = told.summary else {
            return Ok(None);
        };
        let came_to = CameTo {
            touched: *touched,
            came: Came::of(&batch, &known.summary),
        };
        let new_owners = batch.plain_owners();
        // An older context cannot always be told from a newer one field by field.
        let Some(summary) = people::join_stream(known.summary.clone(), &summary) else {
            return Ok(None);
        };
        let owners = || new_owners.iter().map(|of| of.owner);
        match known.one {
            Some(one) if more.properties.is_empty() && owners().all(|of| of == one.owner) => {
                let both = people::join_person(one.part.clone(), more);
                change.grow_stream(touched.stream_id, &one, &summary, &both)?;
            }
            _ => {
                let person = writer.stream_person(touched.stream_id, known.person)?;
                let Some(person) = person else {
                    return Ok(None);
                };
                let owners = writer.stream_owners(touched.stream_id)?;
                let owners = owners.into_iter().chain(new_owners);
                let owners =
                    super::profile::owners_of(owners.map(|of| (of.owner, of.first_seen_ms)));
                let both = people::join_person(person, more);
                change.put_stream(touched.stream_id, &summary, &owners, &[both])?;
            }
        }
        let owner = batch.owner;
        for (index, compiled) in self.definitions.iter().enumerate() {
            if compiled.definition.scope == Scope::User {
                continue;
            }
            let walker = &mut walkers[index];
            if self.is_local(compiled, summary.max_lateness_ms) {
                self.run(
                    index,
                    &came_to,
                    owner,
                    &[owner],
                    known.person,
                    roles,
                    walker,
                )?;
                continue;
            }
            if compiled.definition.session_ids != SessionIds::Trust
                && self.resume(
                    index,
                    &came_to.came,
                    owner,
                    &[owner],
                    known.person,
                    roles,
                    walker,
                )?
            {
                continue;
            }
            let stream = LoadedStream::load(writer, touched.stream_id, roles)?;
            let attributed = vec![known.person; stream.events.len()];
            let part = Part {
                stream: &stream,
                attributed: &attributed,
                only: None,
            };
            let found = sessions_of(self.naming, compiled, walker, index, owner, &[part])?;
            replace_all(writer, self.telling, compiled, owner, found)?;
        }
        Ok(Some((known.person, came_to)))
    }

    /// Derives what a batch changes in the sessions of scope `user` of a person, with what came to each
    /// of its streams; answers whether that could be told from the batch and what is around it. If not,
    /// all of the person is to be derived.
    pub(super) fn part_of_person(
        &self,
        person: Owner,
        came_to: Vec<CameTo>,
        roles: &mut RoleTable<'_>,
        walkers: &mut [Walker<'_>],
    ) -> Result<bool, ApiError> {
        let (Some(streams), Some(all)) = (self.streams_of(person)?, self.join(person, came_to)?)
        else {
            return Ok(false);
        };
        for (index, compiled) in self.definitions.iter().enumerate() {
            if compiled.definition.scope == Scope::Device {
                continue;
            }
            let walker = &mut walkers[index];
            if self.is_local(compiled, all.came.lateness_ms()) {
                self.run(index, &all, person, &streams, person, roles, walker)?;
            } else if compiled.definition.session_ids == SessionIds::Trust
                || !self.resume(index, &all.came, person, &streams, person, roles, walker)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What came to some streams of a person, as if they were one; `None` where nothing came.
    fn join(&self, person: Owner, came_to: Vec<CameTo>) -> Result<Option<CameTo>, ApiError> {
        let ids = came_to.iter().map(|one| one.touched.stream_id);
        let ids: Vec<i64> = ids.collect();
        let Some(mut all) = came_to.into_iter().reduce(CameTo::join) else {
            return Ok(None);
        };
        for stream in self.writer.streams_of_person(person)? {
            if !ids.contains(&stream.id())
                && let Some(summary) = self.writer.stream_summary(stream.id())?
            {
                all.came.stand_beside(&summary);
            }
        }
        Ok(Some(all))
    }

    /// The streams of a person, where they are few and nobody else's.
    fn streams_of(&self, person: Owner) -> Result<Option<Vec<Owner>>, ApiError> {
        let streams = self.writer.streams_of_person(person)?;
        if streams.len() > MOST_STREAMS {
            return Ok(None);
        }
        for stream in &streams {
            if self.writer.people_of_stream(stream.id())?.len() > 1 {
                return Ok(None);
            }
        }
        Ok(Some(streams))
    }

    /// Whether a definition's sessions follow from the events around them: no event came after the
    /// grace, and sessions of the source do not part them.
    fn is_local(&self, compiled: &Compiled, max_lateness_ms: i64) -> bool {
        compiled.definition.session_ids != SessionIds::Trust
            && compiled.rules.takes_in_time(0, max_lateness_ms)
    }

    /// What is known of a stream, where it is of one person and without a reset; of one owner as well
    /// its row tells all.
    fn known(&self, stream_id: i64, one: Option<StreamOfOne>) -> Result<Option<Known>, ApiError> {
        let known = match one {
            Some(one) => Known {
                summary: one.summary.clone(),
                person: one.part.person,
                one: Some(one),
            },
            None => {
                let people = self.writer.people_of_stream(stream_id)?;
                let (Some(summary), [person]) =
                    (self.writer.stream_summary(stream_id)?, &people[..])
                else {
                    return Ok(None);
                };
                Known {
                    summary,
                    person: *person,
                    one: None,
                }
            }
        };
        Ok((!known.summary.has_reset).then_some(known))
    }

    /// Whether a batch leaves the stream to its one person.
    fn is_of_one_person(&self, batch: &LoadedStream, known: &Known, roles: &RoleTable<'_>) -> bool {
        batch.events.iter().all(|event| {
            let is_theirs = match event.user {
                Some(user) => self.naming.profiles.person(user) == known.person,
                None => true,
            };
            is_theirs && roles.name(event.name_id) != people::RESET
        })
    }

    /// The last session that starts before a moment, and at its instant alone.
    fn session_before(
        &self,
        definition_id: i64,
        owner: Owner,
        before_ms: i64,
    ) -> Result<Option<SessionRecord>, ApiError> {
        let mut found: Option<SessionRecord> = None;
        let mut is_alone = false;
        let last_ms = before_ms.saturating_sub(1);
        self.writer
            .sessions_back_from(definition_id, owner, last_ms, |session| {
                let is_beside =
                    |other: &SessionRecord| other.started_at_ms == session.started_at_ms;
                match found.as_ref().is_some_and(is_beside) {
                    true => is_alone = false,
                    false if is_alone => return false,
                    false => {
                        found = Some(session);
                        is_alone = true;
                    }
                }
                true
            })?;
        Ok(found.filter(|_| is_alone))
    }

    /// Walks the sessions around a batch again, by one definition.
    #[expect(
        clippy::too_many_arguments,
        reason = "the streams of a walk, whose they are, and what is reused from walk to walk"
    )]
    fn run(
        &self,
        index: usize,
        came_to: &CameTo,
        owner: Owner,
        streams: &[Owner],
        person: Owner,
        roles: &mut RoleTable<'_>,
        walker: &mut Walker<'_>,
    ) -> Result<(), ApiError> {
        let (writer, compiled) = (self.writer, &self.definitions[index]);
        let (touched, came) = (&came_to.touched, &came_to.came);
        let definition_id = compiled.definition_id;
        let before = self.session_before(definition_id, owner, touched.from_ms)?;
        let from_ms = before
            .as_ref()
            .map_or(i64::MIN, |session| session.started_at_ms);
        let mut skip = 0;
        loop {
            let after = writer.lone_session_after(definition_id, owner, touched.to_ms, skip)?;
            let window = StreamPart {
                from_ms,
                last_ms: after
                    .as_ref()
                    .map_or(i64::MAX, |session| session.started_at_ms),
                first_number: i64::MIN,
            };
            let loaded = streams
                .iter()
                .map(|stream| LoadedStream::of(&writer.stream(stream.id(), window)?, roles))
                .collect::<Result<Vec<_>, ApiError>>()?;
            let most = loaded.iter().map(|stream| stream.events.len()).max();
            let attributed = vec![person; most.unwrap_or(0)];
            let parts: Vec<Part<'_>> = loaded
                .iter()
                .map(|stream| Part {
                    stream,
                    attributed: &attributed,
                    only: None,
                })
                .collect();
            let all = order_of(&parts, index);
            let first_of = |session: &SessionRecord, order: &[(u32, u32)]| {
                let is_member = |at: &(u32, u32)| {
                    let (stream, at) = (&loaded[at.0 as usize], at.1 as usize);
                    let event = &stream.events[at];
                    stream.role(at, index).0 != Role::Ignored
                        && session.holds(event.number, event.time_ms)
                };
                order.iter().position(is_member)
            };
            // Events of the first instant that come before the first session belong to others.
            let before_first = before.as_ref().and_then(|before| first_of(before, &all));
            let from = before_first.unwrap_or(0);
            let order = &all[from..];
            let inputs = inputs_of(&parts, order, index);
            let mut walked = walker.walk(&inputs).clone();
            if let (Some(first), Some(before)) = (walked.sessions.first_mut(), &before) {
                first.start_reason = before.start_reason;
            }
            let resumed = match &after {
                None => None,
                Some(after) => match resumes(&walked, first_of(after, order), after) {
                    true => walked.sessions.pop(),
                    false => {
                        skip = skip * 2 + 1;
                        continue;
                    }
                },
            };
            let order = Order {
                all: &all,
                from,
                definition_index: index,
            };
            let records = records_of(self.naming, compiled, owner, &parts, &order, &walked)?;
            let until_ms = after
                .as_ref()
                .map_or(i64::MAX, |session| session.started_at_ms);
            let old = writer.sessions_of_owner(definition_id, owner, from_ms, until_ms)?;
            replace_these(writer, self.telling, old, records, came.newest_before_ms)?;
            if let (Some(after), Some(resumed)) = (after, resumed) {
                let start_reason = resumed.start_reason;
                if after.start_reason != start_reason {
                    let changed = SessionRecord {
                        start_reason,
                        ..after.clone()
                    };
                    let (old, new) = (vec![after], vec![changed]);
                    replace_these(writer, self.telling, old, new, i64::MAX)?;
                }
            }
            return Ok(());
        }
    }
}

/// Whether the last session of a walk starts at the event at which the one after the batch started
/// before, and at an instant of its own: then it goes on as it did.
fn resumes(walked: &Walk, first_of_after: Option<usize>, after: &SessionRecord) -> bool {
    let Some((last, others)) = walked.sessions.split_last() else {
        return false;
    };
    first_of_after == Some(last.first_event as usize)
        && others
            .iter()
            .all(|session| session.started_at_ms != after.started_at_ms)
}
