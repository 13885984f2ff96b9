//! What is new in place of what was: only the sessions that changed are written, and what had been
//! told of them already is logged as told again or taken back (sessions, section 9). What is due
//! and was never told in a live application is told with the change.

use std::cell::RefCell;

use dwell_runtime::derived::{Derived, Grounds, derived_of};
use dwell_runtime::told_at;
use dwell_store::table::emission::{Emission, EmissionKey};
use dwell_store::table::session::{Put, SessionRecord};
use dwell_store::{Owner, Reader, Writer};
use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use super::number::Numbering;
use super::sessions::{Naming, OwnerSessions};
use super::{ALL_TIME, Compiled};
use crate::error::ApiError;

/// What had been told before a change, and which sessions the change touches. A session can leave
/// one owner for another, in any order: what became of it can be told only when all is derived.
#[derive(Debug)]
pub(crate) struct Telling {
    told: Told,
    /// When the change is made, UTC ms.
    now_ms: i64,
    touched: RefCell<FxHashMap<Uuid, Touched>>,
    /// Gameplay sessions that were not there before, where nothing is to be said of such.
    new: RefCell<FxHashSet<Uuid>>,
    numbering: Numbering,
}

/// Which events that Dwell derived had been told.
#[derive(Clone, Copy, Debug)]
enum Told {
    /// None, and no session stood: nothing is logged, nor looked for.
    NothingStood,
    /// None: nothing is logged.
    Nothing,
    /// Those up to here, UTC ms: they came with imports.
    WithImports { until_ms: i64 },
    /// Those up to here, UTC ms, when the clock passed them.
    Live { until_ms: i64 },
}

/// A session that a change touches.
#[derive(Debug)]
struct Touched {
    definition_id: i64,
    /// As it was; none where it was not there.
    before: Option<Grounds>,
    /// As it is; none where it is no more.
    now: Option<Now>,
}

/// A session after a change.
#[derive(Debug)]
enum Now {
    Is(Grounds),
    /// What is stored of its gameplay is much: it is read again.
    StandsAt {
        owner: Owner,
        started_at_ms: i64,
    },
}

impl Now {
    fn of(session: &SessionRecord) -> Self {
        match session.gameplay {
            None => Self::Is(Grounds::of(session)),
            Some(_) => Self::StandsAt {
                owner: session.owner,
                started_at_ms: session.started_at_ms,
            },
        }
    }

    fn events(
        &self,
        writer: &Writer<'_>,
        definition_id: i64,
        session_id: Uuid,
    ) -> Result<Vec<Derived>, ApiError> {
        Ok(match *self {
            Self::Is(ref grounds) => grounds.events()?,
            Self::StandsAt {
                owner,
                started_at_ms: at_ms,
            } => {
                let here = writer.sessions_of_owner(definition_id, owner, at_ms, at_ms + 1)?;
                let found = here.iter().find(|one| one.session_id == session_id);
                found.map_or(Ok(Vec::new()), derived_of)?
            }
        })
    }
}

impl Telling {
    /// Nothing had been told, and of what is derived nothing stands.
    pub(crate) fn nothing_stood() -> Self {
        Self::of(Told::NothingStood, 0)
    }

    /// Nothing had been told.
    pub(crate) fn nothing_told() -> Self {
        Self::of(Told::Nothing, 0)
    }

    /// What had been told of an application until now, UTC ms.
    pub(crate) fn until_now(
        reader: &Reader<'_>,
        application_id: i64,
        now_ms: i64,
    ) -> Result<Self, ApiError> {
        let told = match reader.emitted_through_ms(application_id)? {
            Some(until_ms) => Told::Live { until_ms },
            None => match reader.newest_arrival_ms(application_id)? {
                Some(until_ms) => Told::WithImports { until_ms },
                // Without events there are no sessions.
                None => Told::NothingStood,
            },
        };
        Ok(Self::of(told, now_ms))
    }

