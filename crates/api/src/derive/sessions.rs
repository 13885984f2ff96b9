//! The sessions of one owner: its events put in order, walked and named.

use dwell_model::definition::{Role, Scope, SessionIds};
use dwell_model::{Key, session};
use dwell_runtime::derived::{GameRow, Play, PlayEvent};
use dwell_sessionizer::{Input, Walk, Walker, gameplay};
use dwell_store::table::application::Application;
use dwell_store::table::session::{Members, SessionRecord};
use dwell_store::table::stray::Stray;
use dwell_store::{Owner, Reader};
use rustc_hash::FxHashMap;

use super::stray::strays_of;
use super::{Compiled, LoadedStream, Profiles, number};
use crate::error::ApiError;

/// The events of one stream that a walk takes.
pub(super) struct Part<'a> {
    pub(super) stream: &'a LoadedStream,
    /// The person of each event.
    pub(super) attributed: &'a [Owner],
    /// The places of those that it takes, ascending; all where absent.
    pub(super) only: Option<&'a [u32]>,
}

/// Whoever knows the ids of users and devices as texts.
pub(super) trait KeyOf {
    fn key_of(&self, owner: Owner) -> Result<String, ApiError>;
}

impl KeyOf for Reader<'_> {
    fn key_of(&self, owner: Owner) -> Result<String, ApiError> {
        Ok(self.owner_key(owner)?.to_string())
    }
}

/// What naming sessions needs besides the walk.
pub(super) struct Naming<'a> {
    pub(super) keys: &'a dyn KeyOf,
    pub(super) application: &'a Application,
    pub(super) profiles: &'a Profiles,
    pub(super) names: &'a FxHashMap<i64, Box<str>>,
}

/// What was found of an owner.
pub(super) struct OwnerSessions {
    /// Its sessions.
    pub(super) sessions: Vec<SessionRecord>,
    /// Its strays.
    pub(super) strays: Vec<Stray>,
}

