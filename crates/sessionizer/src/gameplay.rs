//! Bets and wins of one gameplay session: its figures, the game sessions inside it and the events
//! that are derived from them (sessions, section 8). Pure: which events are members of the session,
//! and when it closes, is the walk's; whether an event is due yet, and its revision, the caller's.
//!
//! Where the specification leaves a choice:
//! - A game id, game name or currency may be a text or a number and counts by its words as written;
//!   an empty text names nothing.
//! - Only numbers are amounts ([`Decimal::of_value`]); anything else, or a number beyond what a
//!   [`Decimal`] reads, is a missing amount, for a bet-win a missing bet or win.
//! - The name of a game session is the one that its first bet gives.
//! - A bet that names no game before any did is one of the gameplay session alone.
//! - The currency of a session is that of its first bet which names one; amounts without a currency
//!   count as being in it. Counts are those of its amounts, so that average times count is the
//!   total; times, lengths and the bets a minute are about the bets in every currency.
//! - A session without a bet has figures, with empty dates, and no events.

use std::num::NonZeroU64;

use dwell_model::Properties;
use dwell_model::decimal::Decimal;
use dwell_model::definition::Gameplay;
use dwell_model::value::{Scalar, Value};
use rustc_hash::FxHashMap;

mod id;
mod money;
mod payload;

use id::Ids;
pub use money::{Amounts, Money, Tally};
use money::{Ledger, Part};

/// Name of the event at the first bet on another game.
pub const CHANGED: &str = "gs_game_session_changed";

/// Name of the event at the end of a gameplay session.
pub const ENDED: &str = "gs_game_session_ended";

/// So many other currencies are listed in a payload or among properties; the number of those beyond
/// it is listed as `other_currencies_left_out`.
pub const OTHER_CURRENCIES_LISTED: usize = 32;

/// What is known of a session besides its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts<'a> {
    /// When it started, UTC.
    pub started_at_ms: i64,
    /// When it closes or closed, UTC.
    pub closes_at_ms: i64,
    /// The user whom its ids name.
    pub user_id: &'a str,
    /// How many earlier sessions of this user and definition start in the same second.
    pub occurrence: u32,
}

/// One event of the session.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// When it happened, UTC.
    pub time_ms: i64,
    /// Its exact name.
    pub name: &'a str,
    /// What it carries.
    pub properties: &'a Properties,
}

/// All that follows from the events of one gameplay session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// About the whole session.
    pub figures: Figures,
    /// In order: each change of game, then the end. None without a bet.
    pub events: Vec<Derived>,
    /// In order of their first bet; late wins and rollbacks are in their figures.
    pub games: Vec<GameSession>,
}

/// A system event of the console (sessions, section 9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// [`CHANGED`] or [`ENDED`].
    pub name: &'static str,
    /// When it happened: at the bet on another game, or when the session closes.
    pub time_ms: i64,
    /// The fields of sessions, section 8: dates in ms, lengths and delays in whole seconds (cut
    /// off), amounts as exact numbers. `other_currencies.EUR.gs_bets_count` and its seven like are
    /// there only where bets or wins are in another currency.
    pub payload: Properties,
}

/// The figures of a whole session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// `{start, yyyyMMddHHmmss UTC}_{user_id}`, with `-2` and so on where that is taken.
    pub gameplay_session_id: String,
    /// When the session closes or closed, UTC.
    pub closes_at_ms: i64,
    /// Its bets in every currency; none where it has no bet.
    pub bets: Option<Bets>,
    /// Games with a bet, in the order of first play.
    pub game_ids: Vec<Box<str>>,
    /// Amounts by currency.
    pub money: Money,
}

/// A maximal run of bets on one game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GameSession {
    /// The game.
    pub game_id: Box<str>,
    /// Its name for people, or its id.
    pub game_name: Box<str>,
    /// `{gameplay session}_{start, yyyyMMddHHmmss UTC}_{game name}`, with `-2` and so on where that
    /// is taken.
    pub game_session_id: String,
    /// Its bets in every currency; the first and the last are its start and its end.
    pub bets: Bets,
    /// Amounts by currency, in the currency of the whole session first.
    pub money: Money,
}

/// When bets were made, whatever their currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bets {
    /// How many; at least one.
    pub count: u64,
    /// The first, UTC.
    pub first_ms: i64,
    /// The last, UTC.
    pub last_ms: i64,
}

impl Bets {
    fn first(time_ms: i64) -> Self {
        Self {
            count: 1,
            first_ms: time_ms,
            last_ms: time_ms,
        }
    }

