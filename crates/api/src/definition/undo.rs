//! What an undo of a change of rules would bring back, in words. Knows no store and no clock.

use dwell_model::definition::{PRESETS, Scope, SessionIds, limit_words};
use dwell_model::{Definition, Zone};
use dwell_sessionizer::explain::words::Clock;
use serde::Serialize;
use ts_rs::TS;

/// What an undo would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct UndoRow {
    /// All of it: “Back to Web visit, 30 min timeout, as until Sat 21 Nov 10:05”.
    pub words: String,
    /// The rules that it brings back: “Web visit, 30 min timeout”; null where it removes the
    /// definition, which that change added.
    pub rules: Option<String>,
    /// When the rules were changed, UTC ms.
    pub edited_at_ms: i64,
}

impl UndoRow {
    /// `before` is how the rules were until the change, `None` where there were none; `now` how they
    /// are, `None` where they were removed.
    pub(super) fn new(
        before: Option<&Definition>,
        now: Option<&Definition>,
        edited_at_ms: i64,
        clock: Clock,
    ) -> Self {
        let when = clock.dated(edited_at_ms);
        let rules = before.map(|before| rules_words(before, now));
        let words = match &rules {
            Some(rules) => format!("Back to {rules}, as until {when}"),
            None => format!("Remove it: it was added on {when}"),
        };
        Self {
            words,
            rules,
            edited_at_ms,
        }
    }
}

/// The preset whose rules these are, what parts sessions in the first place, and whatever else
/// differs from the rules in use.
fn rules_words(rules: &Definition, now: Option<&Definition>) -> String {
    let limits = &rules.limits;
    let mut parts: Vec<String> = Vec::new();
    parts.extend(preset_title(rules).map(str::to_owned));
    let timeout = limits.inactivity_seconds;
    parts.extend(timeout.map(|seconds| format!("{} timeout", limit_words(seconds))));
    parts.extend(
        limits
            .day_in
            .map(|zone| format!("a new one each day in {}", zone.name())),
    );
    let Some(now) = now else {
        return parts.join(", ");
    };
    let limit = |seconds: Option<i64>, name: &str| match seconds {
        Some(seconds) => format!("{} {name}", limit_words(seconds)),
        None => format!("no {name}"),
    };
    let mut tell = |differs: bool, words: String| {
        if differs {
            parts.push(words);
        }
    };
    let other = &now.limits;
    tell(
        timeout.is_none() && other.inactivity_seconds.is_some(),
        "no timeout".to_owned(),
    );
    tell(
        limits.day_in.is_none() && other.day_in.is_some(),
        "no new one at midnight".to_owned(),
    );
    tell(
        limits.max_length_seconds != other.max_length_seconds,
        limit(limits.max_length_seconds, "maximum length"),
    );
    tell(
        limits.background_seconds != other.background_seconds,
        limit(limits.background_seconds, "background limit"),
    );
    tell(
        limits.foreground_holds != other.foreground_holds,
        match limits.foreground_holds {
            true => "held open by the foreground".to_owned(),
            false => "not held open by the foreground".to_owned(),
        },
    );
    tell(
        rules.scope != now.scope,
        match rules.scope {
            Scope::Device => "by device".to_owned(),
            Scope::User => "by user".to_owned(),
        },
    );
    tell(
        rules.session_ids != now.session_ids,
        match rules.session_ids {
            SessionIds::Ignore => "the source's session ids ignored".to_owned(),
            SessionIds::Prefer => "the source's session ids preferred".to_owned(),
            SessionIds::Trust => "the source's session ids trusted".to_owned(),
        },
    );
    tell(
        rules.gap_at_timeout != now.gap_at_timeout,
        format!("a pause of exactly the timeout: {}", rules.gap_at_timeout),
    );
    tell(
        rules.grace_seconds != now.grace_seconds,
        format!("{} grace", limit_words(rules.grace_seconds)),
    );
    let roles = |rules: &Definition| (rules.roles.clone(), rules.default_role);
    tell(roles(rules) != roles(now), "the roles of then".to_owned());
    tell(
        rules.gameplay != now.gameplay,
        match rules.gameplay {
            Some(_) => "the gameplay of then".to_owned(),
            None => "no gameplay".to_owned(),
        },
    );
    parts.join(", ")
}

/// The title of the preset that has the same rules, whatever the name.
fn preset_title(rules: &Definition) -> Option<&'static str> {
    let zone = rules.limits.day_in.unwrap_or(Zone::UTC);
    let found = PRESETS.iter().find(|preset| {
        let named = Definition {
            name: rules.name.clone(),
            ..preset.definition(zone)
        };
        named == *rules
    });
    found.map(|preset| preset.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Definition {
        Definition::from_json(json).unwrap()
    }

    #[test]
    fn an_undo_names_the_preset_the_timeout_and_all_that_differs() {
        let now =
            read(r#"{"name":"v","limits":{"inactivity_seconds":3600,"max_length_seconds":86400}}"#);
        let visit = |more: &str| {
            format!(
                r#"{{"name":"v","limits":{{"inactivity_seconds":1800,"max_length_seconds":86400}}{more}}}"#
            )
        };
        let cases = [
            (visit(""), "30 min timeout"),
            (
                visit(r#","grace_seconds":0,"scope":"user","session_ids":"prefer""#),
                "30 min timeout, by user, the source's session ids preferred, 0 s grace",
            ),
            (
                visit(r#","gap_at_timeout":"same","default_role":"passive""#),
                "30 min timeout, a pause of exactly the timeout: same, the roles of then",
            ),
            (
                r#"{"name":"v","limits":{"day_in":"Europe/Rome"}}"#.to_owned(),
                "a new one each day in Europe/Rome, no timeout, no maximum length",
            ),
            (
                r#"{"name":"v","limits":{"inactivity_seconds":600,"background_seconds":60,
                    "max_length_seconds":7200,"foreground_holds":true},"gameplay":{"bets":["B"]}}"#
                    .to_owned(),
                "10 min timeout, 2 h maximum length, 1 min background limit, held open by the \
                 foreground, the gameplay of then",
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(rules_words(&read(&json), Some(&now)), expected, "{json}");
        }
        let rome = Zone::parse("Europe/Rome").unwrap();
        for preset in PRESETS {
            let rules = Definition {
                name: "mine".to_owned(),
                ..preset.definition(rome)
            };
            let words = rules_words(&rules, None);
            assert!(words.starts_with(preset_title(&rules).unwrap()), "{words}");
        }
    }

    #[test]
    fn an_undo_says_until_when_the_rules_were_so() {
        let clock = Clock::new(Zone::parse("Europe/Rome").unwrap(), 1_795_300_000_000);
        let at_ms = 1_795_251_930_000;
        let web = PRESETS.iter().find(|preset| preset.key == "web-visit");
        let web = web.unwrap().definition(Zone::UTC);
        let undo = UndoRow::new(Some(&web), None, at_ms, clock);
        assert_eq!(
            undo.words,
            "Back to Web visit, 30 min timeout, as until Sat 21 Nov 10:05"
        );
        assert_eq!(undo.rules.as_deref(), Some("Web visit, 30 min timeout"));
        let added = UndoRow::new(None, Some(&web), at_ms, clock);
        assert_eq!(added.words, "Remove it: it was added on Sat 21 Nov 10:05");
        assert_eq!((added.rules, added.edited_at_ms), (None, at_ms));
    }
}
