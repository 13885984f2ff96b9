//! Fields of the derived events and of a session's figures, by their names in sessions, section 8.

use dwell_model::Properties;
use dwell_model::decimal::Decimal;
use dwell_model::value::{Scalar, Value};

use super::{Amounts, Figures, GameSession, Money, OTHER_CURRENCIES_LISTED};

/// About a game session that a bet on another game, at `time_ms`, leaves.
pub(super) fn changed(
    gameplay_session_id: &str,
    left: &GameSession,
    new_game_id: &str,
    time_ms: i64,
) -> Properties {
    let mut fields = Fields::default();
    fields.text("gs_gameplay_session_id", gameplay_session_id);
    fields.text("gs_game_session_id", &left.game_session_id);
    fields.text("gs_game_name", &left.game_name);
    fields.text("gs_game_old_id", &left.game_id);
    fields.text("gs_game_new_id", new_game_id);
    fields.number("gs_event_delay_seconds", left.bets.delay_seconds(time_ms));
    fields.number("gs_session_start_date", left.bets.first_ms);
    fields.number("gs_session_end_date", left.bets.last_ms);
    fields.number("gs_session_length_seconds", left.bets.length_seconds());
    fields.bets_and_wins("", &left.money.amounts);
    fields.played_in_other_currencies(&left.money);
    fields.properties()
}

/// About a whole session, when it closes.
pub(super) fn ended(figures: &Figures) -> Properties {
    let mut fields = Fields::default();
    fields.ended(figures);
    fields.played_in_other_currencies(&figures.money);
    fields.properties()
}

/// About a whole session, with what stands beside the payload.
pub(super) fn figures(figures: &Figures) -> Properties {
    let mut fields = Fields::default();
    let money = &figures.money;
    fields.ended(figures);
    match &money.currency {
        Some(currency) => fields.text("currency", currency),
        None => fields.null("currency"),
    }
    fields.amount("net_amount", &figures.net_amount());
    match figures.bets_per_minute() {
        Some(pace) => fields.amount("bets_per_minute", &pace),
        None => fields.null("bets_per_minute"),
    }
    fields.rollbacks("", &money.amounts);
    fields.other_currencies(
        money,
        |_| true,
        |fields, prefix, amounts| {
            fields.bets_and_wins(prefix, amounts);
            fields.rollbacks(prefix, amounts);
        },
    );
    fields.properties()
}

#[derive(Default)]
struct Fields(Vec<(Box<str>, Value)>);

impl Fields {
    fn ended(&mut self, figures: &Figures) {
        self.text("gs_gameplay_session_id", &figures.gameplay_session_id);
        match &figures.bets {
            Some(bets) => {
                let delay_seconds = bets.delay_seconds(figures.closes_at_ms);
                self.number("gs_event_delay_seconds", delay_seconds);
                self.number("gs_session_start_date", bets.first_ms);
                self.number("gs_session_end_date", bets.last_ms);
                self.number("gs_session_length_seconds", bets.length_seconds());
            }
            None => {
                self.null("gs_event_delay_seconds");
                self.null("gs_session_start_date");
                self.null("gs_session_end_date");
                self.number("gs_session_length_seconds", 0);
            }
        }
        self.bets_and_wins("", &figures.money.amounts);
        let ids = figures.game_ids.iter().cloned().map(Scalar::Text).collect();
        self.set("gs_all_game_ids", Value::List(ids));
    }

    fn bets_and_wins(&mut self, prefix: &str, amounts: &Amounts) {
        for (kind, tally) in [("bet", &amounts.bets), ("win", &amounts.wins)] {
            self.number(&format!("{prefix}gs_{kind}s_count"), tally.count);
            self.amount(&format!("{prefix}gs_total_{kind}_amount"), &tally.total);
            self.amount(&format!("{prefix}gs_avg_{kind}_amount"), &tally.average());
            self.amount(&format!("{prefix}gs_max_{kind}_amount"), &tally.max);
        }
    }

    fn rollbacks(&mut self, prefix: &str, amounts: &Amounts) {
        let kinds = [
            ("bet", &amounts.bet_rollbacks),
            ("win", &amounts.win_rollbacks),
        ];
        for (kind, tally) in kinds {
            self.number(&format!("{prefix}{kind}s_rollback_count"), tally.count);
            let total = format!("{prefix}total_rollback_{kind}_amount");
            self.amount(&total, &tally.total);
        }
    }

    /// Bets and wins; a currency that has only rollbacks is left out.
    fn played_in_other_currencies(&mut self, money: &Money) {
        self.other_currencies(money, Amounts::is_played, Self::bets_and_wins);
    }

    fn other_currencies(
        &mut self,
        money: &Money,
        is_listed: fn(&Amounts) -> bool,
        write: fn(&mut Self, &str, &Amounts),
    ) {
        let mut left_out: u64 = 0;
        let others = money.other_currencies.iter();
        for (place, (currency, amounts)) in others.filter(|(_, it)| is_listed(it)).enumerate() {
            if place < OTHER_CURRENCIES_LISTED {
                write(self, &format!("other_currencies.{currency}."), amounts);
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            self.number("other_currencies_left_out", left_out);
        }
    }

    fn text(&mut self, field: &str, text: &str) {
        self.set(field, Value::text(text));
    }

    fn number<N: ToString>(&mut self, field: &str, number: N) {
        let digits = number.to_string();
        self.set(field, Value::One(Scalar::Number(digits.into())));
    }

    fn amount(&mut self, field: &str, amount: &Decimal) {
        self.set(field, amount.to_value());
    }

    fn null(&mut self, field: &str) {
        self.set(field, Value::One(Scalar::Null));
    }

    fn set(&mut self, field: &str, value: Value) {
        self.0.push((field.into(), value));
    }

    fn properties(self) -> Properties {
        // No name stands twice: a field has no point in it, so a currency's prefix tells all apart.
        Properties::of_distinct(self.0)
    }
}
