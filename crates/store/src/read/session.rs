//! Sessions of a person and lists of sessions.
//!
//! A person's sessions are found where they stand: all of the streams that nobody else has events in,
//! those of scope `user`, and by an index their part of the streams that they share with others.

use rusqlite::{Row, ToSql, params};
use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::Reader;
use crate::owner::Owner;
use crate::table::session::SessionRecord;
use crate::table::session::row::{CLOSES_AT_MS, Names, PERSON_ID, SESSION};

/// Which sessions of a definition.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionFilter {
    /// Of a person.
    pub person: Option<Owner>,
    /// Of a device's number.
    pub device_number: Option<i64>,
    /// Started at or after, UTC ms.
    pub from_ms: Option<i64>,
    /// Started before, UTC ms.
    pub to_ms: Option<i64>,
}

impl SessionFilter {
    fn takes(&self, record: &SessionRecord) -> bool {
        self.person.is_none_or(|person| record.person == person)
            && (self.device_number.is_none() || record.device_number == self.device_number)
            && self.to_ms.is_none_or(|to_ms| record.started_at_ms < to_ms)
    }
}

/// Where some sessions of a definition are.
#[derive(Clone, Copy)]
enum Place {
    /// All of an owner's.
    Stream(Owner),
    /// All of an owner's but those of a stream that several people share.
    Owner(Owner),
    /// Those of a person in streams that several people share.
    Shared(Owner),
}

/// By start; two of one start by their ids.
type Order = (i64, Uuid);

