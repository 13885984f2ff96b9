//! The list of people and one person's head.

use std::cmp::Reverse;
use std::ops::{ControlFlow, Range};

use dwell_model::{Key, Properties, Value};
use rusqlite::params;

use crate::error::Result;
use crate::file::Reader;
use crate::fold::fold;
use crate::owner::Owner;
use crate::read::directory::{Directory, Matches, Ranks};
use crate::table::person::properties_of;
use crate::table::stream::context_of;

/// One person of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub person: Owner,
    /// Id.
    pub key: Key,
    /// Display name.
    pub name: Option<String>,
    /// First event, UTC ms.
    pub first_seen_ms: i64,
    /// Last event, UTC ms.
    pub last_seen_ms: i64,
    /// Events.
    pub event_count: u64,
    /// Custom properties by name.
    pub properties: Properties,
    /// The zone of the newest context.
    pub zone: Option<String>,
    /// How well it fits the search: 0 name or id begins with it, 1 elsewhere.
    pub rank: i64,
}

/// Which people.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// Part of any text of theirs; blank is everyone.
    pub search: String,
    /// Seen at or after this moment, UTC ms.
    pub seen_since_ms: Option<i64>,
    /// Known users only; not of a search for beginnings.
    pub only_users: bool,
    /// Where the search is looked for.
    pub matching: Matching,
}

/// Where a search is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// In every text of a person.
    #[default]
    Anywhere,
    /// At the beginning of the id, of the name or of a word of the name.
    Beginning,
}

/// The last row of the page before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeopleCursor {
    /// Its rank.
    pub rank: i64,
    /// Its last event, UTC ms.
    pub last_seen_ms: i64,
    /// Its person's number.
    pub person_id: i64,
}

/// A person's part of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonDevice {
    /// Device.
    pub device: Key,
    /// First event, UTC ms.
    pub first_seen_ms: i64,
    /// Last event, UTC ms.
    pub last_seen_ms: i64,
    /// Events.
    pub event_count: u64,
    /// The newest value of each context field of the device.
    pub context: Properties,
}

impl PersonDevice {
    /// What a search for the person finds of this device: its id, model and system.
    pub fn search_texts(&self) -> Vec<String> {
        std::iter::once(self.device.to_string())
            .chain(search_fields(&self.context))
            .collect()
    }
}

/// What a search finds of a device's context: model and system.
pub(crate) fn search_fields(context: &Properties) -> impl Iterator<Item = String> {
    ["device_model", "operating_system"]
        .into_iter()
        .filter_map(|name| context.get(name).map(Value::shown))
}

/// `Person::rank`: name or id begins with the search.
const BEGINNING: i64 = 0;
/// `Person::rank`: any other part of the person's texts holds it.
const WITHIN: i64 = 1;

/// What all parts of a person tell together.
#[derive(Default)]
struct Sum {
    first_seen_ms: Option<i64>,
    event_count: u64,
    /// The newest by its time, UTC ms; of two at one instant the first by name.
    zone: Option<(Reverse<i64>, String)>,
}

/// How many people from the start of a directory were seen lately enough for a filter.
fn seen_of(directory: &Directory, filter: &PeopleFilter) -> u32 {
    match filter.seen_since_ms {
        None => directory.count(),
        Some(since_ms) => directory.seen_since(since_ms),
    }
}

/// Those of a filter among ranks, from one rank to another.
fn wanted_of<'d>(
    directory: &'d Directory,
    ranks: &'d Ranks,
    range: Range<u32>,
    only_users: bool,
) -> impl Iterator<Item = u32> + 'd {
    ranks
        .from(range.start)
        .take_while(move |rank| *rank < range.end)
        .filter(move |rank| !only_users || directory.person(*rank).user().is_some())
}

