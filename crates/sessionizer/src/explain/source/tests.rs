//! Streams of a few events; the counts of larger ones against a count by hand.

use dwell_model::time::parse_text;

use super::*;

/// One of ours: its start reason, and its events as (source session, minute of the day).
type Session = (StartReason, &'static [(u32, i64)]);

fn events(of: &[(u32, i64)]) -> Vec<SourceEvent> {
    let midnight_ms = parse_text("2026-03-10T00:00:00Z", Zone::UTC).unwrap();
    of.iter()
        .map(|(source_session, minute)| SourceEvent {
            source_session: *source_session,
            time_ms: midnight_ms + minute * 60_000,
        })
        .collect()
}

fn add(comparison: &mut Comparison<i64>, stream: i64, ours: &[Session], outside: &[(u32, i64)]) {
    let ours: Vec<_> = ours
        .iter()
        .map(|(reason, of)| (*reason, events(of)))
        .collect();
    let ours: Vec<Ours<'_, i64>> = ours
        .iter()
        .zip(100..)
        .map(|((start_reason, events), key)| Ours {
            key,
            start_reason: *start_reason,
            started_at_ms: events[0].time_ms,
            events,
        })
        .collect();
    comparison.add_stream(stream, &ours, &events(outside));
}

/// The kinds, each with its groups, the source's sessions and ours; and the words of the first
/// difference.
#[track_caller]
fn check(
    ours: &[Session],
    outside: &[(u32, i64)],
    expected: &[(Kind, u64, u64, u64)],
    words: Option<&str>,
) -> Comparison<i64> {
    let mut comparison = Comparison::new(10);
    add(&mut comparison, 7, ours, outside);
    for kind in Kind::ALL {
        let tally = comparison.counts().of(kind);
        let found = (kind, tally.group_count, tally.source_count, tally.our_count);
        let wanted = expected.iter().find(|wanted| wanted.0 == kind);
        assert_eq!(found, *wanted.unwrap_or(&(kind, 0, 0, 0)));
    }
    let told = comparison.differences().first();
    let told = told.map(|told| told.words(Zone::UTC, |number| format!("s{number}")));
    assert_eq!(told.as_deref(), words);
    comparison
}

use StartReason::{First, Midnight, Timeout};

#[test]
fn the_same_events_agree_whatever_stands_among_them_without_an_id() {
    let comparison = check(
        &[
            (First, &[(1, 0), (0, 1), (1, 2)]),
            (Timeout, &[(2, 60)]),
            (Timeout, &[(0, 99)]),
        ],
        &[(0, 50)],
        &[(Kind::Agreed, 2, 2, 2)],
        None,
    );
    let counts = comparison.counts();
    assert_eq!((counts.ours_without_id, counts.events_without_id), (1, 2));
    assert_eq!((counts.our_count(), counts.source_count()), (3, 2));
    assert_eq!(counts.events_outside, 0);
}

#[test]
fn a_session_of_the_source_in_several_of_ours_is_split_by_why_these_started() {
    let comparison = check(
        &[
            (First, &[(1, 0)]),
            (Timeout, &[(1, 60), (1, 61)]),
            (Midnight, &[(1, 600)]),
        ],
        &[],
        &[(Kind::Split, 1, 1, 3)],
        Some(
            "s1 lies in 3 sessions: one began at 01:00:00 (timeout), one began at 10:00:00 \
             (midnight).",
        ),
    );
    let counts = comparison.counts();
    assert_eq!(
        (counts.split_by(Timeout), counts.split_by(Midnight)),
        (1, 1)
    );
    assert_eq!(counts.split_by(First), 0);
}

#[test]
fn several_of_the_sources_in_one_of_ours_are_merged() {
    let comparison = check(
        &[(First, &[(1, 0), (1, 5), (2, 9), (3, 20), (2, 22), (3, 25)])],
        &[],
        &[(Kind::Merged, 1, 3, 1)],
        Some(
            "One session holds 3 of the source's, from s1 on: s2 begins at 00:09:00, after 4m, s3 \
             begins at 00:20:00, before the one before it ends.",
        ),
    );
    let counts = comparison.counts();
    assert_eq!(
        (counts.merged_over_pause, counts.merged_interleaved),
        (1, 1)
    );
}

#[test]
fn what_hangs_together_over_both_is_one_group() {
    let comparison = check(
        &[
            (First, &[(1, 0), (2, 5)]),
            (Timeout, &[(2, 60)]),
            (Timeout, &[(3, 600)]),
        ],
        &[],
        &[(Kind::Both, 1, 2, 2), (Kind::Agreed, 1, 1, 1)],
        Some(
            "2 sessions of the source, from s1 on, lie across 2 sessions here: one began at \
             01:00:00 (timeout).",
        ),
    );
    let counts = comparison.counts();
    assert_eq!((counts.split_by(Timeout), counts.merged_over_pause), (1, 1));
}

#[test]
fn events_in_none_of_ours_are_told_apart() {
    let comparison = check(
        &[(First, &[(1, 0)])],
        &[(1, 40), (2, 50)],
        &[(Kind::Partly, 1, 1, 1), (Kind::Outside, 1, 1, 0)],
        Some("s1 is one session here as well, but some of its events are in none."),
    );
    assert_eq!(comparison.counts().events_outside, 2);
    let told = comparison.differences()[1].words(Zone::UTC, |number| format!("s{number}"));
    assert_eq!(told, "s2 is no session here: none of its events is in one.");
}

#[test]
fn the_list_is_bounded_and_says_how_much_it_leaves_off() {
    let mut comparison = Comparison::new(2);
    for stream in 0..5 {
        add(&mut comparison, stream, &[(First, &[(1, 0), (2, 1)])], &[]);
        add(&mut comparison, stream, &[(First, &[(1, 0)])], &[]);
    }
    assert_eq!(comparison.differences().len(), 2);
    assert_eq!(comparison.differences()[1].stream, 1);
    assert_eq!(comparison.left_off(), 3);
    // Each kind has its own places on the list.
    add(
        &mut comparison,
        5,
        &[(First, &[(1, 0)]), (Timeout, &[(1, 50)])],
        &[],
    );
    assert_eq!(comparison.differences()[2].kind, Kind::Split);
    assert_eq!(comparison.left_off(), 3);
    let many: Vec<(u32, i64)> = (1..=200)
        .map(|number| (number, i64::from(number)))
        .collect();
    let mut comparison = Comparison::new(2);
    add(&mut comparison, 0, &[(First, many.leak())], &[]);
    let difference = &comparison.differences()[0];
    assert_eq!(
        (difference.sources.len(), difference.source_count),
        (LISTED, 200)
    );
    let words = difference.words(Zone::UTC, |number| format!("s{number}"));
    assert!(
        words.ends_with("s6 begins at 00:06:00, after 1m and 194 more."),
        "{words}"
    );
}

#[test]
fn numbers_of_streams_never_meet() {
    let mut comparison = Comparison::new(10);
    for stream in 0..3 {
        add(&mut comparison, stream, &[(First, &[(1, 0)])], &[]);
    }
    let agreed = comparison.counts().of(Kind::Agreed);
    assert_eq!(
        (agreed.group_count, agreed.source_count, agreed.our_count),
        (3, 3, 3)
    );
}