    fn add(&mut self, time_ms: i64) {
        self.count += 1;
        self.last_ms = time_ms;
    }

    /// Whole seconds from the first to the last.
    pub fn length_seconds(&self) -> i64 {
        (self.last_ms - self.first_ms).div_euclid(1_000)
    }

    /// Bets / minutes from the first to the last, rounded half up to 2 decimals. None where no time
    /// lies between them: one bet has no pace.
    pub fn per_minute(&self) -> Option<Decimal> {
        let length_ms = u64::try_from(self.last_ms - self.first_ms).ok()?;
        let length_ms = NonZeroU64::new(length_ms)?;
        Some(Decimal::of_count(self.count.saturating_mul(60_000)).divided(length_ms))
    }

    /// Whole seconds from the last bet to a later moment.
    fn delay_seconds(&self, until_ms: i64) -> i64 {
        (until_ms - self.last_ms).div_euclid(1_000)
    }
}

impl Figures {
    /// Bets - wins, in the session's currency.
    pub fn net_amount(&self) -> Decimal {
        self.money.amounts.net()
    }

    /// The pace of all bets; see [`Bets::per_minute`].
    pub fn bets_per_minute(&self) -> Option<Decimal> {
        self.bets?.per_minute()
    }

    /// By name: the fields of [`ENDED`] (null where only a bet could give them), `currency`,
    /// `net_amount`, `bets_per_minute` and the counts and totals of rollbacks; the same amounts for
    /// every other currency under `other_currencies.{currency}.`.
    pub fn properties(&self) -> Properties {
        payload::figures(self)
    }
}

/// The id of a gameplay session (sessions, section 8): `{start, yyyyMMddHHmmss UTC}_{user_id}`, with
/// `-2` and so on where earlier sessions have it.
pub fn session_id(facts: &Facts<'_>) -> String {
    id::gameplay_session(facts)
}

/// Figures, derived events and game sessions of a session from its members, which come in order
/// (sessions, section 3). Members that are no event of `gameplay` do nothing.
pub fn report<'a>(
    gameplay: &Gameplay,
    facts: &Facts<'_>,
    members: impl IntoIterator<Item = Member<'a>>,
) -> Report {
    let mut play = Play::new(gameplay, facts);
    for member in members {
        play.take(&member);
    }
    play.report(facts)
}

/// A session while it is played.
struct Play<'a> {
    gameplay: &'a Gameplay,
    gameplay_session_id: String,
    ids: Ids,
    currency: Option<Box<str>>,
    bets: Option<Bets>,
    ledger: Ledger,
    runs: Vec<Run>,
    /// The place of each game's latest run.
    latest: FxHashMap<Box<str>, usize>,
    game_ids: Vec<Box<str>>,
    events: Vec<Derived>,
}

/// A game session while it is played; the last one is the current one.
struct Run {
    game_id: Box<str>,
    game_name: Box<str>,
    game_session_id: String,
    bets: Bets,
    ledger: Ledger,
}

impl Run {
    fn game_session(&self, currency: Option<&str>) -> GameSession {
        GameSession {
            game_id: self.game_id.clone(),
            game_name: self.game_name.clone(),
            game_session_id: self.game_session_id.clone(),
            bets: self.bets,
            money: self.ledger.money(currency),
        }
    }
}

impl<'a> Play<'a> {
    fn new(gameplay: &'a Gameplay, facts: &Facts<'_>) -> Self {
        Self {
            gameplay,
            gameplay_session_id: id::gameplay_session(facts),
            ids: Ids::default(),
            currency: None,
            bets: None,
            ledger: Ledger::default(),
            runs: Vec::new(),
            latest: FxHashMap::default(),
            game_ids: Vec::new(),
            events: Vec::new(),
        }
    }

    fn take(&mut self, member: &Member<'_>) {
        let gameplay = self.gameplay;
        let is = |names: &[String]| names.iter().any(|name| name == member.name);
        let amount = |properties| amount(member.properties, properties);
        if is(&gameplay.bets) {
            self.bet(member, amount(&gameplay.bet_amount).unwrap_or_default());
        } else if is(&gameplay.bet_wins) {
            // The bet first: its win belongs to the game session that it may start.
            if let Some(amount) = amount(&gameplay.bet_amount) {
                self.bet(member, amount);
            }
            if let Some(amount) = amount(&gameplay.win_amount) {
                self.follow(member, Part::Wins, amount);
            }
        } else if is(&gameplay.wins) {
            let amount = amount(&gameplay.win_amount).unwrap_or_default();
            self.follow(member, Part::Wins, amount);
        } else if is(&gameplay.bet_rollbacks) {
            let amount = amount(&gameplay.rollback_amount).unwrap_or_default();
            self.follow(member, Part::BetRollbacks, amount);
        } else if is(&gameplay.win_rollbacks) {
            let amount = amount(&gameplay.rollback_amount).unwrap_or_default();
            self.follow(member, Part::WinRollbacks, amount);
        }
    }

