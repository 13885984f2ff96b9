//! Pairs that were added and not removed are there, and no others; damage is said and no panic.

use std::collections::BTreeMap;
use std::ops::Bound;

use tempfile::TempDir;

use super::*;
use crate::file::Store;

const NONE: [i64; 0] = [];

const EVENTS: KeySet = KeySet::Events { application_id: 3 };

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

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Small ones as often as large ones, all of fewer bits than that.
    fn up_to_bits(&mut self, bits: u64) -> u64 {
        let width = self.below(bits);
        self.below(1 << width)
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

fn workspace() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("keys.dwell")).unwrap();
    (folder, store)
}

fn pair(fingerprint: u64, number: i64) -> Pair {
    Pair {
        fingerprint: Fingerprint(fingerprint),
        number,
    }
}

fn add(store: &Store, set: KeySet, pairs: &[Pair]) {
    store
        .write(|writer| writer.add_keys(set, pairs.to_vec()))
        .unwrap();
}

fn remove(store: &Store, set: KeySet, pairs: &[Pair]) {
    store
        .write(|writer| writer.remove_keys(set, pairs.to_vec()))
        .unwrap();
}

fn all(store: &Store, set: KeySet) -> Vec<Pair> {
    let mut found = Vec::new();
    store
        .read(|reader| {
            reader.each_key(set, |pair| {
                found.push(pair);
                Ok(())
            })
        })
        .unwrap();
    found
}

/// Each hit of a probe: the index of what was asked for, and the number.
fn probe(store: &Store, set: KeySet, wanted: &[Fingerprint]) -> Vec<(usize, i64)> {
    let mut hits = Vec::new();
    store
        .read(|reader| {
            reader.probe_keys(set, wanted, |index, number| {
                hits.push((index, number));
                Ok(())
            })
        })
        .unwrap();
    hits.sort_unstable();
    hits
}

fn candidates(store: &Store, set: KeySet, fingerprint: u64) -> Vec<i64> {
    store
        .read(|reader| reader.key_candidates(set, Fingerprint(fingerprint)))
        .unwrap()
}

/// What the tables say of runs, beside what is in them.
fn assert_runs_hold(store: &Store, context: &str) {
    store
        .read(|reader| {
            let stray: i64 = reader.connection.query_row(
                "SELECT count(*) FROM key_page
                 WHERE page_id >> 40 NOT IN (SELECT run_id FROM key_run)",
                [],
                |row| row.get(0),
            )?;
            assert_eq!(stray, 0, "{context}: pages of no run");
            let miscounted: i64 = reader.connection.query_row(
                "SELECT count(*) FROM key_run
                 WHERE pair_count = 0 OR page_count <>
                   (SELECT count(*) FROM key_page WHERE page_id >> 40 = run_id)",
                [],
                |row| row.get(0),
            )?;
            assert_eq!(miscounted, 0, "{context}: runs with another count of pages");
            Ok(())
        })
        .unwrap();
}

/// The multiset that the pairs must be.
#[derive(Default)]
struct Model(BTreeMap<Pair, usize>);

impl Model {
    fn add(&mut self, pair: Pair) {
        *self.0.entry(pair).or_default() += 1;
    }

    fn remove(&mut self, pair: Pair) {
        if let Some(count) = self.0.get_mut(&pair) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&pair);
            }
        }
    }

    fn all(&self) -> Vec<Pair> {
        self.0
            .iter()
            .flat_map(|(pair, count)| std::iter::repeat_n(*pair, *count))
            .collect()
    }

    fn hits(&self, wanted: &[Fingerprint]) -> Vec<(usize, i64)> {
        let mut hits = Vec::new();
        for (index, wanted) in wanted.iter().enumerate() {
            for (pair, count) in self.0.range(pair(wanted.0, 0)..=pair(wanted.0, i64::MAX)) {
                hits.extend(std::iter::repeat_n((index, pair.number), *count));
            }
        }
        hits
    }

    /// One that is there, if any is.
    fn any(&self, random: &mut Random) -> Option<Pair> {
        let from = pair(random.below(1 << 40), 0);
        let mut after = self.0.range((Bound::Included(from), Bound::Unbounded));
        let found = after.next().or_else(|| self.0.iter().next());
        found.map(|(pair, _)| *pair)
    }
}

#[test]
fn a_fingerprint_is_the_same_for_ever() {
    // The upper 40 bits of XXH3_64bits as the reference program prints it.
    assert_eq!(Fingerprint::of(b"").0, 0x2d06_8005_38d3_94c2 >> 24);
    assert_eq!(Fingerprint::of(b"abc").0, 0x78af_5f94_892f_3950 >> 24);
}

