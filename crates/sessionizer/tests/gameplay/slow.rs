//! The rules of sessions, section 8, computed a second time: every figure by a search through all
//! events, amounts as whole hundredths, text by hand.

use std::collections::BTreeMap;

/// An event in the words of the test; amounts are hundredths.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) time_ms: i64,
    pub(crate) kind: Kind,
    pub(crate) bet: Option<i128>,
    pub(crate) win: Option<i128>,
    pub(crate) rollback: Option<i128>,
    pub(crate) game: Option<&'static str>,
    pub(crate) name: Option<&'static str>,
    pub(crate) currency: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bet,
    Win,
    BetWin,
    BetRollback,
    WinRollback,
    Other,
}

/// Field to JSON text.
pub(crate) type Fields = BTreeMap<String, String>;

pub(crate) struct Expected {
    pub(crate) figures: Fields,
    /// Name, time, payload.
    pub(crate) events: Vec<(&'static str, i64, Fields)>,
    /// Fields of the game sessions, with the ids in `id`.
    pub(crate) games: Vec<Fields>,
}

pub(crate) struct Slow<'a> {
    pub(crate) events: &'a [Event],
    pub(crate) id: &'a str,
    pub(crate) closes_at_ms: i64,
    pub(crate) second_of: fn(i64) -> String,
}

fn text(words: &str) -> String {
    format!("\"{words}\"")
}

/// Hundredths as a JSON number.
fn amount(hundredths: i128) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, rest) = (hundredths.abs() / 100, hundredths.abs() % 100);
    match (rest, rest % 10) {
        (0, _) => format!("{sign}{whole}"),
        (_, 0) => format!("{sign}{whole}.{}", rest / 10),
        _ => format!("{sign}{whole}.{rest:02}"),
    }
}

/// Hundredths of the quotient of hundredths.
fn divided(hundredths: i128, by: i128) -> i128 {
    let (quotient, rest) = (hundredths.abs() / by, hundredths.abs() % by);
    let rounded = if rest * 2 >= by {
        quotient + 1
    } else {
        quotient
    };
    rounded * hundredths.signum()
}