    /// Whether nothing had been told: there were no events, or nothing was derived from them.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.told, Told::Nothing | Told::NothingStood)
    }

    fn of(told: Told, now_ms: i64) -> Self {
        Self {
            told,
            now_ms,
            touched: RefCell::default(),
            new: RefCell::default(),
            numbering: Numbering::default(),
        }
    }

    fn removed(&self, old: &SessionRecord) {
        self.numbering.went(old);
        self.changed(Some(old), None);
    }

    fn replaced(&self, old: &SessionRecord, new: &SessionRecord) {
        self.numbering.went(old);
        self.numbering.came(new);
        self.changed(Some(old), Some(new));
    }

    fn put(&self, new: &SessionRecord, put: &Put) {
        self.numbering.came(new);
        match (self.told, &put.displaced) {
            (_, Some(old)) => self.replaced(old, new),
            (Told::Nothing | Told::NothingStood, None) => {}
            (Told::Live { .. }, None) => self.changed(None, Some(new)),
            // What was taken back may be there again; of a session that is new nothing is to be
            // said.
            (Told::WithImports { .. }, None) if put.was_former => self.changed(None, Some(new)),
            (Told::WithImports { .. }, None) => {
                if new.gameplay.is_some() {
                    self.new.borrow_mut().insert(new.session_id);
                }
            }
        }
    }

    /// Notes how a session was and how it is. The first word on one says how it was before the change.
    fn changed(&self, old: Option<&SessionRecord>, new: Option<&SessionRecord>) {
        let Some(session) = old.or(new).filter(|_| !self.is_nothing()) else {
            return;
        };
        let mut all = self.touched.borrow_mut();
        let touched = all.entry(session.session_id).or_insert_with(|| Touched {
            definition_id: session.definition_id,
            before: old.map(Grounds::of),
            now: None,
        });
        touched.now = new.map(Now::of);
    }

    /// Numbers the gameplay sessions of one id and logs what the change told, when all of an
    /// application is derived.
    pub(super) fn finish(&self, writer: &Writer<'_>, naming: &Naming<'_>) -> Result<(), ApiError> {
        let new = self.new.take();
        let renamed = |old: &SessionRecord, now: &SessionRecord| {
            let is_known = self.touched.borrow().contains_key(&old.session_id);
            if is_known || !new.contains(&old.session_id) {
                self.changed(Some(old), Some(now));
            }
        };
        self.numbering.finish(writer, naming, renamed)?;
        let application_id = naming.application.application_id;
        let newest_ms = writer.newest_arrival_ms(application_id)?;
        let scale = match self.told {
            Told::Nothing | Told::NothingStood => return Ok(()),
            Told::Live { until_ms } => Scale {
                told_until_ms: until_ms,
                due_until_ms: until_ms,
                tells_new: true,
                now_ms: self.now_ms,
            },
            Told::WithImports { until_ms } => Scale {
                told_until_ms: until_ms,
                due_until_ms: newest_ms.unwrap_or(until_ms),
                tells_new: false,
                now_ms: self.now_ms,
            },
        };
        let mut touched: Vec<(Uuid, Touched)> = self.touched.take().into_iter().collect();
        // The log is ordered so.
        touched.sort_unstable_by_key(|(session_id, _)| *session_id);
        for (session_id, touched) in &touched {
            scale.log(writer, *session_id, touched)?;
        }
        Ok(())
    }
}

/// By which moments an event had been told, and is due.
struct Scale {
    told_until_ms: i64,
    due_until_ms: i64,
    /// Whether events that were never told are told when they are due.
    tells_new: bool,
    now_ms: i64,
}

impl Scale {
    /// Notes what the change told of a session.
    fn log(
        &self,
        writer: &Writer<'_>,
        session_id: Uuid,
        touched: &Touched,
    ) -> Result<(), ApiError> {
        let before = match &touched.before {
            Some(before) => before.events()?,
            None => Vec::new(),
        };
        let now = match &touched.now {
            Some(now) => now.events(writer, touched.definition_id, session_id)?,
            None => Vec::new(),
        };
        let same =
            |one: &Derived, other: &Derived| one.name == other.name && one.ordinal == other.ordinal;
        let pair_of = |old| (Some(old), now.iter().find(|new| same(old, new)));
        let is_new = |new: &&Derived| !before.iter().any(|old| same(old, new));
        let pairs = before.iter().map(pair_of);
        let new = now.iter().filter(is_new).map(|new| (None, Some(new)));
        for (old, new) in pairs.chain(new) {
            let Some(event) = new.or(old) else { continue };
            let key = EmissionKey {
                session_id,
                name: &event.name,
                ordinal: event.ordinal,
            };
            if let Some(emission) = self.says(old, new, writer.emission_known(&key)?) {
                writer.note_emission(touched.definition_id, &key, &emission)?;
            }
        }
        Ok(())
    }

