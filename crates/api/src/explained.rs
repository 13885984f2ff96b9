//! Stored sessions and events as the sessionizer's explanations want them told.

use dwell_model::Zone;
use dwell_model::definition::{Role, Scope, SessionIds};
use dwell_sessionizer::Input;
use dwell_sessionizer::explain::{
    self, AppState, Arrivals, Effect, EventQuestion, Explanation, LateQuestion, Loose, Pair,
    Question, Told, ToldEvent, explain, joining, joining_words,
};
use dwell_store::table::event::StoredEvent;
use dwell_store::table::session::SessionRecord;
use dwell_store::{Owner, Reader};
use rustc_hash::FxHashMap;

use crate::derive::Compiled;
use crate::error::Result;
use crate::event::{EventInSession, LateNote, boundary_events, events_of};

/// Of longer sessions only the first and the last events are read; what needs all of them is not told.
const MOST_EVENTS: u32 = 20_000;
/// So many events between two sessions are looked at.
const MOST_BETWEEN: usize = 1_000;

/// A session in the words of the explanations.
pub(crate) struct Tellable {
    record: SessionRecord,
    events: Vec<EventInSession>,
    starting_event: String,
    last_event: String,
    user: Option<String>,
    source_session: Option<String>,
    arrivals: Option<Arrivals>,
}

impl Tellable {
    /// Reads what is told of a session.
    pub(crate) fn new(
        reader: &Reader<'_>,
        compiled: &Compiled,
        record: SessionRecord,
    ) -> Result<Self> {
        let events = match record.event_count <= MOST_EVENTS {
            true => events_of(reader, compiled, &record)?,
            false => boundary_events(reader, compiled, &record)?,
        };
        Self::of_events(reader, record, events)
    }

    /// The same, where its events are at hand.
    pub(crate) fn of_events(
        reader: &Reader<'_>,
        record: SessionRecord,
        events: Vec<EventInSession>,
    ) -> Result<Self> {
        let extending = || events.iter().filter(|event| event.role.extends());
        let name = |event: Option<&EventInSession>| {
            event.map_or_else(String::new, |event| event.stored.event.name.to_string())
        };
        let user = record
            .user_number
            .map(|number| reader.owner_key(Owner::User(number)))
            .transpose()?;
        let arrived = events.iter().map(|event| event.stored.event.arrival_ms);
        let starting = extending().next();
        let arrivals = starting
            .zip(arrived.max())
            .map(|(starting, latest_ms)| Arrivals {
                starting_ms: starting.stored.event.arrival_ms,
                first_ms: record.first_arrival_ms,
                latest_ms,
            });
        let is_whole = events.len() == record.event_count as usize;
        Ok(Self {
            starting_event: name(starting),
            last_event: name(extending().next_back()),
            user: user.map(|key| key.to_string()),
            source_session: extending()
                .find_map(|event| event.stored.event.source_session.as_ref())
                .map(ToString::to_string),
            arrivals: arrivals.filter(|_| is_whole),
            record,
            events,
        })
    }

    /// As it is told of.
    pub(crate) fn told(&self) -> Told<'_> {
        Told {
            started_at_ms: self.record.started_at_ms,
            ended_at_ms: self.record.ended_at_ms,
            closes_at_ms: self.record.closes_at_ms,
            expires_at_ms: self.record.expires_at_ms,
            start_reason: self.record.start_reason,
            close_reason: self.record.close_reason,
            start_kind: self.record.start_kind,
            starting_event: &self.starting_event,
            last_event: &self.last_event,
            user: self.user.as_deref(),
            source_session: self.source_session.as_deref(),
            late_born: self.record.is_late_born,
            arrivals: self.arrivals,
        }
    }
}

/// A session between its neighbours in its stream.
pub(crate) struct Neighbours {
    pub(crate) previous: Option<Tellable>,
    pub(crate) this: Tellable,
    pub(crate) next: Option<Tellable>,
}

