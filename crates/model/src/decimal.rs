//! Decimal numbers in the words in which a source wrote them, without rounding: their order, and
//! exact sums of amounts. Must not know what an amount stands for.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU64;
use std::ops::{Add, AddAssign, Sub};

use num_bigint::{BigInt, BigUint, Sign};
use serde::{Serialize, Serializer};

use crate::value::{Scalar, Value};

/// Places before and after the decimal point that an amount can have: with more it is no money, and
/// `1e999999999` would fill the memory.
const PLACES: usize = 30;

/// One, in the unit of a [`Decimal`].
const ONE: u128 = 10_u128.pow(PLACES as u32);

/// A hundredth, in the unit of a [`Decimal`].
const HUNDREDTH: u128 = ONE / 100;

/// An exact decimal number: a whole number of 10^-30, so that sums, differences and comparisons
/// never round.
///
/// Its text depends on its value alone: plain, without an exponent and without zeros that say
/// nothing (12.50 + 0.5 is `13`), and always a valid JSON number.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(BigInt);

impl Decimal {
    /// Reads a valid JSON number, exactly.
    ///
    /// `None` where it has a digit other than 0 at 10^30 or above, or below 10^-30.
    pub fn of_number(number: &str) -> Option<Self> {
        let parts = parts(number);
        // One digit more than can be is enough to know that there are too many.
        let mut digits: Vec<u8> = parts.digits.take(2 * PLACES + 1).collect();
        if digits.is_empty() {
            return Some(Self::default());
        }
        let first = parts.leading_power;
        let last = first - (digits.len() as i64 - 1);
        let places = PLACES as i64;
        if first >= places || last < -places {
            return None;
        }
        digits.resize(digits.len() + (last + places) as usize, b'0');
        let sign = if parts.negative {
            Sign::Minus
        } else {
            Sign::Plus
        };
        let magnitude = BigUint::parse_bytes(&digits, 10)?;
        Some(Self(BigInt::from_biguint(sign, magnitude)))
    }

    /// The amount that a property holds. Types never convert: a text, a boolean, null or a list is
    /// none, and neither is a number that [`Decimal::of_number`] refuses.
    pub fn of_value(value: &Value) -> Option<Self> {
        match value {
            Value::One(Scalar::Number(number)) => Self::of_number(number),
            _ => None,
        }
    }

    /// A count, to be divided.
    pub fn of_count(count: u64) -> Self {
        Self(BigInt::from(count) * ONE)
    }

    /// This, divided and rounded half up to 2 decimals (sessions, section 8). Half up means away
    /// from zero, on both sides of it: 0.125 gives 0.13 and -0.125 gives -0.13, so that an amount
    /// and its reversal have averages that add up to nothing.
    pub fn divided(&self, divisor: NonZeroU64) -> Self {
        let hundredths_of_divisor = BigUint::from(divisor.get()) * HUNDREDTH;
        // Adding half of the divisor and cutting off: both doubled, so that the half is whole.
        let doubled = self.0.magnitude() * 2_u32 + &hundredths_of_divisor;
        let hundredths = doubled / (hundredths_of_divisor * 2_u32);
        Self(BigInt::from_biguint(self.0.sign(), hundredths) * HUNDREDTH)
    }

    /// As a property's value: a number.
    pub fn to_value(&self) -> Value {
        Value::One(Scalar::Number(self.to_string().into()))
    }
}

impl AddAssign<&Decimal> for Decimal {
    fn add_assign(&mut self, other: &Decimal) {
        self.0 += &other.0;
    }
}

impl Add<&Decimal> for Decimal {
    type Output = Decimal;

    fn add(mut self, other: &Decimal) -> Decimal {
        self += other;
        self
    }
}

impl Sub for &Decimal {
    type Output = Decimal;

