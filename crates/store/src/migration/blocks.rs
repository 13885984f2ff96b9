//! From layout 2, where each event was a row, to blocks. An event's number tells its import and its
//! line from now on, so all get new ones.

use dwell_model::Key;
use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{Row as SqlRow, params};
use rustc_hash::FxHashMap;

use crate::block::{MAX_EVENTS, Packer, Shared, plain, train};
use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::Writer;
use crate::piece::{
    HAS_RECEIVED, HAS_SENT, HAS_SKEW, ID_IS_DERIVED, IS_SYSTEM, Piece, Row, RowId, Span,
};
use crate::table::block::blocks_of;
use crate::table::event::KeptCopy;
use crate::table::key_run::{Fingerprint, KeySet, Pair};

/// A dictionary is made from the texts of so many streams.
const SAMPLES: i64 = 1_000;

/// Moves all events from rows to blocks.
pub(super) fn move_events(writer: &Writer<'_>, tell: &mut dyn FnMut(u64, u64)) -> Result<()> {
    let count = "SELECT coalesce(sum(stored_count), 0) FROM import";
    let all: u64 = writer.connection.query_row(count, [], |row| row.get(0))?;
    let mut done = 0;
    let first_numbers = number_imports(writer)?;
    let dictionary = dictionary(writer, &first_numbers)?;
    let mut packer = packer(dictionary.as_deref())?;
    let has_copies =
        writer
            .connection
            .query_row("SELECT EXISTS (SELECT 1 FROM event_copy)", [], |row| {
                row.get(0)
            })?;
    let mut keys: FxHashMap<i64, Vec<Pair>> = FxHashMap::default();
    each_stream(writer, &first_numbers, i64::MAX, |stream_id, piece| {
        tell(done.min(all), all);
        done += piece.rows.len() as u64;
        let application_id = writer.application_of(stream_id)?;
        let application_id = application_id.ok_or_else(|| StoreError::Damaged {
            table: "event",
            row: format!("stream {stream_id}"),
            column: "stream_id",
            reason: "there is no such user or device".to_owned(),
        })?;
        let pairs = keys.entry(application_id).or_default();
        pairs.extend(piece.rows.iter().map(|row| Pair {
            fingerprint: Fingerprint::of(piece.id_bytes(row)),
            number: stream_id,
        }));
        if has_copies {
            move_copies(writer, application_id, (stream_id, piece), &first_numbers)?;
        }
        let patterns = writer.patterns()?;
        writer.add_blocks(stream_id, &blocks_of(piece, &patterns, &mut packer)?)
    })?;
    writer.store_patterns()?;
    for (application_id, pairs) in keys {
        writer.add_keys(KeySet::Events { application_id }, pairs)?;
    }
    Ok(())
}

/// Moves the copies of a stream's events that do not count.
fn move_copies(
    writer: &Writer<'_>,
    application_id: i64,
    (stream_id, piece): (i64, &Piece),
    first_numbers: &FxHashMap<i64, i64>,
) -> Result<()> {
    let mut copies = Vec::new();
    let mut of_event = writer.connection.prepare_cached(
        "SELECT import_id, arrival_ms, received_at_ms IS NOT NULL, sent_at_ms, line, body
         FROM event_copy
         WHERE application_id = ? AND event_id = ?",
    )?;
    for row in &piece.rows {
        let mut event_id = String::new();
        piece.push_id(row, &mut event_id)?;
        let mut found = of_event.query(params![application_id, cell::of_event_id(&event_id)])?;
        while let Some(copy) = found.next()? {
            let import_id: i64 = copy.get(0)?;
            let first_number = first_numbers.get(&import_id);
            let first_number = first_number.ok_or_else(|| StoreError::Damaged {
                table: "event_copy",
                row: event_id.clone(),
                column: "import_id",
                reason: "there is no such import".to_owned(),
            })?;
            copies.push(KeptCopy {
                counts: row.number,
                number: first_number + copy.get::<_, i64>(4)? - 1,
                arrival_ms: copy.get(1)?,
                has_received: copy.get(2)?,
                sent_at_ms: copy.get(3)?,
                body: copy.get::<_, Option<String>>(5)?.map(Into::into),
            });
        }
    }
    match copies.is_empty() {
        true => Ok(()),
        false => writer.put_copies(stream_id, copies),
    }
}

