//! What people do in the casino: choose a game, bet, win, lose, change the game. Event and
//! property names are those of sessions, section 8. Must not know how a visit opens or closes.

use crate::line::{Properties, Value};
use crate::people::Person;
use crate::rng::Band;
use crate::visit::Visit;

/// Steps of a visit: most are rounds of a game.
pub(crate) const STEPS: [Band; 6] = [(1, 3), (2, 5), (3, 8), (4, 12), (8, 18), (12, 34)];

/// Seconds from one bet to the next; the last band is longer than the gameplay timeout.
const ROUNDS: [Band; 14] = [
    (3, 6),
    (3, 6),
    (4, 8),
    (4, 8),
    (5, 9),
    (5, 9),
    (6, 12),
    (6, 12),
    (8, 16),
    (8, 16),
    (12, 30),
    (12, 30),
    (25, 90),
    (60, 420),
];

/// Hundredths of the stake that a winning round pays.
const PAYOUTS: [i64; 14] = [
    20, 40, 50, 60, 80, 100, 100, 120, 150, 200, 300, 500, 1200, 4000,
];

pub(crate) struct Game {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    table: Table,
}

/// How a game reports its rounds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    /// A bet, and a win where there is one.
    Slot,
    /// Bet and win in one event.
    Live,
}

const fn slot(id: &'static str, name: &'static str) -> Game {
    Game {
        id,
        name,
        table: Table::Slot,
    }
}

const fn live(id: &'static str, name: &'static str) -> Game {
    Game {
        id,
        name,
        table: Table::Live,
    }
}

pub(crate) const GAMES: [Game; 12] = [
    slot("mahjong-garden-2", "Mahjong Garden 2"),
    slot("lucky-lantern", "Lucky Lantern"),
    slot("amber-falls", "Amber Falls"),
    slot("pharaohs-ledger", "Pharaoh's Ledger"),
    slot("comet-rush", "Comet Rush"),
    slot("fado-nights", "Fado Nights"),
    slot("northern-reels", "Northern Reels"),
    slot("koi-fortune", "Koi Fortune 1000"),
    slot("orchard-spin", "Orchard Spin"),
    live("roulette-live", "Roulette Live"),
    live("blackjack-classic", "Blackjack Classic"),
    slot("deep-blue", "Deep Blue"),
];

/// What the casino knows of a person besides the common traits.
pub(crate) fn traits(person: &Person) -> Properties {
    vec![
        ("favourite_game", favourite(person).name.into()),
        ("vip_level", vip_level(person).into()),
        ("tags", Value::List(&["verified", "newsletter"])),
    ]
}

pub(crate) fn favourite(person: &Person) -> &'static Game {
    &GAMES[person.favourite % GAMES.len()]
}

fn vip_level(person: &Person) -> &'static str {
    match person.stake_cents {
        0..=50 => "bronze",
        51..=200 => "silver",
        201..=1000 => "gold",
        _ => "diamond",
    }
}

/// The properties of a bet on a game.
pub(crate) fn bet(game: &Game, stake_cents: i64, currency: &'static str) -> Properties {
    amount("bet_amount", game, stake_cents, currency)
}

/// The properties of a win in a game.
pub(crate) fn win(game: &Game, won_cents: i64, currency: &'static str) -> Properties {
    amount("win_amount", game, won_cents, currency)
}

fn amount(key: &'static str, game: &Game, cents: i64, currency: &'static str) -> Properties {
    vec![
        (key, Value::Cents(cents)),
        ("game_id", game.id.into()),
        ("game_name", game.name.into()),
        ("currency", currency.into()),
    ]
}

/// A run at one game.
struct Run {
    game: &'static Game,
    stake_cents: i64,
    currency: &'static str,
}

/// Where somebody is between the lobby and a table.
#[derive(Default)]
pub(crate) struct Gambling {
    run: Option<Run>,
}

