//! A definition made ready for the walk.

use std::borrow::Borrow;

use dwell_model::definition::{Definition, Role, Scope, SessionIds};
use dwell_model::{Properties, StartKind, Zone};

use crate::limits::Limits;
use crate::roles::Roles;

/// A compiled definition; made once, used for any number of streams by any number of threads.
#[derive(Clone, Debug)]
pub struct Rules {
    roles: Roles,
    pub(crate) limits: Limits,
    pub(crate) day_in: Option<Zone>,
    /// Another known user starts a new session.
    pub(crate) splits_users: bool,
    /// Another source session starts a new session.
    pub(crate) splits_source_sessions: bool,
    pub(crate) grace_ms: i64,
    pub(crate) late_after_ms: i64,
}

impl Rules {
    /// Compiles a valid definition.
    pub fn new(definition: &Definition) -> Self {
        Self {
            roles: Roles::new(definition),
            limits: Limits::new(definition),
            day_in: definition.limits.day_in,
            splits_users: definition.scope == Scope::Device,
            splits_source_sessions: definition.session_ids == SessionIds::Prefer,
            grace_ms: definition.grace_ms(),
            late_after_ms: definition.late_after_ms(),
        }
    }

    /// The role of an event, and the start kind of a session that it would start. `properties` is
    /// called only where [`Rules::needs_properties`] says so.
    pub fn role_of<P: Borrow<Properties>>(
        &self,
        name: &str,
        properties: impl FnOnce() -> P,
    ) -> (Role, StartKind) {
        self.roles.role_of(name, properties)
    }

    /// Whether the role of events of this name depends on their properties. Where it does not, one
    /// answer of [`Rules::role_of`] holds for all of them.
    pub fn needs_properties(&self, name: &str) -> bool {
        self.roles.needs_properties(name)
    }
}
