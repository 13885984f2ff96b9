//! Limits as people read them, wherever a definition is spoken of.

use std::ops::RangeInclusive;

/// A limit of a definition, always exact: `90 s`, `1 min`, `30 min`, `24 h`, `7 days`.
pub fn limit_words(seconds: i64) -> String {
    let (count, unit) = match seconds {
        172_800.. if seconds % 86_400 == 0 => (seconds / 86_400, "days"),
        3_600.. if seconds % 3_600 == 0 => (seconds / 3_600, "h"),
        60.. if seconds % 60 == 0 => (seconds / 60, "min"),
        _ => (seconds, "s"),
    };
    format!("{count} {unit}")
}

/// The ends of what a limit may be: `1 min to 24 h`.
pub fn range_words(range: &RangeInclusive<i64>) -> String {
    format!(
        "{} to {}",
        limit_words(*range.start()),
        limit_words(*range.end())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_exactly() {
        let cases = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (90, "90 s"),
            (120, "2 min"),
            (300, "5 min"),
            (1_800, "30 min"),
            (3_600, "1 h"),
            (5_400, "90 min"),
            (3_661, "3661 s"),
            (86_400, "24 h"),
            (172_800, "2 days"),
            (604_800, "7 days"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(limit_words(seconds), expected);
        }
    }

    #[test]
    fn a_range_is_told_by_its_ends() {
        assert_eq!(range_words(&(60..=86_400)), "1 min to 24 h");
        assert_eq!(range_words(&(0..=604_800)), "0 s to 7 days");
    }
}
