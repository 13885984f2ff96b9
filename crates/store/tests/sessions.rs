//! Sessions come out of the file as they went in, and are found by whatever they are asked for: against
//! plain lists, over many small workspaces with sessions of one start, of shared devices and of several
//! people.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its helpers included, fails by a panic"
)]

use std::collections::{BTreeMap, BTreeSet};

use dwell_model::session::session_id;
use dwell_model::{EndReason, Key, Properties, StartKind, StartReason};
use dwell_store::read::session::SessionFilter;
use dwell_store::table::people::PeopleChange;
use dwell_store::table::person::StreamPerson;
use dwell_store::table::session::{Members, SessionRecord};
use dwell_store::table::stream::StreamSummary;
use dwell_store::{Owner, Reader, Store, StoreError, Writer};
use tempfile::TempDir;
use uuid::Uuid;

const APPLICATION: &str = "shop";
/// By device, by user.
const DEFINITIONS: [&str; 2] = ["visit", "person"];

/// Who has events in which stream. Device 1 is of nobody, 2 and 3 of one user, 4 of two users, 5 of a
/// user and of nobody; the last stream is of a user without a device.
const STREAMS: [(Owner, &[Owner]); 6] = [
    (Owner::Device(1), &[Owner::Device(1)]),
    (Owner::Device(2), &[Owner::User(1)]),
    (Owner::Device(3), &[Owner::User(1)]),
    (Owner::Device(4), &[Owner::User(1), Owner::User(2)]),
    (Owner::Device(5), &[Owner::User(2), Owner::Device(5)]),
    (Owner::User(2), &[Owner::User(2)]),
];
const PERSONS: [Owner; 4] = [
    Owner::Device(1),
    Owner::Device(5),
    Owner::User(1),
    Owner::User(2),
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: i64) -> i64 {
        (self.next() % limit.unsigned_abs()).cast_signed()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as i64) as usize]
    }

    /// Often nothing, sometimes little, seldom much.
    fn span(&mut self) -> i64 {
        let limit = self.one_of(&[1, 1, 10, 100_000_000_000]);
        self.below(limit)
    }
}

fn fresh() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("w.dwell")).unwrap();
    let change = store.write(|writer| {
        let id = writer.add_application(APPLICATION, "UTC")?.application_id;
        for definition in DEFINITIONS {
            writer.set_definition(id, definition, "{}")?;
        }
        let mut numbers = dwell_store::table::key::Numbers::new(writer, id)?;
        for number in 1..=5 {
            let key = Key::parse(&format!("d{number}")).unwrap();
            assert_eq!(numbers.device(writer, key.borrowed())?, number);
        }
        for number in 1..=2 {
            let key = Key::parse(&format!("u{number}")).unwrap();
            assert_eq!(numbers.user(writer, key.borrowed())?, number);
        }
        let mut change = PeopleChange::new(writer, id)?;
        for (stream, people) in STREAMS {
            let part = |person: &Owner| StreamPerson {
                person: *person,
                first_seen_ms: 0,
                last_seen_ms: 0,
                event_count: 1,
                zone: None,
                properties: Vec::new(),
            };
            let people: Vec<StreamPerson> = people.iter().map(part).collect();
            let summary = StreamSummary {
                first_seen_ms: 0,
                last_seen_ms: 0,
                event_count: people.len() as u64,
                max_lateness_ms: 0,
                newest_arrival_ms: 0,
                has_reset: false,
                context: Properties::new(),
                context_time_ms: None,
                is_newest_context: true,
            };
            change.put_stream(stream.id(), &summary, &[], &people)?;
        }
        change.finish()?;
        Ok::<_, StoreError>(())
    });
    change.unwrap();
    (folder, store)
}

