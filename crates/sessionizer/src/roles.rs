//! What an event does to sessions: role rules and start kinds (sessions, section 2).

use std::borrow::Borrow;

use dwell_model::definition::{Condition, Definition, Role, RoleRule, USER_EVENT_ROLES};
use dwell_model::{Properties, StartKind};
use rustc_hash::FxHashMap;

/// The event whose start kind stands in its property `type`, where no rule gives one.
const SESSION_STARTED: &str = "SessionStarted";

/// Role rules by event name.
#[derive(Clone, Debug)]
pub(crate) struct Roles {
    by_name: FxHashMap<Box<str>, NameRoles>,
    /// For all other names.
    otherwise: (Role, StartKind),
}

/// The rules of one event name, in their order.
#[derive(Clone, Debug)]
struct NameRoles {
    conditional: Box<[(Box<[Condition]>, Outcome)]>,
    otherwise: Outcome,
}

/// What a rule gives.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    role: Role,
    start_kind: StartKind,
    /// `cold` or `warm` in the property `type` wins over `start_kind`.
    reads_type: bool,
}

impl Roles {
    pub(crate) fn new(definition: &Definition) -> Self {
        let default_role = definition.default_role;
        // Another default role says otherwise about every event without a rule.
        let user_events = match default_role {
            Role::Activity => &USER_EVENT_ROLES[..],
            _ => &[],
        };
        let named_in_rules = definition.roles.iter().map(|rule| rule.event.as_str());
        let known = user_events
            .iter()
            .map(|(name, _)| *name)
            .chain([SESSION_STARTED]);
        let by_name = named_in_rules
            .chain(known)
            .map(|name| {
                let of_name = definition.roles.iter().filter(|rule| rule.event == name);
                let user_event = user_events
                    .iter()
                    .find(|(user_event, _)| *user_event == name);
                let last = user_event.map_or(default_role, |(_, role)| *role);
                (name.into(), NameRoles::new(name, of_name, last))
            })
            .collect();
        Self {
            by_name,
            otherwise: (default_role, default_role.start_kind()),
        }
    }

    pub(crate) fn role_of<P: Borrow<Properties>>(
        &self,
        name: &str,
        properties: impl FnOnce() -> P,
    ) -> (Role, StartKind) {
        match self.by_name.get(name) {
            None => self.otherwise,
            Some(roles) if roles.needs_properties() => roles.role_of(properties().borrow()),
            Some(roles) => (roles.otherwise.role, roles.otherwise.start_kind),
        }
    }

    pub(crate) fn needs_properties(&self, name: &str) -> bool {
        self.by_name
            .get(name)
            .is_some_and(NameRoles::needs_properties)
    }
}

impl NameRoles {
    fn new<'d>(name: &str, rules: impl Iterator<Item = &'d RoleRule>, default_role: Role) -> Self {
        let mut conditional = Vec::new();
        let mut otherwise = Outcome::new(name, default_role, None);
        for rule in rules {
            let outcome = Outcome::new(name, rule.role, rule.start_kind);
            if rule.conditions.is_empty() {
                // The rules after it are never reached.
                otherwise = outcome;
                break;
            }
            conditional.push((rule.conditions.clone().into_boxed_slice(), outcome));
        }
        Self {
            conditional: conditional.into_boxed_slice(),
            otherwise,
        }
    }

    fn needs_properties(&self) -> bool {
        !self.conditional.is_empty() || self.otherwise.reads_type
    }

    fn role_of(&self, properties: &Properties) -> (Role, StartKind) {
        let matching = self.conditional.iter().find(|(conditions, _)| {
            conditions
                .iter()
                .all(|condition| condition.holds(properties))
        });
        let outcome = matching.map_or(self.otherwise, |(_, outcome)| *outcome);
        let told = match properties.get("type").and_then(|value| value.as_text()) {
            Some("cold") if outcome.reads_type => Some(StartKind::Cold),
            Some("warm") if outcome.reads_type => Some(StartKind::Warm),
            _ => None,
        };
        (outcome.role, told.unwrap_or(outcome.start_kind))
    }
}

