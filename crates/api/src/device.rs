//! Devices: the command line's lists, and a device in a few words.

use dwell_model::{Key, Properties, Value};
use dwell_store::read::device::Device;
use dwell_store::{Owner, Reader};
use serde::Serialize;

use crate::error::{ApiError, Result};
use crate::person::answer;
use crate::workspace::{Workspace, find_application};

/// A device with what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceRow {
    /// Application.
    pub application: String,
    /// Id.
    pub device_id: String,
    /// First event, UTC ms.
    pub first_seen: i64,
    /// Last event, UTC ms.
    pub last_seen: i64,
    /// Events.
    pub event_count: u64,
    /// Users seen on it.
    pub users: Vec<String>,
    /// The newest value of each context field.
    pub context: Properties,
}

/// Walks an application's devices, the last seen first.
///
/// # Errors
/// Where the file cannot be read, or what `each` fails with.
pub fn list(
    workspace: &Workspace,
    application: &str,
    mut each: impl FnMut(DeviceRow) -> Result<()>,
) -> Result<()> {
    answer(workspace, |reader| {
        let application = find_application(reader, application)?;
        let mut outcome = Ok(());
        reader.devices(application.application_id, |device| {
            if outcome.is_ok() {
                outcome = device_row(reader, &application.name, device).and_then(&mut each);
            }
            Ok(())
        })?;
        outcome
    })
}

/// One device.
///
/// # Errors
/// Where there is no such device, or the file cannot be read.
pub fn show(workspace: &Workspace, application: &str, device_id: &str) -> Result<DeviceRow> {
    answer(workspace, |reader| {
        let application = find_application(reader, application)?;
        let number = match Key::parse(device_id) {
            Some(key) => reader.device_number(application.application_id, &key)?,
            None => None,
        };
        let device = match number {
            Some(number) => reader.device(number)?,
            None => None,
        };
        let device = device.ok_or_else(|| {
            ApiError::not_found(format!(
                "There is no device “{device_id}” in the application “{}”.",
                application.name
            ))
        })?;
        device_row(reader, &application.name, device)
    })
}

fn device_row(reader: &Reader<'_>, application: &str, device: Device) -> Result<DeviceRow> {
    let user = |number: &i64| Ok(reader.owner_key(Owner::User(*number))?.to_string());
    let mut users = device.users.iter().map(user).collect::<Result<Vec<_>>>()?;
    users.sort_unstable();
    Ok(DeviceRow {
        application: application.to_owned(),
        device_id: device.key.to_string(),
        first_seen: device.first_seen_ms,
        last_seen: device.last_seen_ms,
        event_count: device.event_count,
        users,
        context: device.context,
    })
}

/// A device's model, system and app version, where its context tells them.
pub(crate) fn in_short(context: &Properties) -> (Option<String>, Option<String>, Option<String>) {
    let text = |field: &str| {
        context
            .get(field)
            .filter(|value| !value.is_null())
            .map(Value::shown)
    };
    let joined = |first: Option<String>, second: Option<String>| match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first} {second}")),
        (first, second) => first.or(second),
    };
    (
        text("device_model").or_else(|| text("device_type")),
        joined(text("operating_system"), text("os_version")),
        text("app_version"),
    )
}