/// Any session of an event that gave it its id.
fn any(random: &mut Random, first_arrived_id: &str) -> SessionRecord {
    let definition_id = 1 + random.below(2);
    let (owner, people) = random.one_of(&STREAMS);
    let (owner, person) = match definition_id {
        1 => (owner, random.one_of(people)),
        _ => {
            let person = random.one_of(&PERSONS);
            (person, person)
        }
    };
    let started_at_ms = 1_700_000_000_000 + random.below(12) * 400;
    let ended_at_ms = started_at_ms + random.span();
    let usual = random.below(2) == 0;
    let closes_at_ms = ended_at_ms + if usual { 1_800_000 } else { random.span() };
    let grace_ms = if usual { 86_400_000 } else { random.span() };
    let name = DEFINITIONS[definition_id as usize - 1];
    SessionRecord {
        definition_id,
        owner,
        session_id: session_id(APPLICATION, name, first_arrived_id),
        started_at_ms,
        ended_at_ms,
        closes_at_ms,
        expires_at_ms: closes_at_ms + grace_ms,
        start_reason: random.one_of(StartReason::ALL),
        close_reason: random.one_of(&EndReason::ALL[1..]),
        start_kind: random.one_of(StartKind::ALL),
        event_count: random.below(1_000) as u32,
        engaged_ms: random.below(ended_at_ms - started_at_ms + 1),
        late_count: random.below(3) as u32,
        is_late_born: random.below(2) == 0,
        outlives_expiry: random.below(2) == 0,
        is_of_shared_stream: definition_id == 1 && people.len() > 1,
        user_number: match person {
            Owner::User(_) if random.below(3) > 0 || owner.user().is_some() => person.user(),
            _ => None,
        },
        device_number: random.one_of(&[owner.device(), None, Some(4)]),
        person,
        first_arrived_id: first_arrived_id.into(),
        first_arrival_ms: started_at_ms + random.span() - random.span(),
        last_time_ms: ended_at_ms + random.span(),
        members: match random.below(2) {
            0 => Members::Run,
            _ => Members::Listed((0..random.below(5)).map(|number| number * 1_000).collect()),
        },
        gameplay: (random.below(3) == 0).then(|| "{\"figures\":{}}".into()),
    }
}

/// By start, then by id.
fn sorted(mut all: Vec<SessionRecord>) -> Vec<SessionRecord> {
    all.sort_by_key(|one| (one.started_at_ms, one.session_id));
    all
}

fn of_person(all: &BTreeMap<Uuid, SessionRecord>, like: &SessionRecord) -> Vec<SessionRecord> {
    let is_theirs =
        |one: &&SessionRecord| one.definition_id == like.definition_id && one.person == like.person;
    sorted(all.values().filter(is_theirs).cloned().collect())
}