/// Gives each import the numbers of its lines.
fn number_imports(writer: &Writer<'_>) -> Result<FxHashMap<i64, i64>> {
    let mut last_lines = writer.connection.prepare(
        "SELECT import_id,
           max(
             read_count,
             coalesce((SELECT max(line) FROM quarantine q WHERE q.import_id = i.import_id), 0),
             coalesce(e.last_line, 0))
         FROM import i
         LEFT JOIN (
           SELECT import_id, max(line) AS last_line
           FROM (
             SELECT import_id, line FROM event
             UNION ALL
             SELECT import_id, line FROM event_copy
           )
           GROUP BY import_id
         ) e USING (import_id)
         ORDER BY import_id",
    )?;
    let lines = last_lines
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(i64, i64)>>>()?;
    let mut next = 1;
    let mut first_numbers = FxHashMap::default();
    for (import_id, last_line) in lines {
        writer.connection.execute(
            "UPDATE import SET first_number = ? WHERE import_id = ?",
            params![next, import_id],
        )?;
        first_numbers.insert(import_id, next);
        next += last_line;
    }
    writer
        .connection
        .execute("UPDATE counter SET next_event_number = ?", [next])?;
    Ok(first_numbers)
}

/// One dictionary for all applications, from the streams that were seen first; none where they are
/// too few.
fn dictionary(writer: &Writer<'_>, first_numbers: &FxHashMap<i64, i64>) -> Result<Option<Vec<u8>>> {
    let (mut samples, mut packer) = (Vec::new(), packer(None)?);
    each_stream(writer, first_numbers, SAMPLES, |_, piece| {
        let rows = &piece.rows[..piece.rows.len().min(MAX_EVENTS / 4)];
        let shared = Shared::of(rows);
        let patterns = writer.patterns()?;
        // A text that cannot be packed is told of where its block is made.
        if let Ok(text) = plain(piece, rows, shared.contexts(), &patterns, &mut packer) {
            samples.push(text.to_vec());
        }
        Ok(())
    })?;
    let Some(bytes) = train(&samples) else {
        return Ok(None);
    };
    let applications = writer.applications()?;
    // Each application has its own, which its imports may replace; this is the first of them.
    let first = applications.first().map_or(0, |first| first.application_id);
    writer.add_dictionary(first, &bytes)?;
    Ok(Some(bytes))
}

fn packer(dictionary: Option<&[u8]>) -> Result<Packer> {
    Packer::new(dictionary.map(|bytes| (1, bytes))).map_err(|error| StoreError::Damaged {
        table: "dictionary",
        row: "1".to_owned(),
        column: "bytes",
        reason: error.to_string(),
    })
}

/// Reads the first streams of layout 2, each as a piece in order.
fn each_stream(
    writer: &Writer<'_>,
    first_numbers: &FxHashMap<i64, i64>,
    stream_count: i64,
    mut each: impl FnMut(i64, &Piece) -> Result<()>,
) -> Result<()> {
    let mut all = writer.connection.prepare(
        "SELECT stream_id, time_ms, event_id, name_id, flags, arrival_ms, received_at_ms,
           sent_at_ms, skew_ms, user_id, source_session, properties, context, import_id, line
         FROM event
         ORDER BY stream_id, time_ms, event_number",
    )?;
    let mut rows = all.query([])?;
    let mut current: Option<(i64, Piece)> = None;
    let mut seen = 0;
    while let Some(row) = rows.next()? {
        let stream_id: i64 = row.get(0)?;
        if current
            .as_ref()
            .is_some_and(|(known, _)| *known != stream_id)
            && let Some((known, mut piece)) = current.take()
        {
            piece.sort();
            each(known, &piece)?;
            seen += 1;
            if seen >= stream_count {
                return Ok(());
            }
        }
        let (_, piece) = current.get_or_insert_with(|| (stream_id, Piece::default()));
        let event = event_of(row, first_numbers, piece)?;
        piece.rows.push(event);
    }
    if let Some((stream_id, mut piece)) = current {
        piece.sort();
        each(stream_id, &piece)?;
    }
    Ok(())
}