impl Reader<'_> {
    /// Walks a definition's sessions by stream (devices by their ids, then users) and start.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn sessions(
        &self,
        application_id: i64,
        definition_id: i64,
        filter: &SessionFilter,
        mut each: impl FnMut(SessionRecord) -> Result<()>,
    ) -> Result<()> {
        let names = self.names_of_definition(definition_id)?;
        for owner in self.owners_with(application_id, filter)? {
            let from_ms = filter.from_ms.unwrap_or(i64::MIN);
            let last_ms = filter.to_ms.unwrap_or(i64::MAX);
            for record in self.sessions_in(&names, owner, from_ms, last_ms)? {
                if filter.takes(&record) {
                    each(record)?;
                }
            }
        }
        Ok(())
    }

    /// Everyone who may have a session that a filter takes: devices by their ids, then users.
    fn owners_with(&self, application_id: i64, filter: &SessionFilter) -> Result<Vec<Owner>> {
        let asked = match (filter.person, filter.device_number.map(Owner::Device)) {
            (None, None) => None,
            (Some(person), _) => Some((person, self.streams_of_person(person)?)),
            (None, Some(device)) => Some((device, self.people_of_stream(device.id())?)),
        };
        let asked = asked.map(|(first, others)| {
            let ids = others.into_iter().chain([first]).map(Owner::id);
            let texts: Vec<String> = ids.map(|id| id.to_string()).collect();
            format!("[{}]", texts.join(","))
        });
        let of_some = "SELECT owner_id FROM (
               SELECT 0 AS kind, key, device_id * 2 AS owner_id
               FROM device
               WHERE application_id = ?1
                 AND device_id IN (SELECT value / 2 FROM json_each(?2) WHERE value % 2 = 0)
               UNION ALL
               SELECT 1, key, user_id * 2 + 1
               FROM user
               WHERE application_id = ?1
                 AND user_id IN (SELECT value / 2 FROM json_each(?2) WHERE value % 2 = 1)
             )
             ORDER BY kind, key";
        let of_all = "SELECT owner_id FROM (
               SELECT 0 AS kind, key, device_id * 2 AS owner_id
               FROM device
               WHERE application_id = ?1
               UNION ALL
               SELECT 1, key, user_id * 2 + 1
               FROM user
               WHERE application_id = ?1
             )
             ORDER BY kind, key";
        let owner = |row: &Row<'_>| Ok(Owner::from_id(row.get(0)?));
        let found = match asked {
            Some(ids) => {
                let mut owners = self.connection.prepare_cached(of_some)?;
                let rows = owners.query_map(params![application_id, ids], owner)?;
                rows.collect::<rusqlite::Result<_>>()?
            }
            None => {
                let mut owners = self.connection.prepare_cached(of_all)?;
                let rows = owners.query_map([application_id], owner)?;
                rows.collect::<rusqlite::Result<_>>()?
            }
        };
        Ok(found)
    }

    /// A person's sessions that lie in or across `from_ms..to_ms`, by start.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn sessions_of_person(
        &self,
        definition_id: i64,
        person: Owner,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<SessionRecord>> {
        let names = self.names_of_definition(definition_id)?;
        let tail = "AND started_at_ms < ?3
               AND started_at_ms + length_ms >= ?4
             ORDER BY started_at_ms";
        let bound: [&dyn ToSql; 2] = [&to_ms, &from_ms];
        self.records_of_person(&names, person, tail, &bound)
    }

    /// A person's sessions that start in `from_ms..to_ms`, by start.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn sessions_started(
        &self,
        definition_id: i64,
        person: Owner,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<SessionRecord>> {
        let names = self.names_of_definition(definition_id)?;
        let tail = "AND started_at_ms >= ?3
               AND started_at_ms < ?4
             ORDER BY started_at_ms";
        let bound: [&dyn ToSql; 2] = [&from_ms, &to_ms];
        self.records_of_person(&names, person, tail, &bound)
    }

    /// The latest start of a person's sessions that start before a moment, and the earliest of those
    /// that start at or after another.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn sessions_beyond(
        &self,
        definition_id: i64,
        person: Owner,
        before_ms: i64,
        from_ms: i64,
    ) -> Result<(Option<i64>, Option<i64>)> {
        let starts = |tail, at_ms: i64| {
            let select = "SELECT started_at_ms FROM session";
            let bound: [&dyn ToSql; 1] = [&at_ms];
            self.rows_of_person(definition_id, person, select, tail, &bound, |row| {
                Ok(row.get::<_, i64>(0)?)
            })
        };
        let earlier = starts(
            "AND started_at_ms < ?3
             ORDER BY started_at_ms DESC
             LIMIT 1",
            before_ms,
        )?;
        let later = starts(
            "AND started_at_ms >= ?3
             ORDER BY started_at_ms
             LIMIT 1",
            from_ms,
        )?;
        Ok((earlier.into_iter().max(), later.into_iter().min()))
    }

    /// A session's neighbours among its person's sessions by start, and its place among them, from 1.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn neighbours(
        &self,
        of: &SessionRecord,
    ) -> Result<(Option<SessionRecord>, Option<SessionRecord>, u32)> {
        let places = self.places_of_person(of.person)?;
        let earlier = self.before(of, &places)?;
        let later = self.after(of, &places)?;
        Ok((earlier, later, self.session_number(of)?))
    }

    /// A session's place among its person's sessions of its definition by start, from 1.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn session_number(&self, of: &SessionRecord) -> Result<u32> {
        let names = self.names_of_definition(of.definition_id)?;
        let bound: [&dyn ToSql; 1] = [&of.started_at_ms];
        let select = "SELECT count(*) FROM session";
        let tail = "AND started_at_ms < ?3";
        let earlier: Vec<u32> =
            self.rows_of_person(of.definition_id, of.person, select, tail, &bound, |row| {
                Ok(row.get(0)?)
            })?;
        let beside = self.records_of_person(&names, of.person, "AND started_at_ms = ?3", &bound)?;
        let not_after = beside.iter().filter(|one| one.order() <= of.order());
        Ok(earlier.into_iter().sum::<u32>() + not_after.count() as u32)
    }

    /// The places of all sessions of a definition, or of one person's, among their person's, by their
    /// ids.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn session_numbers(
        &self,
        definition_id: i64,
        person: Option<Owner>,
    ) -> Result<FxHashMap<Uuid, u32>> {
        let names = self.names_of_definition(definition_id)?;
        let select = format!("SELECT {PERSON_ID}, started_at_ms, first_arrived_id FROM session");
        let read = |row: &Row<'_>| -> Result<(i64, Order)> {
            let event_id = cell::to_event_id(row.get_ref(2)?).ok_or(StoreError::Damaged {
                table: "session",
                row: definition_id.to_string(),
                column: "first_arrived_id",
                reason: "no event id".to_owned(),
            })?;
            Ok((row.get(0)?, (row.get(1)?, names.session_id(&event_id))))
        };
        let mut all: Vec<(i64, Order)> = match person {
            Some(person) => self.rows_of_person(definition_id, person, &select, "", &[], read)?,
            None => {
                let sql = format!("{select} WHERE definition_id = ?");
                let mut all = self.connection.prepare_cached(&sql)?;
                let mut rows = all.query([definition_id])?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(read(row)?);
                }
                found
            }
        };
        all.sort_unstable();
        let mut numbers = FxHashMap::default();
        let (mut of, mut number) = (None, 0);
        for (person, (_, session_id)) in all {
            number = if of == Some(person) { number + 1 } else { 1 };
            of = Some(person);
            numbers.insert(session_id, number);
        }
        Ok(numbers)
    }

    /// How many sessions a person has.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn session_count_of_person(&self, definition_id: i64, person: Owner) -> Result<u64> {
        let select = "SELECT count(*) FROM session";
        let counts: Vec<u64> = self.rows_of_person(
            definition_id,
            person,
            select,
            "",
            &[],
            |row| Ok(row.get(0)?),
        )?;
        Ok(counts.into_iter().sum())
    }

    /// The starts of a person's sessions since a moment, and when each closes, by start.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn recent_sessions_of_person(
        &self,
        definition_id: i64,
        person: Owner,
        since_ms: i64,
    ) -> Result<Vec<(i64, i64)>> {
        let select = format!("SELECT started_at_ms, {CLOSES_AT_MS} FROM session");
        let tail = "AND started_at_ms >= ?3";
        let bound: [&dyn ToSql; 1] = [&since_ms];
        let mut recent =
            self.rows_of_person(definition_id, person, &select, tail, &bound, |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        recent.sort_unstable();
        Ok(recent)
    }

    /// The closing and expiry of a person's newest session.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn newest_session_of_person(
        &self,
        definition_id: i64,
        person: Owner,
    ) -> Result<Option<(i64, i64)>> {
        let names = self.names_of_definition(definition_id)?;
        let tail = "ORDER BY started_at_ms DESC, length_ms DESC, wait_ms DESC
             LIMIT 1";
        let newest = self.records_of_person(&names, person, tail, &[])?;
        let key = |one: &SessionRecord| (one.started_at_ms, one.ended_at_ms, one.closes_at_ms);
        let newest = newest.into_iter().max_by_key(key);
        Ok(newest.map(|one| (one.closes_at_ms, one.expires_at_ms)))
    }

    /// The session of the same owner before this one by start: what its start reason speaks of.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn previous_in_stream(&self, of: &SessionRecord) -> Result<Option<SessionRecord>> {
        self.before(of, &[Place::Stream(of.owner)])
    }

    /// The session of the same owner after this one by start: what can have closed it.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn next_in_stream(&self, of: &SessionRecord) -> Result<Option<SessionRecord>> {
        self.after(of, &[Place::Stream(of.owner)])
    }

    /// The last session before one, among those of some places.
    fn before(&self, of: &SessionRecord, places: &[Place]) -> Result<Option<SessionRecord>> {
        let tail = "AND started_at_ms < ?3
             ORDER BY started_at_ms DESC
             LIMIT 1";
        let mut all = self.beside(of, places, tail)?;
        all.retain(|one| one.order() < of.order());
        Ok(all.into_iter().max_by_key(SessionRecord::order))
    }

    /// The first session after one, among those of some places.
    fn after(&self, of: &SessionRecord, places: &[Place]) -> Result<Option<SessionRecord>> {
        let tail = "AND started_at_ms > ?3
             ORDER BY started_at_ms
             LIMIT 1";
        let mut all = self.beside(of, places, tail)?;
        all.retain(|one| one.order() > of.order());
        Ok(all.into_iter().min_by_key(SessionRecord::order))
    }

    /// The sessions that start with one, and those that start with the one that `next` finds.
    fn beside(
        &self,
        of: &SessionRecord,
        places: &[Place],
        next: &'static str,
    ) -> Result<Vec<SessionRecord>> {
        let names = self.names_of_definition(of.definition_id)?;
        let mut all = Vec::new();
        for place in places {
            let starts = "SELECT started_at_ms FROM session";
            let bound: [&dyn ToSql; 1] = [&of.started_at_ms];
            let next =
                self.rows_of_place(names.definition_id, *place, starts, next, &bound, |row| {
                    Ok(row.get::<_, i64>(0)?)
                })?;
            for start_ms in next.into_iter().chain([of.started_at_ms]) {
                let bound: [&dyn ToSql; 1] = [&start_ms];
                all.extend(self.rows_of_place(
                    names.definition_id,
                    *place,
                    SESSION,
                    "AND started_at_ms = ?3",
                    &bound,
                    |row| names.session(row),
                )?);
            }
        }
        Ok(all)
    }

    /// Where a person's sessions are.
    fn places_of_person(&self, person: Owner) -> Result<Vec<Place>> {
        let mut streams = self.connection.prepare_cached(
            "SELECT stream_id
             FROM stream
             WHERE person_id = ?",
        )?;
        let alone = streams.query_map([person.id()], |row| Ok(Owner::from_id(row.get(0)?)))?;
        let mut owners = alone.collect::<rusqlite::Result<Vec<_>>>()?;
        if !owners.contains(&person) {
            owners.push(person);
        }
        let alone = owners.into_iter().map(Place::Owner);
        Ok(alone.chain([Place::Shared(person)]).collect())
    }

    /// A person's sessions that the end of a query finds, by start; its own parameters begin with `?3`.
    fn records_of_person(
        &self,
        names: &Names,
        person: Owner,
        tail: &'static str,
        bound: &[&dyn ToSql],
    ) -> Result<Vec<SessionRecord>> {
        let mut all =
            self.rows_of_person(names.definition_id, person, SESSION, tail, bound, |row| {
                names.session(row)
            })?;
        all.sort_by_key(SessionRecord::order);
        Ok(all)
    }

    /// What a query finds at each place where a person's sessions are.
    fn rows_of_person<T>(
        &self,
        definition_id: i64,
        person: Owner,
        select: &str,
        tail: &'static str,
        bound: &[&dyn ToSql],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for place in self.places_of_person(person)? {
            all.extend(self.rows_of_place(definition_id, place, select, tail, bound, &mut read)?);
        }
        Ok(all)
    }

    fn rows_of_place<T>(
        &self,
        definition_id: i64,
        place: Place,
        select: &str,
        tail: &'static str,
        bound: &[&dyn ToSql],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        // Left to itself, SQLite sometimes walks the whole definition and not the index.
        let (by, column, of, limit) = match place {
            Place::Stream(owner) => ("", "owner_id", owner, ""),
            Place::Owner(owner) => ("", "owner_id", owner, "AND how < 2048"),
            Place::Shared(person) => (
                "INDEXED BY session_of_shared_stream",
                PERSON_ID,
                person,
                "AND how >= 2048",
            ),
        };
        let mut some = self.connection.prepare_cached(&format!(
            "{select} {by}
             WHERE definition_id = ?1 AND {column} = ?2 {limit}
             {tail}"
        ))?;
        let of = of.id();
        let first: [&dyn ToSql; 2] = [&definition_id, &of];
        let bound: Vec<&dyn ToSql> = first.iter().chain(bound).copied().collect();
        let mut rows = some.query(&*bound)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }
}
