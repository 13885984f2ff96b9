//! The sessions of one definition over streams in memory, and the pauses in them.
//!
//! The rules are the sessionizer's; here events are put in the definition's order and handed to it.

use dwell_model::StartKind;
use dwell_model::StartReason;
use dwell_model::definition::{Role, Scope};
use dwell_sessionizer::{Input, Walker};

use super::columns::{Columns, Places};
use super::curve::Pauses;
use crate::Cancel;
use crate::derive::Compiled;
use crate::error::Result;

/// In no session.
pub(super) const NO_SESSION: u32 = u32::MAX;

/// The sessions of one definition.
#[derive(Default)]
pub(super) struct Found {
    /// Owner after owner, each one's by start.
    pub(super) sessions: Vec<FoundSession>,
    /// For each event the place of its session in `sessions`, or [`NO_SESSION`].
    pub(super) session_of: Vec<u32>,
}

/// One session.
#[derive(Clone, Copy)]
pub(super) struct FoundSession {
    pub(super) started_at_ms: i64,
    pub(super) ended_at_ms: i64,
    /// Whose timeline it stands in.
    pub(super) person: u32,
    /// The stream or person that it was found in.
    pub(super) owner: u32,
    /// Places of events.
    pub(super) first_event: u32,
    pub(super) last_extending: u32,
    pub(super) event_count: u32,
    pub(super) late_count: u32,
    pub(super) late_born: bool,
    pub(super) start_reason: StartReason,
}

/// Finds the sessions of any number of columns by one definition.
pub(super) struct Finder<'a> {
    scope: Scope,
    walker: Walker<'a>,
    inputs: Vec<Input>,
    /// The place of each input.
    places: Vec<u32>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(compiled: &'a Compiled) -> Self {
        Self {
            scope: compiled.definition.scope,
            walker: Walker::new(&compiled.rules),
            inputs: Vec::new(),
            places: Vec::new(),
        }
    }

    /// The sessions of all streams or people, as the definition's scope says; each owner's pauses
    /// are told on the way.
    pub(super) fn find(
        &mut self,
        columns: &Columns,
        roles: &[Role],
        mut pauses: Option<&mut Pauses>,
        cancel: &Cancel,
    ) -> Result<Found> {
        let mut found = Found {
            sessions: Vec::new(),
            session_of: vec![NO_SESSION; columns.event_count()],
        };
        let owner_count = match self.scope {
            Scope::Device => columns.streams.len(),
            Scope::User => columns.people.len(),
        };
        for owner in 0..owner_count {
            cancel.check()?;
            let places = match self.scope {
                Scope::Device => Places::Run(columns.streams[owner].clone()),
                Scope::User => columns.events_of(&columns.people[owner]),
            };
            self.gather(columns, roles, &places);
            if let Some(pauses) = &mut pauses {
                pauses.note(&self.inputs);
            }
            self.put_in_order();
            self.walk(columns, owner as u32, &mut found);
        }
        found.sessions.shrink_to_fit();
        Ok(found)
    }

    fn gather(&mut self, columns: &Columns, roles: &[Role], places: &Places<'_>) {
        self.inputs.clear();
        self.places.clear();
        let (inputs, kept) = (&mut self.inputs, &mut self.places);
        let mut take = |place: usize| {
            let role = roles[place];
            if role == Role::Ignored {
                return;
            }
            kept.push(place as u32);
            inputs.push(Input {
                time_ms: columns.times_ms[place],
                arrival_ms: columns.arrivals_ms[place],
                role,
                // No figure asks how the app came to a session.
                start_kind: StartKind::None,
                user: columns.users[place],
                source_session: columns.source_session(place),
            });
        };
        match places {
            Places::Run(range) => range.clone().for_each(&mut take),
            Places::List(list) => list.iter().for_each(|place| take(*place as usize)),
        }
    }

    /// From time and event id to time, rank of the role and event id (sessions, section 3).
    fn put_in_order(&mut self) {
        let key = |input: &Input| (input.time_ms, input.role.rank());
        let is_in_order = self.inputs.is_sorted_by_key(key);
        if is_in_order {
            return;
        }
        let mut order: Vec<u32> = (0..self.inputs.len() as u32).collect();
        order.sort_by_key(|index| key(&self.inputs[*index as usize]));
        self.inputs = order
            .iter()
            .map(|index| self.inputs[*index as usize])
            .collect();
        self.places = order
            .iter()
            .map(|index| self.places[*index as usize])
            .collect();
    }

    fn walk(&mut self, columns: &Columns, owner: u32, found: &mut Found) {
        let first_session = found.sessions.len() as u32;
        let walked = self.walker.sessions(&self.inputs);
        let place_of = |index: u32| self.places[index as usize];
        for session in &walked.sessions {
            let first_event = place_of(session.first_event);
            let known = match (self.scope, session.user) {
                (Scope::User, _) => Some(owner),
                (Scope::Device, 0) => None,
                (Scope::Device, user) => columns.person_of_user(user),
            };
            found.sessions.push(FoundSession {
                started_at_ms: session.started_at_ms,
                ended_at_ms: session.ended_at_ms,
                person: known.unwrap_or(columns.persons[first_event as usize]),
                owner,
                first_event,
                last_extending: place_of(session.last_extending),
                event_count: session.event_count,
                late_count: session.late_count,
                late_born: session.late_born,
                start_reason: session.start_reason,
            });
        }
        for (place, session) in self.places.iter().zip(&walked.session_of) {
            if let Some(session) = session {
                found.session_of[*place as usize] = first_session + session;
            }
        }
    }
}
