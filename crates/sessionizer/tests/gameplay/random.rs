//! Sessions at random against the slow second computation; a failure names the seed that repeats it
//! (`DWELL_TEST_SEED`).

use dwell_model::Properties;
use dwell_model::time::format_utc;
use dwell_sessionizer::gameplay::{Amounts, Facts, Member, Money, report};

use crate::slow::{Event, Fields, Kind, Slow};

const SESSIONS: u64 = 3_000;
const STARTED_AT_MS: i64 = 1_763_650_700_000;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn maybe<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (self.below(4) > 0).then(|| self.one(of))
    }

    fn event(&mut self, time_ms: i64) -> Event {
        let kinds = [
            Kind::Bet,
            Kind::Bet,
            Kind::Bet,
            Kind::Win,
            Kind::Win,
            Kind::BetWin,
            Kind::BetWin,
            Kind::BetRollback,
            Kind::WinRollback,
            Kind::Other,
        ];
        let amounts = [
            0,
            1,
            5,
            10,
            25,
            100,
            333,
            1_250,
            99_999,
            1_000_000_000_001,
            -1,
            -250,
        ];
        Event {
            time_ms,
            kind: self.one(&kinds),
            bet: self.maybe(&amounts),
            win: self.maybe(&amounts),
            rollback: self.maybe(&amounts),
            game: self.maybe(&["g1", "g2", "g3"]),
            name: self.maybe(&["Gold", "Silver"]),
            currency: self.maybe(&["EUR", "EUR", "USD", "BTC"]),
        }
    }

    /// Hundredths as a source may write them.
    fn written(&mut self, hundredths: i128) -> String {
        let sign = if hundredths < 0 { "-" } else { "" };
        let (whole, rest) = (hundredths.abs() / 100, hundredths.abs() % 100);
        match self.below(4) {
            0 => format!("{hundredths}e-2"),
            1 => format!("{sign}{whole}.{rest:02}00"),
            2 => format!("{hundredths}.0E-02"),
            _ => format!("{sign}{whole}.{rest:02}"),
        }
    }

    /// An amount in one property or in two, or in none.
    fn put(&mut self, json: &mut Vec<String>, names: [&str; 2], hundredths: Option<i128>) {
        let Some(hundredths) = hundredths else {
            if self.below(3) == 0 {
                let nothing = self.one(&["null", "\"1\"", "1e99", "true"]);
                json.push(format!("\"{}\":{nothing}", names[0]));
            }
            return;
        };
        if self.below(2) == 0 {
            json.push(format!("\"{}\":{}", names[0], self.written(hundredths)));
            return;
        }
        let bonus = i128::from(self.below(500));
        json.push(format!("\"{}\":{}", names[1], self.written(bonus)));
        json.push(format!(
            "\"{}\":{}",
            names[0],
            self.written(hundredths - bonus)
        ));
    }

    fn properties(&mut self, event: &Event) -> Properties {
        let mut json = Vec::new();
        self.put(&mut json, ["bet_amount", "bonus_bet_amount"], event.bet);
        self.put(&mut json, ["win_amount", "bonus_win_amount"], event.win);
        if let Some(hundredths) = event.rollback {
            json.push(format!("\"amount\":{}", self.written(hundredths)));
        }
        for (name, value) in [
            ("game_id", event.game),
            ("game_name", event.name),
            ("currency", event.currency),
        ] {
            if let Some(value) = value {
                json.push(format!("\"{name}\":\"{value}\""));
            }
        }
        Properties::from_json(&format!("{{{}}}", json.join(","))).unwrap()
    }
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Bet => "Bet",
        Kind::Win => "Win",
        Kind::BetWin => "BetWin",
        Kind::BetRollback => "BetRollback",
        Kind::WinRollback => "WinRollback",
        Kind::Other => "PageViewed",
    }
}