impl Neighbours {
    /// Reads a session, whose events are at hand, and those beside it.
    pub(crate) fn read(
        reader: &Reader<'_>,
        compiled: &Compiled,
        record: &SessionRecord,
        events: Vec<EventInSession>,
    ) -> Result<Self> {
        let this = Tellable::of_events(reader, record.clone(), events)?;
        let beside = |record: Option<SessionRecord>| -> Result<Option<Tellable>> {
            let Some(record) = record else {
                return Ok(None);
            };
            let found = Tellable::new(reader, compiled, record)?;
            // A trusted id makes a stream of its own.
            let is_apart = compiled.definition.session_ids == SessionIds::Trust
                && found.source_session != this.source_session;
            Ok((!is_apart).then_some(found))
        };
        Ok(Self {
            previous: beside(reader.previous_in_stream(record)?)?,
            next: beside(reader.next_in_stream(record)?)?,
            this,
        })
    }

    /// Why the session started and ended.
    pub(crate) fn explain(&self, compiled: &Compiled, now_ms: i64, zone: Zone) -> Explanation {
        let record = &self.this.record;
        let is_of_user = compiled.definition.scope == Scope::User || record.owner.user().is_some();
        explain(&Question {
            definition: &compiled.definition,
            owner: match is_of_user {
                true => explain::Owner::User,
                false => explain::Owner::Device,
            },
            session: self.this.told(),
            previous: self.previous.as_ref().map(Tellable::told),
            next: self.next.as_ref().map(Tellable::told),
            now_ms,
            zone,
        })
    }
}

/// What would have to be different for two neighbouring sessions to be one, in words; `None` where they
/// are too long to tell.
pub(crate) fn joined_words(
    reader: &Reader<'_>,
    compiled: &Compiled,
    earlier: &Tellable,
    later: &Tellable,
    zone: Zone,
) -> Result<Option<String>> {
    if earlier.arrivals.is_none() || later.arrivals.is_none() {
        return Ok(None);
    }
    let extending = earlier.events.iter().filter(|event| event.role.extends());
    let app = AppState::after(extending.map(|event| (event.stored.event.time_ms, event.role)));
    let loose = between(reader, compiled, earlier, later)?;
    let texts: Vec<_> = loose
        .iter()
        .map(|(stored, _)| {
            let event = &stored.event;
            let user = event.user.as_ref().map(ToString::to_string);
            (user, event.source_session.as_ref().map(ToString::to_string))
        })
        .collect();
    let told: Vec<Loose<'_>> = loose
        .iter()
        .zip(&texts)
        .map(|((stored, role), (user, source_session))| Loose {
            time_ms: stored.event.time_ms,
            role: *role,
            name: &stored.event.name,
            user: user.as_deref(),
            source_session: source_session.as_deref(),
        })
        .collect();
    let pair = Pair {
        definition: &compiled.definition,
        previous: earlier.told(),
        app,
        between: &told,
        next: later.told(),
        zone,
    };
    Ok(Some(joining_words(&pair, &joining(&pair))))
}

