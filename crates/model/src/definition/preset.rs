//! Ready definitions to start from, each with what it is for and where its numbers come from.
//!
//! A preset is one constant and one function side by side, in `preset/own.rs` or
//! `preset/comparison.rs`, and its line in [`PRESETS`].

use super::{Definition, GRACE_SECONDS, GapAtTimeout, SessionIds, USER_EVENT_ROLES};
use super::{Limits, Role, RoleRule, Scope};
use crate::session::words;
use crate::{StartKind, Zone};

mod comparison;
mod own;

pub(super) use own::visit;

/// A ready definition.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name, which its definition bears as well.
    pub key: &'static str,
    /// Its name as people read it.
    pub title: &'static str,
    /// What it is there for.
    pub kind: PresetKind,
    /// What it is for, in one sentence.
    pub purpose: &'static str,
    /// What is documented by the systems that it follows, and what is our choice.
    pub basis: &'static str,
    build: fn(Zone) -> Definition,
}

words! {
    /// What a preset is there for.
    pub enum PresetKind {
        /// A definition to work with.
        Ours = "ours",
        /// The sessions of a well-known product, as near as its rules can be said here.
        Comparison = "comparison",
    }
}

impl Preset {
    /// The definition; `zone` is used where the preset splits at midnight.
    pub fn definition(&self, zone: Zone) -> Definition {
        Definition {
            name: self.key.to_owned(),
            ..(self.build)(zone)
        }
    }

    /// The preset of this key.
    pub fn find(key: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.key == key)
    }
}

/// All presets, ours first; the first of all is what a new application gets.
pub const PRESETS: &[Preset] = &[
    own::VISIT,
    own::WEB_VISIT,
    own::CALENDAR_DAY,
    own::VISIT_WITHIN_THE_DAY,
    own::MOBILE_APP,
    own::APP_IN_THE_FOREGROUND,
    own::GAMEPLAY,
    own::SDK_SESSION_IDS,
    comparison::POSTHOG,
    comparison::AMPLITUDE_WEB,
    comparison::AMPLITUDE_MOBILE,
    comparison::MIXPANEL,
    comparison::GA4,
    comparison::MATOMO,
    comparison::SNOWPLOW,
    comparison::RUDDERSTACK,
    comparison::PLAUSIBLE,
];

/// So long without activity and no other limit, 24 h of grace, a stream per device. The preset's
/// key becomes its name.
fn inactivity_policy(inactivity_seconds: i64, roles: Vec<RoleRule>) -> Definition {
    Definition {
        name: String::new(),
        scope: Scope::Device,
        session_ids: SessionIds::Ignore,
        limits: Limits {
            inactivity_seconds: Some(inactivity_seconds),
            ..Limits::default()
        },
        gap_at_timeout: GapAtTimeout::New,
        grace_seconds: *GRACE_SECONDS.end(),
        roles,
        default_role: Role::Activity,
        gameplay: None,
    }
}

/// The same with 30 min of inactivity, and 24 h at most.
fn timeout_policy(roles: Vec<RoleRule>) -> Definition {
    let mut definition = inactivity_policy(1_800, roles);
    definition.limits.max_length_seconds = Some(86_400);
    definition
}

fn with_user_events<const N: usize>(roles: [RoleRule; N]) -> Vec<RoleRule> {
    roles.into_iter().chain(user_event_roles()).collect()
}

fn user_event_roles() -> Vec<RoleRule> {
    USER_EVENT_ROLES
        .into_iter()
        .map(|(event, role)| rule(event, role))
        .collect()
}

fn rule(event: &str, role: Role) -> RoleRule {
    RoleRule {
        event: event.to_owned(),
        conditions: Vec::new(),
        role,
        start_kind: None,
    }
}

impl RoleRule {
    fn starting(self, kind: StartKind) -> Self {
        Self {
            start_kind: Some(kind),
            ..self
        }
    }
}
