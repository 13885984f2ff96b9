//! The usual event of the native format, in one pass.
//!
//! It must not know the rules for events, nor read what `native` would read otherwise: it gives up.

use crate::context::stored_name;
use crate::draft::Draft;
use crate::scan::Scan;

/// Reads the next map's fields into an empty draft; `None` where they are not all known ones, each
/// once, and flat, or not on one line.
pub(in crate::format) fn read<'a>(scan: &mut Scan<'a>, draft: &mut Draft<'a>) -> Option<()> {
    let mut seen = 0_u32;
    scan.take(b'{')?;
    loop {
        let (number, read) = match scan.name()? {
            b"event_id" => (0, scan.field(&mut draft.event_id.value)),
            b"name" => (1, scan.field(&mut draft.name.value)),
            b"type" => (2, scan.field(&mut draft.event_type.value)),
            b"timestamp" => (3, scan.field(&mut draft.timestamp.value)),
            b"received_at" => (4, scan.field(&mut draft.received_at.value)),
            b"sent_at" => (5, scan.field(&mut draft.sent_at.value)),
            b"user_id" => (6, scan.field(&mut draft.user_id.value)),
            b"device_id" => (7, scan.field(&mut draft.device_id.value)),
            b"session_id" => (8, scan.field(&mut draft.session_id.value)),
            b"properties" => (9, scan.flat_map(|name| name, &mut draft.properties)),
            b"context" => (10, scan.flat_map(stored_name, &mut draft.context)),
            _ => return None,
        };
        read?;
        if seen & 1 << number != 0 {
            return None;
        }
        seen |= 1 << number;
        if !scan.goes_on()? {
            return Some(());
        }
    }
}