/// The events of the stream between two sessions that are in none, in order.
fn between(
    reader: &Reader<'_>,
    compiled: &Compiled,
    earlier: &Tellable,
    later: &Tellable,
) -> Result<Vec<(StoredEvent, Role)>> {
    let (from_ms, to_ms) = (earlier.record.ended_at_ms, later.record.started_at_ms);
    if compiled.definition.scope == Scope::User || from_ms > to_ms {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    reader.stream_range(earlier.record.owner.id(), from_ms, to_ms, |stored| {
        let (number, time_ms) = (stored.place.event_number, stored.place.time_ms);
        let role = compiled.role(&stored.event);
        let is_in = |tellable: &Tellable| tellable.record.holds(number, time_ms);
        let is_loose = role != Role::Ignored && !is_in(earlier) && !is_in(later);
        if is_loose && found.len() < MOST_BETWEEN {
            found.push((stored, role));
        }
        Ok(())
    })?;
    found.sort_by(|(a, a_role), (b, b_role)| {
        (a.event.time_ms, a_role.rank(), &a.event.event_id).cmp(&(
            b.event.time_ms,
            b_role.rank(),
            &b.event.event_id,
        ))
    });
    Ok(found)
}

/// The texts of an event that its words borrow.
struct EventTexts {
    user: Option<String>,
    source_session: Option<String>,
}

impl EventTexts {
    fn new(stored: &StoredEvent) -> Self {
        Self {
            user: stored.event.user.as_ref().map(ToString::to_string),
            source_session: stored
                .event
                .source_session
                .as_ref()
                .map(ToString::to_string),
        }
    }

    fn told<'a>(&'a self, compiled: &Compiled, stored: &'a StoredEvent) -> ToldEvent<'a> {
        ToldEvent {
            name: &stored.event.name,
            role: compiled.role(&stored.event),
            time_ms: stored.event.time_ms,
            arrival_ms: stored.event.arrival_ms,
            user: self.user.as_deref(),
            source_session: self.source_session.as_deref(),
        }
    }
}

/// The newest session of an event's stream that started at or before its time.
fn newest_before(
    reader: &Reader<'_>,
    compiled: &Compiled,
    stored: &StoredEvent,
) -> Result<Option<Tellable>> {
    let source = stored
        .event
        .source_session
        .as_ref()
        .map(ToString::to_string);
    for owner in compiled.owners_of(reader, stored)? {
        let until_ms = stored.place.time_ms.saturating_add(1);
        let found = reader.last_session_before(compiled.definition_id, owner, until_ms)?;
        let Some(record) = found else { continue };
        let found = Tellable::new(reader, compiled, record)?;
        let is_apart =
            compiled.definition.session_ids == SessionIds::Trust && found.source_session != source;
        if !is_apart {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Why an event is in no session.
pub(crate) fn why_in_none(
    reader: &Reader<'_>,
    compiled: &Compiled,
    stored: &StoredEvent,
    zone: Zone,
) -> Result<String> {
    let texts = EventTexts::new(stored);
    let previous = newest_before(reader, compiled, stored)?;
    Ok(explain::why_in_none(&EventQuestion {
        definition: &compiled.definition,
        event: texts.told(compiled, stored),
        previous: previous.as_ref().map(Tellable::told),
        zone,
    }))
}

/// Why an event counts as late, and what that meant; `None` where it does not.
pub(crate) fn late_note(
    reader: &Reader<'_>,
    compiled: &Compiled,
    stored: &StoredEvent,
    session: Option<&SessionRecord>,
    now_ms: i64,
    zone: Zone,
) -> Result<Option<LateNote>> {
    let event = &stored.event;
    if event.arrival_ms - event.time_ms < compiled.definition.late_after_ms() {
        return Ok(None);
    }
    let texts = EventTexts::new(stored);
    let session = session
        .map(|record| Tellable::new(reader, compiled, record.clone()))
        .transpose()?;
    let previous = match &session {
        Some(session) => reader
            .previous_in_stream(&session.record)?
            .map(|record| Tellable::new(reader, compiled, record))
            .transpose()?,
        None => newest_before(reader, compiled, stored)?,
    };
    let effect = session
        .as_ref()
        .and_then(|session| effect_of(compiled, session, stored));
    let note = explain::late_note(&LateQuestion {
        definition: &compiled.definition,
        event: texts.told(compiled, stored),
        session: session.as_ref().map(Tellable::told),
        previous: previous.as_ref().map(Tellable::told),
        effect,
        now_ms,
        zone,
    });
    Ok(note.map(|note| LateNote {
        title: note.title,
        delay_ms: note.delay_ms,
        explanation: note.explanation,
    }))
}

/// What a session owes to an event; `None` where it is too long to tell.
fn effect_of(compiled: &Compiled, session: &Tellable, stored: &StoredEvent) -> Option<Effect> {
    session.arrivals?;
    let mut sources: FxHashMap<String, u32> = FxHashMap::default();
    let inputs: Vec<Input> = session
        .events
        .iter()
        .map(|event| {
            let of = &event.stored.event;
            let (role, start_kind) = compiled.rules.role_of(&of.name, || &of.properties);
            let source_session = of.source_session.as_ref().map_or(0, |key| {
                let next = sources.len() as u32 + 1;
                *sources.entry(key.to_string()).or_insert(next)
            });
            Input {
                time_ms: of.time_ms,
                arrival_ms: of.arrival_ms,
                role,
                start_kind,
                // Users have numbers from 1, and far fewer than 2^32.
                user: event.stored.user_number.map_or(0, |number| number as u32),
                source_session,
            }
        })
        .collect();
    let index = session
        .events
        .iter()
        .position(|event| event.stored.place == stored.place)?;
    Some(Effect::of(&compiled.rules, &inputs, index))
}
