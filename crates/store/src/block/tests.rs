//! What goes into a block comes out of it to the letter; bytes that are no block are said to be none.

use dwell_model::{Key, Properties, Value, value::Scalar};
use uuid::Uuid;

use super::columns::Head;
use super::*;
use crate::piece::{HAS_SENT, HAS_SKEW, RowId, Span};

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// Of any size and sign, extremes among them.
    fn number(&mut self) -> i64 {
        match self.below(8) {
            0 => i64::MIN,
            1 => i64::MAX,
            2 => self.next() as i64,
            _ => (self.next() >> self.below(64)) as i64 * [1, -1][self.below(2)],
        }
    }

    fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.next(), self.next())
    }
}

fn seed() -> u64 {
    let seed = std::env::var("DWELL_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(2_026);
    println!("DWELL_TEST_SEED={seed}");
    seed
}

const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1.10",
    "9007199254740993",
    "-9223372036854775809",
    "123456789012345678901234567890.5",
    "1e400",
    "-1.5E-7",
    "0.1000000000000000055511151231257827",
];

const TEXTS: &[&str] = &[
    "",
    " ",
    "home",
    "1",
    "null",
    "ünï 😀 \u{202e}",
    "a\"b\\c/\n\r\t\u{1}\u{1f}\u{7f}",
    "\0",
    "\\",
    "\"",
    "\":{,[",
    "e\u{301}",
];

const KEYS: &[&str] = &[
    "screen", "ms", "a", "", "ü", "a\"b", "a\\", "k:1", "0", "-1.5", "a.b",
];

fn scalar(random: &mut Random) -> Scalar {
    match random.below(8) {
        0 => Scalar::Null,
        1 => Scalar::Bool(random.one_in(2)),
        2..5 => Scalar::Number(random.pick(NUMBERS).into()),
        5 => Scalar::Text(random.uuid().to_string().into()),
        _ => Scalar::Text(random.pick(TEXTS).into()),
    }
}

fn properties(random: &mut Random) -> Properties {
    let mut properties = Properties::new();
    for _ in 0..random.below(5) {
        let value = match random.one_in(6) {
            true => Value::List((0..random.below(4)).map(|_| scalar(random)).collect()),
            false => Value::One(scalar(random)),
        };
        properties.set(random.pick(KEYS), value);
    }
    if random.one_in(60) {
        // Its pattern is too long to be one.
        let key = "k".repeat(5_000 + random.below(3));
        properties.set(&key, Value::One(scalar(random)));
    }
    properties
}

fn json(random: &mut Random) -> String {
    let properties = properties(random);
    match properties.is_empty() {
        true => String::new(),
        false => properties.to_json(),
    }
}

fn key(random: &mut Random) -> Key {
    match random.one_in(2) {
        true => Key::Uuid(random.uuid()),
        false => Key::Text(format!("s{}😀", random.below(3)).into()),
    }
}