#[test]
fn an_empty_set_has_no_candidates() {
    let (_folder, store) = workspace();
    assert_eq!(candidates(&store, EVENTS, 7), NONE);
    assert!(all(&store, EVENTS).is_empty());
    assert_eq!(store.read(|reader| reader.key_count(EVENTS)).unwrap(), 0);
    remove(&store, EVENTS, &[pair(7, 1)]);
    store.write(|writer| writer.drop_keys(EVENTS)).unwrap();
    add(&store, EVENTS, &[]);
    assert_runs_hold(&store, "after nothing was added");
}

#[test]
fn sets_do_not_see_each_other() {
    let (_folder, store) = workspace();
    let sessions = KeySet::Sessions { definition_id: 3 };
    let other = KeySet::Events { application_id: 4 };
    add(&store, EVENTS, &[pair(7, 1)]);
    add(&store, sessions, &[pair(7, 2)]);
    add(&store, other, &[pair(7, 3), pair(Fingerprint::LAST.0, 4)]);
    assert_eq!(candidates(&store, EVENTS, 7), [1]);
    assert_eq!(candidates(&store, sessions, 7), [2]);
    assert_eq!(candidates(&store, other, 7), [3]);
    assert_eq!(candidates(&store, sessions, Fingerprint::LAST.0), NONE);
    store.write(|writer| writer.drop_keys(sessions)).unwrap();
    assert_eq!(candidates(&store, sessions, 7), NONE);
    assert_eq!(candidates(&store, EVENTS, 7), [1]);
    assert_eq!(all(&store, other).len(), 2);
    assert_runs_hold(&store, "after a set was dropped");
}

#[test]
fn equal_pairs_are_kept_as_often_as_they_were_added() {
    let (_folder, store) = workspace();
    add(&store, EVENTS, &[pair(7, 1), pair(7, 1), pair(7, 5)]);
    add(&store, EVENTS, &[pair(7, 1)]);
    assert_eq!(candidates(&store, EVENTS, 7), [1, 5]);
    remove(&store, EVENTS, &[pair(7, 1), pair(7, 1)]);
    assert_eq!(all(&store, EVENTS), [pair(7, 1), pair(7, 5)]);
    remove(&store, EVENTS, &[pair(7, 1)]);
    assert_eq!(candidates(&store, EVENTS, 7), [5]);
}

#[test]
fn ids_that_were_made_to_collide_are_all_candidates() {
    let (_folder, store) = workspace();
    let mut pairs: Vec<Pair> = (0..20_000).map(|number| pair(1 << 33, number)).collect();
    pairs.extend([pair(0, 1), pair((1 << 33) - 1, 2), pair((1 << 33) + 1, 3)]);
    pairs.push(pair(Fingerprint::LAST.0, (1 << NUMBER_BITS) - 1));
    add(&store, EVENTS, &pairs);
    pairs.sort_unstable();
    assert_eq!(all(&store, EVENTS), pairs);
    assert_eq!(
        candidates(&store, EVENTS, 1 << 33),
        (0..20_000).collect::<Vec<_>>()
    );
    assert_eq!(candidates(&store, EVENTS, (1 << 33) + 1), [3]);
    assert_eq!(
        candidates(&store, EVENTS, Fingerprint::LAST.0),
        [(1 << NUMBER_BITS) - 1]
    );
    remove(&store, EVENTS, &pairs[1..20_000]);
    assert_eq!(all(&store, EVENTS).len(), 5);
    assert_runs_hold(&store, "after most collisions were removed");
}

#[test]
fn a_number_beyond_what_a_page_holds_is_refused_and_nothing_is_added() {
    let (_folder, store) = workspace();
    for number in [-1, 1 << NUMBER_BITS, i64::MAX] {
        let refused =
            store.write(|writer| writer.add_keys(EVENTS, vec![pair(1, 1), pair(2, number)]));
        let words = refused.unwrap_err().to_string();
        assert!(words.contains(&number.to_string()), "{words}");
    }
    assert!(all(&store, EVENTS).is_empty());
}

#[test]
fn every_pair_at_the_edge_of_a_page_is_found() {
    let (_folder, store) = workspace();
    let seed = seed();
    let mut random = Random(seed);
    let pairs: Vec<Pair> = (0..3_000)
        .map(|_| pair(random.below(1 << 40), random.below(1 << 19) as i64))
        .collect();
    add(&store, EVENTS, &pairs);
    let firsts: Vec<u64> = store
        .read(|reader| {
            let mut pages = reader.connection.prepare("SELECT page_id FROM key_page")?;
            let ids = pages.query_map([], |row| row.get::<_, i64>(0))?;
            Ok(ids.map(|id| first_of(id.unwrap()).0).collect())
        })
        .unwrap();
    assert!(firsts.len() > 10);
    let mut model = Model::default();
    pairs.iter().for_each(|pair| model.add(*pair));
    for first in firsts {
        for edge in [first.saturating_sub(1), first, first + 1] {
            let wanted = [Fingerprint(edge)];
            let hits = probe(&store, EVENTS, &wanted);
            assert_eq!(hits, model.hits(&wanted), "DWELL_TEST_SEED={seed} {edge}");
        }
    }
}

