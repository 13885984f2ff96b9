//! Lists and shows the events that Dwell derives from sessions (sessions, section 9); what they are is
//! `dwell_runtime`'s.

use std::collections::BTreeMap;

use dwell_model::definition::Role;
use dwell_model::time::format_utc;
use dwell_model::{EventType, Properties};
use dwell_runtime::derived::{Derived, happened, id_of};
use dwell_store::read::session::SessionFilter;
use dwell_store::table::application::Application;
use dwell_store::table::emission::Emission;
use dwell_store::table::session::SessionRecord;
use dwell_store::{Owner, Reader};
use serde::Serialize;

use crate::derive::Compiled;
use crate::error::Result;
use crate::event::{EventDetail, EventSession, ExportRequest, note_of};
use crate::person::{answer, property_rows};
use crate::session::{device_number, find_session, user_number};
use crate::workspace::{Workspace, as_of, find_application, find_definition};

/// An event that Dwell derived as the command line lists it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedDerived {
    /// Application.
    pub application: String,
    /// Id: the session's, the name, and the place among those of the name where it is not the first.
    pub event_id: String,
    /// Name.
    pub name: String,
    /// `system`.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// RFC 3339.
    pub timestamp: String,
    /// The session's user.
    pub user_id: Option<String>,
    /// The session's device.
    pub device_id: Option<String>,
    /// What it says.
    pub properties: Properties,
    /// UTC ms.
    pub time: i64,
    /// Its session by definition.
    pub sessions: BTreeMap<String, String>,
    /// From 1; counted up when a late event changes what was already told.
    pub revision: u32,
    /// When it was emitted live or told again, UTC ms; null where it came with an import.
    pub emitted_at: Option<i64>,
}

fn listed(
    reader: &Reader<'_>,
    application: &Application,
    compiled: &Compiled,
    record: &SessionRecord,
    event: &Derived,
    emission: &Emission,
) -> Result<ListedDerived> {
    let key = |owner: Owner| -> Result<String> { Ok(reader.owner_key(owner)?.to_string()) };
    let session = (
        compiled.definition.name.clone(),
        record.session_id.to_string(),
    );
    Ok(ListedDerived {
        application: application.name.clone(),
        event_id: id_of(record, event),
        name: event.name.to_string(),
        event_type: EventType::System.as_str(),
        timestamp: format_utc(event.time_ms),
        user_id: record
            .user_number
            .map(|user| key(Owner::User(user)))
            .transpose()?,
        device_id: record
            .device_number
            .map(|device| key(Owner::Device(device)))
            .transpose()?,
        properties: event.payload.clone(),
        time: event.time_ms,
        sessions: [session].into(),
        revision: emission.revision,
        emitted_at: emission.emitted_at_ms,
    })
}

/// Walks the events that Dwell derived from an application's sessions, by definition, stream, session and
/// time; `as_of_ms` is the newest arrival where it is absent.
///
/// # Errors
/// Where what the request names does not exist, the file cannot be read, or what `each` fails with.
pub fn list(
    workspace: &Workspace,
    request: &ExportRequest,
    as_of_ms: Option<i64>,
    mut each: impl FnMut(&ListedDerived) -> Result<()>,
) -> Result<()> {
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let definitions = match &*request.definition {
            "" => Compiled::all(reader, &application)?,
            name => vec![find_definition(reader, &application, name)?],
        };
        let as_of_ms = as_of(reader, &application, as_of_ms)?;
        let user = user_number(reader, &application, request.user.as_deref())?;
        let filter = SessionFilter {
            person: user.map(Owner::User),
            device_number: device_number(reader, &application, request.device.as_deref())?,
            ..SessionFilter::default()
        };
        let from_ms = request.from_ms.unwrap_or(i64::MIN);
        let to_ms = request.to_ms.unwrap_or(i64::MAX);
        for compiled in &definitions {
            let mut one = |record: &SessionRecord| -> Result<()> {
                for (event, emission) in happened(reader, record, as_of_ms)? {
                    if (from_ms..to_ms).contains(&event.time_ms) {
                        each(&listed(
                            reader,
                            &application,
                            compiled,
                            record,
                            &event,
                            &emission,
                        )?)?;
                    }
                }
                Ok(())
            };
            let mut outcome = Ok(());
            reader.sessions(
                application.application_id,
                compiled.definition_id,
                &filter,
                |record| {
                    if outcome.is_ok() {
                        outcome = one(&record);
                    }
                    Ok(())
                },
            )?;
            outcome?;
        }
        Ok(())
    })
}

/// Everything that is known of an event that Dwell derived; `None` where the id names none.
pub(crate) fn show(
    reader: &Reader<'_>,
    application: &Application,
    event_id: &str,
) -> Result<Option<EventDetail>> {
    let Some((session_id, _)) = event_id.split_once('/') else {
        return Ok(None);
    };
    let Ok((compiled, record)) = find_session(reader, application, session_id) else {
        return Ok(None);
    };
    let all = happened(reader, &record, i64::MAX)?;
    let Some((event, emission)) = all
        .iter()
        .find(|(event, _)| id_of(&record, event) == event_id)
    else {
        return Ok(None);
    };
    let key = |owner: Option<Owner>| -> Result<Option<String>> {
        let key = owner.map(|owner| reader.owner_key(owner)).transpose()?;
        Ok(key.map(|key| key.to_string()))
    };
    let listed = listed(reader, application, &compiled, &record, event, emission)?;
    Ok(Some(EventDetail {
        event_id: event_id.to_owned(),
        id_is_derived: false,
        name: event.name.to_string(),
        event_type: EventType::System.as_str().to_owned(),
        time_ms: event.time_ms,
        raw_time_ms: event.time_ms,
        skew_ms: 0,
        arrival_ms: emission.emitted_at_ms.unwrap_or(event.time_ms),
        received_at_ms: None,
        sent_at_ms: None,
        user_id: key(record.user_number.map(Owner::User))?,
        device_id: key(record.device_number.map(Owner::Device))?,
        source_session_id: None,
        properties: property_rows(&event.payload),
        context: Vec::new(),
        context_then: Vec::new(),
        context_then_ms: None,
        // Writing to memory cannot fail, and every number is a valid JSON number.
        json: serde_json::to_string_pretty(&listed).unwrap_or_default(),
        import_file: String::new(),
        import_line: 0,
        sessions: vec![EventSession {
            definition: compiled.definition.name.clone(),
            role: Role::Ignored.as_str().to_owned(),
            session_id: Some(record.session_id.to_string()),
            why_none: None,
        }],
        late: None,
        derived: Some(note_of(emission)),
    }))
}
