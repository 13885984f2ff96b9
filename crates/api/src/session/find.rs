//! Sessions by any of their figures: those that a filter takes, in any order, a page at a time and with
//! how many there are in all. Numbers are tested in memory; the file is asked for the page alone.

use std::cmp::Reverse;

use dwell_model::{EndReason, State, Zone};
use dwell_store::read::session_columns::{PersonRows, RowPlace, SessionColumns};
use dwell_store::table::application::Application;
use dwell_store::table::session::SessionRecord;
use dwell_store::{Owner, Reader};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::filter::{Comparison, Filter, Number, StateWord, unknown_figure};
use super::{Chosen, SessionRow, SessionsRequest, device_number, row_of, user_number};
use crate::Cancel;
use crate::derive::Compiled;
use crate::error::{ApiError, Result};
use crate::person::answer;
use crate::workspace::{Workspace, as_of, find_application, find_definition};

/// Asks for sessions by their figures.
#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct FindSessions {
    /// Application.
    pub application: String,
    /// Definition; blank is the application's first.
    pub definition: String,
    /// Which ones: `duration > 10m and late_count > 0`; blank is all. Figures are named as in the
    /// rows; lengths are `90s` or `1h30m`, times `2026-11-20` or `2026-11-20T14:58:20Z`; words are
    /// compared by `=`, `!=` and `in (…)`; parts are joined by `and`, `or`, `not` and parentheses.
    pub filter: String,
    /// Of this user.
    pub user: Option<String>,
    /// Of this device.
    pub device: Option<String>,
    /// Started at or after, UTC ms.
    pub from_ms: Option<i64>,
    /// Started before, UTC ms.
    pub to_ms: Option<i64>,
    /// The figure by which they stand; blank is `started_at`. Sessions without it come last.
    pub order_by: String,
    /// The largest first.
    pub descending: bool,
    /// IANA zone of times in the filter that name none; blank is UTC.
    pub zone: String,
    /// Moment as of which states are told, UTC ms; null is the newest arrival.
    pub as_of_ms: Option<i64>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500.
    pub limit: u32,
}

/// A page of sessions.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct SessionPage {
    /// At most `limit` rows.
    pub rows: Vec<SessionRow>,
    /// How many there are in all.
    pub total: u64,
    /// For the next page; null at the end.
    pub next: Option<String>,
    /// The moment as of which states are told, UTC ms.
    pub as_of_ms: i64,
}

/// Where a session stands among those found: by its figure (the order of the bits is that of the
/// numbers), its start, its person and its place in the person's order.
type Rank = (i64, i64, i64, u32);

/// Found sessions, in order.
pub(super) struct Found {
    pub(super) places: Vec<(RowPlace, Rank)>,
    pub(super) total: u64,
    pub(super) as_of_ms: i64,
}

/// A page of the sessions that a filter takes. `tell` hears how many of all sessions are read, where
/// they are not in memory yet.
///
/// # Errors
/// Where the request or its filter is wrong, there is no such application, definition, user or device,
/// the file cannot be read, or on cancel.
pub fn page(
    workspace: &Workspace,
    request: &FindSessions,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<SessionPage> {
    if !(1..=500).contains(&request.limit) {
        return Err(ApiError::bad_input("A page has 1 to 500 rows."));
    }
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let compiled = find_definition(reader, &application, &request.definition)?;
        let limit = request.limit as usize;
        let found = select(
            reader,
            &application,
            &compiled,
            request,
            limit,
            cancel,
            tell,
        )?;
        let mut rows = Vec::with_capacity(found.places.len());
        for (place, rank) in &found.places {
            // One that went since the columns were read is in none of the next pages either.
            if let Some(record) = reader.session_at(*place)? {
                let number = Some(rank.3 + 1);
                rows.push(row_of(
                    reader,
                    &application,
                    &compiled,
                    &record,
                    number,
                    found.as_of_ms,
                )?);
            }
        }
        let last = found.places.last().filter(|_| found.places.len() == limit);
        Ok(SessionPage {
            rows,
            total: found.total,
            next: last
                .map(|(_, (key, start, person, nth))| format!("{key}:{start}:{person}:{nth}")),
            as_of_ms: found.as_of_ms,
        })
    })
}