    fn sub(self, other: &Decimal) -> Decimal {
        Decimal(&self.0 - &other.0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // At least one digit stands before the point.
        let digits = format!("{:0>width$}", self.0.magnitude(), width = PLACES + 1);
        let (whole, fraction) = digits.split_at(digits.len() - PLACES);
        let fraction = fraction.trim_end_matches('0');
        let sign = if self.0.sign() == Sign::Minus {
            "-"
        } else {
            ""
        };
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

/// As a JSON number with every digit.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

/// A JSON number taken apart: sign, digits without leading or trailing zeros, and the power of ten
/// of the first digit.
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

    fn decimal(number: &str) -> Decimal {
        Decimal::of_number(number).unwrap()
    }

    #[test]
    fn an_amount_is_read_exactly_and_written_plainly() {
        let all_places = format!("-{}.{}", "9".repeat(30), "1".repeat(30));
        let written = [
            ("0", "0"),
            ("-0.00", "0"),
            ("0e999999999", "0"),
            ("12.50", "12.5"),
            ("1200", "1200"),
            ("12e2", "1200"),
            ("-0.05", "-0.05"),
            ("1.0000000000000000000000000000000000000000", "1"),
            ("100E-2", "1"),
            ("1e-30", "0.000000000000000000000000000001"),
            ("1e29", "100000000000000000000000000000"),
            ("9007199254740993.1", "9007199254740993.1"),
            (all_places.as_str(), all_places.as_str()),
        ];
        for (number, text) in written {
            assert_eq!(decimal(number).to_string(), text, "{number}");
            assert_eq!(serde_json::to_string(&decimal(number)).unwrap(), text);
        }
    }

    #[test]
    fn a_hostile_number_is_no_amount() {
        let long = format!("0.{}1", "0".repeat(1 << 20));
        let wide = format!("1{}1", "0".repeat(1 << 20));
        let numbers = [
            "1e999999999",
            "-1e99999999999999999999999999",
            "1e-999999999",
            "1e-99999999999999999999999999",
            "1e30",
            "-1000000000000000000000000000000",
            "1e-31",
            "1.0000000000000000000000000000001",
            &long,
            &wide,
        ];
        for number in numbers {
            assert_eq!(Decimal::of_number(number), None, "{:.40}", number);
        }
    }

    #[test]
    fn types_never_convert_to_an_amount() {
        let none = [
            Value::text("12.50"),
            Value::One(Scalar::Bool(true)),
            Value::One(Scalar::Null),
            Value::List(vec![Scalar::Number("1".into())]),
        ];
        for value in none {
            assert_eq!(Decimal::of_value(&value), None, "{value:?}");
        }
        let number = Value::One(Scalar::Number("12.50".into()));
        assert_eq!(Decimal::of_value(&number), Some(decimal("12.5")));
    }

    #[test]
    fn sums_and_differences_are_exact() {
        let sum = |a: &str, b: &str| (decimal(a) + &decimal(b)).to_string();
        assert_eq!(sum("0.1", "0.2"), "0.3");
        assert_eq!(sum("12.50", "0.5"), "13");
        assert_eq!(sum("9007199254740992", "1"), "9007199254740993");
        assert_eq!(
            sum("1e29", "1e-30"),
            "100000000000000000000000000000.000000000000000000000000000001"
        );
        assert_eq!(sum("1.5", "-1.5"), "0");
        assert_eq!((&decimal("0.3") - &decimal("0.1")).to_string(), "0.2");
        assert_eq!((&decimal("1") - &decimal("1.25")).to_string(), "-0.25");
        // A sum may grow beyond what one amount can be.
        let nines = "9".repeat(30);
        assert_eq!(sum(&nines, "1"), format!("1{}", "0".repeat(30)));
    }

    #[test]
    fn amounts_compare_as_their_numbers_do() {
        let numbers = ["-10", "-9.99", "-0.1", "0", "1e-30", "0.5", "9.99", "10"];
        for a in numbers {
            for b in numbers {
                assert_eq!(decimal(a).cmp(&decimal(b)), compare(a, b), "{a}, {b}");
            }
        }
        assert_eq!(decimal("1.50"), decimal("15e-1"));
    }

    #[test]
    fn quotients_round_half_up_and_away_from_zero() {
        let quotient = |a: &str, by: u64| {
            let by = NonZeroU64::new(by).unwrap();
            decimal(a).divided(by).to_string()
        };
        let cases = [
            ("10", 4, "2.5"),
            ("10", 3, "3.33"),
            ("20", 3, "6.67"),
            ("0.01", 2, "0.01"),
            ("-0.01", 2, "-0.01"),
            ("0.25", 2, "0.13"),
            ("-0.25", 2, "-0.13"),
            ("0.249999999999999999999999999999", 2, "0.12"),
            ("-0.249999999999999999999999999999", 2, "-0.12"),
            ("0.004", 1, "0"),
            ("-0.004", 1, "0"),
            ("0", 7, "0"),
            ("1", u64::MAX, "0"),
            ("13006", 19, "684.53"),
        ];
        for (total, count, average) in cases {
            assert_eq!(quotient(total, count), average, "{total} / {count}");
        }
        assert_eq!(Decimal::of_count(3).to_string(), "3");
    }
}
