//! The known fields of a device's snapshot, by group. A known field is stored by its bare name
//! whether it came flat or inside its group.
//!
//! It must not know how a format writes the context.

/// The groups, in the order in which they are shown, and their fields. What is in none of them is
/// kept as well, and shown under "other".
pub const CONTEXT_GROUPS: &[(&str, &[&str])] = &[
    (
        "device",
        &[
            "device_type",
            "device_model",
            "operating_system",
            "os_version",
        ],
    ),
    ("app", &["app_version", "app_build", "app_bundle_id"]),
    (
        "screen",
        &[
            "screen_width",
            "screen_height",
            "screen_scale",
            "screen_logical_width",
            "screen_logical_height",
        ],
    ),
    (
        "system",
        &[
            "memory_total",
            "memory_available",
            "storage_available",
            "storage_total",
            "battery_level",
            "battery_state",
        ],
    ),
    ("locale", &["locale", "timezone"]),
    (
        "session",
        &["session_reason", "app_state", "background_duration"],
    ),
];

/// The group of a known field; `None` for any other.
pub fn group_of(field: &str) -> Option<&'static str> {
    CONTEXT_GROUPS
        .iter()
        .find(|(_, fields)| fields.contains(&field))
        .map(|(group, _)| *group)
}

/// The name under which a context field is stored, given its path with dots: `device.os_version` is
/// `os_version`, as a known field belongs to its own group whatever group it came in;
/// `device.colour` and `theme` stay as they are.
pub(crate) fn stored_name(path: &str) -> &str {
    match path.split_once('.') {
        Some((group, field)) if is_group(group) && group_of(field).is_some() => field,
        _ => path,
    }
}

fn is_group(name: &str) -> bool {
    CONTEXT_GROUPS.iter().any(|(group, _)| *group == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_field_belongs_to_its_group_either_way() {
        let cases = [
            ("os_version", "os_version"),
            ("device.os_version", "os_version"),
            ("app.os_version", "os_version"),
            ("locale", "locale"),
            ("locale.locale", "locale"),
            ("device.colour", "device.colour"),
            ("theme", "theme"),
            ("vendor.os_version", "vendor.os_version"),
            ("device.os_version.major", "device.os_version.major"),
        ];
        for (path, expected) in cases {
            assert_eq!(stored_name(path), expected, "{path}");
        }
        assert_eq!(group_of("battery_level"), Some("system"));
        assert_eq!(group_of("timezone"), Some("locale"));
        assert_eq!(group_of("device"), None);
    }

    #[test]
    fn no_field_is_in_two_groups() {
        let mut fields: Vec<_> = CONTEXT_GROUPS
            .iter()
            .flat_map(|(_, fields)| *fields)
            .collect();
        let count = fields.len();
        fields.sort_unstable();
        fields.dedup();
        assert_eq!((count, fields.len()), (23, 23));
    }
}