#[test]
fn what_was_added_and_not_removed_is_there_in_any_order_of_work() {
    let seed = seed();
    for round in 0..6_u64 {
        let (_folder, store) = workspace();
        let mut random = Random(seed.wrapping_add(round.wrapping_mul(0x2545_f491)));
        let mut model = Model::default();
        // Few different fingerprints make equal ones; many are as real ids are.
        let fingerprints = 1 << [4, 12, 40][round as usize % 3];
        let numbers = 1 << [1, 19, 40][random.below(3) as usize];
        for step in 0..60 {
            let context = format!("DWELL_TEST_SEED={seed} round {round} step {step}");
            let count = random.up_to_bits(12);
            let mut changed = Vec::new();
            if random.below(3) == 0 {
                for _ in 0..count.saturating_mul(2) {
                    let made_up = pair(random.below(fingerprints), 1);
                    let gone = match random.below(8) {
                        0 => made_up,
                        _ => model.any(&mut random).unwrap_or(made_up),
                    };
                    model.remove(gone);
                    changed.push(gone);
                }
                remove(&store, EVENTS, &changed);
            } else {
                for _ in 0..count {
                    let new = pair(random.below(fingerprints), random.below(numbers) as i64);
                    model.add(new);
                    changed.push(new);
                }
                add(&store, EVENTS, &changed);
            }
            let expected = model.all();
            assert!(all(&store, EVENTS) == expected, "{context}: all pairs");
            let counted = store.read(|reader| reader.key_count(EVENTS)).unwrap();
            assert_eq!(counted, expected.len() as u64, "{context}");
            assert_runs_hold(&store, &context);
            let mut wanted: Vec<Fingerprint> = (0..random.below(300))
                .map(|_| match (random.below(2), model.any(&mut random)) {
                    (0, Some(pair)) => pair.fingerprint,
                    _ => Fingerprint(random.below(fingerprints)),
                })
                .collect();
            let hits = model.hits(&wanted);
            assert!(
                probe(&store, EVENTS, &wanted) == hits,
                "{context}: in any order"
            );
            wanted.sort_unstable();
            let hits = model.hits(&wanted);
            assert!(
                probe(&store, EVENTS, &wanted) == hits,
                "{context}: ascending"
            );
        }
    }
}

#[test]
fn each_run_is_much_longer_than_the_next_and_full_of_pairs() {
    let (_folder, store) = workspace();
    let mut random = Random(seed());
    for _ in 0..200 {
        let pairs: Vec<Pair> = (0..50)
            .map(|_| pair(random.below(1 << 40), random.below(1 << 19) as i64))
            .collect();
        add(&store, EVENTS, &pairs);
        let runs = store.read(|reader| reader.key_runs(EVENTS)).unwrap();
        for runs in runs.windows(2) {
            assert!(runs[0].pair_count >= GROWTH * runs[1].pair_count);
        }
    }
    let before = all(&store, EVENTS);
    let (gone, left): (Vec<_>, Vec<_>) = before.iter().partition(|_| random.below(10) > 0);
    remove(&store, EVENTS, &gone);
    assert_eq!(all(&store, EVENTS), left);
    for run in store.read(|reader| reader.key_runs(EVENTS)).unwrap() {
        assert!(!run.is_sparse(), "{run:?}");
    }
}

#[test]
fn a_change_that_fails_leaves_all_pairs() {
    let (_folder, store) = workspace();
    let pairs: Vec<Pair> = (0..5_000).map(|at| pair(at * 7_919, at as i64)).collect();
    add(&store, EVENTS, &pairs);
    let failed = store.write(|writer| -> Result<()> {
        writer.add_keys(EVENTS, pairs.clone())?;
        writer.remove_keys(EVENTS, pairs[10..4_000].to_vec())?;
        Err(StoreError::Missing("given up".into()))
    });
    failed.unwrap_err();
    assert_eq!(all(&store, EVENTS), pairs);
    assert_runs_hold(&store, "after a failure");
}

