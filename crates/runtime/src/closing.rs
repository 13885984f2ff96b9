//! Telling the events of live sessions when the clock passes them. What was told is noted, and the
//! moment up to which all is told moved, in one transaction: over restarts and jumps of the clock
//! each event is told exactly once. What a late event changes in what was told already is the
//! import's (`api`), by the same log. Knows no rule of sessions and no SQL.

use dwell_store::read::due::LiveApplication;
use dwell_store::table::emission::{Emission, EmissionKey};
use dwell_store::{Reader, Store, StoreError, Writer};
use uuid::Uuid;

use crate::clock::Clock;
use crate::derived::{Derived, derived_of};

/// An event that was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted {
    /// Its application's number.
    pub application_id: i64,
    /// Its application.
    pub application: String,
    /// Its definition's number.
    pub definition_id: i64,
    /// Its session.
    pub session_id: Uuid,
    /// From 1; higher where another form of it had been told before.
    pub revision: u32,
    /// The event.
    pub event: Derived,
}

/// Makes an application live from now (UTC ms) on: events that lie later are told when the clock
/// passes them; those up to now came with imports. One that is live already goes on.
///
/// # Errors
/// Where the file cannot be written.
pub fn go_live(writer: &Writer<'_>, application_id: i64, now_ms: i64) -> Result<(), StoreError> {
    match writer.emitted_through_ms(application_id)? {
        Some(_) => Ok(()),
        None => writer.set_emitted_through(application_id, now_ms),
    }
}

/// The moment at which the next event of a live application is due, UTC ms; it lies in the past
/// where one is due already.
///
/// # Errors
/// Where the file cannot be read.
pub fn next_due(reader: &Reader<'_>) -> Result<Option<i64>, StoreError> {
    let mut next: Option<i64> = None;
    for application in reader.live_applications()? {
        let through_ms = application.emitted_through_ms;
        reader.sessions_closing_after(application.application_id, through_ms, |record| {
            let times = derived_of(&record)?.into_iter().map(|event| event.time_ms);
            let untold = times.filter(|time_ms| *time_ms > through_ms);
            next = next.into_iter().chain(untold).min();
            Ok(())
        })?;
    }
    Ok(next)
}

/// Tells what is due by a clock: notes it in the log and moves the moment up to which all is told
/// to now, one transaction for each application. Answers what was told, by application and time.
/// Nothing is due twice, and a clock behind that moment tells nothing until it has passed it again.
///
/// # Errors
/// Where the file cannot be written, or another writes to it, which is not waited for: nothing was
/// told then, and all of it still is due.
pub fn emit_due(store: &Store, clock: &dyn Clock) -> Result<Vec<Emitted>, StoreError> {
    let now_ms = clock.now_ms();
    let mut emitted = Vec::new();
    for application in store.read(|reader| reader.live_applications())? {
        if application.emitted_through_ms >= now_ms {
            continue;
        }
        match store.write_at_once(|writer| emit(writer, &application, now_ms)) {
            Ok(more) => emitted.extend(more),
            Err(error) if emitted.is_empty() => return Err(error),
            // What was told before is answered; the next call meets the error again.
            Err(_) => break,
        }
    }
    Ok(emitted)
}

/// One application's part of [`emit_due`].
fn emit(
    writer: &Writer<'_>,
    application: &LiveApplication,
    now_ms: i64,
) -> Result<Vec<Emitted>, StoreError> {
    let application_id = application.application_id;
    // Read again: another process may have told meanwhile.
    let through_ms = match writer.emitted_through_ms(application_id)? {
        Some(through_ms) if through_ms < now_ms => through_ms,
        _ => return Ok(Vec::new()),
    };
    let mut due = Vec::new();
    writer.sessions_closing_after(application_id, through_ms, |record| {
        for event in derived_of(&record)? {
            if event.time_ms > through_ms && event.time_ms <= now_ms {
                let place = (event.time_ms, record.started_at_ms, record.session_id);
                due.push((place, record.definition_id, event));
            }
        }
        Ok(())
    })?;
    // At one moment the session that ends comes before the one that starts; the events of one
    // session stay in their order.
    due.sort_by_key(|(place, _, _)| *place);
    let mut emitted = Vec::with_capacity(due.len());
    for ((_, _, session_id), definition_id, event) in due {
        let key = EmissionKey {
            session_id,
            name: &event.name,
            ordinal: event.ordinal,
        };
        let Some(emission) = told_at(writer.emission(&key)?, now_ms) else {
            continue;
        };
        writer.note_emission(definition_id, &key, &emission)?;
        emitted.push(Emitted {
            application_id,
            application: application.name.clone(),
            definition_id,
            session_id,
            revision: emission.revision,
            event,
        });
    }
    writer.set_emitted_through(application_id, now_ms)?;
    Ok(emitted)
}

/// What the log says of an event that is told now (UTC ms), by what it said before: the first time
/// it is of revision 1; one that waits to be told in another form has its revision already; one
/// that was taken back and is there again is of the next. `None` where it was told.
pub fn told_at(known: Option<Emission>, now_ms: i64) -> Option<Emission> {
    let revision = match known {
        None => Emission::FIRST.revision,
        Some(known) if known.is_withdrawn => known.revision + 1,
        Some(known) if known.emitted_at_ms.is_none() => known.revision,
        Some(_) => return None,
    };
    Some(Emission {
        revision,
        emitted_at_ms: Some(now_ms),
        is_withdrawn: false,
    })
}
