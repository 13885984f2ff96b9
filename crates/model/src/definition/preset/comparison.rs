//! The presets to compare with: how well-known products decide, as their documents and their code
//! say, and what of it cannot be said in a definition.

use super::{Preset, PresetKind, inactivity_policy, rule, timeout_policy};
use super::{user_event_roles, with_user_events};
use crate::definition::{Definition, GapAtTimeout, Role, RoleRule, Scope};
use crate::{StartKind, Zone};

pub(super) const POSTHOG: Preset = Preset {
    key: "posthog",
    title: "PostHog",
    kind: PresetKind::Comparison,
    purpose: "How many sessions PostHog would count.",
    basis: "Documented: 30 min without activity, a gap of exactly 30 min stays, 24 h at most; \
            every event is activity, both lifecycle transitions included, and a reset begins a \
            new session. Our choice: a stream per device, late events are taken for 24 h.",
    build: posthog,
};

fn posthog(_: Zone) -> Definition {
    Definition {
        gap_at_timeout: GapAtTimeout::Same,
        ..timeout_policy(only_a_reset_ends())
    }
}

pub(super) const AMPLITUDE_WEB: Preset = Preset {
    key: "amplitude-web",
    title: "Amplitude web",
    kind: PresetKind::Comparison,
    purpose: "How many sessions Amplitude's browser library would count.",
    basis: "Documented: 30 min without activity, a gap of exactly 30 min stays, no longest \
            length. Our choice: a stream per device, a reset ends a session, late events are \
            taken for 24 h.",
    build: amplitude_web,
};

fn amplitude_web(_: Zone) -> Definition {
    Definition {
        gap_at_timeout: GapAtTimeout::Same,
        ..inactivity_policy(1_800, user_event_roles())
    }
}

pub(super) const AMPLITUDE_MOBILE: Preset = Preset {
    key: "amplitude-mobile",
    title: "Amplitude mobile",
    kind: PresetKind::Comparison,
    purpose: "How many sessions Amplitude's mobile libraries would count.",
    basis: "Documented: 5 min without activity, a gap of exactly 5 min begins a new session, an \
            app in the foreground never times out. Cannot be said here: no longest length. Our \
            choice: 24 h at most; a launch within the 5 min goes on with the session, an end of \
            the app counts as its going to the background; late events are taken for 24 h.",
    build: amplitude_mobile,
};

fn amplitude_mobile(_: Zone) -> Definition {
    let roles = [
        rule("SessionStarted", Role::Foreground),
        rule("session_started", Role::Foreground).starting(StartKind::Cold),
        rule("session_timeout", Role::Foreground),
        rule("app_foregrounded", Role::Foreground),
        rule("application_foreground", Role::Foreground),
        rule("SessionFinished", Role::Background),
        rule("app_backgrounded", Role::Background),
        rule("application_background", Role::Background),
        rule("app_terminated", Role::Background),
    ];
    let mut definition = inactivity_policy(300, with_user_events(roles));
    definition.limits.max_length_seconds = Some(86_400);
    definition.limits.foreground_holds = true;
    definition
}

pub(super) const MIXPANEL: Preset = Preset {
    key: "mixpanel",
    title: "Mixpanel",
    kind: PresetKind::Comparison,
    purpose: "How many sessions Mixpanel would count.",
    basis: "Documented: 30 min without activity, per user, 24 h at most, and always a new session \
            at midnight in the project's zone. Not documented: a gap of exactly 30 min. Our \
            choice: it begins a new session; the zone is the application's; late events are \
            taken for 24 h.",
    build: mixpanel,
};

fn mixpanel(zone: Zone) -> Definition {
    let mut definition = timeout_policy(user_event_roles());
    definition.scope = Scope::User;
    definition.limits.day_in = Some(zone);
    definition
}