    /// What the log has to say of an event after a change, by how it was, how it is, and what the
    /// log said before; `None` where nothing is new.
    fn says(
        &self,
        old: Option<&Derived>,
        new: Option<&Derived>,
        known: Option<Emission>,
    ) -> Option<Emission> {
        let stands = known.filter(|known| !known.is_withdrawn);
        let was_told = old.is_some_and(|old| old.time_ms <= self.told_until_ms)
            || stands.is_some_and(|known| known.emitted_at_ms.is_some());
        let revision = known.unwrap_or(Emission::FIRST).revision;
        let Some(new) = new else {
            // One that waits to be told again has the revision of its withdrawal already.
            return (was_told || stands.is_some()).then_some(Emission {
                revision: revision + u32::from(was_told),
                emitted_at_ms: Some(self.now_ms),
                is_withdrawn: true,
            });
        };
        let is_due = new.time_ms <= self.due_until_ms;
        if was_told {
            // Where it moved ahead of the clock it is told when the clock passes it again.
            return (old != Some(new)).then_some(Emission {
                revision: revision + 1,
                emitted_at_ms: is_due.then_some(self.now_ms),
                is_withdrawn: false,
            });
        }
        match known {
            Some(known) if known.is_withdrawn => Some(Emission {
                revision: revision + 1,
                emitted_at_ms: is_due.then_some(self.now_ms),
                is_withdrawn: false,
            }),
            _ if is_due && (self.tells_new || known.is_some()) => told_at(known, self.now_ms),
            _ => None,
        }
    }
}

/// Puts all that was found of an owner in place of what stood of it.
pub(super) fn replace_all(
    writer: &Writer<'_>,
    telling: &Telling,
    compiled: &Compiled,
    owner: Owner,
    found: OwnerSessions,
) -> Result<(), ApiError> {
    let stood = !matches!(telling.told, Told::NothingStood);
    if stood || !found.strays.is_empty() {
        let definition_id = compiled.definition_id;
        let known = writer.strays(definition_id, owner)?;
        writer.put_strays(definition_id, owner, &known, &found.strays)?;
    }
    let (from_ms, until_ms) = ALL_TIME;
    let old = match stood {
        true => writer.sessions_of_owner(compiled.definition_id, owner, from_ms, until_ms)?,
        false => Vec::new(),
    };
    replace_these(writer, telling, old, found.sessions, i64::MAX)
}

/// Puts sessions in place of those that an owner had of them. Ids that are no more go on finding the
/// session that holds their event. Events that arrived after a moment (UTC ms) are new: sessions that
/// have their ids from them are nowhere yet.
pub(super) fn replace_these(
    writer: &Writer<'_>,
    telling: &Telling,
    old: Vec<SessionRecord>,
    new: Vec<SessionRecord>,
    new_after_ms: i64,
) -> Result<(), ApiError> {
    let after: FxHashMap<Uuid, &SessionRecord> = match old.is_empty() {
        true => FxHashMap::default(),
        false => new
            .iter()
            .map(|session| (session.session_id, session))
            .collect(),
    };
    let mut standing: Vec<Uuid> = Vec::new();
    for session in &old {
        match after.get(&session.session_id) {
            Some(same) => {
                if *same != session {
                    writer.change_session(session, same)?;
                    telling.replaced(session, same);
                }
                standing.push(session.session_id);
            }
            None => {
                writer.remove_session(session)?;
                telling.removed(session);
            }
        }
    }
    standing.sort_unstable();
    for session in &new {
        if standing.binary_search(&session.session_id).is_err() {
            let is_new = session.first_arrival_ms > new_after_ms;
            put_session(writer, telling, session, is_new)?;
        }
    }
    Ok(())
}

/// Writes a session; a new one is nowhere yet.
fn put_session(
    writer: &Writer<'_>,
    telling: &Telling,
    session: &SessionRecord,
    is_new: bool,
) -> Result<(), ApiError> {
    if matches!(telling.told, Told::NothingStood) {
        writer.add_session(session)?;
        telling.numbering.came(session);
        return Ok(());
    }
    let put = match is_new {
        true => Put {
            displaced: None,
            was_former: writer.add_session(session)?,
        },
        false => writer.put_session(session)?,
    };
    telling.put(session, &put);
    Ok(())
}
