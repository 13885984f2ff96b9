//! One page of fingerprints with their numbers, in about five bytes a pair; it knows no SQL.
//!
//! A page is: the count of its pairs as 4 bytes, the width of a low part and the width of a number
//! as a byte each; then three fields of bits, the lowest bit of the first byte first, each from a
//! whole byte on: the low parts, the numbers, the high parts. Fingerprints count from the page's
//! first one and are split as Elias and Fano do: the low part as it is, the high part in unary, so
//! that pair `i` sets the bit at its high part plus `i`. Every part can be read without those
//! before it, so that finding one fingerprint in a page costs less than finding the page.

use super::{FINGERPRINT_BITS, Fingerprint, NUMBER_BITS, Pair};

/// How long a page may become, bytes: four of them fill a leaf of 4,096 bytes. Pairs of one
/// fingerprint are never parted, so that many of them make a page longer.
const PAGE_BYTES: u64 = 1_000;

const HEAD_BYTES: usize = 6;

/// Why bytes are no page, or pairs none.
pub(super) type Reason = &'static str;

/// Pairs that are to be a page, ascending.
#[derive(Default)]
pub(super) struct Draft {
    pairs: Vec<Pair>,
    largest_number: i64,
}

impl Draft {
    /// Whether a pair, not less than those before, still belongs on this page.
    pub(super) fn has_room_for(&self, pair: Pair) -> bool {
        let (Some(first), Some(last)) = (self.pairs.first(), self.pairs.last()) else {
            return true;
        };
        let span = pair.fingerprint.0 - first.fingerprint.0;
        let largest = self.largest_number.max(pair.number);
        last.fingerprint == pair.fingerprint
            || Layout::of(self.pairs.len() as u64 + 1, span, largest).byte_count() <= PAGE_BYTES
    }

    /// Adds a pair that is not less than those before.
    pub(super) fn push(&mut self, pair: Pair) {
        self.largest_number = self.largest_number.max(pair.number);
        self.pairs.push(pair);
    }

    /// The page's first fingerprint and its bytes, and begins the next page; `None` where there are
    /// no pairs.
    pub(super) fn take(&mut self) -> Result<Option<(Fingerprint, Vec<u8>)>, Reason> {
        let (Some(first), Some(last)) = (self.pairs.first(), self.pairs.last()) else {
            return Ok(None);
        };
        let first = first.fingerprint;
        let span = last.fingerprint.0 - first.0;
        let bytes = encode(&self.pairs, span, self.largest_number)?;
        self.pairs.clear();
        self.largest_number = 0;
        Ok(Some((first, bytes)))
    }
}

fn encode(pairs: &[Pair], span: u64, largest_number: i64) -> Result<Vec<u8>, Reason> {
    let count = u32::try_from(pairs.len()).map_err(|_| "too many pairs of one fingerprint")?;
    let layout = Layout::of(u64::from(count), span, largest_number);
    let mut bits = Bits::default();
    bits.bytes.reserve(layout.byte_count() as usize + 8);
    bits.bytes.extend_from_slice(&count.to_le_bytes());
    bits.bytes
        .extend_from_slice(&[layout.low_bits as u8, layout.number_bits as u8]);
    let first = pairs.first().map_or(0, |pair| pair.fingerprint.0);
    let low_mask = (1 << layout.low_bits) - 1;
    for pair in pairs {
        bits.push((pair.fingerprint.0 - first) & low_mask, layout.low_bits);
    }
    bits.end_field();
    for pair in pairs {
        bits.push(pair.number as u64, layout.number_bits);
    }
    bits.end_field();
    let mut bytes = bits.bytes;
    let highs_from = bytes.len();
    bytes.resize(highs_from + bytes_of(layout.high_bit_count) as usize, 0);
    for (at, pair) in pairs.iter().enumerate() {
        let bit = ((pair.fingerprint.0 - first) >> layout.low_bits) as usize + at;
        bytes[highs_from + bit / 8] |= 1 << (bit % 8);
    }
    Ok(bytes)
}

/// How the bits of a page are spent.
struct Layout {
    count: u64,
    low_bits: u32,
    number_bits: u32,
    high_bit_count: u64,
}

impl Layout {
    /// The shortest one for so many fingerprints that are at most `span` from the first.
    fn of(count: u64, span: u64, largest_number: i64) -> Self {
        // The whole part of log2(span / count), without a division.
        let low_bits = match (span | 1).ilog2().checked_sub(count.ilog2()) {
            Some(bits) if bits > 0 && count << bits > span => bits - 1,
            Some(bits) => bits,
            None => 0,
        };
        Self {
            count,
            low_bits,
            number_bits: i64::BITS - largest_number.leading_zeros(),
            high_bit_count: count + (span >> low_bits),
        }
    }

    fn byte_count(&self) -> u64 {
        HEAD_BYTES as u64
            + bytes_of(self.count * u64::from(self.low_bits))
            + bytes_of(self.count * u64::from(self.number_bits))
            + bytes_of(self.high_bit_count)
    }
}

fn bytes_of(bits: u64) -> u64 {
    bits.div_ceil(8)
}

/// Values of few bits, one after another.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    word: u64,
    filled: u32,
}

impl Bits {
    /// Adds a value of less than 57 bits.
    fn push(&mut self, value: u64, width: u32) {
        self.word |= value << self.filled;
        self.filled += width;
        if self.filled >= 64 {
            self.bytes.extend_from_slice(&self.word.to_le_bytes());
            self.filled -= 64;
            self.word = value >> (width - self.filled);
        }
    }

