//! Layouts of the workspace file: each step runs all or nothing, and appends to this list.

use rusqlite::Connection;

use crate::error::Result;

/// `PRAGMA application_id` of a workspace: “Dwel”.
pub(crate) const APPLICATION_ID: i64 = 0x4477_656C;

/// The steps; the layout's number (`PRAGMA user_version`) is how many have run. A program never opens a
/// file of a layout beyond those it knows.
const STEPS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    concat!(include_str!("schema/3/session.sql")),
];

/// The newest layout.
pub(crate) const NEWEST: i64 = STEPS.len() as i64;

/// Brings the file to the newest layout, in one transaction.
pub(crate) fn run(connection: &mut Connection) -> Result<()> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    if found < NEWEST {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", NEWEST)?;
    }
    transaction.commit()?;
    Ok(())
}