pub(super) const GA4: Preset = Preset {
    key: "ga4",
    title: "GA4",
    kind: PresetKind::Comparison,
    purpose: "How many sessions Google Analytics 4 would count.",
    basis: "Documented: 30 min without activity, no longest length, and a session that runs past \
            midnight counts on both days. Not documented: a gap of exactly 30 min (its \
            predecessor said “30 minutes or more”). Cannot be said here: counting on both days; a \
            session belongs to the day of its start. Our choice: a gap of exactly 30 min begins a \
            new session, a stream per device, late events are taken for 24 h.",
    build: |_| inactivity_policy(1_800, user_event_roles()),
};

pub(super) const MATOMO: Preset = Preset {
    key: "matomo",
    title: "Matomo",
    kind: PresetKind::Comparison,
    purpose: "How many visits Matomo would count.",
    basis: "Documented: 30 min without activity, a gap of exactly 30 min begins a new visit, and \
            so does midnight in the site's zone unless that is switched off. Our choice: the zone \
            is the application's, a stream per device, no longest length, late events are taken \
            for 24 h.",
    build: matomo,
};

fn matomo(zone: Zone) -> Definition {
    let mut definition = inactivity_policy(1_800, user_event_roles());
    definition.limits.day_in = Some(zone);
    definition
}

pub(super) const SNOWPLOW: Preset = Preset {
    key: "snowplow",
    title: "Snowplow",
    kind: PresetKind::Comparison,
    purpose: "How many sessions Snowplow's trackers and its data models would count together.",
    basis: "Documented: 30 min without activity, in the foreground and in the background apart, a \
            gap of exactly 30 min stays; a session is cut off after 3 days. Cannot be said here: \
            that events past the 3 days are dropped; they begin a new session. Our choice: a \
            stream per device, a reset ends a session, late events are taken for 24 h. Where the \
            data brings Snowplow's own session ids, the preset SDK session ids takes those.",
    build: snowplow,
};

fn snowplow(_: Zone) -> Definition {
    let roles = [
        rule("application_foreground", Role::Foreground),
        rule("application_background", Role::Background),
        rule("app_foregrounded", Role::Foreground),
        rule("app_backgrounded", Role::Background),
    ];
    let mut definition = inactivity_policy(1_800, with_user_events(roles));
    definition.gap_at_timeout = GapAtTimeout::Same;
    definition.limits.background_seconds = Some(1_800);
    definition.limits.max_length_seconds = Some(259_200);
    definition
}

pub(super) const RUDDERSTACK: Preset = Preset {
    key: "rudderstack",
    title: "RudderStack",
    kind: PresetKind::Comparison,
    purpose: "How many sessions RudderStack's browser library would count.",
    basis: "Documented: 30 min without activity, a gap of exactly 30 min stays; a longest length \
            of 12 h, off unless switched on; identify and alias are activity, a reset ends a \
            session. Our choice: no longest length, a stream per device, late events are taken \
            for 24 h.",
    build: rudderstack,
};

fn rudderstack(_: Zone) -> Definition {
    Definition {
        gap_at_timeout: GapAtTimeout::Same,
        ..inactivity_policy(1_800, only_a_reset_ends())
    }
}

pub(super) const PLAUSIBLE: Preset = Preset {
    key: "plausible",
    title: "Plausible",
    kind: PresetKind::Comparison,
    purpose: "How many visits Plausible would count.",
    basis: "Documented: 30 min in whole minutes, so that a gap of 30 min 59 s stays and one of 31 \
            min begins a new visit; written here as 31 min at which a new visit begins, which is \
            the same. Our choice: a stream per device, no longest length, late events are taken \
            for 24 h.",
    build: |_| inactivity_policy(31 * 60, user_event_roles()),
};

/// Of the events that say who a user is, those that name one are activity like any other event.
fn only_a_reset_ends() -> Vec<RoleRule> {
    vec![
        rule("reset", Role::End),
        rule("identify", Role::Activity),
        rule("alias", Role::Activity),
    ]
}
