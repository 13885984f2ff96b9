//! Layouts of the workspace file: each step runs all or nothing, and appends to this list.

mod blocks;

use rusqlite::{Connection, Transaction};

use crate::error::Result;
use crate::file::Writer;

/// `PRAGMA application_id` of a workspace: “Dwel”.
pub(crate) const APPLICATION_ID: i64 = 0x4477_656C;

/// What brings a file from one layout to the next.
enum Step {
    Sql(&'static str),
    /// SQL, then moving rows, then SQL that drops what they came from.
    Rows(&'static str, Move, &'static str),
}

/// Moves rows and tells how far it has come: (rows done, of all, about).
type Move = fn(&Writer<'_>, Tell<'_>) -> Result<()>;
type Tell<'a> = &'a mut dyn FnMut(u64, u64);

/// The steps; the layout's number (`PRAGMA user_version`) is how many have run. A program never opens a
/// file of a layout beyond those it knows.
const STEPS: &[Step] = &[
    Step::Sql(include_str!("schema/1.sql")),
    Step::Sql(include_str!("schema/2.sql")),
    Step::Rows(
        concat!(
            include_str!("schema/3/event.sql"),
            include_str!("schema/3/forgotten.sql"),
            include_str!("schema/3/import_part.sql"),
            include_str!("schema/3/key_run.sql"),
            include_str!("schema/3/session.sql"),
            include_str!("schema/3/people.sql"),
            include_str!("schema/3/mend.sql"),
            include_str!("schema/3/application_edit.sql"),
            include_str!("schema/3/seal.sql")
        ),
        blocks::move_events,
        include_str!("schema/3/drop.sql"),
    ),
];

/// The newest layout.
pub(crate) const NEWEST: i64 = STEPS.len() as i64;

/// Brings the file to the newest layout, in one transaction.
pub(crate) fn run(connection: &mut Connection, tell: Tell<'_>) -> Result<()> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        take(step, &transaction, tell)?;
    }
    if found < NEWEST {
        Writer::over(&transaction).seal_anew()?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", NEWEST)?;
    }
    transaction.commit()?;
    Ok(())
}

fn take(step: &Step, transaction: &Transaction<'_>, tell: Tell<'_>) -> Result<()> {
    match step {
        Step::Sql(sql) => transaction.execute_batch(sql)?,
        Step::Rows(before, move_rows, after) => {
            transaction.execute_batch(before)?;
            move_rows(&Writer::over(transaction), tell)?;
            transaction.execute_batch(after)?;
        }
    }
    Ok(())
}