impl Gambling {
    pub(crate) fn step(&mut self, visit: &mut Visit) {
        match &self.run {
            Some(run) => match visit.rng.weighted(&[940, 32, 28]) {
                0 => round(visit, run),
                1 => self.sit_down(visit),
                _ => {
                    visit.look();
                    view_lobby(visit);
                    self.run = None;
                }
            },
            None => match visit.rng.weighted(&[13, 6, 58, 6, 5, 3, 2, 7]) {
                0 => {
                    visit.look();
                    view_lobby(visit);
                }
                1 => search(visit),
                2 => self.sit_down(visit),
                3 => deposit(visit),
                4 => claim_bonus(visit),
                5 => consider_plan(visit),
                6 => change_profile(visit),
                _ => view_screen(visit),
            },
        }
    }

    /// Opens a game: the favourite in a third of the cases, never the one that is being left.
    fn sit_down(&mut self, visit: &mut Visit) {
        let person = visit.person();
        let mut game = match visit.rng.chance(330) {
            true => favourite(person),
            false => visit.rng.one_of(&GAMES),
        };
        while self.run.as_ref().is_some_and(|run| run.game.id == game.id) {
            game = visit.rng.one_of(&GAMES);
        }
        let stake_cents = person.stake_cents * visit.rng.pick(&[1, 1, 1, 2, 2, 5]);
        let currency = match person.favourite % 25 == 7 && visit.rng.chance(400) {
            // Some people keep a second wallet.
            true => "USD",
            false => person.home.currency,
        };
        visit.look();
        visit.emit(
            "GameOpened",
            vec![("game_id", game.id.into()), ("game_name", game.name.into())],
        );
        self.run = Some(Run {
            game,
            stake_cents,
            currency,
        });
    }
}

fn round(visit: &mut Visit, run: &Run) {
    let pause = visit.rng.pick(&ROUNDS);
    visit.wait(pause);
    let won = visit.rng.chance(300);
    let won_cents = run.stake_cents * visit.rng.pick(&PAYOUTS) / 100;
    match run.game.table {
        Table::Slot => {
            let staked_cents = place_bet(visit, run);
            if won {
                visit.wait((1, 3));
                pay_out(visit, run, won_cents);
            } else if visit.rng.chance(12) {
                visit.wait((20, 200));
                take_back(visit, run, "BetRollback", staked_cents);
            }
        }
        Table::Live => {
            let mut properties = Vec::new();
            if won {
                properties.push(("win_amount", Value::Cents(won_cents)));
            }
            // A free round brings a win and no bet.
            if !(won && visit.rng.chance(60)) {
                properties.extend(bet(run.game, run.stake_cents, run.currency));
            } else {
                properties.push(("game_id", run.game.id.into()));
                properties.push(("currency", run.currency.into()));
            }
            visit.emit_bare("BetWin", properties);
        }
    }
}

/// Returns the real money that was bet.
fn place_bet(visit: &mut Visit, run: &Run) -> i64 {
    let mut properties = bet(run.game, run.stake_cents, run.currency);
    if visit.rng.chance(60) {
        let bonus_cents = run.stake_cents / 2;
        properties.insert(1, ("bonus_bet_amount", Value::Cents(bonus_cents)));
    }
    if visit.rng.chance(8) {
        // An older table leaves out which game it is.
        properties.retain(|(key, _)| !key.starts_with("game_"));
    }
    visit.emit_bare("Bet", properties);
    run.stake_cents
}

fn pay_out(visit: &mut Visit, run: &Run, won_cents: i64) {
    let mut properties = win(run.game, won_cents, run.currency);
    if visit.rng.chance(50) {
        properties.insert(1, ("bonus_win_amount", Value::Cents(won_cents / 4)));
    }
    visit.emit_bare("Win", properties);
    if visit.rng.chance(15) {
        visit.wait((30, 400));
        take_back(visit, run, "WinRollback", won_cents);
    }
}

fn take_back(visit: &mut Visit, run: &Run, name: &'static str, cents: i64) {
    visit.emit_bare(name, amount("amount", run.game, cents, run.currency));
}

