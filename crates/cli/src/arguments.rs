//! What can be typed. The help is made from it.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use dwell_api::import::{self, ColumnChoice};

/// A console for user sessions: imports events, groups them into sessions by exact rules and explains
/// every boundary.
#[derive(Parser)]
#[command(name = "dwell", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// The workspace file; the app's own where absent. Only writing commands make it.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) workspace: Option<PathBuf>,
    /// The application. Lists without it tell of all; writing commands without it take `default`.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) application: Option<String>,
    /// The IANA zone of times in sentences and of typed times without an offset; the application's
    /// where absent.
    #[arg(long, global = true, value_name = "ZONE")]
    pub(crate) zone: Option<String>,
    /// Bring a workspace of an older version up to date without keeping a backup of it first
    #[arg(long, global = true)]
    pub(crate) without_backup: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Import files of events: JSON Lines, JSON lists, CSV and TSV, plain or packed
    Import(Import),
    /// What was imported
    #[command(subcommand)]
    Imports(Imports),
    /// Delete a person's data for good; remembered, so that no import brings it back
    Forget(Forget),
    /// Rows that could not be taken
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// The rules by which events are grouped
    #[command(subcommand)]
    Definition(Definition),
    /// Sessions
    #[command(subcommand)]
    Session(Session),
    /// Events
    #[command(subcommand)]
    Event(Event),
    /// Names of events
    #[command(subcommand)]
    Catalog(Catalog),
    /// Known users
    #[command(subcommand)]
    User(User),
    /// Devices
    #[command(subcommand)]
    Device(Device),
    /// How the sessions would change under other rules; nothing is written
    WhatIf(WhatIf),
    /// Fill an empty workspace with the demo data
    Demo,
    /// Copy the workspace to a new file, as it is now; others go on with it meanwhile
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Put a backup in the place of the workspace; what it held is kept in a backup beside it
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Check the file, and everything derived against the events
    Check,
}

#[derive(Args)]
pub(crate) struct Import {
    /// Files, folders, ZIP archives; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// What the files are
    #[arg(long, default_value = AUTO, value_parser = format_names())]
    pub(crate) format: String,
    /// The column of a table that a field stands in; `FIELD=` where none does
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = column_choice)]
    pub(crate) columns: Vec<ColumnChoice>,
    /// The IANA zone of times without an offset
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    pub(crate) time_zone: String,
    /// Show how the first rows would be stored, and write nothing
    #[arg(long)]
    pub(crate) preview: bool,
    /// Print one object with the figures; of a preview one for each file
    #[arg(long)]
    pub(crate) json: bool,
}

/// The format that is told by the content.
pub(crate) const AUTO: &str = "auto";

fn format_names() -> Vec<&'static str> {
    std::iter::once(AUTO).chain(import::formats()).collect()
}

fn column_choice(text: &str) -> Result<ColumnChoice, String> {
    let (field, column) = text
        .split_once('=')
        .ok_or("it should be FIELD=COLUMN, timestamp=when for instance")?;
    match import::column_fields().contains(&field) {
        true => Ok(ColumnChoice {
            field: field.to_owned(),
            column: column.to_owned(),
        }),
        false => Err(format!(
            "events have no field “{field}”: it is one of {}",
            import::column_fields().join(", ")
        )),
    }
}

