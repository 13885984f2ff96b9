//! The nouns of the field: event, property value, key, definition, session; UTC milliseconds,
//! zones and local days.
//!
//! No input or output, no SQL, no clock: `now` and the zone are always arguments.

pub mod decimal;
pub mod definition;
pub mod event;
pub mod key;
pub mod packed;
pub mod session;
pub mod time;
#[cfg(feature = "types")]
mod typescript;
pub mod value;
pub mod zone;

pub use definition::Definition;
pub use event::{Event, EventType};
pub use key::{Key, KeyRef};
pub use packed::{IdRef, PackedEvent, PackedEvents};
pub use session::{EndReason, Session, StartKind, StartReason, State};
pub use value::{Properties, Scalar, Value};
pub use zone::Zone;