/// Whether a filter is one, before anything is opened; which figures a definition has of its own is not
/// known then.
///
/// # Errors
/// What is wrong with it, and where.
pub fn check_filter(filter: &str) -> Result<()> {
    Filter::parse(filter, Zone::UTC).map(drop)
}

/// What the command line's list asks for.
pub(super) fn of_list(list: &SessionsRequest, chosen: &Chosen) -> FindSessions {
    FindSessions {
        application: list.application.clone(),
        definition: list.definition.clone(),
        filter: chosen.filter.clone(),
        user: list.user.clone(),
        device: list.device.clone(),
        from_ms: list.from_ms,
        to_ms: list.to_ms,
        order_by: chosen.order_by.clone(),
        descending: chosen.descending,
        zone: chosen.zone.clone(),
        as_of_ms: list.as_of_ms,
        after: None,
        limit: 0,
    }
}

/// Hands on each of the sessions that a filter takes, in order, with its place among its person's; at
/// most `limit` of them. Answers how many there are in all.
pub(super) fn each(
    reader: &Reader<'_>,
    application: &Application,
    compiled: &Compiled,
    request: &FindSessions,
    limit: Option<usize>,
    mut each: impl FnMut(&SessionRecord, Option<u32>) -> Result<()>,
) -> Result<u64> {
    let (limit, cancel) = (limit.unwrap_or(usize::MAX), Cancel::default());
    let found = select(
        reader,
        application,
        compiled,
        request,
        limit,
        &cancel,
        &mut |_, _| (),
    )?;
    for (place, rank) in &found.places {
        if let Some(record) = reader.session_at(*place)? {
            each(&record, Some(rank.3 + 1))?;
        }
    }
    Ok(found.total)
}