#[derive(Subcommand)]
pub(crate) enum Imports {
    /// Imports, the newest first
    List(Table),
    /// Take an import back: its events, and all that follows from them; events that another import
    /// brought as well stay
    Remove {
        /// Its number
        id: i64,
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Args)]
#[command(group(ArgGroup::new("whom").required(true)))]
pub(crate) struct Forget {
    /// The user of this id, with all ids that aliases join and what the user did without naming one
    #[arg(long, value_name = "ID", group = "whom")]
    pub(crate) user: Option<String>,
    /// The device of this id, with everything on it, whoever's
    #[arg(long, value_name = "ID", group = "whom")]
    pub(crate) device: Option<String>,
    /// What was forgotten, and when; no ids are kept of it
    #[arg(long, group = "whom", conflicts_with_all = ["dry_run", "json"])]
    pub(crate) list: bool,
    /// Let imports bring this user or device again
    #[arg(long, value_name = "ID", group = "whom", conflicts_with_all = ["dry_run", "json"])]
    pub(crate) allow: Option<String>,
    /// Only say what would go
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one object with the figures
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Quarantine {
    /// Rejected rows with line, column and reason
    List {
        /// Copies of events that differ from the one that counts, instead
        #[arg(long, conflicts_with = "groups")]
        conflicts: bool,
        /// By import, reason and field, each with the options of `retry` that would mend rows
        #[arg(long, conflicts_with = "csv")]
        groups: bool,
        #[command(flatten)]
        table: Table,
    },
    /// Write rejected rows as they came, tables with their header: to be mended in an editor and imported
    Export {
        /// The file, made or replaced; `-` is standard output
        file: PathBuf,
        #[command(flatten)]
        choose: Choose,
    },
    /// Read rejected rows again, with what is said of them: those that are events then become events of
    /// their import; the others stay
    Retry(Mend),
}

/// Which rejected rows.
#[derive(Args)]
pub(crate) struct Choose {
    /// Only of this import
    #[arg(long, value_name = "ID")]
    pub(crate) import: Option<i64>,
    /// Only with this reason: bad_time, no_owner, …
    #[arg(long, value_name = "REASON")]
    pub(crate) reason: Option<String>,
    /// Only with this field
    #[arg(long, value_name = "FIELD")]
    pub(crate) field: Option<String>,
}

#[derive(Args)]
pub(crate) struct Mend {
    #[command(flatten)]
    pub(crate) choose: Choose,
    /// The IANA zone of times without an offset
    #[arg(long, value_name = "ZONE", conflicts_with = "offset")]
    pub(crate) time_zone: Option<String>,
    /// How far times without an offset are from UTC: +02:00
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
    pub(crate) offset: Option<String>,
    /// Dates are written as 20/11/26 or 20 Nov 2026
    #[arg(long, conflicts_with_all = ["month_first", "year_first"])]
    pub(crate) day_first: bool,
    /// Dates are written as 11/20/26
    #[arg(long, conflicts_with = "year_first")]
    pub(crate) month_first: bool,
    /// Dates are written as 2026/11/20
    #[arg(long)]
    pub(crate) year_first: bool,
    /// A comma stands for the decimal point
    #[arg(long)]
    pub(crate) decimal_comma: bool,
    /// The device of rows with neither a user nor a device
    #[arg(long, value_name = "ID", conflicts_with = "default_user")]
    pub(crate) default_device: Option<String>,
    /// The user of such rows
    #[arg(long, value_name = "ID")]
    pub(crate) default_user: Option<String>,
    /// The field TO stands under the name FROM; `FIELD=` where the field is but a property
    #[arg(long, value_name = "FROM=TO", value_parser = rename)]
    pub(crate) rename: Vec<(String, String)>,
    /// The text is Windows-1252 or Latin-1 where it is no UTF-8
    #[arg(long)]
    pub(crate) windows_1252: bool,
    /// Drop the rows for good: they count as never read
    #[arg(long, conflicts_with_all = [
        "time_zone", "offset", "day_first", "month_first", "year_first", "decimal_comma",
        "default_device", "default_user", "rename", "windows_1252",
    ])]
    pub(crate) skip: bool,
    /// For each reason what `list --groups` is sure of
    #[arg(long, conflicts_with_all = [
        "time_zone", "offset", "day_first", "month_first", "year_first", "decimal_comma",
        "default_device", "default_user", "rename", "windows_1252", "skip",
    ])]
    pub(crate) suggested: bool,
    /// Only say what would become of them
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print an object with the figures of each import
    #[arg(long)]
    pub(crate) json: bool,
}

fn rename(text: &str) -> Result<(String, String), String> {
    let (from, to) = text
        .split_once('=')
        .ok_or("it should be FROM=TO, event=name for instance")?;
    let fields = import::column_fields();
    // Of a field that is but a property it is the field's name that is said.
    let field = if to.is_empty() { from } else { to };
    match fields.contains(&field) {
        true => Ok((from.to_owned(), to.to_owned())),
        false => Err(format!(
            "events have no field “{field}”: it is one of {}",
            fields.join(", ")
        )),
    }
}

