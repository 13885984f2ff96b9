//! Other rules tried on the events.

use dwell_api::what_if::{self, ExampleChoice, WhatIfRequest};
use dwell_api::{Cancel, workspace};

use super::write::{application_of, read_text};
use crate::Failure;
use crate::arguments::{Arguments, WhatIf};
use crate::output;

pub(super) fn show(arguments: &Arguments, what_if: &WhatIf) -> Result<(), Failure> {
    let json = read_text(&what_if.definition)?;
    let workspace = arguments.read()?;
    let application = application_of(arguments, &workspace)?;
    let known = workspace::status(&workspace)?.applications;
    let own_zone = known.into_iter().find(|row| row.name == application);
    let zone = arguments.zone.clone().or(own_zone.map(|row| row.zone));
    let request = WhatIfRequest {
        application,
        definition: what_if.definition_name.clone().unwrap_or_default(),
        json,
        examples: ExampleChoice::Most,
        zone: zone.unwrap_or_else(|| "UTC".to_owned()),
    };
    let answer = what_if::show(&workspace, &request, &Cancel::default())?;
    match (answer.problem, answer.change) {
        (Some(wrong), _) => Err(Failure::Failed(format!(
            "{}: {}{}{}.",
            what_if.definition.display(),
            wrong.path,
            if wrong.path.is_empty() { "" } else { ": " },
            wrong.problem,
        ))),
        (None, change) => output::object(&change),
    }
}
