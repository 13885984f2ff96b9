//! Taking somebody's rows out of everything that holds pieces of them: events and copies of them,
//! conflicts, rejected rows, lists of newest events, ids of sessions that are no more, keys. It must not
//! know what makes an event somebody's.

use dwell_model::event::previous_user;
use dwell_model::session::session_id;
use dwell_model::{Key, PackedEvent, Properties};
use rusqlite::params;
use rustc_hash::{FxHashMap, FxHashSet};

use super::append::Appender;
use super::remove::{Counted, Goes, ReadLine, Removal};
use super::{ALIAS, TouchedStream};
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::owner::Owner;
use crate::piece::Row;
use crate::table::forgotten::{ForgottenRows, Moments};

/// Somebody's rows, as they are told in blocks.
pub(super) struct Theirs<'a> {
    pub(super) rows: &'a ForgottenRows,
    users: FxHashSet<u32>,
    /// Streams of which all rows go.
    streams: FxHashSet<i64>,
    /// Moments at which rows of a stream go that name no user.
    unnamed: FxHashMap<i64, Vec<Moments>>,
}

impl Theirs<'_> {
    /// Whether an event of a stream goes.
    pub(super) fn hold_row(&self, stream_id: i64, row: &Row) -> bool {
        let is_then = |(from_ms, last_ms): &Moments| (*from_ms..=*last_ms).contains(&row.time_ms);
        self.streams.contains(&stream_id)
            || match row.user {
                0 => {
                    let moments = self.unnamed.get(&stream_id);
                    moments.is_some_and(|all| all.iter().any(is_then))
                }
                user => self.users.contains(&user),
            }
    }
}

/// What went with somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Events that are no more.
    pub events: u64,
    /// Events that stay, by a copy of somebody else.
    pub kept: u64,
    /// Copies that did not count.
    pub copies: u64,
    /// Notes of copies that differ.
    pub conflicts: u64,
    /// Rejected rows that name them.
    pub quarantined: u64,
    /// Rows by import, the oldest first.
    pub by_import: Vec<(i64, u64)>,
    /// The streams that changed, in order.
    pub touched: Vec<TouchedStream>,
    /// The ids of the events that are no more.
    pub event_ids: Vec<String>,
}

/// How the figures of an import change.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    stored: i64,
    duplicates: i64,
    quarantined: i64,
    conflicts: i64,
    forgotten: i64,
}

impl Appender<'_> {
    /// Whether an event is left out, which counts it: it is of somebody who is to stay forgotten, or
    /// joins such a one with another user.
    pub(super) fn leaves_out_event(&mut self, event: &PackedEvent<'_>) -> bool {
        if self.numbers.forgotten().is_none() {
            return false;
        }
        let previous = match event.name == ALIAS {
            true => Properties::from_json(event.properties).ok(),
            false => None,
        };
        let previous = previous.as_ref().and_then(previous_user);
        let previous = previous.as_ref().map(Key::borrowed);
        let (numbers, time_ms) = (&mut self.numbers, event.time_ms);
        let leaves_out = numbers.is_forgotten(event.user, event.device, time_ms)
            || (previous.is_some() && numbers.is_forgotten(previous, None, time_ms));
        self.appended.forgotten += u64::from(leaves_out);
        leaves_out
    }

    /// Whether a row that cannot be read is left out, which counts it: it says an id of somebody who is
    /// to stay forgotten.
    pub fn leaves_out(&mut self, row: &[u8]) -> bool {
        let forgotten = self.numbers.forgotten();
        let leaves_out = forgotten.is_some_and(|forgotten| forgotten.is_named_in(row));
        self.appended.forgotten += u64::from(leaves_out);
        leaves_out
    }
}

