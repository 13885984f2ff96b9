//! A role rule's condition on one property (sessions, section 2).

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::DefinitionError;
use crate::session::words;
use crate::{Properties, Scalar, Value, decimal};

/// A condition on one property of the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The property's name; nested ones with dots.
    pub property: String,
    /// The comparison.
    pub operator: Operator,
    /// What it compares with: a text, a number or a boolean; none for `exists` and `not_exists`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(type = "string | number | boolean | null"))]
    pub value: Option<Value>,
}

words! {
    /// The comparison of a condition.
    pub enum Operator {
        /// The property is there and not null.
        Exists = "exists",
        /// The property is missing or null.
        NotExists = "not_exists",
        /// Same type and value.
        Eq = "eq",
        /// There, and of another type or value.
        Neq = "neq",
        /// A number above the value.
        Gt = "gt",
        /// A number not below the value.
        Gte = "gte",
        /// A number below the value.
        Lt = "lt",
        /// A number not above the value.
        Lte = "lte",
    }
}

impl Condition {
    /// Whether an event with these properties fulfils it. Null counts as missing; a missing
    /// property fails all but `not_exists`; types never convert; numbers compare by value (`1.0`
    /// equals `1`).
    pub fn holds(&self, properties: &Properties) -> bool {
        let property = properties
            .get(&self.property)
            .filter(|value| !value.is_null());
        let Some(property) = property else {
            return self.operator == Operator::NotExists;
        };
        let value = self.value.as_ref();
        let ordered = |wanted: fn(Ordering) -> bool| {
            value
                .and_then(|value| order(property, value))
                .is_some_and(wanted)
        };
        match self.operator {
            Operator::Exists => true,
            Operator::NotExists => false,
            Operator::Eq => value.is_some_and(|value| equal(property, value)),
            Operator::Neq => value.is_some_and(|value| !equal(property, value)),
            Operator::Gt => ordered(Ordering::is_gt),
            Operator::Gte => ordered(Ordering::is_ge),
            Operator::Lt => ordered(Ordering::is_lt),
            Operator::Lte => ordered(Ordering::is_le),
        }
    }

    pub(super) fn validate(&self) -> Result<(), DefinitionError> {
        if self.property.is_empty() {
            return Err(DefinitionError::new("property", "it is empty"));
        }
        let operator = self.operator;
        let takes_value = !matches!(operator, Operator::Exists | Operator::NotExists);
        let takes_any_type = matches!(operator, Operator::Eq | Operator::Neq);
        let problem = match self.value.as_ref().map(Value::type_name) {
            Some(_) if !takes_value => format!("{operator} takes no value"),
            None if takes_value => format!("{operator} needs a value"),
            Some("list") => format!("{operator} compares with one value, this is a list"),
            Some(other) if takes_value && !takes_any_type && other != "number" => {
                format!("{operator} compares with a number, this is a {other}")
            }
            _ => return Ok(()),
        };
        Err(DefinitionError::new("value", problem))
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    order(a, b).map_or_else(|| a == b, Ordering::is_eq)
}

/// The order of two numbers; none where one is something else.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::One(Scalar::Number(a)), Value::One(Scalar::Number(b))) => {
            Some(decimal::compare(a, b))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_missing_types_never_convert_and_numbers_compare_by_value() {
        let properties = Properties::from_json(
            r#"{"n": 10.0, "big": 9007199254740993, "text": "10", "flag": true, "null": null,
                "empty": "", "list": [10]}"#,
        )
        .unwrap();
        // property, value, and for exists, not_exists, eq, neq, gt, gte, lt, lte whether it holds
        let cases = [
            (
                "n",
                "10",
                [true, false, true, false, false, true, false, true],
            ),
            (
                "n",
                "9.99",
                [true, false, false, true, true, true, false, false],
            ),
            (
                "n",
                "1e2",
                [true, false, false, true, false, false, true, true],
            ),
            (
                "n",
                "\"10\"",
                [true, false, false, true, false, false, false, false],
            ),
            (
                "big",
                "9007199254740992",
                [true, false, false, true, true, true, false, false],
            ),
            (
                "text",
                "10",
                [true, false, false, true, false, false, false, false],
            ),
            (
                "text",
                "\"10\"",
                [true, false, true, false, false, false, false, false],
            ),
            (
                "flag",
                "true",
                [true, false, true, false, false, false, false, false],
            ),
            (
                "flag",
                "false",
                [true, false, false, true, false, false, false, false],
            ),
            (
                "empty",
                "\"\"",
                [true, false, true, false, false, false, false, false],
            ),
            (
                "list",
                "10",
                [true, false, false, true, false, false, false, false],
            ),
            (
                "null",
                "10",
                [false, true, false, false, false, false, false, false],
            ),
            (
                "absent",
                "10",
                [false, true, false, false, false, false, false, false],
            ),
        ];
        for (property, value, expected) in cases {
            for (operator, expected) in Operator::ALL.iter().zip(expected) {
                let condition = Condition {
                    property: property.to_owned(),
                    operator: *operator,
                    value: Some(serde_json::from_str(value).unwrap()),
                };
                assert_eq!(
                    condition.holds(&properties),
                    expected,
                    "{property} {operator} {value}"
                );
            }
        }
    }
}