    fn bet(&mut self, member: &Member<'_>, amount: Decimal) {
        let currency = words(member.properties, &self.gameplay.currency);
        if self.currency.is_none() {
            self.currency = currency.map(Box::from);
        }
        match &mut self.bets {
            Some(bets) => bets.add(member.time_ms),
            None => self.bets = Some(Bets::first(member.time_ms)),
        }
        let game_id = words(member.properties, &self.gameplay.game_id);
        match (game_id, self.runs.last_mut()) {
            (Some(game_id), Some(run)) if *run.game_id == *game_id => run.bets.add(member.time_ms),
            (Some(game_id), _) => self.start_game(game_id, member),
            (None, Some(run)) => run.bets.add(member.time_ms),
            (None, None) => {}
        }
        let current = self.runs.len().checked_sub(1);
        self.enter(current, Part::Bets, currency, &amount);
    }

    /// A win or a rollback.
    fn follow(&mut self, member: &Member<'_>, part: Part, amount: Decimal) {
        let run = match words(member.properties, &self.gameplay.game_id) {
            Some(game_id) => self.latest.get(game_id).copied(),
            None => self.runs.len().checked_sub(1),
        };
        let currency = words(member.properties, &self.gameplay.currency);
        self.enter(run, part, currency, &amount);
    }

    fn enter(&mut self, run: Option<usize>, part: Part, currency: Option<&str>, amount: &Decimal) {
        self.ledger.enter(part, currency, amount);
        if let Some(run) = run {
            self.runs[run].ledger.enter(part, currency, amount);
        }
    }

    /// The first bet on another game: reports the game session just left, as it is before this bet.
    fn start_game(&mut self, game_id: &str, member: &Member<'_>) {
        if let Some(left) = self.runs.last() {
            let left = left.game_session(self.currency.as_deref());
            self.events.push(Derived {
                name: CHANGED,
                time_ms: member.time_ms,
                payload: payload::changed(
                    &self.gameplay_session_id,
                    &left,
                    game_id,
                    member.time_ms,
                ),
            });
        }
        let place = self.runs.len();
        if self.latest.insert(game_id.into(), place).is_none() {
            self.game_ids.push(game_id.into());
        }
        let game_name = words(member.properties, &self.gameplay.game_name).unwrap_or(game_id);
        let id = id::game_session(&self.gameplay_session_id, member.time_ms, game_name);
        self.runs.push(Run {
            game_id: game_id.into(),
            game_name: game_name.into(),
            game_session_id: self.ids.distinct(id),
            bets: Bets::first(member.time_ms),
            ledger: Ledger::default(),
        });
    }

    fn report(mut self, facts: &Facts<'_>) -> Report {
        let currency = self.currency.as_deref();
        let games = self
            .runs
            .iter()
            .map(|run| run.game_session(currency))
            .collect();
        let figures = Figures {
            gameplay_session_id: self.gameplay_session_id,
            closes_at_ms: facts.closes_at_ms,
            bets: self.bets,
            game_ids: self.game_ids,
            money: self.ledger.money(currency),
        };
        if figures.bets.is_some() {
            self.events.push(Derived {
                name: ENDED,
                time_ms: facts.closes_at_ms,
                payload: payload::ended(&figures),
            });
        }
        Report {
            figures,
            events: self.events,
            games,
        }
    }
}

/// The sum of the properties that are amounts; none where none is.
fn amount(properties: &Properties, names: &[String]) -> Option<Decimal> {
    names
        .iter()
        .filter_map(|name| properties.get(name).and_then(Decimal::of_value))
        .reduce(|sum, amount| sum + &amount)
}

/// What a property names.
fn words<'a>(properties: &'a Properties, name: &Option<String>) -> Option<&'a str> {
    match properties.get(name.as_ref()?)? {
        Value::One(Scalar::Text(words) | Scalar::Number(words)) if !words.is_empty() => Some(words),
        _ => None,
    }
}