impl Slow<'_> {
    fn is_bet(&self, index: usize) -> bool {
        let event = &self.events[index];
        match event.kind {
            Kind::Bet => true,
            Kind::BetWin => event.bet.is_some(),
            _ => false,
        }
    }

    fn is_win(&self, index: usize) -> bool {
        let event = &self.events[index];
        match event.kind {
            Kind::Win => true,
            Kind::BetWin => event.win.is_some(),
            _ => false,
        }
    }

    fn bets_until(&self, index: usize) -> impl DoubleEndedIterator<Item = usize> {
        (0..=index).filter(|at| self.is_bet(*at))
    }

    /// The game of the newest bet that names one.
    fn game_at(&self, index: usize) -> Option<&'static str> {
        self.bets_until(index)
            .rev()
            .find_map(|at| self.events[at].game)
    }

    /// Whether a bet starts a game session.
    fn starts(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|at| self.game_at(at));
        self.is_bet(index)
            && self.events[index]
                .game
                .is_some_and(|game| before != Some(game))
    }

    /// The bet that starts the game session in which a member of it counts.
    fn run_of(&self, index: usize) -> Option<usize> {
        let starts = |at: &usize| self.starts(*at);
        let game = match self.is_bet(index) {
            true => None,
            false => self.events[index].game,
        };
        (0..=index)
            .rev()
            .filter(starts)
            .find(|at| game.is_none_or(|game| self.events[*at].game == Some(game)))
    }

    fn currency(&self, until: usize) -> Option<&'static str> {
        self.bets_until(until)
            .find_map(|at| self.events[at].currency)
    }

    fn id_of(&self, run: usize) -> String {
        let base = |at: usize| {
            let event = &self.events[at];
            let name = event.name.or(event.game).unwrap_or_default();
            format!("{}_{}_{name}", self.id, (self.second_of)(event.time_ms))
        };
        // No name of the test ends in a number.
        let equal = (0..run).filter(|at| self.starts(*at) && base(*at) == base(run));
        match equal.count() {
            0 => base(run),
            earlier => format!("{}-{}", base(run), earlier + 1),
        }
    }

    /// Four figures of each kind, of `members` in the currencies that `is_counted` takes.
    fn bets_and_wins(
        &self,
        fields: &mut Fields,
        prefix: &str,
        members: &[usize],
        is_counted: &dyn Fn(Option<&str>) -> bool,
    ) {
        let counted = |at: &&usize| is_counted(self.events[**at].currency);
        let bets = members
            .iter()
            .filter(counted)
            .filter(|at| self.is_bet(**at));
        let wins = members
            .iter()
            .filter(counted)
            .filter(|at| self.is_win(**at));
        let bets = bets.map(|at| self.events[*at].bet.unwrap_or(0)).collect();
        let wins = wins.map(|at| self.events[*at].win.unwrap_or(0)).collect();
        let kinds: [(&str, Vec<i128>); 2] = [("bet", bets), ("win", wins)];
        for (kind, amounts) in kinds {
            let (count, total) = (amounts.len(), amounts.iter().sum::<i128>());
            let average = divided(total, amounts.len().max(1) as i128);
            let max = amounts.iter().max().copied().unwrap_or(0);
            let mut set = |field: String, value| fields.insert(format!("{prefix}{field}"), value);
            set(format!("gs_{kind}s_count"), count.to_string());
            set(format!("gs_total_{kind}_amount"), amount(total));
            set(format!("gs_avg_{kind}_amount"), amount(average));
            set(format!("gs_max_{kind}_amount"), amount(max));
        }
    }

    fn rollbacks(
        &self,
        fields: &mut Fields,
        prefix: &str,
        members: &[usize],
        is_counted: &dyn Fn(Option<&str>) -> bool,
    ) {
        for (kind, name) in [(Kind::BetRollback, "bet"), (Kind::WinRollback, "win")] {
            let events = members.iter().map(|at| &self.events[*at]);
            let amounts: Vec<i128> = events
                .filter(|event| event.kind == kind && is_counted(event.currency))
                .map(|event| event.rollback.unwrap_or(0))
                .collect();
            let count = amounts.len().to_string();
            fields.insert(format!("{prefix}{name}s_rollback_count"), count);
            let total = amount(amounts.iter().sum());
            fields.insert(format!("{prefix}total_rollback_{name}_amount"), total);
        }
    }

    /// Amounts of `members`: those of `currency` first, the others apart.
    fn money(&self, members: &[usize], currency: Option<&str>, with_rollbacks: bool) -> Fields {
        let mut fields = Fields::new();
        let of_session = |other: Option<&str>| other.is_none() || other == currency;
        self.bets_and_wins(&mut fields, "", members, &of_session);
        if with_rollbacks {
            self.rollbacks(&mut fields, "", members, &of_session);
        }
        for at in members {
            let event = &self.events[*at];
            let Some(other) = event.currency.filter(|other| Some(*other) != currency) else {
                continue;
            };
            let prefix = format!("other_currencies.{other}.");
            let of_other = |it: Option<&str>| it == Some(other);
            if with_rollbacks && event.kind != Kind::Other {
                // A bet-win without amounts is in no currency.
                let says_nothing =
                    event.kind == Kind::BetWin && !self.is_bet(*at) && !self.is_win(*at);
                if !says_nothing {
                    self.bets_and_wins(&mut fields, &prefix, members, &of_other);
                    self.rollbacks(&mut fields, &prefix, members, &of_other);
                }
            } else if self.is_bet(*at) || self.is_win(*at) {
                self.bets_and_wins(&mut fields, &prefix, members, &of_other);
            }
        }
        fields
    }

    fn dates(&self, fields: &mut Fields, bets: &[usize], until_ms: i64) {
        let first = self.events[bets[0]].time_ms;
        let last = self.events[bets[bets.len() - 1]].time_ms;
        let mut set = |field: &str, value: i64| fields.insert(field.to_owned(), value.to_string());
        set("gs_session_start_date", first);
        set("gs_session_end_date", last);
        set("gs_session_length_seconds", (last - first) / 1_000);
        set("gs_event_delay_seconds", (until_ms - last) / 1_000);
    }

    fn members_of(&self, run: usize, before: usize) -> Vec<usize> {
        (0..before)
            .filter(|at| self.events[*at].kind != Kind::Other)
            .filter(|at| self.run_of(*at) == Some(run))
            .collect()
    }

    fn changed(&self, at: usize, left: usize) -> Fields {
        let members = self.members_of(left, at);
        let bets: Vec<usize> = members
            .iter()
            .copied()
            .filter(|at| self.is_bet(*at))
            .collect();
        let mut fields = self.money(&members, self.currency(at), false);
        self.dates(&mut fields, &bets, self.events[at].time_ms);
        let event = &self.events[left];
        let mut set = |field: &str, value: String| fields.insert(field.to_owned(), text(&value));
        set("gs_gameplay_session_id", self.id.to_owned());
        set("gs_game_session_id", self.id_of(left));
        set(
            "gs_game_name",
            event.name.or(event.game).unwrap_or_default().to_owned(),
        );
        set("gs_game_old_id", event.game.unwrap_or_default().to_owned());
        set(
            "gs_game_new_id",
            self.events[at].game.unwrap_or_default().to_owned(),
        );
        fields
    }

    fn whole(&self, with_rollbacks: bool) -> Fields {
        let count = self.events.len();
        let all: Vec<usize> = (0..count).collect();
        let bets: Vec<usize> = (0..count).filter(|at| self.is_bet(*at)).collect();
        let currency = count.checked_sub(1).and_then(|last| self.currency(last));
        let mut fields = self.money(&all, currency, with_rollbacks);
        fields.insert("gs_gameplay_session_id".to_owned(), text(self.id));
        let mut games: Vec<String> = Vec::new();
        for game in bets.iter().filter_map(|at| self.events[*at].game) {
            if !games.contains(&text(game)) {
                games.push(text(game));
            }
        }
        fields.insert(
            "gs_all_game_ids".to_owned(),
            format!("[{}]", games.join(",")),
        );
        if bets.is_empty() {
            for field in [
                "gs_session_start_date",
                "gs_session_end_date",
                "gs_event_delay_seconds",
            ] {
                fields.insert(field.to_owned(), "null".to_owned());
            }
            fields.insert("gs_session_length_seconds".to_owned(), "0".to_owned());
        } else {
            self.dates(&mut fields, &bets, self.closes_at_ms);
        }
        if with_rollbacks {
            let in_currency = |at: &usize| {
                let other = self.events[*at].currency;
                other.is_none() || other == currency
            };
            let net: i128 = all
                .iter()
                .filter(|at| in_currency(at))
                .map(|at| {
                    let bet = self.events[*at].bet.filter(|_| self.is_bet(*at));
                    let win = self.events[*at].win.filter(|_| self.is_win(*at));
                    bet.unwrap_or(0) - win.unwrap_or(0)
                })
                .sum();
            fields.insert("net_amount".to_owned(), amount(net));
            fields.insert(
                "currency".to_owned(),
                currency.map_or("null".to_owned(), text),
            );
            let length_ms = match (bets.first(), bets.last()) {
                (Some(first), Some(last)) => {
                    self.events[*last].time_ms - self.events[*first].time_ms
                }
                _ => 0,
            };
            let pace = match length_ms {
                0 => "null".to_owned(),
                // Hundredths of bets a minute.
                ms => amount(divided(bets.len() as i128 * 60_000 * 100, i128::from(ms))),
            };
            fields.insert("bets_per_minute".to_owned(), pace);
        }
        fields
    }

    pub(crate) fn expected(&self) -> Expected {
        let count = self.events.len();
        let runs: Vec<usize> = (0..count).filter(|at| self.starts(*at)).collect();
        let mut events: Vec<_> = runs
            .windows(2)
            .map(|pair| {
                let (left, at) = (pair[0], pair[1]);
                let payload = self.changed(at, left);
                ("gs_game_session_changed", self.events[at].time_ms, payload)
            })
            .collect();
        if (0..count).any(|at| self.is_bet(at)) {
            events.push((
                "gs_game_session_ended",
                self.closes_at_ms,
                self.whole(false),
            ));
        }
        let currency = count.checked_sub(1).and_then(|last| self.currency(last));
        let game = |run: &usize| {
            let members = self.members_of(*run, count);
            let mut fields = self.money(&members, currency, true);
            fields.insert("id".to_owned(), self.id_of(*run));
            fields
        };
        Expected {
            figures: self.whole(true),
            events,
            games: runs.iter().map(game).collect(),
        }
    }
}
