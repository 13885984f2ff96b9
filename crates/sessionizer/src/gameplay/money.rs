//! Amounts of bets, wins and rollbacks, never summed over two currencies (sessions, section 8).

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use dwell_model::decimal::Decimal;

/// Amounts of one kind in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub total: Decimal,
    /// The largest; 0 where there is none.
    pub max: Decimal,
}

impl Tally {
    /// Total / count, rounded half up to 2 decimals; 0 where there is none.
    pub fn average(&self) -> Decimal {
        NonZeroU64::new(self.count).map_or_else(Decimal::default, |count| self.total.divided(count))
    }

    fn add(&mut self, amount: &Decimal) {
        if self.count == 0 || *amount > self.max {
            self.max = amount.clone();
        }
        self.count += 1;
        self.total += amount;
    }

    fn join(&mut self, other: &Self) {
        if self.count == 0 || (other.count > 0 && other.max > self.max) {
            self.max = other.max.clone();
        }
        self.count += other.count;
        self.total += &other.total;
    }
}

/// Amounts in one currency. Rollbacks change neither bets nor wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Bets.
    pub bets: Tally,
    /// Wins.
    pub wins: Tally,
    /// Bets that were taken back.
    pub bet_rollbacks: Tally,
    /// Wins that were taken back.
    pub win_rollbacks: Tally,
}

impl Amounts {
    /// Bets - wins.
    pub fn net(&self) -> Decimal {
        &self.bets.total - &self.wins.total
    }

    /// Whether anything but rollbacks is in it.
    pub(super) fn is_played(&self) -> bool {
        self.bets.count + self.wins.count > 0
    }

    fn part(&mut self, part: Part) -> &mut Tally {
        match part {
            Part::Bets => &mut self.bets,
            Part::Wins => &mut self.wins,
            Part::BetRollbacks => &mut self.bet_rollbacks,
            Part::WinRollbacks => &mut self.win_rollbacks,
        }
    }

    fn join(&mut self, other: &Self) {
        self.bets.join(&other.bets);
        self.wins.join(&other.wins);
        self.bet_rollbacks.join(&other.bet_rollbacks);
        self.win_rollbacks.join(&other.win_rollbacks);
    }
}

/// Where an amount is entered.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Bets,
    Wins,
    BetRollbacks,
    WinRollbacks,
}

/// Amounts by currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// The currency of the session's first bet that names one; none where no bet does.
    pub currency: Option<Box<str>>,
    /// In that currency, or without one.
    pub amounts: Amounts,
    /// In other currencies, apart, sorted by currency.
    pub other_currencies: BTreeMap<Box<str>, Amounts>,
}

/// Amounts while it is not known yet which currency is the session's.
#[derive(Default)]
pub(super) struct Ledger {
    without_currency: Amounts,
    by_currency: BTreeMap<Box<str>, Amounts>,
}

impl Ledger {
    pub(super) fn enter(&mut self, part: Part, currency: Option<&str>, amount: &Decimal) {
        let amounts = match currency {
            None => &mut self.without_currency,
            Some(currency) => self.by_currency.entry(currency.into()).or_default(),
        };
        amounts.part(part).add(amount);
    }

    /// As seen from a session in `currency`.
    pub(super) fn money(&self, currency: Option<&str>) -> Money {
        let mut amounts = self.without_currency.clone();
        let mut other_currencies = self.by_currency.clone();
        if let Some(same) = currency.and_then(|currency| other_currencies.remove(currency)) {
            amounts.join(&same);
        }
        Money {
            currency: currency.map(Box::from),
            amounts,
            other_currencies,
        }
    }
}
