//! Commands that read.

use dwell_api::event::{EventRequest, ExportRequest};
use dwell_api::export::EVENT_COLUMNS;
use dwell_api::person::PeopleWalk;
use dwell_api::session::{Chosen, SessionRequest, SessionsRequest};
use dwell_api::{
    ApiError, Cancel, catalog, definition, derived, device, event, import, person, quarantine,
    session,
    source::{self, SourceRequest},
};
use dwell_model::Zone;
use serde::Serialize;

use crate::Failure;
use crate::arguments::{Arguments, Choice, Filter};
use crate::output::{self, Rows};

/// Hands rows from the api to the output, keeping why the output failed.
struct Sink {
    rows: Rows,
    failed: Option<Failure>,
}

impl Sink {
    fn new(as_csv: bool) -> Self {
        Self::of(output::rows(as_csv))
    }

    fn of(rows: Rows) -> Self {
        Self { rows, failed: None }
    }

    fn take(&mut self, row: &impl Serialize) -> dwell_api::Result<()> {
        match self.rows.write(row) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.failed = Some(error.into());
                // Only stops the walk; what is told is `failed`.
                Err(ApiError::new(
                    dwell_api::ErrorCode::Storage,
                    "the output failed",
                ))
            }
        }
    }

    /// The output's own failure comes before what the walk says of it.
    fn check(&mut self, walked: dwell_api::Result<()>) -> Result<(), Failure> {
        match self.failed.take() {
            Some(failure) => Err(failure),
            None => Ok(walked?),
        }
    }
}

pub(super) fn imports(arguments: &Arguments, as_csv: bool) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let mut rows = output::rows(as_csv);
    for row in import::list(&workspace, arguments.application.as_deref().unwrap_or(""))? {
        rows.write(&row)?;
    }
    output::finish(rows)
}

pub(super) fn quarantine(arguments: &Arguments, as_csv: bool) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let mut sink = Sink::new(as_csv);
    let application = arguments.application.as_deref();
    let walked = quarantine::list(&workspace, application, |row| sink.take(&row));
    sink.check(walked)?;
    output::finish(sink.rows)
}

pub(super) fn conflicts(arguments: &Arguments, as_csv: bool) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let mut rows = output::rows(as_csv);
    for row in quarantine::conflicts(&workspace, arguments.application.as_deref())? {
        rows.write(&row)?;
    }
    output::finish(rows)
}

pub(super) fn definitions(arguments: &Arguments) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let mut rows = output::rows(false);
    for (application, _) in arguments.applications(&workspace)? {
        for row in definition::list(&workspace, &application)? {
            rows.write(&row)?;
        }
    }
    output::finish(rows)
}

pub(super) fn definition(arguments: &Arguments, name: &str) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let found = arguments.first_answer(&workspace, |application, _| {
        definition::show(&workspace, application, name)
    })?;
    output::object(&found)
}

pub(super) fn comparison(arguments: &Arguments, name: &str) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let found = arguments.first_answer(&workspace, |application, zone| {
        let request = SourceRequest {
            application: application.to_owned(),
            definition: name.to_owned(),
            zone: zone.to_owned(),
        };
        source::compare(&workspace, &request, &Cancel::default(), &mut |_| ())
    })?;
    output::object(&found)
}

pub(super) fn presets(arguments: &Arguments) -> Result<(), Failure> {
    let zone = arguments.zone.as_deref().map(Zone::parse);
    let zone = zone
        .transpose()
        .map_err(|error| Failure::Usage(format!("--zone: {error}.")))?;
    let mut rows = output::rows(false);
    for row in definition::preset_rows(zone.unwrap_or(Zone::UTC)) {
        rows.write(&row)?;
    }
    output::finish(rows)
}

/// What a list of sessions asks for, of no application yet.
pub(super) fn session_request(
    arguments: &Arguments,
    filter: &Filter,
    choice: &Choice,
    as_of: Option<&str>,
    with_events: bool,
) -> Result<SessionsRequest, Failure> {
    let is_chosen = choice.filter.is_some()
        || choice.order_by.is_some()
        || choice.descending
        || choice.limit.is_some();
    if let Some(filter) = &choice.filter {
        session::check_filter(filter)
            .map_err(|error| Failure::Usage(format!("--where: {}", error.message)))?;
    }
    let chosen = Chosen {
        filter: choice.filter.clone().unwrap_or_default(),
        order_by: choice.order_by.clone().unwrap_or_default(),
        descending: choice.descending,
        limit: choice.limit,
        zone: arguments.zone.clone().unwrap_or_default(),
    };
    Ok(SessionsRequest {
        user: filter.user.clone(),
        device: filter.device.clone(),
        from_ms: arguments.moment("--from", filter.from.as_deref())?,
        to_ms: arguments.moment("--to", filter.to.as_deref())?,
        as_of_ms: arguments.moment("--as-of", as_of)?,
        with_events,
        chosen: is_chosen.then_some(chosen),
        ..SessionsRequest::default()
    })
}

pub(super) fn sessions(
    arguments: &Arguments,
    filter: &Filter,
    request: &SessionsRequest,
    as_csv: bool,
) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let mut sink = Sink::new(as_csv);
    each_application(arguments, &workspace, filter, |application| {
        let definitions = match &filter.definition {
            Some(name) => vec![name.clone()],
            None => {
                let all = definition::list(&workspace, application)?;
                all.into_iter().map(|row| row.name).collect()
            }
        };
        for definition in definitions {
            let request = SessionsRequest {
                application: application.to_owned(),
                definition,
                ..request.clone()
            };
            let total = session::list(&workspace, &request, |row| sink.take(&row))?;
            if let Some(limit) = request.chosen.and_then(|chosen| chosen.limit)
                && total > limit as u64
            {
                output::say(&format!(
                    "{limit} of {total} sessions of “{}” in “{application}”.",
                    request.definition
                ));
            }
        }
        Ok(())
    })
    .map_err(|failure| sink.failed.take().unwrap_or(failure))?;
    output::finish(sink.rows)
}

