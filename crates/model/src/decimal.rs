//! Order of decimal numbers in the words in which a source wrote them, without rounding.

use std::cmp::Ordering;

/// A JSON number taken apart: sign, digits without leading or trailing zeros, and the power of ten of
/// the first digit.
struct Parts<'a> {
    negative: bool,
    digits: Digits<'a>,
    leading_power: i64,
}

/// Digits that may have a decimal point among them.
#[derive(Clone)]
struct Digits<'a>(&'a [u8]);

impl Iterator for Digits<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        loop {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            if *first != b'.' {
                return Some(*first);
            }
        }
    }
}

/// Takes a valid JSON number apart; zero has no digits.
fn parts(number: &str) -> Parts<'_> {
    let bytes = number.as_bytes();
    let (negative, bytes) = match bytes.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, bytes),
    };
    let exponent_at = bytes.iter().position(|b| matches!(b, b'e' | b'E'));
    let (mantissa, exponent) = match exponent_at {
        Some(at) => (&bytes[..at], exponent(&bytes[at + 1..])),
        None => (bytes, 0),
    };
    let integer_digits = mantissa
        .iter()
        .position(|b| *b == b'.')
        .unwrap_or(mantissa.len());
    let significant = |b: &u8| (b'1'..=b'9').contains(b);
    let (Some(first), Some(last)) = (
        mantissa.iter().position(significant),
        mantissa.iter().rposition(significant),
    ) else {
        return Parts {
            negative: false,
            digits: Digits(&[]),
            leading_power: i64::MIN,
        };
    };
    let place = match first < integer_digits {
        true => (integer_digits - first - 1) as i64,
        false => integer_digits as i64 - first as i64,
    };
    Parts {
        negative,
        digits: Digits(&mantissa[first..=last]),
        leading_power: place.saturating_add(exponent),
    }
}

/// The exponent, clamped to where no two different numbers of a line of 1 MiB can meet.
fn exponent(digits: &[u8]) -> i64 {
    let (negative, digits) = match digits.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, digits),
    };
    let mut value: i64 = 0;
    for digit in digits {
        value = value
            .saturating_mul(10)
            .saturating_add(i64::from(digit - b'0'));
    }
    let value = value.min(1 << 60);
    if negative { -value } else { value }
}

/// Compares two JSON numbers by value: `1.0` equals `1`, and 2^53 + 1 is more than 2^53.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (parts(a), parts(b));
    let sign = |p: &Parts<'_>| match (p.digits.0.is_empty(), p.negative) {
        (true, _) => 0,
        (false, true) => -1,
        (false, false) => 1,
    };
    let (sign_a, sign_b) = (sign(&a), sign(&b));
    if sign_a != sign_b || sign_a == 0 {
        return sign_a.cmp(&sign_b);
    }
    let magnitude = a
        .leading_power
        .cmp(&b.leading_power)
        .then_with(|| a.digits.cmp(b.digits));
    if sign_a < 0 {
        magnitude.reverse()
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value_and_never_round() {
        let ascending = [
            "-1e400",
            "-100.5",
            "-100",
            "-1",
            "-0.5",
            "-1e-400",
            "0",
            "1e-400",
            "0.09",
            "0.1",
            "0.11",
            "1",
            "9.99",
            "10",
            "9007199254740992",
            "9007199254740993",
            "1e400",
            "2e400",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a} against {b}");
            }
        }
        let equal = [
            "1", "1.0", "1.00", "0.1e1", "10e-1", "1E0", "100E-2", "0.01e+2",
        ];
        for a in equal {
            for b in equal {
                assert_eq!(compare(a, b), Ordering::Equal, "{a} against {b}");
            }
        }
        for zero in ["-0", "0.0", "0e5", "-0.000e-9"] {
            assert_eq!(compare(zero, "0"), Ordering::Equal, "{zero}");
        }
    }
}
