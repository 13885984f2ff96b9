//! Where people live: country, zone, locale, currency and the names of the place; local time.
//! Must not know applications or events.

use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike,
};
use chrono_tz::{Africa, America, Asia, Australia, Europe, Tz};

use crate::names::{self, Names};

pub(crate) struct Place {
    pub(crate) country: &'static str,
    pub(crate) zone: Tz,
    pub(crate) locale: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) names: &'static Names,
    /// Share of the people, as a weight.
    weight: u32,
}

/// The first place is the star's home, the second the goal of her journey.
pub(crate) const PLACES: [Place; 27] = [
    place("PT", Europe::Lisbon, "pt_PT", "EUR", &names::PORTUGUESE, 8),
    place("ES", Europe::Madrid, "es_ES", "EUR", &names::SPANISH, 7),
    place("DE", Europe::Berlin, "de_DE", "EUR", &names::GERMAN, 12),
    place("FR", Europe::Paris, "fr_FR", "EUR", &names::FRENCH, 7),
    place("IT", Europe::Rome, "it_IT", "EUR", &names::ITALIAN, 6),
    place("GB", Europe::London, "en_GB", "GBP", &names::ENGLISH, 8),
    place("NL", Europe::Amsterdam, "nl_NL", "EUR", &names::DUTCH, 4),
    place("SE", Europe::Stockholm, "sv_SE", "SEK", &names::NORDIC, 4),
    place("FI", Europe::Helsinki, "fi_FI", "EUR", &names::NORDIC, 2),
    place("PL", Europe::Warsaw, "pl_PL", "PLN", &names::POLISH, 5),
    place("CZ", Europe::Prague, "cs_CZ", "CZK", &names::CZECH, 4),
    place("GR", Europe::Athens, "el_GR", "EUR", &names::GREEK, 3),
    place("TR", Europe::Istanbul, "tr_TR", "TRY", &names::TURKISH, 4),
    place("UA", Europe::Kyiv, "uk_UA", "UAH", &names::UKRAINIAN, 3),
    place("US", America::New_York, "en_US", "USD", &names::ENGLISH, 9),
    place(
        "US",
        America::Los_Angeles,
        "en_US",
        "USD",
        &names::ENGLISH,
        6,
    ),
    place(
        "BR",
        America::Sao_Paulo,
        "pt_BR",
        "BRL",
        &names::PORTUGUESE,
        8,
    ),
    place(
        "MX",
        America::Mexico_City,
        "es_MX",
        "MXN",
        &names::SPANISH,
        4,
    ),
    place("JP", Asia::Tokyo, "ja_JP", "JPY", &names::JAPANESE, 6),
    place("KR", Asia::Seoul, "ko_KR", "KRW", &names::KOREAN, 3),
    place("TW", Asia::Taipei, "zh_TW", "TWD", &names::CHINESE, 3),
    place("IN", Asia::Kolkata, "hi_IN", "INR", &names::INDIAN, 8),
    place("AE", Asia::Dubai, "ar_AE", "AED", &names::ARABIC, 5),
    place("EG", Africa::Cairo, "ar_EG", "EGP", &names::ARABIC, 3),
    place("IL", Asia::Jerusalem, "he_IL", "ILS", &names::HEBREW, 3),
    place("NG", Africa::Lagos, "en_NG", "NGN", &names::NIGERIAN, 3),
    place("AU", Australia::Sydney, "en_AU", "AUD", &names::ENGLISH, 3),
];

pub(crate) const LISBON: &Place = &PLACES[0];
pub(crate) const MADRID: &Place = &PLACES[1];

const fn place(
    country: &'static str,
    zone: Tz,
    locale: &'static str,
    currency: &'static str,
    names: &'static Names,
    weight: u32,
) -> Place {
    Place {
        country,
        zone,
        locale,
        currency,
        names,
        weight,
    }
}

/// The weights of `PLACES`, in order.
pub(crate) fn weights() -> [u32; PLACES.len()] {
    std::array::from_fn(|index| PLACES[index].weight)
}

/// The wall clock of `zone` at `ms`.
pub(crate) fn local_time(zone: Tz, ms: i64) -> NaiveDateTime {
    let utc = DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::UNIX_EPOCH);
    utc.with_timezone(&zone).naive_local()
}

pub(crate) fn local_date(zone: Tz, ms: i64) -> NaiveDate {
    local_time(zone, ms).date()
}

pub(crate) fn local_hour(zone: Tz, ms: i64) -> i64 {
    i64::from(local_time(zone, ms).hour())
}

/// Monday is 0.
pub(crate) fn weekday(date: NaiveDate) -> usize {
    date.weekday().num_days_from_monday() as usize
}

/// The moment of a wall-clock time: the first of two in a fold, an hour later in a gap.
pub(crate) fn utc_ms(zone: Tz, date: NaiveDate, second_of_day: i64) -> i64 {
    let wall = date.and_time(NaiveTime::MIN) + TimeDelta::seconds(second_of_day);
    zone.from_local_datetime(&wall)
        .earliest()
        .or_else(|| {
            zone.from_local_datetime(&(wall + TimeDelta::hours(1)))
                .earliest()
        })
        .map_or_else(
            || wall.and_utc().timestamp_millis(),
            |time| time.timestamp_millis(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_wall_clock_hour_moves_on() {
        let spring = NaiveDate::from_ymd_opt(2026, 3, 29).unwrap();
        let skipped = utc_ms(Europe::Berlin, spring, 2 * 3600 + 1800);
        assert_eq!(skipped, utc_ms(Europe::Berlin, spring, 3 * 3600 + 1800));
        assert_eq!(local_hour(Europe::Berlin, skipped), 3);
    }
}