/// Asks one application after the other; what is not found in one may be in another.
fn each_application(
    arguments: &Arguments,
    workspace: &dwell_api::Workspace,
    filter: &Filter,
    mut ask: impl FnMut(&str) -> dwell_api::Result<()>,
) -> Result<(), Failure> {
    let applications = arguments.applications(workspace)?;
    let names_one = filter.definition.is_some() || filter.user.is_some() || filter.device.is_some();
    let (mut answered, mut refused) = (false, None);
    for (application, _) in applications {
        match ask(&application) {
            Ok(()) => answered = true,
            Err(error) if names_one && error.code == dwell_api::ErrorCode::NotFound => {
                refused.get_or_insert(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    match refused {
        Some(error) if !answered => Err(error.into()),
        _ => Ok(()),
    }
}

pub(super) fn session(arguments: &Arguments, id: &str, as_of: Option<&str>) -> Result<(), Failure> {
    let as_of_ms = arguments.moment("--as-of", as_of)?;
    let workspace = arguments.read()?;
    let found = arguments.first_answer(&workspace, |application, zone| {
        let request = SessionRequest {
            application: application.to_owned(),
            session_id: id.to_owned(),
            zone: zone.to_owned(),
            as_of_ms,
        };
        session::show(&workspace, &request)
    })?;
    output::object(&found)
}

pub(super) fn events(arguments: &Arguments, filter: &Filter, as_csv: bool) -> Result<(), Failure> {
    let request = filter_of(arguments, filter)?;
    let workspace = arguments.read()?;
    let mut sink = Sink::of(output::rows_with(as_csv, &EVENT_COLUMNS));
    each_application(arguments, &workspace, filter, |application| {
        let request = ExportRequest {
            application: application.to_owned(),
            ..request.clone()
        };
        event::export(&workspace, &request, |row| sink.take(&row))
    })
    .map_err(|failure| sink.failed.take().unwrap_or(failure))?;
    output::finish(sink.rows)
}

pub(super) fn derived(
    arguments: &Arguments,
    filter: &Filter,
    as_of: Option<&str>,
    as_csv: bool,
) -> Result<(), Failure> {
    let as_of_ms = arguments.moment("--as-of", as_of)?;
    let request = filter_of(arguments, filter)?;
    let workspace = arguments.read()?;
    let mut sink = Sink::new(as_csv);
    each_application(arguments, &workspace, filter, |application| {
        let request = ExportRequest {
            application: application.to_owned(),
            ..request.clone()
        };
        derived::list(&workspace, &request, as_of_ms, |row| sink.take(row))
    })
    .map_err(|failure| sink.failed.take().unwrap_or(failure))?;
    output::finish(sink.rows)
}

/// What a filter asks for, of no application yet.
fn filter_of(arguments: &Arguments, filter: &Filter) -> Result<ExportRequest, Failure> {
    Ok(ExportRequest {
        application: String::new(),
        definition: filter.definition.clone().unwrap_or_default(),
        user: filter.user.clone(),
        person: None,
        device: filter.device.clone(),
        from_ms: arguments.moment("--from", filter.from.as_deref())?,
        to_ms: arguments.moment("--to", filter.to.as_deref())?,
    })
}

pub(super) fn event(arguments: &Arguments, id: &str) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let found = arguments.first_answer(&workspace, |application, zone| {
        let request = EventRequest {
            application: application.to_owned(),
            event_id: id.to_owned(),
            zone: zone.to_owned(),
        };
        event::show(&workspace, &request)
    })?;
    output::object(&found)
}

pub(super) fn event_names(arguments: &Arguments, as_csv: bool) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let mut rows = output::rows(as_csv);
    for (application, _) in arguments.applications(&workspace)? {
        let names =
            catalog::event_names(&workspace, &application, &Cancel::default(), &mut |_, _| {})?;
        for row in names {
            rows.write(&row)?;
        }
    }
    output::finish(rows)
}

pub(super) fn users(arguments: &Arguments, as_csv: bool) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let mut sink = Sink::new(as_csv);
    for (application, _) in arguments.applications(&workspace)? {
        let users = PeopleWalk {
            application,
            only_users: true,
            ..PeopleWalk::default()
        };
        let walked = person::walk(&workspace, &users, |row| sink.take(&row));
        sink.check(walked)?;
    }
    output::finish(sink.rows)
}

pub(super) fn user(arguments: &Arguments, id: &str) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let found = arguments.first_answer(&workspace, |application, _| {
        person::user(&workspace, application, id)
    })?;
    output::object(&found)
}

pub(super) fn devices(arguments: &Arguments, as_csv: bool) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let mut sink = Sink::new(as_csv);
    for (application, _) in arguments.applications(&workspace)? {
        let walked = device::list(&workspace, &application, |row| sink.take(&row));
        sink.check(walked)?;
    }
    output::finish(sink.rows)
}

pub(super) fn device(arguments: &Arguments, id: &str) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let found = arguments.first_answer(&workspace, |application, _| {
        device::show(&workspace, application, id)
    })?;
    output::object(&found)
}