#[derive(Subcommand)]
pub(crate) enum Definition {
    /// Definitions
    List,
    /// One definition as a file that `set` takes
    Show {
        /// Its name
        name: String,
    },
    /// Set a definition from a file and build its sessions
    Set {
        /// A JSON file; `-` is standard input
        file: PathBuf,
    },
    /// Set the definition of a preset; without a name, list the presets
    Preset {
        /// The preset
        name: Option<String>,
    },
    /// Remove a definition with its sessions; `undo` brings it back
    Remove {
        /// Its name
        name: String,
    },
    /// Take back the last change of a definition
    Undo {
        /// Its name
        name: String,
    },
    /// Compare a definition's sessions with the session ids that the data brought
    Compare {
        /// Its name
        name: String,
    },
    /// Build a definition's sessions again, with the zone data of this program
    Rebuild {
        /// Its name
        name: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Session {
    /// Sessions by stream and start, or chosen by any of their figures
    List {
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        choice: Choice,
        /// The moment as of which states are told; the newest arrival where absent
        #[arg(long, value_name = "T")]
        as_of: Option<String>,
        /// Add the ids of the events
        #[arg(long)]
        events: bool,
        #[command(flatten)]
        table: Table,
    },
    /// One session with why it started and ended
    Show {
        /// Its id, or one that it once had
        id: String,
        /// The moment as of which its state is told; the newest arrival where absent
        #[arg(long, value_name = "T")]
        as_of: Option<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum Event {
    /// Events by stream and time, as imported, with their sessions
    List {
        #[command(flatten)]
        filter: Filter,
        /// The events that Dwell derived from sessions instead
        #[arg(long)]
        derived: bool,
        /// The moment up to which derived events are told; the newest arrival where absent
        #[arg(long, value_name = "T", requires = "derived")]
        as_of: Option<String>,
        #[command(flatten)]
        table: Table,
    },
    /// One event with everything that is known of it
    Show {
        /// Its id
        id: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Catalog {
    /// Names of events, with how many there are of each, the first and the last
    List(Table),
}

#[derive(Subcommand)]
pub(crate) enum User {
    /// Users, the last seen first
    List(Table),
    /// One user
    Show {
        /// Its id
        id: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum Device {
    /// Devices, the last seen first
    List(Table),
    /// One device
    Show {
        /// Its id
        id: String,
    },
}

#[derive(Args)]
pub(crate) struct WhatIf {
    /// The definition to try: a JSON file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) definition: PathBuf,
    /// The definition in use to compare it with; the application's oldest where absent
    #[arg(long, value_name = "NAME")]
    pub(crate) definition_name: Option<String>,
}

#[derive(Args)]
pub(crate) struct Table {
    /// Write CSV instead of JSON Lines
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Args)]
pub(crate) struct Choice {
    /// Only those with these figures, by start: `duration > 10m and late_count > 0`. Figures are named
    /// as in the rows; lengths are 90s or 1h30m, times 2026-11-20 or 2026-11-20T14:58:20Z; words are
    /// compared by =, != and `in (…)`; `and`, `or`, `not` and parentheses join them
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// By this figure, the smallest first
    #[arg(long, value_name = "FIGURE")]
    pub(crate) order_by: Option<String>,
    /// The largest first
    #[arg(long)]
    pub(crate) descending: bool,
    /// At most so many of each definition; how many there are in all is told beside them
    #[arg(long, value_name = "ROWS")]
    pub(crate) limit: Option<usize>,
}

#[derive(Args)]
pub(crate) struct Filter {
    /// Only of this definition
    #[arg(long, value_name = "NAME")]
    pub(crate) definition: Option<String>,
    /// Only of this user
    #[arg(long, value_name = "ID")]
    pub(crate) user: Option<String>,
    /// Only of this device
    #[arg(long, value_name = "ID")]
    pub(crate) device: Option<String>,
    /// At or after: RFC 3339, or UTC as a number
    #[arg(long, value_name = "T")]
    pub(crate) from: Option<String>,
    /// Before
    #[arg(long, value_name = "T")]
    pub(crate) to: Option<String>,
}