/// Some events in order, of one kind or of all.
fn piece(random: &mut Random, count: usize) -> Piece {
    let mut piece = Piece::default();
    let (times, ids, texts) = (random.below(4), random.below(3), random.below(4));
    let (shared, optional) = (random.below(4), random.below(3));
    let start_ms = random.number();
    for _ in 0..count {
        let time_ms = match times {
            0 => start_ms,
            1 => 1_700_000_000_000 + random.below(100_000) as i64,
            2 => random.number(),
            _ => [i64::MIN, i64::MAX][random.below(2)],
        };
        let id = match (ids, random.below(4)) {
            (0, _) | (1, 1..) => RowId::Uuid(random.uuid()),
            (_, 0) => RowId::Text(Span::put(&mut piece.bytes, b"")),
            (_, 1) => RowId::Text(Span::put(&mut piece.bytes, "é".repeat(300).as_bytes())),
            _ => {
                let text = format!("evt-{}", random.next());
                RowId::Text(Span::put(&mut piece.bytes, text.as_bytes()))
            }
        };
        let is_given = |random: &mut Random| match optional {
            0 => false,
            1 => true,
            _ => random.one_in(2),
        };
        let mut flags = random.below(8) as u8;
        let (mut sent_at_ms, mut skew_ms) = (0, 0);
        if is_given(random) {
            flags |= HAS_SENT;
            sent_at_ms = random.number();
        }
        if is_given(random) {
            flags |= HAS_SKEW;
            skew_ms = random.number();
        }
        let source_session = match shared == 0 || random.one_in(3) {
            true => 0,
            false => piece.source_session_place(&key(random)),
        };
        let context = match (shared, random.below(4)) {
            (0 | 1, _) | (_, 0) => 0,
            (2, _) => piece.context_place(br#"{"os":"android","level":34}"#),
            _ => match json(random).as_bytes() {
                b"" => 0,
                json => piece.context_place(json),
            },
        };
        let properties = match texts {
            0 => Span::default(),
            1 => Span::put(&mut piece.bytes, br#"{"screen":"home","ms":12}"#),
            _ => Span::put(&mut piece.bytes, json(random).as_bytes()),
        };
        let wide = |random: &mut Random| (random.next() >> (32 + random.below(32))) as u32;
        piece.rows.push(Row {
            number: random.number(),
            time_ms,
            arrival_ms: match random.one_in(2) {
                true => time_ms,
                false => random.number(),
            },
            sent_at_ms,
            skew_ms,
            flags,
            name_id: wide(random),
            user: wide(random),
            source_session,
            context,
            id,
            properties,
        });
    }
    piece.sort();
    piece
}

/// 1, the most, or something between.
fn count(random: &mut Random) -> usize {
    match random.below(6) {
        0 => 1,
        1 => MAX_EVENTS,
        _ => 1 + random.below(MAX_EVENTS),
    }
}

#[track_caller]
fn assert_same(piece: &Piece, rows: &[Row], other: &Piece, other_rows: &[Row]) {
    assert_eq!(rows.len(), other_rows.len());
    for (row, of_other) in rows.iter().zip(other_rows) {
        let numbers = |row: &Row| {
            let times = (row.time_ms, row.arrival_ms, row.sent_at_ms, row.skew_ms);
            (row.number, times, row.flags, row.name_id, row.user)
        };
        assert_eq!(numbers(row), numbers(of_other));
        let id = |piece: &Piece, row: &Row| match row.id {
            RowId::Uuid(uuid) => (true, uuid.as_bytes().to_vec()),
            RowId::Text(span) => (false, span.of(&piece.bytes).to_vec()),
        };
        assert_eq!(id(piece, row), id(other, of_other));
        assert_eq!(piece.source_session(row), other.source_session(of_other));
        let texts = |piece: &Piece, row: &Row| {
            let properties = piece.properties_json(row).unwrap().to_owned();
            (properties, piece.context_json(row).unwrap().to_owned())
        };
        assert_eq!(texts(piece, row), texts(other, of_other));
        assert_eq!(row.context == 0, of_other.context == 0);
    }
}

fn packer(dictionary: Option<(u32, &[u8])>) -> Packer {
    Packer::new(dictionary).unwrap()
}

fn unpacker(dictionary: Option<(u32, &[u8])>) -> Unpacker {
    let mut unpacker = Unpacker::default();
    unpacker.learn(0, &[]).unwrap();
    if let Some((id, bytes)) = dictionary {
        unpacker.learn(id, bytes).unwrap();
    }
    unpacker
}

fn trained(random: &mut Random, patterns: &Patterns) -> Vec<u8> {
    let mut plain_packer = packer(None);
    let mut samples = Vec::new();
    while samples.len() < 400 {
        let piece = piece(random, 40);
        let shared = Shared::of(&piece.rows);
        let contexts = shared.contexts();
        let text = plain(&piece, &piece.rows, contexts, patterns, &mut plain_packer);
        samples.push(text.unwrap().to_vec());
    }
    train(&samples).unwrap()
}

fn encoded(piece: &Piece, patterns: &Patterns, packer: &mut Packer) -> Block {
    encode(piece, &piece.rows, patterns, packer).unwrap()
}

#[test]
fn every_value_comes_out_of_a_block_to_the_letter() {
    let mut random = Random(seed());
    let patterns = Patterns::default();
    let bytes = trained(&mut random, &patterns);
    for dictionary in [None, Some((7, &bytes[..]))] {
        let (mut packer, mut unpacker) = (packer(dictionary), unpacker(dictionary));
        for _ in 0..250 {
            let count = count(&mut random);
            let piece = piece(&mut random, count);
            let block = encoded(&piece, &patterns, &mut packer);
            assert_eq!(block.event_count, count);
            assert!(is_whole(&block.columns, &block.texts));
            let head = head(&block.columns).unwrap();
            let expected = Head {
                event_count: count,
                first_ms: piece.rows[0].time_ms,
                last_ms: piece.rows[count - 1].time_ms,
            };
            assert_eq!(head, expected);
            for row in &piece.rows {
                assert_ne!(block.names & name_bit(row.name_id), 0);
            }
            if !block.texts.is_empty() {
                let id = dictionary.map_or(0, |(id, _)| id);
                assert_eq!(dictionary_of(&block.texts), Some(id));
            }
            let mut read = Piece::default();
            let decoded = decode_columns(&block.columns, &mut read).unwrap();
            let mut texts = |wanted, read: &mut Piece| {
                decode_texts(
                    &block.texts,
                    decoded,
                    wanted,
                    read,
                    &patterns,
                    &mut unpacker,
                )
                .unwrap();
            };
            texts(Wanted::Contexts, &mut read);
            for (row, of_piece) in read.rows.iter().zip(&piece.rows) {
                assert_eq!(read.context_bytes(row), piece.context_bytes(of_piece));
                assert_eq!(read.properties_bytes(row), b"");
            }
            texts(Wanted::All, &mut read);
            assert_same(&piece, &piece.rows, &read, &read.rows);
            // As a whole they are JSON still.
            for row in &read.rows {
                read.event(row, "n".into(), None, None).unwrap();
            }
        }
    }
}

#[test]
fn patterns_that_were_stored_and_read_again_are_the_same() {
    let mut random = Random(seed());
    let patterns = Patterns::default();
    let mut packer = packer(None);
    let pieces: Vec<Piece> = (0..30).map(|_| piece(&mut random, 60)).collect();
    let encode = |piece| encoded(piece, &patterns, &mut packer);
    let blocks: Vec<Block> = pieces.iter().map(encode).collect();
    let stored = Patterns::new(patterns.since(0));
    assert_eq!(stored.len(), patterns.len());
    for (piece, block) in pieces.iter().zip(&blocks) {
        let mut read = Piece::default();
        let decoded = decode_columns(&block.columns, &mut read).unwrap();
        let unpacker = &mut unpacker(None);
        decode_texts(
            &block.texts,
            decoded,
            Wanted::All,
            &mut read,
            &stored,
            unpacker,
        )
        .unwrap();
        assert_same(piece, &piece.rows, &read, &read.rows);
    }
}

#[test]
fn texts_of_several_blocks_can_be_read_in_any_order() {
    let mut random = Random(seed());
    let patterns = Patterns::default();
    let (mut packer, mut unpacker) = (packer(None), unpacker(None));
    for _ in 0..60 {
        let mut read = Piece::default();
        let mut pending = Vec::new();
        for _ in 0..1 + random.below(6) {
            let count = 1 + random.below(30);
            let piece = piece(&mut random, count);
            let block = encoded(&piece, &patterns, &mut packer);
            let first_row = read.rows.len();
            let decoded = decode_columns(&block.columns, &mut read).unwrap();
            pending.push((first_row, piece, block, decoded));
        }
        let mut all = Vec::new();
        while !pending.is_empty() {
            let (first_row, piece, block, decoded) =
                pending.swap_remove(random.below(pending.len()));
            decode_texts(
                &block.texts,
                decoded,
                Wanted::All,
                &mut read,
                &patterns,
                &mut unpacker,
            )
            .unwrap();
            all.push((first_row, piece));
        }
        // What was read first is whole still, and so is what is copied elsewhere.
        let mut copy = Piece::default();
        read.rows.iter().for_each(|row| copy.push(&read, row));
        for (first_row, piece) in all {
            let rows = first_row..first_row + piece.rows.len();
            assert_same(&piece, &piece.rows, &read, &read.rows[rows.clone()]);
            assert_same(&piece, &piece.rows, &copy, &copy.rows[rows]);
        }
    }
}

#[test]
fn every_flipped_bit_of_a_block_is_found() {
    let mut random = Random(seed());
    let patterns = Patterns::default();
    let piece = piece(&mut random, 24);
    let mut block = encoded(&piece, &patterns, &mut packer(None));
    for bit in 0..8 * (block.columns.len() + block.texts.len()) {
        let flip = |block: &mut Block| match bit.checked_sub(8 * block.columns.len()) {
            None => block.columns[bit / 8] ^= 1 << (bit % 8),
            Some(bit) => block.texts[bit / 8] ^= 1 << (bit % 8),
        };
        flip(&mut block);
        assert!(!is_whole(&block.columns, &block.texts), "bit {bit}");
        flip(&mut block);
    }
    assert!(is_whole(&block.columns, &block.texts));
    assert!(!is_whole(&[], &[]));
    assert!(!is_whole(&[0, 0, 0], &[]));
}

/// Reads bytes that may be anything, as if their checksum were right.
fn read_anything(columns: &[u8], texts: &[u8], patterns: &Patterns, unpacker: &mut Unpacker) {
    let mut piece = Piece::default();
    let _ = head(columns);
    if let Some(id) = dictionary_of(texts)
        && !unpacker.knows(id)
    {
        return;
    }
    let read = decode_columns(columns, &mut piece).and_then(|decoded| {
        let is_read = decode_texts(texts, decoded, Wanted::All, &mut piece, patterns, unpacker);
        assert!(piece.contexts.capacity() <= 2 * MAX_EVENTS);
        is_read
    });
    if read.is_ok() {
        for row in &piece.rows {
            let _ = piece.event(row, "n".into(), None, None);
            let _ = (piece.context_bytes(row), piece.id_bytes(row));
        }
        piece.sort();
    }
}

#[test]
fn bytes_that_are_no_block_are_read_without_a_panic() {
    let mut random = Random(seed());
    let patterns = Patterns::default();
    let (mut packer, mut unpacker) = (packer(None), unpacker(None));
    for _ in 0..150 {
        let count = 1 + random.below(12);
        let piece = piece(&mut random, count);
        let block = encoded(&piece, &patterns, &mut packer);
        for _ in 0..60 {
            let mut both = [block.columns.clone(), block.texts.clone()];
            for _ in 0..1 + random.below(3) {
                let bytes = &mut both[random.below(2)];
                if bytes.is_empty() {
                    continue;
                }
                let at = random.below(bytes.len());
                match random.below(5) {
                    0 => bytes[at] ^= 1 << random.below(8),
                    1 => bytes[at] = 0xff,
                    2 => bytes.truncate(at),
                    3 => bytes.insert(at, random.next() as u8),
                    _ => {
                        bytes.splice(at..at, [0xff, 0xff, 0xff, 0xff, 0x0f]);
                    }
                }
            }
            let [columns, texts] = &both;
            read_anything(columns, texts, &patterns, &mut unpacker);
        }
    }
    for _ in 0..3_000 {
        let bytes: Vec<u8> = (0..random.below(80)).map(|_| random.next() as u8).collect();
        read_anything(&bytes, &bytes, &patterns, &mut unpacker);
    }
}

#[test]
fn a_block_without_its_texts_is_none() {
    let mut random = Random(seed());
    let patterns = Patterns::default();
    let mut piece = piece(&mut random, 3);
    let place = piece.context_place(br#"{"os":"ios"}"#);
    piece.rows[1].context = place;
    let block = encoded(&piece, &patterns, &mut packer(None));
    for texts in [
        &[][..],
        &block.texts[..1],
        &block.texts[..block.texts.len() - 1],
    ] {
        let mut read = Piece::default();
        let decoded = decode_columns(&block.columns, &mut read).unwrap();
        let unpacker = &mut unpacker(None);
        assert!(decode_texts(texts, decoded, Wanted::All, &mut read, &patterns, unpacker).is_err());
    }
    // And without the patterns that its texts are of.
    let mut read = Piece::default();
    let decoded = decode_columns(&block.columns, &mut read).unwrap();
    let (none, unpacker) = (Patterns::default(), &mut unpacker(None));
    assert!(
        decode_texts(
            &block.texts,
            decoded,
            Wanted::All,
            &mut read,
            &none,
            unpacker
        )
        .is_err()
    );
}

#[test]
fn counts_that_cannot_be_take_no_memory() {
    let mut random = Random(seed());
    let mut one = piece(&mut random, 1);
    one.rows[0].context = 0;
    one.rows[0].source_session = 0;
    one.rows[0].flags = 0;
    one.rows[0].id = RowId::Uuid(Uuid::nil());
    let block = encoded(&one, &Patterns::default(), &mut packer(None));
    // The count of contexts stands before “all ids are UUIDs” and the one UUID.
    let at = block.columns.len() - 18;
    assert_eq!(block.columns[at], 0);
    let mut columns = block.columns[..at].to_vec();
    columns.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 1]);
    columns.extend_from_slice(&block.columns[at + 1..]);
    let mut read = Piece::default();
    assert!(decode_columns(&columns, &mut read).is_err());
    assert!(read.contexts.capacity() <= MAX_EVENTS);
}

#[test]
fn a_text_that_a_block_cannot_hold_is_refused() {
    let mut piece = piece(&mut Random(seed()), 1);
    piece.rows[0].properties = Span::put(&mut piece.bytes, b"{\"a\":\"\0\"}");
    let encoded = encode(&piece, &piece.rows, &Patterns::default(), &mut packer(None));
    assert!(encoded.is_err());
}