/// Everything that is asked by a session, against the plain list.
fn compare(
    reader: &Reader<'_>,
    all: &BTreeMap<Uuid, SessionRecord>,
    one: &SessionRecord,
) -> Result<(), StoreError> {
    let (definition, owner, person) = (one.definition_id, one.owner, one.person);
    assert_eq!(reader.session(one.session_id)?.as_ref(), Some(one));
    let is_beside =
        |other: &&SessionRecord| other.definition_id == definition && other.owner == owner;
    let stream = sorted(all.values().filter(is_beside).cloned().collect());
    let (from_ms, to_ms) = (one.started_at_ms, one.started_at_ms + 900);
    let between = |other: &&SessionRecord| (from_ms..to_ms).contains(&other.started_at_ms);
    assert_eq!(
        reader.sessions_of_owner(definition, owner, from_ms, to_ms)?,
        stream.iter().filter(between).cloned().collect::<Vec<_>>()
    );
    let at = stream.iter().position(|other| other == one).unwrap();
    let before = at.checked_sub(1).map(|at| stream[at].clone());
    assert_eq!(reader.previous_in_stream(one)?, before);
    assert_eq!(reader.next_in_stream(one)?, stream.get(at + 1).cloned());
    let earlier = stream.iter().rfind(|other| other.started_at_ms < from_ms);
    assert_eq!(
        reader
            .last_session_before(definition, owner, from_ms)?
            .as_ref(),
        earlier
    );
    let time_ms = one.last_time_ms;
    let is_across =
        |other: &&SessionRecord| (other.started_at_ms..=other.last_time_ms).contains(&time_ms);
    assert_eq!(
        reader.sessions_across(definition, owner, time_ms)?,
        stream.iter().filter(is_across).cloned().collect::<Vec<_>>()
    );

    let theirs = of_person(all, one);
    let at = theirs.iter().position(|other| other == one).unwrap();
    let (earlier, later, number) = reader.neighbours(one)?;
    assert_eq!(earlier, at.checked_sub(1).map(|at| theirs[at].clone()));
    assert_eq!(later, theirs.get(at + 1).cloned());
    assert_eq!(number, at as u32 + 1);
    assert_eq!(reader.session_number(one)?, at as u32 + 1);
    let numbers = theirs.iter().map(|one| one.session_id).zip(1..);
    let numbers: BTreeMap<Uuid, u32> = numbers.collect();
    let told = reader.session_numbers(definition, Some(person))?;
    assert_eq!(told.into_iter().collect::<BTreeMap<_, _>>(), numbers);
    let told = reader.session_numbers(definition, None)?;
    assert_eq!(told.get(&one.session_id), Some(&(at as u32 + 1)));
    assert_eq!(
        reader.session_count_of_person(definition, person)?,
        theirs.len() as u64
    );
    let overlaps =
        |other: &&SessionRecord| other.started_at_ms < to_ms && other.ended_at_ms >= from_ms;
    assert_eq!(
        reader.sessions_of_person(definition, person, from_ms, to_ms)?,
        theirs.iter().filter(overlaps).cloned().collect::<Vec<_>>()
    );
    assert_eq!(
        reader.sessions_started(definition, person, from_ms, to_ms)?,
        theirs.iter().filter(between).cloned().collect::<Vec<_>>()
    );
    let starts = || theirs.iter().map(|one| one.started_at_ms);
    assert_eq!(
        reader.sessions_beyond(definition, person, from_ms, to_ms)?,
        (
            starts().filter(|at_ms| *at_ms < from_ms).max(),
            starts().filter(|at_ms| *at_ms >= to_ms).min()
        )
    );
    let since = theirs.iter().filter(|one| one.started_at_ms >= from_ms);
    let mut since: Vec<(i64, i64)> = since
        .map(|one| (one.started_at_ms, one.closes_at_ms))
        .collect();
    since.sort_unstable();
    assert_eq!(
        reader.recent_sessions_of_person(definition, person, from_ms)?,
        since
    );
    let newest = reader.newest_session_of_person(definition, person)?;
    let last_ms = starts().max().unwrap();
    let is_newest = theirs
        .iter()
        .filter(|one| one.started_at_ms == last_ms)
        .any(|one| newest == Some((one.closes_at_ms, one.expires_at_ms)));
    assert!(is_newest, "{newest:?}");

    let mut listed = BTreeSet::new();
    let filter = SessionFilter {
        person: Some(person),
        device_number: None,
        from_ms: Some(from_ms),
        to_ms: Some(to_ms),
    };
    reader.sessions(1, definition, &filter, |found| {
        assert!(listed.insert(found.session_id), "it came twice");
        Ok(())
    })?;
    let expected = theirs.iter().filter(between).map(|one| one.session_id);
    assert_eq!(listed, expected.collect());
    Ok(())
}

/// All of a definition, by owner.
fn listed(reader: &Reader<'_>, definition: i64) -> Result<Vec<SessionRecord>, StoreError> {
    let mut all = Vec::new();
    reader.sessions(1, definition, &SessionFilter::default(), |one| {
        all.push(one);
        Ok(())
    })?;
    Ok(all)
}

#[test]
fn sessions_are_found_by_whatever_they_are_asked_for() {
    for seed in 0..25 {
        println!("seed {seed}");
        let mut random = Random(seed);
        let (_folder, store) = fresh();
        let mut all: BTreeMap<Uuid, SessionRecord> = BTreeMap::new();
        let mut gone: BTreeSet<Uuid> = BTreeSet::new();
        let step = |writer: &Writer<'_>,
                    random: &mut Random,
                    all: &mut BTreeMap<Uuid, SessionRecord>,
                    gone: &mut BTreeSet<Uuid>|
         -> Result<(), StoreError> {
            let new = any(random, &format!("e{}", random.0 % 40));
            let known = all.get(&new.session_id).cloned();
            match (known, random.below(4)) {
                (Some(old), 0) => {
                    writer.remove_session(&old)?;
                    gone.insert(old.session_id);
                    all.remove(&old.session_id);
                }
                (Some(old), 1) => {
                    let same_owner = SessionRecord {
                        definition_id: old.definition_id,
                        owner: old.owner,
                        is_of_shared_stream: old.is_of_shared_stream,
                        person: old.person,
                        user_number: old.user_number,
                        ..new
                    };
                    writer.change_session(&old, &same_owner)?;
                    all.insert(old.session_id, same_owner);
                }
                (known, _) => {
                    let put = writer.put_session(&new)?;
                    assert_eq!(put.displaced, known);
                    assert_eq!(put.was_former, gone.remove(&new.session_id));
                    all.insert(new.session_id, new);
                }
            }
            Ok(())
        };
        for _ in 0..8 {
            let change = store.write(|writer| {
                for _ in 0..8 {
                    step(writer, &mut random, &mut all, &mut gone)?;
                }
                Ok::<_, StoreError>(())
            });
            change.unwrap();
            let read = store.read(|reader| {
                for one in all.values() {
                    compare(reader, &all, one)?;
                }
                for id in &gone {
                    assert_eq!(reader.session(*id)?, None);
                    assert!(reader.former_session(*id)?.is_some());
                }
                for definition in [1, 2] {
                    let here = listed(reader, definition)?;
                    let of = all.values().filter(|one| one.definition_id == definition);
                    assert_eq!(here.len(), of.count());
                    assert!(here.iter().all(|one| all[&one.session_id] == *one));
                }
                Ok(())
            });
            read.unwrap();
        }
        let change = store.write(|writer| {
            writer.drop_sessions(1)?;
            assert_eq!(listed(writer, 1)?, []);
            for one in all.values() {
                let found = writer.session(one.session_id)?;
                match one.definition_id {
                    1 => {
                        let former = writer.former_session(one.session_id)?;
                        assert_eq!(former, Some((1, one.first_arrived_id.to_string())));
                        assert_eq!(found, None);
                    }
                    _ => assert_eq!(found.as_ref(), Some(one)),
                }
            }
            Ok::<_, StoreError>(())
        });
        change.unwrap();
    }
}