impl Reader<'_> {
    /// The streams whose copies of events may name an id, by looking for its letters.
    fn streams_with_copies_naming(&self, rows: &ForgottenRows) -> Result<Vec<i64>> {
        let unnamed = rows.unnamed.iter().map(|(device, _)| device);
        let mut needles: Vec<String> = Vec::new();
        for key in rows.users.iter().chain(&rows.devices).chain(unnamed) {
            let json = serde_json::Value::from(key.to_string()).to_string();
            needles.push(json.trim_matches('"').to_owned());
        }
        needles.sort_unstable();
        needles.dedup();
        let needles: Vec<_> = needles
            .iter()
            .map(|needle| memchr::memmem::Finder::new(needle.as_bytes()))
            .collect();
        let mut all = self
            .connection
            .prepare_cached("SELECT stream_id, bytes FROM copies ORDER BY stream_id")?;
        let mut found = all.query([])?;
        let mut streams = Vec::new();
        while let Some(row) = found.next()? {
            let bytes = row.get_ref(1)?.as_blob().unwrap_or_default();
            if needles.iter().any(|needle| needle.find(bytes).is_some()) {
                streams.push(row.get(0)?);
            }
        }
        Ok(streams)
    }
}

impl Writer<'_> {
    /// Takes somebody's rows out of an application: `streams` are those that may hold some. `read` reads
    /// a line of the native format, `tell` hears of (streams done, of all). What is derived is left to
    /// be derived anew, and so are the totals; then [`Writer::forget_traces`] is to be called.
    ///
    /// # Errors
    /// Where the file cannot be written, or what `read` or `tell` fail with.
    pub fn forget_rows<E: From<StoreError>>(
        &self,
        application_id: i64,
        rows: &ForgottenRows,
        streams: &[i64],
        read: ReadLine<'_, E>,
        tell: &mut dyn FnMut(usize, usize) -> std::result::Result<(), E>,
    ) -> std::result::Result<Gone, E> {
        let theirs = self.theirs(application_id, rows)?;
        let mut streams = streams.to_vec();
        streams.extend(self.streams_with_copies_naming(rows)?);
        streams.sort_unstable();
        streams.dedup();
        let mut removal = Removal::new(self, application_id, Goes::Of(&theirs), read)?;
        for (done, stream_id) in streams.iter().enumerate() {
            if self.application_of(*stream_id)? == Some(application_id) {
                tell(done, streams.len())?;
                removal.stream(*stream_id)?;
            }
        }
        let rows_gone = std::mem::take(&mut removal.rows_gone);
        let event_ids = std::mem::take(&mut removal.ids_gone);
        let (removed, gained) = removal.finish()?;
        let ranges = self.import_ranges()?;
        let mut figures: FxHashMap<i64, Figures> = FxHashMap::default();
        for (number, counted) in &rows_gone {
            let of_import = figures.entry(ranges.import_of(*number)).or_default();
            of_import.forgotten += 1;
            match counted {
                Counted::Stored => of_import.stored -= 1,
                Counted::Duplicate => of_import.duplicates -= 1,
            }
        }
        for (number, count) in gained {
            let of_import = figures.entry(ranges.import_of(number)).or_default();
            of_import.stored += count as i64;
            of_import.duplicates -= count as i64;
        }
        let conflicts =
            self.forget_conflicts(application_id, rows, &rows_gone, &event_ids, &mut figures)?;
        let quarantined = self.forget_quarantine(application_id, rows, &mut figures)?;
        self.change_figures(&figures)?;
        self.forget_newest(application_id, &event_ids)?;
        self.seal_anew()?;
        let mut by_import: Vec<(i64, u64)> = figures
            .iter()
            .map(|(import_id, figures)| (*import_id, figures.forgotten as u64))
            .filter(|(_, count)| *count > 0)
            .collect();
        by_import.sort_unstable();
        Ok(Gone {
            events: removed.events,
            kept: removed.kept,
            copies: rows_gone.len() as u64 - removed.events - removed.kept,
            conflicts,
            quarantined,
            by_import,
            touched: removed.touched,
            event_ids,
        })
    }

    fn theirs<'a>(&self, application_id: i64, rows: &'a ForgottenRows) -> Result<Theirs<'a>> {
        let mut theirs = Theirs {
            rows,
            users: FxHashSet::default(),
            streams: FxHashSet::default(),
            unnamed: FxHashMap::default(),
        };
        for user in &rows.users {
            let number = self.user_number(application_id, user)?;
            theirs
                .users
                .extend(number.and_then(|number| u32::try_from(number).ok()));
        }
        for device in &rows.devices {
            let number = self.device_number(application_id, device)?;
            theirs
                .streams
                .extend(number.map(|number| Owner::Device(number).id()));
        }
        for (device, moments) in &rows.unnamed {
            if let Some(number) = self.device_number(application_id, device)? {
                let of_stream = theirs.unnamed.entry(Owner::Device(number).id());
                of_stream.or_default().push(*moments);
            }
        }
        Ok(theirs)
    }

    /// Removes notes of conflicts of rows that went, or that name them.
    fn forget_conflicts(
        &self,
        application_id: i64,
        rows: &ForgottenRows,
        rows_gone: &FxHashMap<i64, Counted>,
        event_ids: &[String],
        figures: &mut FxHashMap<i64, Figures>,
    ) -> Result<u64> {
        let ids: FxHashSet<&str> = event_ids.iter().map(String::as_str).collect();
        let quoted: Vec<String> = rows.ids().map(|id| format!("“{id}”")).collect();
        let mut all = self.connection.prepare_cached(
            "SELECT conflict_id, c.import_id, event_id, differs, against,
               i.first_number + c.line - 1
             FROM conflict c
             JOIN import i USING (import_id)
             WHERE i.application_id = ?",
        )?;
        let mut notes = all.query([application_id])?;
        let mut gone: Vec<i64> = Vec::new();
        while let Some(note) = notes.next()? {
            let event_id = note.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let differs = note.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
            if ids.contains(event_id)
                || rows_gone.contains_key(&note.get(4)?)
                || rows_gone.contains_key(&note.get(5)?)
                || quoted.iter().any(|id| differs.contains(&**id))
            {
                gone.push(note.get(0)?);
                figures.entry(note.get(1)?).or_default().conflicts -= 1;
            }
        }
        self.remove_all("DELETE FROM conflict WHERE conflict_id = ?", &gone)?;
        Ok(gone.len() as u64)
    }

    /// Removes rejected rows that name them.
    fn forget_quarantine(
        &self,
        application_id: i64,
        rows: &ForgottenRows,
        figures: &mut FxHashMap<i64, Figures>,
    ) -> Result<u64> {
        let mut all = self.connection.prepare_cached(
            "SELECT quarantine_id, r.import_id, excerpt, sentence
             FROM quarantine r
             JOIN import i USING (import_id)
             WHERE i.application_id = ?",
        )?;
        let mut rejected = all.query([application_id])?;
        let mut gone: Vec<i64> = Vec::new();
        while let Some(row) = rejected.next()? {
            let excerpt = row.get_ref(2)?.as_bytes().map_err(rusqlite::Error::from)?;
            let sentence = row.get_ref(3)?.as_bytes().map_err(rusqlite::Error::from)?;
            if rows.are_named_in(excerpt) || rows.are_named_in(sentence) {
                gone.push(row.get(0)?);
                let of_import = figures.entry(row.get(1)?).or_default();
                of_import.quarantined -= 1;
                of_import.forgotten += 1;
            }
        }
        self.remove_all("DELETE FROM quarantine WHERE quarantine_id = ?", &gone)?;
        Ok(gone.len() as u64)
    }

    fn remove_all(&self, sql: &'static str, ids: &[i64]) -> Result<()> {
        let mut remove = self.connection.prepare_cached(sql)?;
        for id in ids {
            remove.execute([id])?;
        }
        Ok(())
    }

    fn change_figures(&self, figures: &FxHashMap<i64, Figures>) -> Result<()> {
        let mut change = self.connection.prepare_cached(
            "UPDATE import
             SET stored_count = stored_count + ?2, duplicate_count = duplicate_count + ?3,
               quarantined_count = quarantined_count + ?4, conflict_count = conflict_count + ?5,
               forgotten_count = forgotten_count + ?6
             WHERE import_id = ?1",
        )?;
        for (import_id, by) in figures {
            change.execute(params![
                import_id,
                by.stored,
                by.duplicates,
                by.quarantined,
                by.conflicts,
                by.forgotten
            ])?;
        }
        Ok(())
    }

    /// Removes events that are no more from the lists of the newest that imports brought.
    fn forget_newest(&self, application_id: i64, event_ids: &[String]) -> Result<()> {
        let ids: FxHashSet<&str> = event_ids.iter().map(String::as_str).collect();
        let mut all = self
            .connection
            .prepare_cached("SELECT import_id, newest FROM import WHERE application_id = ?")?;
        let mut set = self
            .connection
            .prepare_cached("UPDATE import SET newest = ? WHERE import_id = ?")?;
        let lists = all.query_map([application_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (import_id, newest) in lists.collect::<rusqlite::Result<Vec<(i64, String)>>>()? {
            let known: Vec<String> = serde_json::from_str(&newest).unwrap_or_default();
            let stay = known.iter().filter(|id| !ids.contains(&***id)).cloned();
            let stay: Vec<String> = stay.collect();
            if stay.len() < known.len() {
                let newest = serde_json::Value::from(stay).to_string();
                set.execute(params![newest, import_id])?;
            }
        }
        Ok(())
    }

    /// Removes what deriving anew left of events that are no more: the ids of sessions that began with
    /// them and what was told of these, and the keys of users and devices that no event names any
    /// more. Answers how many users and devices went.
    ///
    /// # Errors
    /// Where the file cannot be written, or some of them still have events.
    pub fn forget_traces(
        &self,
        application_id: i64,
        event_ids: &[String],
        owners: &[Owner],
    ) -> Result<(u64, u64)> {
        self.forget_sessions(application_id, event_ids)?;
        let (mut user_count, mut device_count) = (0, 0);
        for owner in owners {
            let is_named = match owner {
                Owner::User(number) => {
                    !self.streams_of_owner(*owner)?.is_empty()
                        || !self.alias_neighbours(*number)?.is_empty()
                }
                Owner::Device(_) => false,
            };
            if is_named || self.has_events(owner.id())? {
                continue;
            }
            let (count, sql, number) = match owner {
                Owner::User(number) => (
                    &mut user_count,
                    "DELETE FROM user WHERE user_id = ?",
                    number,
                ),
                Owner::Device(number) => (
                    &mut device_count,
                    "DELETE FROM device WHERE device_id = ?",
                    number,
                ),
            };
            *count += self.connection.prepare_cached(sql)?.execute([number])? as u64;
        }
        Ok((user_count, device_count))
    }

    fn forget_sessions(&self, application_id: i64, event_ids: &[String]) -> Result<()> {
        let mut names = self.connection.prepare_cached(
            "SELECT application.name, known.name
             FROM (
               SELECT application_id, name FROM definition
               UNION
               SELECT application_id, name FROM definition_edit
             ) AS known
             JOIN application USING (application_id)
             WHERE application_id = ?",
        )?;
        let names = names.query_map([application_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let names = names.collect::<rusqlite::Result<Vec<(String, String)>>>()?;
        let mut former = self
            .connection
            .prepare_cached("DELETE FROM former_session WHERE session_id = ?")?;
        let mut told = self
            .connection
            .prepare_cached("DELETE FROM emission WHERE session_id = ?")?;
        for (application, definition) in &names {
            for event_id in event_ids {
                let id = session_id(application, definition, event_id);
                former.execute([id.as_bytes()])?;
                told.execute([id.as_bytes()])?;
            }
        }
        Ok(())
    }

    /// Takes events off the totals of an application, of which everything is derived again.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn settle_totals(&self, application_id: i64, events_gone: u64) -> Result<()> {
        self.connection.execute(
            "UPDATE application_total
             SET event_count = event_count - ?2,
               newest_arrival_ms = (
                 SELECT max(first_seen_ms + length_ms + newest_arrival_lag_ms)
                 FROM stream
                 WHERE stream_id IN (
                   SELECT device_id * 2 FROM device WHERE application_id = ?1
                   UNION ALL
                   SELECT user_id * 2 + 1 FROM user WHERE application_id = ?1))
             WHERE application_id = ?1",
            params![application_id, events_gone],
        )?;
        Ok(())
    }
}