fn view_lobby(visit: &mut Visit) {
    let section = visit
        .rng
        .pick(&["slots", "slots", "live", "new", "popular", "jackpots"]);
    visit.emit("LobbyViewed", vec![("section", section.into())]);
}

fn view_screen(visit: &mut Visit) {
    visit.look();
    let screen = visit
        .rng
        .pick(&["wallet", "profile", "limits", "promotions", "help"]);
    visit.emit("ScreenViewed", vec![("screen_name", screen.into())]);
}

fn search(visit: &mut Visit) {
    visit.look();
    let queries = [
        "mahjong",
        "roulette",
        "fado",
        "koi",
        "jackpot",
        "روليت",
        "black jack",
    ];
    let query = visit.rng.pick(&queries);
    let results = visit.rng.between((0, 14));
    visit.emit(
        "SearchPerformed",
        vec![("query", query.into()), ("results", results.into())],
    );
}

/// `amount` drifts: one payment method sends it as a text.
fn deposit(visit: &mut Visit) {
    visit.look();
    let person = visit.person();
    let cents = person.stake_cents * 20 * visit.rng.pick(&[1, 1, 2, 5]);
    let method = visit
        .rng
        .pick(&["card", "card", "bank_transfer", "voucher"]);
    let amount = match method {
        "voucher" => format!("{}.{:02}", cents / 100, cents % 100).into(),
        _ => Value::Cents(cents),
    };
    visit.emit(
        "DepositCompleted",
        vec![
            ("amount", amount),
            ("currency", person.home.currency.into()),
            ("method", method.into()),
        ],
    );
}

fn claim_bonus(visit: &mut Visit) {
    visit.look();
    let spins = visit.rng.between((1, 10)) * 5;
    visit.emit(
        "bonus_claimed",
        vec![("bonusType", "free_spins".into()), ("spins", spins.into())],
    );
    if visit.rng.chance(250) {
        let after_ms = visit.rng.between((2 * 3_600_000, 30 * 3_600_000));
        visit.follow_up(after_ms, "BonusExpired", vec![("spins", spins.into())]);
    }
}

fn consider_plan(visit: &mut Visit) {
    visit.look();
    visit.emit("PaywallViewed", vec![("placement", "lobby".into())]);
    if !visit.rng.chance(200) {
        return;
    }
    visit.wait((10, 60));
    let (plan, price_cents) =
        visit
            .rng
            .pick(&[("monthly", 499), ("monthly", 499), ("annual", 2999)]);
    let currency = visit.person().home.currency;
    let is_trial = visit.rng.chance(250);
    visit.emit(
        "PurchaseCompleted",
        subscription(plan, price_cents, currency, is_trial),
    );
}

/// The properties of a club membership bought on the paywall.
pub(crate) fn subscription(
    plan: &'static str,
    price_cents: i64,
    currency: &'static str,
    is_trial: bool,
) -> Properties {
    vec![
        ("plan", plan.into()),
        ("price", Value::Cents(price_cents)),
        ("currency", currency.into()),
        ("product_id", format!("sku_{plan}_2026").into()),
        ("source", "paywall_lobby".into()),
        ("is_trial", is_trial.into()),
    ]
}

fn change_profile(visit: &mut Visit) {
    visit.look();
    let now: Value = visit.now_ms.into();
    let mut properties: Properties = match visit.rng.below(3) {
        0 => vec![
            ("key", "favourite_game".into()),
            ("newValue", visit.rng.one_of(&GAMES).name.into()),
        ],
        1 => vec![
            ("key", "deposit_limit".into()),
            ("newValue", (visit.rng.between((1, 20)) * 50).into()),
        ],
        _ => vec![
            ("key", "push_enabled".into()),
            ("oldValue", true.into()),
            ("newValue", false.into()),
        ],
    };
    properties.push(("timestamp", now));
    visit.emit("CustomPropertyChanged", properties);
}