fn event_of(
    row: &SqlRow<'_>,
    first_numbers: &FxHashMap<i64, i64>,
    piece: &mut Piece,
) -> Result<Row> {
    let damaged = |column: &'static str| StoreError::Damaged {
        table: "event",
        row: row
            .get::<_, i64>(14)
            .map_or_else(|_| "?".to_owned(), |line| format!("line {line}")),
        column,
        reason: "it cannot be read".to_owned(),
    };
    /// Other numbers than an event can have are damage.
    fn number<T: FromSql>(
        row: &SqlRow<'_>,
        index: usize,
        damaged: impl Fn(&'static str) -> StoreError,
        column: &'static str,
    ) -> Result<T> {
        row.get(index).map_err(|_| damaged(column))
    }
    let id = match row.get_ref(2)? {
        ValueRef::Blob(bytes) => {
            RowId::Uuid(uuid::Uuid::from_slice(bytes).map_err(|_| damaged("event_id"))?)
        }
        ValueRef::Text(text) => RowId::Text(Span::put(&mut piece.bytes, text)),
        _ => return Err(damaged("event_id")),
    };
    let (received_at_ms, sent_at_ms): (Option<i64>, Option<i64>) = (row.get(6)?, row.get(7)?);
    let skew_ms: i64 = row.get(8)?;
    let mut flags = number::<u8>(row, 4, damaged, "flags")? & (IS_SYSTEM | ID_IS_DERIVED);
    for (flag, is_set) in [
        (HAS_RECEIVED, received_at_ms.is_some()),
        (HAS_SENT, sent_at_ms.is_some()),
        (HAS_SKEW, skew_ms != 0),
    ] {
        flags |= flag * u8::from(is_set);
    }
    let source_session: Option<Key> = cell::to_key(row.get_ref(10)?);
    let source_session = source_session.map_or(0, |key| piece.source_session_place(&key));
    let properties = match row.get_ref(11)? {
        ValueRef::Null => Span::default(),
        value => {
            let text = json(value).ok_or_else(|| damaged("properties"))?;
            Span::put(&mut piece.bytes, text)
        }
    };
    let context = match row.get_ref(12)? {
        ValueRef::Null => 0,
        value => {
            let text = json(value).ok_or_else(|| damaged("context"))?;
            piece.context_place(text)
        }
    };
    let import_id: i64 = row.get(13)?;
    let first_number = first_numbers
        .get(&import_id)
        .ok_or_else(|| damaged("import_id"))?;
    Ok(Row {
        number: first_number + row.get::<_, i64>(14)? - 1,
        time_ms: row.get(1)?,
        arrival_ms: row.get(5)?,
        sent_at_ms: sent_at_ms.unwrap_or(0),
        skew_ms,
        flags,
        name_id: number(row, 3, damaged, "name_id")?,
        user: number::<Option<u32>>(row, 9, damaged, "user_id")?.unwrap_or(0),
        source_session,
        context,
        id,
        properties,
    })
}

/// A text of JSON, which has no zero byte in it.
fn json(value: ValueRef<'_>) -> Option<&[u8]> {
    let text = value.as_str().ok()?.as_bytes();
    memchr::memchr(0, text).is_none().then_some(text)
}