fn select(
    reader: &Reader<'_>,
    application: &Application,
    compiled: &Compiled,
    request: &FindSessions,
    limit: usize,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<Found> {
    let zone = match &*request.zone {
        "" => Zone::UTC,
        name => crate::workspace::parse_zone(name)?,
    };
    let order_by = match &*request.order_by {
        "" => Number::StartedAt,
        name => Number::of_name(name, 0).ok_or_else(|| {
            ApiError::bad_input(format!(
                "Sessions have no order by “{name}”: it is no number."
            ))
        })?,
    };
    let wanted = Wanted {
        filter: Filter::parse(&request.filter, zone)?,
        person: user_number(reader, application, request.user.as_deref())?.map(Owner::User),
        device: device_number(reader, application, request.device.as_deref())?,
        from_ms: request.from_ms.unwrap_or(i64::MIN),
        to_ms: request.to_ms.unwrap_or(i64::MAX),
        as_of_ms: as_of(reader, application, request.as_of_ms)?,
        order_by,
        is_descending: request.descending,
        after: request.after.as_deref().map(rank_of).transpose()?,
    };
    let mut hear = |done, all| {
        tell(done, all);
        cancel.flow()
    };
    let found = reader.session_columns(compiled.definition_id, &mut hear, |columns| {
        wanted.find(columns, limit)
    })?;
    found.ok_or_else(ApiError::cancelled)?
}

fn rank_of(text: &str) -> Result<Rank> {
    let mut parts = text.split(':');
    let mut next = || parts.next().and_then(|part| part.parse::<i64>().ok());
    let rank = (
        next(),
        next(),
        next(),
        next().and_then(|nth| u32::try_from(nth).ok()),
    );
    match rank {
        (Some(key), Some(start), Some(person), Some(nth)) => Ok((key, start, person, nth)),
        _ => Err(ApiError::bad_input("That is no page of this list.")),
    }
}

/// A question, ready to be asked.
struct Wanted {
    filter: Filter,
    person: Option<Owner>,
    device: Option<i64>,
    from_ms: i64,
    to_ms: i64,
    as_of_ms: i64,
    order_by: Number,
    is_descending: bool,
    after: Option<Rank>,
}

impl Wanted {
    fn find(&self, columns: &SessionColumns, limit: usize) -> Result<Found> {
        let takes = match &self.filter {
            Filter::All(none) if none.is_empty() => None,
            filter => Some(self.test(columns, filter)?),
        };
        let keys = self.values(columns, &self.order_by)?;
        let mut best = Best {
            wanted: self,
            limit,
            last: None,
            found: Vec::new(),
        };
        let mut total = 0;
        for (of, rows) in (0..).zip(columns.people()) {
            if self.person.is_some_and(|person| person != rows.person) {
                continue;
            }
            for row in rows.rows.clone() {
                let start_ms = columns.started_at_ms[row];
                let is_wanted = takes.as_ref().is_none_or(|takes| takes[row])
                    && (self.from_ms..self.to_ms).contains(&start_ms)
                    && self
                        .device
                        .is_none_or(|device| columns.devices[row] == device);
                if is_wanted {
                    total += 1;
                    let key = self.key(keys.at(row));
                    let nth = (row - rows.rows.start) as u32;
                    let rank = (key, start_ms, rows.person.id(), nth);
                    if self
                        .after
                        .is_none_or(|after| self.compare(&after, &rank).is_lt())
                    {
                        best.take(rank, of);
                    }
                }
            }
        }
        let found = best.finish();
        let place = |(rank, of): (Rank, u32)| {
            let rows: &PersonRows = &columns.people()[of as usize];
            (columns.place(rows, rows.rows.start + rank.3 as usize), rank)
        };
        Ok(Found {
            places: found.into_iter().map(place).collect(),
            total,
            as_of_ms: self.as_of_ms,
        })
    }

    /// A figure as a whole number of the same order; what is no number comes last.
    fn key(&self, value: f64) -> i64 {
        if value.is_nan() {
            return if self.is_descending {
                i64::MIN
            } else {
                i64::MAX
            };
        }
        // Both zeros are one.
        let bits = (value + 0.0).to_bits().cast_signed();
        bits ^ ((bits >> 63) & i64::MAX)
    }

    fn compare(&self, a: &Rank, b: &Rank) -> std::cmp::Ordering {
        match self.is_descending {
            false => a.cmp(b),
            true => Reverse(a).cmp(&Reverse(b)),
        }
    }

    /// For every row whether a filter takes it.
    fn test(&self, columns: &SessionColumns, filter: &Filter) -> Result<Vec<bool>> {
        let all = |is: bool| vec![is; columns.row_count()];
        Ok(match filter {
            Filter::All(parts) => {
                let mut takes = all(true);
                for part in parts {
                    let also = self.test(columns, part)?;
                    takes
                        .iter_mut()
                        .zip(also)
                        .for_each(|(takes, also)| *takes &= also);
                }
                takes
            }
            Filter::Any(parts) => {
                let mut takes = all(false);
                for part in parts {
                    let also = self.test(columns, part)?;
                    takes
                        .iter_mut()
                        .zip(also)
                        .for_each(|(takes, also)| *takes |= also);
                }
                takes
            }
            Filter::Not(part) => {
                let mut takes = self.test(columns, part)?;
                takes.iter_mut().for_each(|takes| *takes = !*takes);
                takes
            }
            Filter::Compare(number, comparison, value) => {
                let values = self.values(columns, number)?;
                match comparison {
                    Comparison::Equal => values.test(|one| one == *value),
                    Comparison::Less => values.test(|one| one < *value),
                    Comparison::LessOrEqual => values.test(|one| one <= *value),
                    Comparison::More => values.test(|one| one > *value),
                    Comparison::MoreOrEqual => values.test(|one| one >= *value),
                }
            }
            Filter::StartReason(reason) => columns
                .start_reasons
                .iter()
                .map(|one| one == reason)
                .collect(),
            Filter::EndReason(EndReason::Open) => columns
                .closes_at_ms
                .iter()
                .map(|at_ms| self.as_of_ms < *at_ms)
                .collect(),
            Filter::EndReason(reason) => columns
                .close_reasons
                .iter()
                .zip(&columns.closes_at_ms)
                .map(|(one, at_ms)| one == reason && self.as_of_ms >= *at_ms)
                .collect(),
            Filter::StartKind(kind) => columns.start_kinds.iter().map(|one| one == kind).collect(),
            Filter::State(word) => {
                let wanted = match word {
                    StateWord::Active => State::Active,
                    StateWord::Closed => State::Closed,
                    StateWord::Expired => State::Expired,
                };
                let moments = columns.closes_at_ms.iter().zip(&columns.expires_at_ms);
                let state = |(closes_ms, expires_ms): (&i64, &i64)| {
                    State::at(self.as_of_ms, *closes_ms, *expires_ms) == wanted
                };
                moments.map(state).collect()
            }
            Filter::LateBorn => columns.late_born.clone(),
        })
    }

    fn values<'c>(&self, columns: &'c SessionColumns, number: &Number) -> Result<Values<'c>> {
        Ok(match number {
            Number::StartedAt => Values::Whole(&columns.started_at_ms),
            Number::EndedAt => Values::Sum(&columns.started_at_ms, &columns.duration_ms),
            Number::ClosesAt => Values::Whole(&columns.closes_at_ms),
            Number::ExpiresAt => Values::Whole(&columns.expires_at_ms),
            Number::Duration => Values::Whole(&columns.duration_ms),
            Number::Engaged => Values::Whole(&columns.engaged_ms),
            Number::EventCount => Values::Count(&columns.event_counts),
            Number::LateCount => Values::Count(&columns.late_counts),
            Number::Place => {
                let mut numbers = vec![0.0; columns.row_count()];
                for of in columns.people() {
                    for (number, row) in (1..).zip(of.rows.clone()) {
                        numbers[row] = f64::from(number);
                    }
                }
                Values::Made(numbers)
            }
            Number::Own { name, at } => {
                let mut own = columns.figures().iter();
                match own.find(|figure| *figure.name == **name) {
                    Some(figure) => Values::Own(&figure.values),
                    None => {
                        let names = columns.figures().iter().map(|figure| &*figure.name);
                        return Err(unknown_figure(name, *at, names));
                    }
                }
            }
        })
    }
}

