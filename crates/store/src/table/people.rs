//! What an import changes of streams and of the people whose events they hold: a row for each stream as
//! it is derived, and at the end everyone who had or has a part in one of them.
//!
//! Where nothing stood before, as in a first import or a rebuild, nothing is looked for.

use rusqlite::{OptionalExtension, params};
use rustc_hash::FxHashMap;

use crate::change::PersonChange;
use crate::error::Result;
use crate::file::Writer;
use crate::owner::Owner;
use crate::table::context::SharedTexts;
use crate::table::person::{StreamPerson, display_name, json_of};
use crate::table::stream::{StreamOfOne, StreamOwner, StreamSummary};

/// A change under way; nothing of it is whole before [`PeopleChange::finish`].
pub struct PeopleChange<'a> {
    writer: &'a Writer<'a>,
    application_id: i64,
    texts: SharedTexts,
    stood: Stood,
    /// Everyone whose parts changed, with the end of the last of the new parts, UTC ms.
    seen: FxHashMap<Owner, Option<i64>>,
    /// Those of whose parts some only grew, with the end of the last of these, UTC ms.
    grown: FxHashMap<Owner, i64>,
    /// People more or fewer.
    person_change: i64,
    /// Streams of devices more or fewer.
    device_change: i64,
}

/// Which tables have rows of any application.
struct Stood {
    streams: bool,
    owners: bool,
    parts: bool,
    properties: bool,
    people: bool,
}

/// What a stream's row said before.
struct Known {
    /// In order.
    people: Vec<Owner>,
    context_id: Option<i64>,
}

/// A person's row.
#[derive(PartialEq, Eq)]
struct PersonRow {
    last_seen_ms: i64,
    name: Option<String>,
    properties: Option<String>,
}