fn second_of(utc_ms: i64) -> String {
    let digits = format_utc(utc_ms - utc_ms % 1_000);
    digits.chars().filter(char::is_ascii_digit).collect()
}

fn fields_of(properties: &Properties) -> Fields {
    let json = |value| serde_json::to_string(value).unwrap();
    properties
        .iter()
        .map(|(name, value)| (name.to_owned(), json(value)))
        .collect()
}

fn amounts(fields: &mut Fields, prefix: &str, amounts: &Amounts) {
    let mut set = |field: &str, value: String| fields.insert(format!("{prefix}{field}"), value);
    for (kind, tally) in [("bet", &amounts.bets), ("win", &amounts.wins)] {
        set(&format!("gs_{kind}s_count"), tally.count.to_string());
        set(&format!("gs_total_{kind}_amount"), tally.total.to_string());
        set(
            &format!("gs_avg_{kind}_amount"),
            tally.average().to_string(),
        );
        set(&format!("gs_max_{kind}_amount"), tally.max.to_string());
    }
    for (kind, tally) in [
        ("bet", &amounts.bet_rollbacks),
        ("win", &amounts.win_rollbacks),
    ] {
        set(&format!("{kind}s_rollback_count"), tally.count.to_string());
        set(
            &format!("total_rollback_{kind}_amount"),
            tally.total.to_string(),
        );
    }
}

fn money(money: &Money) -> Fields {
    let mut fields = Fields::new();
    amounts(&mut fields, "", &money.amounts);
    for (currency, other) in &money.other_currencies {
        amounts(&mut fields, &format!("other_currencies.{currency}."), other);
    }
    fields
}

fn check(seed: u64) {
    let mut random = Random(seed);
    let mut time_ms = STARTED_AT_MS;
    let events: Vec<Event> = (0..random.below(24))
        .map(|_| {
            time_ms += random.one(&[0, 0, 1, 400, 1_000, 2_500, 60_000, 299_999]);
            random.event(time_ms)
        })
        .collect();
    let properties: Vec<_> = events
        .iter()
        .map(|event| random.properties(event))
        .collect();
    let occurrence = random.below(3) as u32;
    let facts = Facts {
        started_at_ms: STARTED_AT_MS,
        closes_at_ms: time_ms + random.one(&[0, 1, 300_000]),
        user_id: "u-1",
        occurrence,
    };
    let id = [
        "20251120145820_u-1",
        "20251120145820_u-1-2",
        "20251120145820_u-1-3",
    ];
    let slow = Slow {
        events: &events,
        id: id[occurrence as usize],
        closes_at_ms: facts.closes_at_ms,
        second_of,
    };
    let members = events
        .iter()
        .zip(&properties)
        .map(|(event, properties)| Member {
            time_ms: event.time_ms,
            name: name_of(event.kind),
            properties,
        });
    let computed = report(&crate::gameplay(), &facts, members);
    let expected = slow.expected();

    let place = format!("DWELL_TEST_SEED={seed}");
    assert_eq!(
        fields_of(&computed.figures.properties()),
        expected.figures,
        "{place}"
    );
    let events: Vec<_> = computed
        .events
        .iter()
        .map(|event| (event.name, event.time_ms, fields_of(&event.payload)))
        .collect();
    assert_eq!(events, expected.events, "{place}");
    let games: Vec<_> = computed
        .games
        .iter()
        .map(|game| {
            let mut fields = money(&game.money);
            fields.insert("id".to_owned(), game.game_session_id.clone());
            fields
        })
        .collect();
    assert_eq!(games, expected.games, "{place}");
}

#[test]
fn random_sessions_are_as_the_slow_computation_has_them() {
    if let Ok(seed) = std::env::var("DWELL_TEST_SEED") {
        return check(seed.parse().unwrap());
    }
    let first: u64 = 20_251_120;
    println!("seeds from {first}");
    (first..first + SESSIONS).for_each(check);
}