    fn end_field(&mut self) {
        let used = bytes_of(u64::from(self.filled)) as usize;
        self.bytes
            .extend_from_slice(&self.word.to_le_bytes()[..used]);
        self.word = 0;
        self.filled = 0;
    }
}

/// A page as it stands in the file. Its parts are known to be there; what they say is not.
pub(super) struct Page<'a> {
    first: u64,
    last: u64,
    count: usize,
    low_bits: u32,
    number_bits: u32,
    lows: &'a [u8],
    numbers: &'a [u8],
    highs: &'a [u8],
}

impl<'a> Page<'a> {
    /// Looks over the bytes of a page that begins with a fingerprint.
    pub(super) fn parse(first: Fingerprint, bytes: &'a [u8]) -> Result<Self, Reason> {
        let (head, rest) = bytes
            .split_first_chunk::<HEAD_BYTES>()
            .ok_or("it is too short")?;
        let [a, b, c, d, low_bits, number_bits] = *head;
        let count = u32::from_le_bytes([a, b, c, d]) as usize;
        let (low_bits, number_bits) = (u32::from(low_bits), u32::from(number_bits));
        if low_bits > FINGERPRINT_BITS || number_bits > NUMBER_BITS {
            return Err("its values are too wide");
        }
        let part = |width: u32| bytes_of(count as u64 * u64::from(width)) as usize;
        let (lows, rest) = rest
            .split_at_checked(part(low_bits))
            .ok_or("it ends within its low parts")?;
        let (numbers, highs) = rest
            .split_at_checked(part(number_bits))
            .ok_or("it ends within its numbers")?;
        let ones: usize = words(highs).map(|word| word.count_ones() as usize).sum();
        if ones != count {
            return Err("its high parts are not as many as its pairs");
        }
        let top = highs
            .last()
            .and_then(|byte| byte.checked_ilog2())
            .ok_or("its high parts do not end with a pair")?;
        let last_high = (8 * (highs.len() - 1) + top as usize + 1 - count) as u64;
        let page = Self {
            first: first.0,
            last: first.0,
            count,
            low_bits,
            number_bits,
            lows,
            numbers,
            highs,
        };
        match last_high <= Fingerprint::LAST.0 >> low_bits {
            true => Ok(Self {
                last: page.fingerprint(last_high, count - 1),
                ..page
            }),
            false => Err("its high parts are too high"),
        }
    }

    /// Its last fingerprint.
    pub(super) fn last(&self) -> Fingerprint {
        Fingerprint(self.last)
    }

    /// The numbers of a fingerprint, ascending.
    pub(super) fn numbers_of(&self, wanted: Fingerprint) -> impl Iterator<Item = i64> {
        let is_within = self.first <= wanted.0 && wanted.0 <= self.last;
        let high = wanted.0.saturating_sub(self.first) >> self.low_bits;
        let from = match is_within {
            true => after_zeros(self.highs, high as usize),
            false => self.highs.len() * 8,
        };
        (from..)
            .take_while(|bit| {
                self.highs
                    .get(bit / 8)
                    .is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
            })
            .map(move |bit| bit.saturating_sub(high as usize))
            .filter(move |at| self.fingerprint(high, *at) == wanted.0)
            .map(|at| self.number(at))
    }

    /// Adds all its pairs to a list.
    pub(super) fn read(&self, pairs: &mut Vec<Pair>) -> Result<(), Reason> {
        pairs.reserve(self.count);
        let mut before = Pair {
            fingerprint: Fingerprint(self.first),
            number: 0,
        };
        let mut at = 0;
        for (index, mut word) in words(self.highs).enumerate() {
            while word != 0 {
                let bit = 64 * index + word.trailing_zeros() as usize;
                word &= word - 1;
                let pair = Pair {
                    fingerprint: Fingerprint(self.fingerprint((bit - at) as u64, at)),
                    number: self.number(at),
                };
                if pair < before || pair.fingerprint > Fingerprint::LAST {
                    return Err("its pairs are not in order");
                }
                pairs.push(pair);
                before = pair;
                at += 1;
            }
        }
        Ok(())
    }

    fn fingerprint(&self, high: u64, at: usize) -> u64 {
        self.first + (high << self.low_bits | value(self.lows, at, self.low_bits))
    }

    fn number(&self, at: usize) -> i64 {
        value(self.numbers, at, self.number_bits) as i64
    }
}

/// The value at a place of a field of values of less than 57 bits; beyond the field are zeros.
fn value(field: &[u8], at: usize, width: u32) -> u64 {
    let bit = at * width as usize;
    let from = field.get(bit / 8..).unwrap_or_default();
    word(from) >> (bit % 8) & ((1 << width) - 1)
}

/// The first 64 bits of a field, zeros beyond it.
fn word(field: &[u8]) -> u64 {
    match field.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => field
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

fn words(field: &[u8]) -> impl Iterator<Item = u64> {
    field.chunks(8).map(word)
}

/// The place of the bit after so many zeros of a field.
fn after_zeros(field: &[u8], count: usize) -> usize {
    let mut left = count;
    for (index, word) in words(field).enumerate() {
        let zeros = word.count_zeros() as usize;
        if left == 0 {
            return 64 * index;
        }
        if left <= zeros {
            let mut open = !word;
            for _ in 1..left {
                open &= open - 1;
            }
            return 64 * index + open.trailing_zeros() as usize + 1;
        }
        left -= zeros;
    }
    8 * field.len()
}
