//! The usual line of the native format, in one pass.
//!
//! It must not know the rules for events, nor read what `native` would read otherwise: it gives up.

use crate::context::stored_name;
use crate::draft::{Draft, Field};
use crate::scan::Scan;

/// The next line's fields; `None` where they are not all known ones, each once, and flat.
pub(super) fn draft<'a>(scan: &mut Scan<'a>) -> Option<Draft<'a>> {
    let start = scan.at();
    let mut draft = Draft::default();
    let mut seen = 0_u32;
    scan.take(b'{')?;
    loop {
        let (number, field) = match scan.name()? {
            "event_id" => (0, &mut draft.event_id),
            "name" => (1, &mut draft.name),
            "type" => (2, &mut draft.event_type),
            "timestamp" => (3, &mut draft.timestamp),
            "received_at" => (4, &mut draft.received_at),
            "sent_at" => (5, &mut draft.sent_at),
            "user_id" => (6, &mut draft.user_id),
            "device_id" => (7, &mut draft.device_id),
            "session_id" => (8, &mut draft.session_id),
            "properties" => {
                draft.properties = scan.flat_map(|name| name)?;
                (9, &mut Field::default())
            }
            "context" => {
                draft.context = scan.flat_map(stored_name)?;
                (10, &mut Field::default())
            }
            _ => return None,
        };
        if seen & 1 << number != 0 {
            return None;
        }
        seen |= 1 << number;
        if number < 9 {
            field.value = scan.field()?;
        }
        if !scan.goes_on()? {
            break;
        }
    }
    scan.end_line(start)?;
    Some(draft)
}