#[test]
fn what_is_extreme_comes_back() {
    let (_folder, store) = fresh();
    let mut random = Random(7);
    let long_id = "x".repeat(5_000);
    let ids = ["e", "60c958a1-f202-480c-90e5-b3561b0f020e", "ünï", &long_id];
    for (at, id) in ids.into_iter().enumerate() {
        let one = SessionRecord {
            started_at_ms: [0, 315_532_800_000, -1, 9_000_000_000_000][at],
            closes_at_ms: [i64::MAX, i64::MIN, 0, -1][at],
            expires_at_ms: [i64::MAX, i64::MAX, i64::MIN, 1][at],
            engaged_ms: i64::MAX,
            event_count: u32::MAX,
            late_count: u32::MAX,
            ..any(&mut random, id)
        };
        let change = store.write(|writer| writer.put_session(&one));
        change.unwrap();
        let found = store.read(|reader| reader.session(one.session_id)).unwrap();
        assert_eq!(found, Some(one), "{at}");
    }
}

#[test]
fn sessions_of_a_live_application_close_and_those_of_others_do_not() {
    for seed in 0..25 {
        println!("seed {seed}");
        let mut random = Random(seed);
        let (_folder, store) = fresh();
        let mut all: BTreeMap<Uuid, SessionRecord> = BTreeMap::new();
        let mut through_ms: Option<i64> = None;
        for at in 0..40 {
            let new = SessionRecord {
                closes_at_ms: random.below(1_000),
                ..any(&mut random, &format!("e{}", at % 25))
            };
            // Some in the transaction in which the moment moves.
            let to_ms = through_ms.unwrap_or(0) + random.below(60);
            let moves = random.below(4) == 0;
            let change = store.write(|writer| {
                if moves {
                    writer.set_emitted_through(1, to_ms)?;
                }
                match all
                    .get(&new.session_id)
                    .filter(|old| old.owner == new.owner && old.definition_id == new.definition_id)
                {
                    Some(old) => writer.change_session(old, &new)?,
                    None => drop(writer.put_session(&new)?),
                }
                Ok::<_, StoreError>(())
            });
            change.unwrap();
            all.insert(new.session_id, new);
            if moves {
                through_ms = Some(to_ms);
            }
            let mut open = BTreeSet::new();
            let after_ms = through_ms.unwrap_or(0);
            let read = store.read(|reader| {
                reader.sessions_closing_after(1, after_ms, |found| {
                    assert_eq!(all[&found.session_id], found);
                    assert!(open.insert(found.session_id), "it came twice");
                    Ok(())
                })
            });
            read.unwrap();
            let closing = all.values().filter(|one| one.closes_at_ms > after_ms);
            let expected: BTreeSet<Uuid> = match through_ms {
                Some(_) => closing.map(|one| one.session_id).collect(),
                None => BTreeSet::new(),
            };
            assert_eq!(open, expected, "seed {seed}, step {at}");
        }
    }
}