/// A search needs nobody to hear how far its directory is.
fn unheard(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A row of the list: who, and how well it fits the search.
type Listed = (Owner, i64);

/// A page of what a search found, and how many it found in all.
fn page_of(
    directory: &Directory,
    matches: &Matches,
    filter: &PeopleFilter,
    start: (i64, u32),
    until: u32,
    limit: usize,
) -> (Vec<Listed>, u64) {
    let mut page = Vec::new();
    let mut total = 0;
    for (fit, ranks) in [(BEGINNING, &matches.beginning), (WITHIN, &matches.within)] {
        total += match filter.only_users {
            false => ranks.count(until),
            true => wanted_of(directory, ranks, 0..until, true).count(),
        };
        let from = match start {
            (of, at) if of == fit => at,
            (of, _) if of > fit => continue,
            _ => 0,
        };
        let wanted = wanted_of(directory, ranks, from..until, filter.only_users);
        let rows = wanted.map(|rank| (directory.person(rank), fit));
        page.extend(rows.take(limit - page.len()));
    }
    (page, total as u64)
}

impl Reader<'_> {
    /// A page of people: those whose name or id begins with the search first, then the last seen.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn people(
        &self,
        application_id: i64,
        filter: &PeopleFilter,
        after: Option<PeopleCursor>,
        limit: u32,
    ) -> Result<Vec<Person>> {
        let needle = fold(filter.search.trim());
        let limit = limit as usize;
        let listed = match needle.is_empty() {
            true => self.last_seen(application_id, filter, after, limit)?,
            false => {
                self.searched(application_id, &needle, filter, after, limit)?
                    .0
            }
        };
        let mut people = Vec::with_capacity(listed.len());
        for (person, rank) in listed {
            if let Some(found) = self.person(person)? {
                people.push(Person { rank, ..found });
            }
        }
        Ok(people)
    }

    /// How many people there are; a search that a page was asked for before is not made again.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn people_count(&self, application_id: i64, filter: &PeopleFilter) -> Result<u64> {
        let needle = fold(filter.search.trim());
        match needle.is_empty() {
            true => self.seen_count(application_id, filter),
            false => Ok(self.searched(application_id, &needle, filter, None, 0)?.1),
        }
    }

    /// How many people there are without a search.
    fn seen_count(&self, application_id: i64, filter: &PeopleFilter) -> Result<u64> {
        if filter.seen_since_ms.is_none() && !filter.only_users {
            return self.person_count(application_id);
        }
        let mut count = self.connection.prepare_cached(
            "SELECT count(*)
             FROM person
             WHERE application_id = ? AND last_seen_ms >= ? AND (? = 0 OR person_id % 2 = 1)",
        )?;
        let since_ms = filter.seen_since_ms.unwrap_or(i64::MIN);
        let bound = params![application_id, since_ms, filter.only_users];
        Ok(count.query_row(bound, |row| row.get(0))?)
    }

    /// A page without a search.
    fn last_seen(
        &self,
        application_id: i64,
        filter: &PeopleFilter,
        after: Option<PeopleCursor>,
        limit: usize,
    ) -> Result<Vec<Listed>> {
        let mut all = self.connection.prepare_cached(
            "SELECT person_id, last_seen_ms
             FROM person
             WHERE application_id = ? AND last_seen_ms >= ? AND last_seen_ms <= ?
               AND (? = 0 OR person_id % 2 = 1)
             ORDER BY last_seen_ms DESC",
        )?;
        let mut rows = all.query(params![
            application_id,
            filter.seen_since_ms.unwrap_or(i64::MIN),
            after.map_or(i64::MAX, |cursor| cursor.last_seen_ms),
            filter.only_users,
        ])?;
        let mut page: Vec<Listed> = Vec::new();
        let mut ties: Vec<Owner> = Vec::new();
        let mut tied_ms = None;
        while let Some(row) = rows.next()? {
            let last_seen_ms = Some(row.get(1)?);
            if last_seen_ms != tied_ms {
                self.add_ties(tied_ms, &mut ties, after, &mut page)?;
                if page.len() >= limit {
                    break;
                }
                tied_ms = last_seen_ms;
            }
            ties.push(Owner::from_id(row.get(0)?));
        }
        self.add_ties(tied_ms, &mut ties, after, &mut page)?;
        page.truncate(limit);
        Ok(page)
    }

    /// Adds people who were seen at one moment to a page, by folded id and number; not those up to the
    /// last one of the page before.
    fn add_ties(
        &self,
        tied_ms: Option<i64>,
        ties: &mut Vec<Owner>,
        after: Option<PeopleCursor>,
        page: &mut Vec<Listed>,
    ) -> Result<()> {
        let after = after.filter(|cursor| Some(cursor.last_seen_ms) == tied_ms);
        if let ([one], None) = (&ties[..], after) {
            page.push((*one, BEGINNING));
            ties.clear();
            return Ok(());
        }
        let place = |person: Owner| -> Result<(String, i64)> {
            Ok((fold(&self.owner_key(person)?.to_string()), person.id()))
        };
        let before = after
            .map(|cursor| place(Owner::from_id(cursor.person_id)))
            .transpose()?;
        let mut placed = ties
            .drain(..)
            .map(place)
            .collect::<Result<Vec<(String, i64)>>>()?;
        placed.sort_unstable();
        let rest = placed
            .iter()
            .filter(|place| before.as_ref().is_none_or(|before| *place > before));
        page.extend(rest.map(|(_, person_id)| (Owner::from_id(*person_id), BEGINNING)));
        Ok(())
    }

    /// A page of a search, and how many it finds in all.
    fn searched(
        &self,
        application_id: i64,
        needle: &str,
        filter: &PeopleFilter,
        after: Option<PeopleCursor>,
        limit: usize,
    ) -> Result<(Vec<Listed>, u64)> {
        let after = match after {
            None => None,
            Some(cursor) => {
                let person = Owner::from_id(cursor.person_id);
                Some((cursor, fold(&self.owner_key(person)?.to_string())))
            }
        };
        let found = self.directory(application_id, &mut unheard, |directory| {
            let until = seen_of(directory, filter);
            let start = after.map_or((BEGINNING, 0), |(cursor, id)| {
                let at = directory.rank_after(cursor.last_seen_ms, &id, cursor.person_id);
                (cursor.rank, at)
            });
            match filter.matching {
                Matching::Beginning => {
                    let page = directory.begin_with(needle, start.1, until, limit);
                    let person = |rank: &u32| (directory.person(*rank), BEGINNING);
                    (page.ranks.iter().map(person).collect(), page.total as u64)
                }
                Matching::Anywhere => page_of(
                    directory,
                    &directory.find(needle),
                    filter,
                    start,
                    until,
                    limit,
                ),
            }
        })?;
        Ok(found.unwrap_or_default())
    }

    /// One person.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn person(&self, person: Owner) -> Result<Option<Person>> {
        let mut one = self.connection.prepare_cached(
            "SELECT last_seen_ms, name, properties
             FROM person
             WHERE person_id = ?",
        )?;
        let mut rows = one.query([person.id()])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let last_seen_ms = row.get(0)?;
        let sum = self.sum_of_person(person)?;
        Ok(Some(Person {
            person,
            key: self.owner_key(person)?,
            name: row.get(1)?,
            first_seen_ms: sum.first_seen_ms.unwrap_or(last_seen_ms),
            last_seen_ms,
            event_count: sum.event_count,
            properties: match row.get::<_, Option<String>>(2)? {
                Some(json) => properties_of(&json, person)?,
                None => Properties::new(),
            },
            zone: sum.zone.map(|(_, zone)| zone),
            rank: BEGINNING,
        }))
    }

    /// What all parts of a person tell together.
    fn sum_of_person(&self, person: Owner) -> Result<Sum> {
        let mut parts = self.connection.prepare_cached(
            "SELECT first_seen_ms, event_count, zone_time_ms, name
             FROM part
             LEFT JOIN zone USING (zone_id)
             WHERE person_id = ?",
        )?;
        let mut rows = parts.query([person.id()])?;
        let mut sum = Sum::default();
        while let Some(row) = rows.next()? {
            let first_ms: i64 = row.get(0)?;
            sum.first_seen_ms = Some(sum.first_seen_ms.map_or(first_ms, |ms| ms.min(first_ms)));
            sum.event_count += row.get::<_, u64>(1)?;
            let zone = row.get::<_, Option<i64>>(2)?.zip(row.get(3)?);
            if let Some((time_ms, name)) = zone {
                let new = (Reverse(time_ms), name);
                if sum.zone.as_ref().is_none_or(|known| new < *known) {
                    sum.zone = Some(new);
                }
            }
        }
        Ok(sum)
    }

    /// A person's devices, the last seen first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn devices_of_person(&self, person: Owner) -> Result<Vec<PersonDevice>> {
        let mut all = self.connection.prepare_cached(
            "SELECT device_id, part.first_seen_ms, part.last_seen_ms, part.event_count, text,
               context_id
             FROM part
             JOIN stream USING (stream_id)
             JOIN device ON device_id = part.stream_id / 2
             LEFT JOIN context USING (context_id)
             WHERE part.person_id = ? AND part.stream_id % 2 = 0
             ORDER BY part.last_seen_ms DESC, key",
        )?;
        let mut rows = all.query([person.id()])?;
        let mut devices = Vec::new();
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            devices.push(PersonDevice {
                device: self.owner_key(Owner::Device(number))?,
                first_seen_ms: row.get(1)?,
                last_seen_ms: row.get(2)?,
                event_count: row.get(3)?,
                context: context_of(row, 4)?,
            });
        }
        Ok(devices)
    }
}