impl Outcome {
    fn new(name: &str, role: Role, start_kind: Option<StartKind>) -> Self {
        Self {
            role,
            start_kind: start_kind.unwrap_or(role.start_kind()),
            reads_type: start_kind.is_none() && name == SESSION_STARTED && role.starts(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(roles: &str) -> Roles {
        let json = format!(r#"{{"name":"v","limits":{{"inactivity_seconds":60}},{roles}}}"#);
        Roles::new(&Definition::from_json(&json).unwrap())
    }

    /// Asks as the walk does, and proves that the properties are read only where that is announced.
    fn ask(roles: &Roles, name: &str, properties: &str) -> (Role, StartKind) {
        let mut is_read = false;
        let answer = roles.role_of(name, || {
            is_read = true;
            Properties::from_json(properties).unwrap()
        });
        assert_eq!(is_read, roles.needs_properties(name), "{name}");
        answer
    }

    #[test]
    fn the_first_rule_that_matches_gives_the_role() {
        let roles = roles(
            r#""roles":[
                {"event":"BetWin","role":"activity",
                 "where":[{"property":"bet","operator":"exists"}]},
                {"event":"BetWin","role":"end",
                 "where":[{"property":"bet","operator":"exists"}]},
                {"event":"BetWin","where":[{"property":"a","operator":"eq","value":1},
                                           {"property":"b","operator":"lt","value":2}],
                 "role":"start"},
                {"event":"BetWin","role":"passive"},
                {"event":"BetWin","role":"ignored",
                 "where":[{"property":"c","operator":"exists"}]}]"#,
        );
        let cases = [
            (r#"{"bet":1}"#, Role::Activity),
            (r#"{"bet":1,"a":1,"b":1}"#, Role::Activity),
            (r#"{"bet":null,"a":1,"b":1}"#, Role::Start),
            (r#"{"a":1,"b":2}"#, Role::Passive),
            (r#"{"c":1}"#, Role::Passive),
            ("{}", Role::Passive),
        ];
        for (properties, expected) in cases {
            assert_eq!(
                ask(&roles, "BetWin", properties).0,
                expected,
                "{properties}"
            );
        }
        assert_eq!(
            ask(&roles, "betwin", "{}").0,
            Role::Activity,
            "names are exact"
        );
    }

    #[test]
    fn properties_are_needed_only_where_a_rule_that_can_be_reached_reads_them() {
        let reads = r#""where":[{"property":"p","operator":"exists"}]"#;
        let roles = roles(&format!(
            r#""roles":[{{"event":"A","role":"end"}},{{"event":"A","role":"start",{reads}}},
                        {{"event":"B","role":"start",{reads}}},{{"event":"B","role":"end"}}]"#
        ));
        let cases = [
            ("A", false),
            ("B", true),
            ("identify", false),
            ("Other", false),
            (SESSION_STARTED, true),
        ];
        for (name, expected) in cases {
            assert_eq!(roles.needs_properties(name), expected, "{name}");
        }
    }

    #[test]
    fn the_start_kind_is_the_rules_own_or_the_roles_or_read_from_type() {
        let cases = [
            // roles, event, properties, expected
            (
                r#"[{"event":"E","role":"start"}]"#,
                "E",
                "{}",
                StartKind::Cold,
            ),
            (
                r#"[{"event":"E","role":"foreground"}]"#,
                "E",
                "{}",
                StartKind::Warm,
            ),
            (
                r#"[{"event":"E","role":"activity"}]"#,
                "E",
                "{}",
                StartKind::None,
            ),
            (r#"[]"#, "E", r#"{"type":"cold"}"#, StartKind::None),
            (
                r#"[{"event":"E","role":"start","start_kind":"none"}]"#,
                "E",
                "{}",
                StartKind::None,
            ),
            (
                r#"[{"event":"E","role":"start"}]"#,
                "E",
                r#"{"type":"warm"}"#,
                StartKind::Cold,
            ),
            (
                r#"[{"event":"SessionStarted","role":"start"}]"#,
                "SessionStarted",
                r#"{"type":"warm"}"#,
                StartKind::Warm,
            ),
            (
                r#"[{"event":"SessionStarted","role":"foreground"}]"#,
                "SessionStarted",
                r#"{"type":"cold"}"#,
                StartKind::Cold,
            ),
            (
                r#"[{"event":"SessionStarted","role":"start"}]"#,
                "SessionStarted",
                r#"{"type":"hot"}"#,
                StartKind::Cold,
            ),
            (
                r#"[{"event":"SessionStarted","role":"start","start_kind":"none"}]"#,
                "SessionStarted",
                r#"{"type":"warm"}"#,
                StartKind::None,
            ),
            (
                r#"[]"#,
                "SessionStarted",
                r#"{"type":"cold"}"#,
                StartKind::Cold,
            ),
            (r#"[]"#, "SessionStarted", "{}", StartKind::None),
        ];
        for (json, event, properties, expected) in cases {
            let roles = roles(&format!(r#""roles":{json}"#));
            assert_eq!(
                ask(&roles, event, properties).1,
                expected,
                "{json} {event} {properties}"
            );
        }
    }

    #[test]
    fn reset_ends_and_identify_and_alias_extend_unless_a_definition_says_otherwise() {
        let asked = |json: &str| {
            let roles = roles(json);
            ["reset", "identify", "alias", "Other"].map(|name| ask(&roles, name, "{}").0)
        };
        let standing = [Role::End, Role::Extend, Role::Extend, Role::Activity];
        assert_eq!(asked(r#""roles":[]"#), standing);
        assert_eq!(asked(r#""default_role":"activity""#), standing);
        assert_eq!(asked(r#""default_role":"ignored""#), [Role::Ignored; 4]);
        assert_eq!(
            asked(r#""roles":[{"event":"identify","role":"activity"}]"#),
            [Role::End, Role::Activity, Role::Extend, Role::Activity]
        );
        let where_it_matches = r#""roles":[{"event":"reset","role":"passive",
            "where":[{"property":"soft","operator":"exists"}]}]"#;
        assert_eq!(asked(where_it_matches), standing);
        assert_eq!(
            ask(&roles(where_it_matches), "reset", r#"{"soft":1}"#).0,
            Role::Passive
        );
    }
}