/// All of an owner's sessions (sessions, sections 3, 4 and 6).
pub(super) fn sessions_of(
    naming: &Naming<'_>,
    compiled: &Compiled,
    walker: &mut Walker<'_>,
    definition_index: usize,
    owner: Owner,
    parts: &[Part<'_>],
) -> Result<OwnerSessions, ApiError> {
    let order = order_of(parts, definition_index);
    let inputs = inputs_of(parts, &order, definition_index);
    let lateness_ms = |event: &Input| event.arrival_ms - event.time_ms;
    let is_in_time = |lateness_ms| compiled.rules.takes_in_time(0, lateness_ms);
    // Events that are ignored count too, as they do where a batch is added to what stands.
    let walked = match compiled.definition.session_ids {
        SessionIds::Trust => walker.sessions(&inputs),
        _ if inputs.iter().map(lateness_ms).max().is_none_or(is_in_time) => walker.walk(&inputs),
        _ => walker.settle(&inputs),
    };
    let walked = walked.clone();
    let order = Order {
        all: &order,
        from: 0,
        definition_index,
    };
    let mut sessions = records_of(naming, compiled, owner, parts, &order, &walked)?;
    let is_trusted = compiled.definition.session_ids == SessionIds::Trust;
    let strays = match walker.pooled() {
        Some(pooled) if !is_trusted => {
            let newest_ms = inputs.iter().map(|event| event.arrival_ms).max();
            let ends = (i64::MIN, newest_ms.unwrap_or(i64::MIN));
            strays_of(compiled, &inputs, &walked, pooled, ends, &mut sessions)
        }
        _ => Vec::new(),
    };
    Ok(OwnerSessions { sessions, strays })
}

/// (part, event) of every event, in order (sessions, section 3).
pub(super) fn order_of(parts: &[Part<'_>], definition_index: usize) -> Vec<(u32, u32)> {
    let mut order: Vec<(u32, u32)> = Vec::new();
    for (part_index, part) in parts.iter().enumerate() {
        let part_index = part_index as u32;
        match part.only {
            Some(only) => order.extend(only.iter().map(|index| (part_index, *index))),
            None => {
                let all = 0..part.stream.events.len() as u32;
                order.extend(all.map(|index| (part_index, index)));
            }
        }
    }
    let of = |at: (u32, u32)| (&parts[at.0 as usize], at.1 as usize);
    order.sort_by(|a, b| {
        let ((a, i), (b, j)) = (of(*a), of(*b));
        let (event, other) = (&a.stream.events[i], &b.stream.events[j]);
        let rank = |part: &Part<'_>, index| part.stream.role(index, definition_index).0.rank();
        event
            .time_ms
            .cmp(&other.time_ms)
            .then_with(|| rank(a, i).cmp(&rank(b, j)))
            .then_with(|| a.stream.event_id(i).cmp(b.stream.event_id(j)))
    });
    order
}

/// Events in order, as a walk takes them.
pub(super) fn inputs_of(
    parts: &[Part<'_>],
    order: &[(u32, u32)],
    definition_index: usize,
) -> Vec<Input> {
    let of = |at: (u32, u32)| (&parts[at.0 as usize], at.1 as usize);
    let mut source_sessions: FxHashMap<&Key, u32> = FxHashMap::default();
    order
        .iter()
        .map(|at| {
            let (part, index) = of(*at);
            let event = &part.stream.events[index];
            let (role, start_kind) = part.stream.role(index, definition_index);
            let source_session = part.stream.source_session(index).map_or(0, |key| {
                let next = source_sessions.len() as u32 + 1;
                *source_sessions.entry(key).or_insert(next)
            });
            Input {
                time_ms: event.time_ms,
                arrival_ms: event.arrival_ms,
                role,
                start_kind,
                // Users have numbers from 1, and far fewer than 2^32.
                user: event.user.map_or(0, |number| number as u32),
                source_session,
            }
        })
        .collect()
}

/// The events of a walk in order.
pub(super) struct Order<'a> {
    /// All of the parts.
    pub(super) all: &'a [(u32, u32)],
    /// The place of the first that was walked.
    pub(super) from: usize,
    pub(super) definition_index: usize,
}

/// Names what a walk found (sessions, section 6).
pub(super) fn records_of(
    naming: &Naming<'_>,
    compiled: &Compiled,
    owner: Owner,
    parts: &[Part<'_>],
    all: &Order<'_>,
    walked: &Walk,
) -> Result<Vec<SessionRecord>, ApiError> {
    let of = |at: (u32, u32)| (&parts[at.0 as usize], at.1 as usize);
    let order = &all.all[all.from..];
    let is_of_shared_stream = compiled.definition.scope == Scope::Device
        && parts.iter().any(|part| {
            let mut persons = part.attributed.windows(2);
            persons.any(|pair| pair[0] != pair[1])
        });
    let mut records: Vec<SessionRecord> = walked
        .sessions
        .iter()
        .map(|found| {
            let (first, first_index) = of(order[found.first_event as usize]);
            let (named, named_index) = of(order[found.first_arrived as usize]);
            let first_arrived_id = named.stream.event_id(named_index);
            let user_number = match compiled.definition.scope {
                Scope::User => owner.user(),
                Scope::Device => (found.user != 0).then_some(i64::from(found.user)),
            };
            let first_arrival_ms = named.stream.events[named_index].arrival_ms;
            SessionRecord {
                definition_id: compiled.definition_id,
                owner,
                session_id: session::session_id(
                    &naming.application.name,
                    &compiled.definition.name,
                    first_arrived_id,
                ),
                started_at_ms: found.started_at_ms,
                ended_at_ms: found.ended_at_ms,
                closes_at_ms: found.closes_at_ms,
                expires_at_ms: found.expires_at_ms,
                start_reason: found.start_reason,
                close_reason: found.close_reason,
                start_kind: found.start_kind,
                event_count: found.event_count,
                engaged_ms: found.engaged_ms,
                late_count: found.late_count,
                is_late_born: found.late_born,
                outlives_expiry: false,
                is_of_shared_stream,
                user_number,
                device_number: first.stream.owner.device(),
                person: match (compiled.definition.scope, user_number) {
                    (Scope::User, _) => owner,
                    (Scope::Device, Some(user)) => naming.profiles.person(user),
                    (Scope::Device, None) => first.attributed[first_index],
                },
                first_arrived_id: first_arrived_id.into(),
                first_arrival_ms,
                last_time_ms: found.ended_at_ms,
                members: Members::Run,
                gameplay: None,
            }
        })
        .collect();
    for (at, session) in order.iter().zip(&walked.session_of) {
        // A walk may have been cut at a session that stays as it is.
        if let Some(record) = session.and_then(|session| records.get_mut(session as usize)) {
            let (part, index) = of(*at);
            let event = &part.stream.events[index];
            record.last_time_ms = record.last_time_ms.max(event.time_ms);
        }
    }
    list_members(parts, all, walked, &mut records);
    if let Some(gameplay) = &compiled.definition.gameplay {
        let mut members: Vec<Vec<gameplay::Member<'_>>> = vec![Vec::new(); records.len()];
        for (at, session) in order.iter().zip(&walked.session_of) {
            let (part, index) = of(*at);
            let members = session.and_then(|session| members.get_mut(session as usize));
            if let (Some(members), Some(properties)) = (members, part.stream.play(index)) {
                let event = &part.stream.events[index];
                members.push(gameplay::Member {
                    time_ms: event.time_ms,
                    name: naming.names.get(&event.name_id).map_or("", |name| name),
                    properties,
                });
            }
        }
        for (record, members) in records.iter_mut().zip(members) {
            let user = number::named(record);
            let facts = gameplay::Facts {
                started_at_ms: record.started_at_ms,
                closes_at_ms: record.closes_at_ms,
                user_id: &naming.keys.key_of(user)?,
                // Others of this id can be anybody's: it is numbered when all are there.
                occurrence: 0,
            };
            let report = gameplay::report(gameplay, &facts, members);
            record.gameplay = Some(play_of(report).to_json().into());
        }
    }
    Ok(records)
}

/// Lists the events of the sessions that are no runs: events of somebody else are in these streams, or
/// events between a session's first and last are in no session or in another.
fn list_members(
    parts: &[Part<'_>],
    order: &Order<'_>,
    walked: &Walk,
    records: &mut [SessionRecord],
) {
    let is_whole = |part: &Part<'_>| {
        let only = part.only.map_or(part.stream.events.len(), <[u32]>::len);
        only == part.stream.events.len()
    };
    let times_ms: Vec<i64> = match parts.iter().all(is_whole) {
        true => {
            let all = order
                .all
                .iter()
                .map(|at| (&parts[at.0 as usize].stream, at.1 as usize));
            let taken = all.filter(|(stream, index)| {
                stream.role(*index, order.definition_index).0 != Role::Ignored
            });
            taken
                .map(|(stream, index)| stream.events[index].time_ms)
                .collect()
        }
        false => Vec::new(),
    };
    let mut has_listed = false;
    for record in &mut *records {
        let from = times_ms.partition_point(|time_ms| *time_ms < record.started_at_ms);
        let to = times_ms.partition_point(|time_ms| *time_ms <= record.last_time_ms);
        if to - from != record.event_count as usize {
            record.members = Members::Listed(Vec::with_capacity(record.event_count as usize));
            has_listed = true;
        }
    }
    if !has_listed {
        return;
    }
    for (at, session) in order.all[order.from..].iter().zip(&walked.session_of) {
        let record = session.and_then(|session| records.get_mut(session as usize));
        if let Some(Members::Listed(numbers)) = record.map(|record| &mut record.members) {
            numbers.push(parts[at.0 as usize].stream.events[at.1 as usize].number);
        }
    }
    for record in records {
        if let Members::Listed(numbers) = &mut record.members {
            numbers.sort_unstable();
        }
    }
}

/// What the sessionizer found of a gameplay session, as it is stored.
fn play_of(report: gameplay::Report) -> Play {
    let game = |game: gameplay::GameSession| GameRow {
        game_session_id: game.game_session_id,
        game_id: (!game.game_id.is_empty()).then(|| game.game_id.into()),
        game_name: game.game_name.into(),
        started_at_ms: game.bets.first_ms,
        ended_at_ms: game.bets.last_ms,
        bets_count: game.bets.count,
        wins_count: game.money.amounts.wins.count,
        total_bet_amount: game.money.amounts.bets.total.to_string(),
        total_win_amount: game.money.amounts.wins.total.to_string(),
    };
    let event = |event: gameplay::Derived| PlayEvent {
        name: event.name.into(),
        time_ms: event.time_ms,
        payload: event.payload,
    };
    Play {
        figures: report.figures.properties(),
        events: report.events.into_iter().map(event).collect(),
        games: report.games.into_iter().map(game).collect(),
    }
}