impl<'a> PeopleChange<'a> {
    /// Nothing changed yet.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn new(writer: &'a Writer<'a>, application_id: i64) -> Result<Self> {
        let mut any = writer.connection.prepare_cached(
            "SELECT
               EXISTS (SELECT 1 FROM stream),
               EXISTS (SELECT 1 FROM stream_owner),
               EXISTS (SELECT 1 FROM person_stream),
               EXISTS (SELECT 1 FROM person_property),
               EXISTS (SELECT 1 FROM person)",
        )?;
        let stood = any.query_row([], |row| {
            Ok(Stood {
                streams: row.get(0)?,
                owners: row.get(1)?,
                parts: row.get(2)?,
                properties: row.get(3)?,
                people: row.get(4)?,
            })
        })?;
        if !stood.people {
            // Nobody was kept in memory: who comes need not be told one by one.
            writer.change.everybody();
        }
        Ok(Self {
            writer,
            application_id,
            texts: SharedTexts::default(),
            stood,
            seen: FxHashMap::default(),
            grown: FxHashMap::default(),
            person_change: 0,
            device_change: 0,
        })
    }

    /// From now on looks for what stands of every stream: it may have been written meanwhile.
    pub fn look_again(&mut self) {
        self.stood = Stood {
            streams: true,
            owners: true,
            parts: true,
            properties: true,
            people: true,
        };
    }

    /// Puts what a stream tells, its plain owners and its people, both in order, in place of what it
    /// told before. Answers the people of before and of now.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn put_stream(
        &mut self,
        stream_id: i64,
        summary: &StreamSummary,
        owners: &[StreamOwner],
        people: &[StreamPerson],
    ) -> Result<Vec<Owner>> {
        let known = self.leave(stream_id)?;
        if known.is_none() && stream_id % 2 == 0 {
            self.device_change += 1;
        }
        let one = match people {
            [one] => Some(one),
            _ => None,
        };
        let owner = match owners {
            [of] if one.is_some() && of.first_seen_ms == summary.first_seen_ms => Some(of.owner),
            _ => None,
        };
        let last_ms = summary.last_seen_ms;
        let zone = match one.and_then(|one| one.zone.as_ref()) {
            Some((zone, time_ms)) => Some((self.texts.zone(self.writer, zone)?, last_ms - time_ms)),
            None => None,
        };
        let context_id = match summary.context.is_empty() {
            true => None,
            false => {
                let text = summary.context.to_json();
                Some(self.texts.take_context(self.writer, &text)?)
            }
        };
        let mut put = self.writer.connection.prepare_cached(
            "INSERT OR REPLACE INTO stream (stream_id, first_seen_ms, length_ms, event_count,
               max_lateness_ms, newest_arrival_lag_ms, has_reset, owner_id, person_id, zone_id,
               zone_age_ms, context_id, context_age_ms, is_newest_context)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        put.execute(params![
            stream_id,
            summary.first_seen_ms,
            last_ms - summary.first_seen_ms,
            summary.event_count,
            summary.max_lateness_ms,
            summary.newest_arrival_ms - last_ms,
            summary.has_reset,
            owner.map(Owner::id),
            one.map(|one| one.person.id()),
            zone.map(|(zone_id, _)| zone_id),
            zone.map(|(_, age_ms)| age_ms),
            context_id,
            summary.context_time_ms.map(|time_ms| last_ms - time_ms),
            summary.is_newest_context,
        ])?;
        if owner.is_none() {
            self.stood.owners = true;
            self.writer.add_stream_owners(stream_id, owners)?;
        }
        if one.is_none() {
            self.add_parts(stream_id, people)?;
        }
        let mut all: Vec<Owner> = people.iter().map(|part| part.person).collect();
        let is_as_before = |known: &Known| (&known.people, known.context_id) == (&all, context_id);
        if !known.as_ref().is_some_and(is_as_before) {
            // They are found by other devices, or by what those tell.
            let before = known.iter().flat_map(|known| &known.people);
            self.note_any(before.chain(&all));
        }
        all.extend(known.into_iter().flat_map(|known| known.people));
        for part in people {
            self.add_properties(stream_id, part)?;
            let seen = self.seen.entry(part.person).or_default();
            *seen = (*seen).max(Some(part.last_seen_ms));
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// Puts what a stream of one owner tells with more events of the same one, and no more properties,
    /// in place of what it told; once for each stream.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn grow_stream(
        &mut self,
        stream_id: i64,
        before: &StreamOfOne,
        summary: &StreamSummary,
        part: &StreamPerson,
    ) -> Result<()> {
        let last_ms = summary.last_seen_ms;
        let zone_id = match &part.zone {
            Some((zone, _)) if before.part.zone.as_ref().map(|known| &known.0) != Some(zone) => {
                Some(self.texts.zone(self.writer, zone)?)
            }
            _ => before.zone_id,
        };
        let mut context_id = before.context_id;
        if summary.context != before.summary.context {
            if let Some(known) = before.context_id {
                self.texts.leave_context(known);
            }
            let text = summary.context.to_json();
            context_id = Some(self.texts.take_context(self.writer, &text)?);
            // They are found by what the device tells.
            self.note_any([&part.person]);
        }
        let mut put = self.writer.connection.prepare_cached(
            "UPDATE stream
             SET first_seen_ms = ?2, length_ms = ?3, event_count = ?4, max_lateness_ms = ?5,
               newest_arrival_lag_ms = ?6, zone_id = ?7, zone_age_ms = ?8, context_id = ?9,
               context_age_ms = ?10, is_newest_context = ?11
             WHERE stream_id = ?1",
        )?;
        put.execute(params![
            stream_id,
            summary.first_seen_ms,
            last_ms - summary.first_seen_ms,
            summary.event_count,
            summary.max_lateness_ms,
            summary.newest_arrival_ms - last_ms,
            zone_id,
            part.zone.as_ref().map(|(_, time_ms)| last_ms - time_ms),
            context_id,
            summary.context_time_ms.map(|time_ms| last_ms - time_ms),
            summary.is_newest_context,
        ])?;
        let grown = self.grown.entry(part.person).or_insert(i64::MIN);
        *grown = part.last_seen_ms.max(*grown);
        Ok(())
    }

    /// Removes a stream that has no events any more; answers the people it had.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn remove_stream(&mut self, stream_id: i64) -> Result<Vec<Owner>> {
        let Some(known) = self.leave(stream_id)? else {
            return Ok(Vec::new());
        };
        self.note_any(&known.people);
        self.device_change -= i64::from(stream_id % 2 == 0);
        let mut remove = self
            .writer
            .connection
            .prepare_cached("DELETE FROM stream WHERE stream_id = ?")?;
        remove.execute([stream_id])?;
        Ok(known.people)
    }

    /// Notes that people may be found by other words.
    fn note_any<'o>(&self, people: impl IntoIterator<Item = &'o Owner>) {
        if self.stood.people {
            for person in people {
                self.writer.change.person(*person, PersonChange::Any);
            }
        }
    }

    /// Takes away what stands of a stream beside its row; answers what its row says, where it has one.
    fn leave(&mut self, stream_id: i64) -> Result<Option<Known>> {
        let writer = self.writer;
        let delete = |is_needed: bool, sql: &str| -> Result<()> {
            if is_needed {
                let mut delete = writer.connection.prepare_cached(sql)?;
                delete.execute([stream_id])?;
            }
            Ok(())
        };
        delete(
            self.stood.owners,
            "DELETE FROM stream_owner WHERE stream_id = ?",
        )?;
        let known = match self.stood.streams {
            true => writer.stream_numbers(stream_id)?,
            false => None,
        };
        let Some(known) = known else {
            return Ok(None);
        };
        if let Some(context_id) = known.context_id {
            self.texts.leave_context(context_id);
        }
        let people = match known.person_id {
            Some(person_id) => vec![Owner::from_id(person_id)],
            None => writer.people_of_stream(stream_id)?,
        };
        for person in &people {
            self.seen.entry(*person).or_default();
        }
        delete(
            self.stood.parts,
            "DELETE FROM person_stream WHERE stream_id = ?",
        )?;
        delete(
            self.stood.properties,
            "DELETE FROM person_property WHERE stream_id = ?",
        )?;
        Ok(Some(Known {
            people,
            context_id: known.context_id,
        }))
    }

    fn add_parts(&mut self, stream_id: i64, people: &[StreamPerson]) -> Result<()> {
        self.stood.parts = true;
        let mut add = self.writer.connection.prepare_cached(
            "INSERT INTO person_stream (person_id, stream_id, first_seen_ms, last_seen_ms,
               event_count, zone_id, zone_time_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        for part in people {
            let zone_id = match &part.zone {
                Some((zone, _)) => Some(self.texts.zone(self.writer, zone)?),
                None => None,
            };
            add.execute(params![
                part.person.id(),
                stream_id,
                part.first_seen_ms,
                part.last_seen_ms,
                part.event_count,
                zone_id,
                part.zone.as_ref().map(|(_, time_ms)| time_ms),
            ])?;
        }
        Ok(())
    }

    fn add_properties(&mut self, stream_id: i64, part: &StreamPerson) -> Result<()> {
        if part.properties.is_empty() {
            return Ok(());
        }
        self.stood.properties = true;
        let mut set = self.writer.connection.prepare_cached(
            "INSERT INTO person_property (person_id, stream_id, key, value, time_ms, event_id)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        for property in &part.properties {
            set.execute(params![
                part.person.id(),
                stream_id,
                &*property.key,
                property.value.as_ref().map(json_of).transpose()?,
                property.time_ms,
                &*property.event_id,
            ])?;
        }
        Ok(())
    }

    /// Sums everyone up again whose parts changed; a person without parts is no more. Answers how many
    /// are new.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn finish(mut self) -> Result<u64> {
        let connection = self.writer.connection;
        let mut seen: Vec<(Owner, Option<i64>)> =
            std::mem::take(&mut self.seen).into_iter().collect();
        seen.sort_unstable_by_key(|(person, _)| person.id());
        let mut new_count = 0;
        let mut grow = connection.prepare_cached(
            "UPDATE person SET last_seen_ms = ?2 WHERE person_id = ?1 AND last_seen_ms < ?2",
        )?;
        for (person, last_ms) in std::mem::take(&mut self.grown) {
            // Whose other parts changed too is summed up again.
            if seen
                .binary_search_by_key(&person.id(), |(known, _)| known.id())
                .is_err()
            {
                let is_later = grow.execute(params![person.id(), last_ms])? > 0;
                if is_later {
                    let change = PersonChange::Seen(last_ms);
                    self.writer.change.person(person, change);
                }
            }
        }
        for (person, last_ms) in &seen {
            new_count += u64::from(self.refresh_person(*person, *last_ms)?);
        }
        if (self.person_change, self.device_change) != (0, 0) {
            connection.execute(
                "INSERT INTO application_total (application_id, event_count, person_count,
                   device_count)
                 VALUES (?, 0, ?, ?)
                 ON CONFLICT (application_id) DO UPDATE SET
                   person_count = person_count + excluded.person_count,
                   device_count = device_count + excluded.device_count",
                params![self.application_id, self.person_change, self.device_change],
            )?;
        }
        self.texts.settle(self.writer)?;
        Ok(new_count)
    }

    /// Sums a person up; `last_ms` is the end of the last of the parts that were put. Answers whether
    /// the person is new.
    fn refresh_person(&mut self, person: Owner, last_ms: Option<i64>) -> Result<bool> {
        let connection = self.writer.connection;
        let known = match self.stood.people {
            true => self.person_row(person)?,
            false => None,
        };
        // Who was nobody before has no parts but those that were put.
        let last_ms = match &known {
            Some(_) => self.writer.last_seen_of_person(person)?,
            None => last_ms,
        };
        let Some(last_seen_ms) = last_ms else {
            if known.is_some() {
                self.person_change -= 1;
                self.note_any([&person]);
                let mut remove =
                    connection.prepare_cached("DELETE FROM person WHERE person_id = ?")?;
                remove.execute([person.id()])?;
            }
            return Ok(false);
        };
        let mut row = PersonRow {
            last_seen_ms,
            name: None,
            properties: None,
        };
        if self.stood.properties {
            let properties = self.writer.newest_properties(person)?;
            row.name = display_name(&properties);
            row.properties = (!properties.is_empty()).then(|| properties.to_json());
        }
        let sql = match &known {
            Some(known) if *known == row => return Ok(false),
            Some(known) => {
                let change = match (&known.name, &known.properties) == (&row.name, &row.properties)
                {
                    true => PersonChange::Seen(last_seen_ms),
                    false => PersonChange::Any,
                };
                self.writer.change.person(person, change);
                "UPDATE person
                 SET application_id = ?2, last_seen_ms = ?3, name = ?4, properties = ?5
                 WHERE person_id = ?1"
            }
            None => {
                self.note_any([&person]);
                "INSERT INTO person (person_id, application_id, last_seen_ms, name, properties)
                 VALUES (?, ?, ?, ?, ?)"
            }
        };
        connection.prepare_cached(sql)?.execute(params![
            person.id(),
            self.application_id,
            row.last_seen_ms,
            row.name,
            row.properties,
        ])?;
        self.person_change += i64::from(known.is_none());
        Ok(known.is_none())
    }

    fn person_row(&self, person: Owner) -> Result<Option<PersonRow>> {
        let mut one = self.writer.connection.prepare_cached(
            "SELECT last_seen_ms, name, properties
             FROM person
             WHERE person_id = ?",
        )?;
        let found = one.query_row([person.id()], |row| {
            Ok(PersonRow {
                last_seen_ms: row.get(0)?,
                name: row.get(1)?,
                properties: row.get(2)?,
            })
        });
        Ok(found.optional()?)
    }
}