#[test]
fn a_damaged_page_is_named() {
    let (_folder, store) = workspace();
    let pairs: Vec<Pair> = (0..2_000).map(|at| pair(at * 99_991, at as i64)).collect();
    for damage in [
        "UPDATE key_page SET bytes = x''",
        "UPDATE key_page SET bytes = substr(bytes, 1, length(bytes) - 1)",
        "UPDATE key_page SET bytes = substr(bytes, 1, 20)",
        "UPDATE key_page SET bytes = zeroblob(length(bytes))",
        "UPDATE key_page SET bytes = CAST(bytes || x'00' AS BLOB)",
        "UPDATE key_page SET bytes = CAST(x'ffffffff0000' || substr(bytes, 7) AS BLOB)",
        "UPDATE key_page
         SET bytes = CAST(substr(bytes, 1, 4) || x'ffff' || substr(bytes, 7) AS BLOB)",
        "UPDATE key_page SET page_id = page_id + 99991 * 20 WHERE page_id = 0",
    ] {
        store.write(|writer| writer.drop_keys(EVENTS)).unwrap();
        add(&store, EVENTS, &pairs);
        store
            .write(|writer| -> Result<()> {
                assert!(writer.connection.execute(damage, [])? > 0);
                Ok(())
            })
            .unwrap();
        let each = store.read(|reader| reader.each_key(EVENTS, |_| Ok(())));
        let added = store.write(|writer| writer.add_keys(EVENTS, pairs.clone()));
        for answer in [each, added] {
            let words = answer.unwrap_err().to_string();
            assert!(words.contains("table key_page, row "), "{damage}: {words}");
        }
    }
}

#[test]
fn no_bytes_make_a_page_panic() {
    let seed = seed();
    let mut random = Random(seed);
    let mut readable = 0;
    for _ in 0..20_000 {
        let first = Fingerprint(random.up_to_bits(41));
        let bytes = match random.below(2) {
            0 => noise(&mut random),
            _ => nearly_a_page(&mut random),
        };
        let Ok(page) = Page::parse(first, &bytes) else {
            continue;
        };
        readable += 1;
        assert!(page.last() >= first);
        let mut pairs = Vec::new();
        let _ = page.read(&mut pairs);
        for wanted in [first, page.last(), Fingerprint(random.below(1 << 40))] {
            let found = page.numbers_of(wanted).count();
            assert!(found <= bytes.len() * 8);
        }
    }
    println!("{readable} of 20,000 were pages");
    assert!(readable > 500);
}

fn noise(random: &mut Random) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..random.below(80)).map(|_| random.next() as u8).collect();
    if let Some(head) = bytes.get_mut(..6) {
        head.copy_from_slice(&[random.below(64) as u8, 0, 0, 0, 0, 0]);
        head[4] = random.below(42) as u8;
        head[5] = random.below(50) as u8;
    }
    bytes
}

/// A page of which some bits are others.
fn nearly_a_page(random: &mut Random) -> Vec<u8> {
    let mut draft = Draft::default();
    let mut fingerprint = random.below(1 << 39);
    for _ in 0..=random.below(200) {
        fingerprint += random.below(1 << 30);
        draft.push(pair(fingerprint, random.below(1 << 19) as i64));
    }
    let (_, mut bytes) = draft.take().unwrap().unwrap();
    for _ in 0..random.below(4) {
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
    }
    bytes
}

#[test]
fn a_page_comes_out_as_it_went_in() {
    let seed = seed();
    for round in 0..3_000_u64 {
        let mut random = Random(seed.wrapping_add(round.wrapping_mul(0x2545_f491)));
        let (spread, numbers) = (random.below(38), random.below(49));
        let mut pairs: Vec<Pair> = (0..=random.below(300))
            .map(|_| {
                let fingerprint = (1 << 38) + random.below(1 << spread);
                pair(fingerprint, random.below(1 << numbers) as i64)
            })
            .collect();
        pairs.sort_unstable();
        let mut draft = Draft::default();
        pairs.iter().for_each(|pair| draft.push(*pair));
        let (first, bytes) = draft.take().unwrap().unwrap();
        assert_eq!(first, pairs[0].fingerprint);
        let page = Page::parse(first, &bytes).unwrap();
        let mut read = Vec::new();
        page.read(&mut read).unwrap();
        assert!(read == pairs, "DWELL_TEST_SEED={seed} round {round}");
        for probe in &pairs {
            let found: Vec<i64> = page.numbers_of(probe.fingerprint).collect();
            let of_it = pairs
                .iter()
                .filter(|pair| pair.fingerprint == probe.fingerprint);
            let expected: Vec<i64> = of_it.map(|pair| pair.number).collect();
            assert_eq!(found, expected, "DWELL_TEST_SEED={seed} round {round}");
        }
    }
}
