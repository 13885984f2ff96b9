//! The device's snapshot that comes with lifecycle events, in Tell's groups or flat, and the small
//! part of it that other events carry. Must not know which event it is for.

use crate::application::Kind;
use crate::devices::{Device, System, running_at};
use crate::line::{Properties, Value};
use crate::place::{Place, local_hour};
use crate::rng::Rng;

/// Why and in which state a snapshot is taken.
pub(crate) struct Occasion {
    pub(crate) reason: &'static str,
    pub(crate) app_state: &'static str,
    pub(crate) background_seconds: Option<i64>,
}

/// The full snapshot. `home` gives the locale, `here` the zone: they differ on a journey.
pub(crate) fn snapshot(
    rng: &mut Rng,
    kind: Kind,
    device: &Device,
    (home, here): (&Place, &Place),
    at_ms: i64,
    occasion: &Occasion,
) -> Properties {
    let model = device.model;
    let mut app = vec![];
    if let Some(running) = running_at(&device.app, at_ms) {
        app.push(("app_version", running.version.into()));
        app.push(("app_build", running.build.into()));
    }
    app.push(("app_bundle_id", kind.bundle_id().into()));
    let (width, height) = model.screen;
    let screen = vec![
        ("screen_width", width.into()),
        ("screen_height", height.into()),
        ("screen_scale", Value::Cents(model.scale_cents)),
        (
            "screen_logical_width",
            (width * 100 / model.scale_cents).into(),
        ),
        (
            "screen_logical_height",
            (height * 100 / model.scale_cents).into(),
        ),
    ];
    let locale = vec![
        ("locale", home.locale.into()),
        ("timezone", here.zone.name().into()),
    ];
    let mut session = vec![
        ("session_reason", occasion.reason.into()),
        ("app_state", occasion.app_state.into()),
    ];
    if let Some(seconds) = occasion.background_seconds {
        session.push(("background_duration", seconds.into()));
    }
    let system = system(rng, device, here, at_ms, occasion);
    let mut description = description(device, at_ms);
    description.insert(1, ("device_model", model.name.into()));
    let groups: [(&'static str, Properties); 6] = [
        ("device", description),
        ("app", app),
        ("screen", screen),
        ("system", system),
        ("locale", locale),
        ("session", session),
    ];
    if device.flat_context {
        groups.into_iter().flat_map(|(_, fields)| fields).collect()
    } else {
        groups
            .into_iter()
            .map(|(group, fields)| (group, Value::Group(fields)))
            .collect()
    }
}

/// What every other event carries: flat, and on the web with fields that Tell does not know.
pub(crate) fn brief(device: &Device, at_ms: i64) -> Properties {
    let mut fields = description(device, at_ms);
    if let System::Web(on) = device.model.system {
        fields.push(("browser", device.model.name.into()));
        fields.push(("browser_system", on.into()));
    } else if let Some(running) = running_at(&device.app, at_ms) {
        fields.push(("app_version", running.version.into()));
    }
    fields
}

fn description(device: &Device, at_ms: i64) -> Properties {
    let mut fields = vec![
        ("device_type", device.model.kind.into()),
        ("operating_system", device.model.system.name().into()),
    ];
    if let Some(running) = running_at(&device.system, at_ms) {
        fields.push(("os_version", running.version.into()));
    }
    fields
}

fn system(
    rng: &mut Rng,
    device: &Device,
    here: &Place,
    at_ms: i64,
    occasion: &Occasion,
) -> Properties {
    let model = device.model;
    let free_per_mille = match occasion.reason {
        "low_memory" => rng.between((11, 24)),
        _ => rng.between((60, 520)),
    };
    // The disk fills up slowly; which part of it is free follows from the device's id.
    let spread = i64::from(device.id.as_bytes()[0]);
    let days = at_ms / 86_400_000 % 100;
    let storage_per_mille = (180 + 2 * spread - 2 * days).max(15);
    let mut fields = vec![
        ("memory_total", model.memory_bytes.into()),
        (
            "memory_available",
            (model.memory_bytes / 1000 * free_per_mille).into(),
        ),
        ("storage_total", model.storage_bytes.into()),
        (
            "storage_available",
            (model.storage_bytes / 1000 * storage_per_mille).into(),
        ),
    ];
    if model.kind == "tv" {
        return fields;
    }
    let hour = local_hour(here.zone, at_ms);
    let per_cent = match hour {
        0..=6 => 55 + hour * 7 + rng.between((0, 4)),
        _ => (102 - (hour - 6) * 5 + rng.between((-9, 6))).clamp(4, 100),
    };
    let state = match per_cent {
        100 => "full",
        _ if hour <= 6 || per_cent < 12 => "charging",
        _ => "unplugged",
    };
    fields.push(("battery_level", Value::Cents(per_cent)));
    fields.push(("battery_state", state.into()));
    fields
}
