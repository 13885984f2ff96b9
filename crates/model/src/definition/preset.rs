//! Ready definitions to start from, each with what it is for and where its numbers come from.

use super::{Condition, Definition, Limits, Operator, Role, RoleRule, Scope, USER_EVENT_ROLES};
use super::{GRACE_SECONDS, GapAtTimeout, SessionIds};
use crate::{StartKind, Value, Zone};

/// A ready definition.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name, which its definition bears as well.
    pub key: &'static str,
    /// Its name as people read it.
    pub title: &'static str,
    /// What it is for, in one sentence.
    pub purpose: &'static str,
    /// What is documented by the systems that it follows, and what is our choice.
    pub basis: &'static str,
    build: fn(Zone) -> Definition,
}

impl Preset {
    /// The definition; `zone` is used where the preset splits at midnight.
    pub fn definition(&self, zone: Zone) -> Definition {
        (self.build)(zone)
    }

    /// The preset of this key.
    pub fn find(key: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.key == key)
    }
}

/// All presets; the first is what a new application gets.
pub const PRESETS: &[Preset] = &[
    Preset {
        key: "visit",
        title: "Visit",
        purpose: "One visit of a device to an app or site, whichever system sent its events.",
        basis: "Documented: 30 min without activity and 24 h at most are the defaults of Tell, \
                Croct and PostHog; what the standard events mean. Our choice: a gap of exactly \
                30 min starts a new visit, late events are taken for 24 h.",
        build: visit,
    },
    Preset {
        key: "web-visit",
        title: "Web visit",
        purpose: "A visit to a site that sends page views and clicks and nothing about its life.",
        basis: "Documented: 30 min without activity is what GA4, PostHog, Matomo and Amplitude \
                take on the web; 24 h at most is PostHog's. Our choice: a gap of exactly 30 min \
                starts a new visit.",
        build: web_visit,
    },
    Preset {
        key: "calendar-day",
        title: "Calendar day",
        purpose: "Everything that a device does on one local day is one session.",
        basis: "Documented: the midnight policy of Croct, in a time zone of your choice. Our \
                choice: no other limit beside it.",
        build: calendar_day,
    },
    Preset {
        key: "visit-within-the-day",
        title: "Visit within the day",
        purpose: "A visit that never runs past local midnight, so that each belongs to one day.",
        basis: "Documented: Mixpanel splits at its project's midnight, Matomo at its site's. Our \
                choice: the rest is the preset Visit.",
        build: visit_within_the_day,
    },
    Preset {
        key: "mobile-app",
        title: "Mobile app",
        purpose: "An app's sessions as its lifecycle events tell them: launch, background, return.",
        basis: "Documented by Tell: its lifecycle events, 30 min in the background, 24 h at most. \
                Our choice: an app in the foreground never times out (Amplitude does the same), \
                and 30 min without activity ends a session whose app is not known to be there.",
        build: mobile_app,
    },
    Preset {
        key: "app-in-the-foreground",
        title: "App in the foreground",
        purpose: "The time that an app is on the screen, short trips to other apps included.",
        basis: "Documented by Amply: a session runs from foreground to background, and short \
                background trips are merged back. Our choice: a trip is short below 30 s (the \
                length is not documented), and a session lasts 24 h at most.",
        build: app_in_the_foreground,
    },
];

pub(super) fn visit(_: Zone) -> Definition {
    timeout_policy("visit", standard_roles())
}

fn web_visit(_: Zone) -> Definition {
    timeout_policy("web-visit", user_event_roles())
}

fn calendar_day(zone: Zone) -> Definition {
    let limits = Limits {
        day_in: Some(zone),
        ..Limits::default()
    };
    Definition {
        limits,
        ..timeout_policy("calendar-day", user_event_roles())
    }
}

fn visit_within_the_day(zone: Zone) -> Definition {
    let mut definition = timeout_policy("visit-within-the-day", standard_roles());
    definition.limits.day_in = Some(zone);
    definition
}

fn mobile_app(_: Zone) -> Definition {
    let roles = [
        rule("session_started", Role::Start).starting(StartKind::Cold),
        rule("session_timeout", Role::Start).starting(StartKind::Warm),
        rule("app_foregrounded", Role::Foreground),
        rule("app_backgrounded", Role::Background),
        rule("app_terminated", Role::End),
    ];
    let mut definition = timeout_policy("mobile-app", with_user_events(roles));
    definition.limits.background_seconds = Some(1_800);
    definition.limits.foreground_holds = true;
    definition
}

fn app_in_the_foreground(_: Zone) -> Definition {
    let is_cold = Condition {
        property: "type".to_owned(),
        operator: Operator::Eq,
        value: Some(Value::text("cold")),
    };
    let roles = [
        rule("SessionStarted", Role::Start).only_where(is_cold),
        rule("SessionStarted", Role::Foreground),
        rule("session_started", Role::Start).starting(StartKind::Cold),
        rule("session_timeout", Role::Start).starting(StartKind::Warm),
        rule("app_foregrounded", Role::Foreground),
        // Not an end: a short trip merges back.
        rule("SessionFinished", Role::Background),
        rule("app_backgrounded", Role::Background),
        rule("app_terminated", Role::End),
    ];
    let mut definition = timeout_policy("app-in-the-foreground", with_user_events(roles));
    definition.limits.background_seconds = Some(30);
    definition.limits.foreground_holds = true;
    definition
}

/// 30 min of inactivity, 24 h at most, 24 h of grace, a stream per device.
fn timeout_policy(name: &str, roles: Vec<RoleRule>) -> Definition {
    Definition {
        name: name.to_owned(),
        scope: Scope::Device,
        session_ids: SessionIds::Ignore,
        limits: Limits {
            inactivity_seconds: Some(1_800),
            max_length_seconds: Some(86_400),
            ..Limits::default()
        },
        gap_at_timeout: GapAtTimeout::New,
        grace_seconds: *GRACE_SECONDS.end(),
        roles,
        default_role: Role::Activity,
    }
}

/// The standard lifecycle events. The start kind of `SessionStarted` is read from its `type`.
fn standard_roles() -> Vec<RoleRule> {
    with_user_events([
        rule("SessionStarted", Role::Start),
        rule("session_started", Role::Start).starting(StartKind::Cold),
        rule("session_timeout", Role::Start).starting(StartKind::Warm),
        rule("app_foregrounded", Role::Foreground),
        rule("app_backgrounded", Role::Background),
        rule("SessionFinished", Role::End),
        rule("app_terminated", Role::End),
    ])
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

    fn only_where(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }
}
