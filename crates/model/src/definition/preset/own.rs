//! The presets to work with: visits, days, apps, gameplay, and sessions as an SDK marked them.

use super::{Preset, PresetKind, inactivity_policy, rule, timeout_policy};
use super::{user_event_roles, with_user_events};
use crate::definition::{Condition, Definition, Gameplay, Limits, Operator};
use crate::definition::{Role, RoleRule, Scope, SessionIds};
use crate::{StartKind, Value, Zone};

pub(super) const VISIT: Preset = Preset {
    key: "visit",
    title: "Visit",
    kind: PresetKind::Ours,
    purpose: "One visit of a device to an app or site, whichever system sent its events.",
    basis: "Documented: 30 min without activity and 24 h at most are the defaults of Tell, Croct \
            and PostHog; what the standard events mean. Our choice: a gap of exactly 30 min \
            starts a new visit, late events are taken for 24 h.",
    build: visit,
};

pub(in crate::definition) fn visit(_: Zone) -> Definition {
    Definition {
        name: VISIT.key.to_owned(),
        ..timeout_policy(standard_roles())
    }
}

pub(super) const WEB_VISIT: Preset = Preset {
    key: "web-visit",
    title: "Web visit",
    kind: PresetKind::Ours,
    purpose: "A visit to a site that sends page views and clicks and nothing about its life.",
    basis: "Documented: 30 min without activity is what GA4, PostHog, Matomo and Amplitude take \
            on the web; 24 h at most is PostHog's. Our choice: a gap of exactly 30 min starts a \
            new visit.",
    build: |_| timeout_policy(user_event_roles()),
};

pub(super) const CALENDAR_DAY: Preset = Preset {
    key: "calendar-day",
    title: "Calendar day",
    kind: PresetKind::Ours,
    purpose: "Everything that a device does on one local day is one session.",
    basis: "Documented: the midnight policy of Croct, in a time zone of your choice. Our choice: \
            no other limit beside it.",
    build: calendar_day,
};

fn calendar_day(zone: Zone) -> Definition {
    Definition {
        limits: Limits {
            day_in: Some(zone),
            ..Limits::default()
        },
        ..timeout_policy(user_event_roles())
    }
}

pub(super) const VISIT_WITHIN_THE_DAY: Preset = Preset {
    key: "visit-within-the-day",
    title: "Visit within the day",
    kind: PresetKind::Ours,
    purpose: "A visit that never runs past local midnight, so that each belongs to one day.",
    basis: "Documented: Mixpanel splits at its project's midnight, Matomo at its site's. Our \
            choice: the rest is the preset Visit.",
    build: visit_within_the_day,
};

fn visit_within_the_day(zone: Zone) -> Definition {
    let mut definition = visit(zone);
    definition.limits.day_in = Some(zone);
    definition
}

pub(super) const MOBILE_APP: Preset = Preset {
    key: "mobile-app",
    title: "Mobile app",
    kind: PresetKind::Ours,
    purpose: "An app's sessions as its lifecycle events tell them: launch, background, return.",
    basis: "Documented by Tell: its lifecycle events, 30 min in the background, 24 h at most. Our \
            choice: an app in the foreground never times out (Amplitude does the same), and 30 \
            min without activity ends a session whose app is not known to be there.",
    build: mobile_app,
};

fn mobile_app(_: Zone) -> Definition {
    let roles = [
        rule("session_started", Role::Start).starting(StartKind::Cold),
        rule("session_timeout", Role::Start).starting(StartKind::Warm),
        rule("app_foregrounded", Role::Foreground),
        rule("app_backgrounded", Role::Background),
        rule("app_terminated", Role::End),
    ];
    let mut definition = timeout_policy(with_user_events(roles));
    definition.limits.background_seconds = Some(1_800);
    definition.limits.foreground_holds = true;
    definition
}

pub(super) const APP_IN_THE_FOREGROUND: Preset = Preset {
    key: "app-in-the-foreground",
    title: "App in the foreground",
    kind: PresetKind::Ours,
    purpose: "The time that an app is on the screen, short trips to other apps included.",
    basis: "Documented by Amply: a session runs from foreground to background, and short \
            background trips are merged back. Our choice: a trip is short below 30 s (the length \
            is not documented), and a session lasts 24 h at most.",
    build: app_in_the_foreground,
};

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
    let mut definition = timeout_policy(with_user_events(roles));
    definition.limits.background_seconds = Some(30);
    definition.limits.foreground_holds = true;
    definition
}

pub(super) const GAMEPLAY: Preset = Preset {
    key: "gameplay",
    title: "Gameplay",
    kind: PresetKind::Ours,
    purpose: "A user's run of bets, with the games in it, what was bet and what was won.",
    basis: "Documented by Smartico: 5 min without a bet end it, and the figures of its two \
            events. Our choice: no longest length; wins and rollbacks count and keep nothing \
            open; everything that is neither stays outside, the events identify, alias and reset \
            too.",
    build: gameplay,
};

fn gameplay(_: Zone) -> Definition {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let gameplay = Gameplay {
        bets: names(&["Bet"]),
        wins: names(&["Win"]),
        bet_wins: names(&["BetWin"]),
        bet_rollbacks: names(&["BetRollback"]),
        win_rollbacks: names(&["WinRollback"]),
        bet_amount: names(&["bet_amount", "bonus_bet_amount"]),
        win_amount: names(&["win_amount", "bonus_win_amount"]),
        rollback_amount: names(&["amount"]),
        game_id: Some("game_id".to_owned()),
        game_name: Some("game_name".to_owned()),
        currency: Some("currency".to_owned()),
    };
    let carries = |property: &str| Condition {
        property: property.to_owned(),
        operator: Operator::Exists,
        value: None,
    };
    let roles = vec![
        rule("Bet", Role::Activity),
        rule("BetWin", Role::Activity).only_where(carries("bet_amount")),
        rule("BetWin", Role::Activity).only_where(carries("bonus_bet_amount")),
        rule("BetWin", Role::Passive),
        rule("Win", Role::Passive),
        rule("BetRollback", Role::Passive),
        rule("WinRollback", Role::Passive),
    ];
    Definition {
        scope: Scope::User,
        default_role: Role::Ignored,
        gameplay: Some(gameplay),
        ..inactivity_policy(300, roles)
    }
}

pub(super) const SDK_SESSION_IDS: Preset = Preset {
    key: "sdk-session-ids",
    title: "SDK session ids",
    kind: PresetKind::Ours,
    purpose: "The sessions that the source marked itself, one for each of its session ids.",
    basis: "Documented by Snowplow: a session id is taken as it comes, and a session of 3 days is \
            cut off. Our choice: launches, returns and ends in the data are plain activity, so \
            that the ids alone decide; an id that comes back after 24 h of silence is a new \
            session; what lies past 3 days is one as well; events without an id form visits with \
            30 min of inactivity.",
    build: sdk_session_ids,
};

fn sdk_session_ids(_: Zone) -> Definition {
    let mut definition = inactivity_policy(1_800, user_event_roles());
    definition.session_ids = SessionIds::Trust;
    definition.limits.max_length_seconds = Some(259_200);
    definition
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

impl RoleRule {
    fn only_where(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }
}