/// The first ones of all that are taken, as many as are wanted.
struct Best<'w> {
    wanted: &'w Wanted,
    limit: usize,
    /// Whatever comes after this is none of them.
    last: Option<Rank>,
    found: Vec<(Rank, u32)>,
}

impl Best<'_> {
    fn take(&mut self, rank: Rank, of: u32) {
        let comes_after = |last: Rank| self.wanted.compare(&last, &rank).is_lt();
        if self.last.is_some_and(comes_after) {
            return;
        }
        self.found.push((rank, of));
        if self.found.len() > self.limit.saturating_mul(2).saturating_add(1_024) {
            self.cut();
        }
    }

    /// Leaves those that are wanted, in no order.
    fn cut(&mut self) {
        let wanted = self.wanted;
        if let Some(last) = self
            .limit
            .checked_sub(1)
            .filter(|last| *last < self.found.len())
        {
            let by_rank = |a: &(Rank, u32), b: &(Rank, u32)| wanted.compare(&a.0, &b.0);
            let (_, (rank, _), _) = self.found.select_nth_unstable_by(last, by_rank);
            self.last = Some(*rank);
        }
        self.found.truncate(self.limit);
    }

    fn finish(mut self) -> Vec<(Rank, u32)> {
        self.cut();
        let wanted = self.wanted;
        self.found
            .sort_unstable_by(|a, b| wanted.compare(&a.0, &b.0));
        self.found
    }
}

/// A column of numbers.
enum Values<'c> {
    Whole(&'c [i64]),
    Sum(&'c [i64], &'c [i64]),
    Count(&'c [u32]),
    Own(&'c [f64]),
    Made(Vec<f64>),
}

impl Values<'_> {
    fn at(&self, row: usize) -> f64 {
        match self {
            Self::Whole(values) => values[row] as f64,
            Self::Sum(values, more) => values[row].wrapping_add(more[row]) as f64,
            Self::Count(values) => f64::from(values[row]),
            Self::Own(values) => values[row],
            Self::Made(values) => values[row],
        }
    }

    fn test(&self, takes: impl Fn(f64) -> bool) -> Vec<bool> {
        match self {
            Self::Whole(values) => values.iter().map(|value| takes(*value as f64)).collect(),
            Self::Sum(values, more) => {
                let sums = values.iter().zip(*more);
                sums.map(|(value, more)| takes(value.wrapping_add(*more) as f64))
                    .collect()
            }
            Self::Count(values) => values
                .iter()
                .map(|value| takes(f64::from(*value)))
                .collect(),
            Self::Own(values) => values.iter().map(|value| takes(*value)).collect(),
            Self::Made(values) => values.iter().map(|value| takes(*value)).collect(),
        }
    }
}
