//! What people do in the shop: look, search, fill a basket, pay. Must not know how a visit
//! opens or closes.

use crate::devices::System;
use crate::line::{Properties, Value};
use crate::people::Person;
use crate::rng::Band;
use crate::visit::Visit;

/// Steps of a visit.
pub(crate) const STEPS: [Band; 6] = [(1, 3), (2, 5), (3, 7), (4, 9), (5, 13), (8, 24)];

struct Product {
    id: &'static str,
    name: &'static str,
    category: &'static str,
    /// In the buyer's currency: the shop has one price list.
    price_cents: i64,
}

const fn product(
    id: &'static str,
    name: &'static str,
    category: &'static str,
    price_cents: i64,
) -> Product {
    Product {
        id,
        name,
        category,
        price_cents,
    }
}

const CATEGORIES: [&str; 6] = ["audio", "kitchen", "garden", "books", "travel", "toys"];

const PRODUCTS: [Product; 18] = [
    product("sku_1042", "Wireless headphones", "audio", 8990),
    product("sku_1077", "Shelf speaker", "audio", 14900),
    product("sku_1103", "Turntable belt", "audio", 1295),
    product("sku_2005", "Moka pot, 6 cups", "kitchen", 3490),
    product("sku_2014", "Bread knife", "kitchen", 2750),
    product("sku_2051", "Cast iron pan", "kitchen", 5900),
    product("sku_3001", "Watering can 5 l", "garden", 1999),
    product("sku_3017", "Herb planter", "garden", 2449),
    product("sku_3040", "Garden hose 20 m", "garden", 3995),
    product("sku_4008", "Atlas of rivers", "books", 4500),
    product("sku_4019", "Sourdough at home", "books", 2200),
    product("sku_4033", "Night trains of Europe", "books", 1890),
    product("sku_5002", "Travel pillow", "travel", 1750),
    product("sku_5011", "Packing cubes, set of 4", "travel", 2990),
    product("sku_5026", "Cabin suitcase", "travel", 11900),
    product("sku_6004", "Wooden train set", "toys", 4990),
    product("sku_6012", "Memory game \"Birds\"", "toys", 1490),
    product("sku_6031", "Kite", "toys", 2190),
];

const QUERIES: [&str; 12] = [
    "headphones",
    "moka pot",
    "café crème",
    "garden hose",
    "travel pillow",
    "gift card",
    "night trains",
    "Geschenk für Oma",
    "سماعات",
    "水筒",
    "kite",
    "usb c cable",
];

/// What the shop knows of a person besides the common traits.
pub(crate) fn traits(person: &Person) -> Properties {
    vec![
        (
            "favourite_category",
            CATEGORIES[person.favourite % CATEGORIES.len()].into(),
        ),
        (
            "marketing_opt_in",
            person.favourite.is_multiple_of(3).into(),
        ),
        ("loyalty_points", (person.favourite as i64 * 7).into()),
    ]
}

/// Where somebody is between the shop's door and its till.
#[derive(Default)]
pub(crate) struct Shopping {
    looking_at: Option<&'static Product>,
    basket: Vec<&'static Product>,
    at_till: bool,
    onboarded: u32,
}

impl Shopping {
    pub(crate) fn step(&mut self, visit: &mut Visit) {
        visit.look();
        if self.at_till {
            self.at_till = false;
            if visit.rng.chance(560) {
                self.purchase(visit);
                return;
            }
        }
        if let Some(product) = self.looking_at.filter(|_| visit.rng.chance(170)) {
            self.looking_at = None;
            self.add_to_basket(visit, product);
            return;
        }
        if !self.basket.is_empty() && visit.rng.chance(190) {
            self.at_till = true;
            let total: i64 = self.basket.iter().map(|product| product.price_cents).sum();
            visit.emit(
                "CheckoutStarted",
                vec![
                    ("items", (self.basket.len() as i64).into()),
                    ("amount", Value::Cents(total)),
                    ("currency", visit.person().home.currency.into()),
                ],
            );
            return;
        }
        match visit.rng.weighted(&[34, 11, 34, 2, 2, 1, 1, 1]) {
            0 => view_screen(visit),
            1 => search(visit),
            2 => self.view_product(visit),
            3 => consider_plan(visit),
            4 => add_to_wishlist(visit),
            5 => change_profile(visit),
            6 => self.onboard(visit),
            _ => sign_up_for_newsletter(visit),
        }
    }

    fn view_product(&mut self, visit: &mut Visit) {
        let favourite = CATEGORIES[visit.person().favourite % CATEGORIES.len()];
        let mut product = visit.rng.one_of(&PRODUCTS);
        if product.category != favourite {
            // People look at what they like twice as often.
            product = visit.rng.one_of(&PRODUCTS);
        }
        self.looking_at = Some(product);
        let from = visit
            .rng
            .pick(&["search_results", "category", "campaign", "home"]);
        visit.emit(
            "ProductViewed",
            vec![
                ("product_id", product.id.into()),
                ("product_name", product.name.into()),
                ("category", product.category.into()),
                ("price", Value::Cents(product.price_cents)),
                ("currency", visit.person().home.currency.into()),
                ("source", from.into()),
            ],
        );
    }

    /// `discount` drifts: a number in the apps, a text on the web.
    fn add_to_basket(&mut self, visit: &mut Visit, product: &'static Product) {
        self.basket.push(product);
        let per_cent = visit.rng.between((1, 4)) * 5;
        let discount: Value = match visit.device.model.system {
            System::Web(_) => format!("{per_cent} %").into(),
            _ => per_cent.into(),
        };
        let mut properties = vec![
            ("product_id", product.id.into()),
            ("price", Value::Cents(product.price_cents)),
            ("currency", visit.person().home.currency.into()),
            (
                "quantity",
                visit.rng.banded(&[(1, 1), (1, 1), (1, 3)]).into(),
            ),
        ];
        if visit.rng.chance(250) {
            properties.push(("discount", discount));
        }
        visit.emit("ItemAddedToCart", properties);
    }

    fn purchase(&mut self, visit: &mut Visit) {
        let basket = std::mem::take(&mut self.basket);
        let Some(first) = basket.first() else { return };
        let order_id = format!("ord_{:010x}", visit.rng.below(1 << 40));
        let total: i64 = basket.iter().map(|product| product.price_cents).sum();
        let coupon = match visit.rng.chance(120) {
            true => "AUTUMN26".into(),
            false => Value::Null,
        };
        visit.emit(
            "PurchaseCompleted",
            vec![
                ("plan", visit.person().plan.into()),
                ("price", Value::Cents(total)),
                ("currency", visit.person().home.currency.into()),
                ("product_id", first.id.into()),
                ("items", (basket.len() as i64).into()),
                ("order_id", order_id.clone().into()),
                ("coupon", coupon),
            ],
        );
        let carrier = visit
            .rng
            .pick(&["north_post", "swift_parcel", "harbour_line"]);
        let after_ms = visit.rng.between((16 * 3_600_000, 70 * 3_600_000));
        visit.follow_up(
            after_ms,
            "OrderShipped",
            vec![("order_id", order_id.into()), ("carrier", carrier.into())],
        );
    }

    fn onboard(&mut self, visit: &mut Visit) {
        self.onboarded += 1;
        // An older app numbers the name instead of the step.
        if visit.device.flat_context && self.onboarded == 1 {
            visit.emit("OnboardingStep1Completed", vec![("skipped", false.into())]);
        } else {
            let step = i64::from(self.onboarded);
            let skipped = visit.rng.chance(150);
            visit.emit(
                "OnboardingStepCompleted",
                vec![("step", step.into()), ("skipped", skipped.into())],
            );
        }
    }
}

fn view_screen(visit: &mut Visit) {
    let screens = [
        "home", "category", "offers", "cart", "profile", "orders", "inbox", "settings",
    ];
    let screen = visit.rng.pick(&screens);
    if visit.device.is_native() {
        let load_ms = visit.rng.banded(&[(20, 90), (60, 300), (200, 1400)]);
        visit.emit(
            "ScreenViewed",
            vec![("screen_name", screen.into()), ("load_ms", load_ms.into())],
        );
    } else {
        visit.emit("PageViewed", vec![("path", format!("/{screen}").into())]);
    }
}

/// `results` drifts: a few say `"none"` where they mean 0.
fn search(visit: &mut Visit) {
    let query = visit.rng.pick(&QUERIES);
    let results: Value = match visit.rng.banded(&[(0, 0), (1, 20), (4, 60), (30, 400)]) {
        0 if visit.rng.chance(200) => "none".into(),
        count => count.into(),
    };
    visit.emit(
        "SearchPerformed",
        vec![("query", query.into()), ("results", results)],
    );
}

fn consider_plan(visit: &mut Visit) {
    let placement = visit.rng.pick(&["home_banner", "checkout", "profile"]);
    visit.emit(
        "PaywallViewed",
        vec![("placement", placement.into()), ("variant", "b".into())],
    );
    if !visit.rng.chance(90) {
        return;
    }
    visit.wait((12, 70));
    let (plan, price_cents) = visit.rng.pick(&[
        ("monthly", 499),
        ("monthly", 499),
        ("annual", 4990),
        ("family", 899),
    ]);
    let is_trial = visit.rng.chance(300);
    visit.emit(
        "PurchaseCompleted",
        vec![
            ("plan", plan.into()),
            ("price", Value::Cents(price_cents)),
            ("currency", visit.person().home.currency.into()),
            ("product_id", format!("sub_{plan}").into()),
            ("source", placement.into()),
            ("is_trial", is_trial.into()),
        ],
    );
}

fn add_to_wishlist(visit: &mut Visit) {
    let product = visit.rng.one_of(&PRODUCTS);
    visit.emit("add_to_wishlist", vec![("ProductId", product.id.into())]);
}

fn sign_up_for_newsletter(visit: &mut Visit) {
    visit.emit(
        "NewsletterSubscribed",
        vec![
            ("topics", Value::List(&["offers", "new_arrivals"])),
            ("confirmed", false.into()),
        ],
    );
}

fn change_profile(visit: &mut Visit) {
    let now: Value = visit.now_ms.into();
    let mut properties: Properties = match visit.rng.below(4) {
        0 => vec![
            ("key", "favourite_category".into()),
            ("newValue", visit.rng.pick(&CATEGORIES).into()),
        ],
        1 => vec![
            ("key", "loyalty_points".into()),
            ("newValue", visit.rng.between((0, 9000)).into()),
        ],
        2 => vec![
            ("key", "marketing_opt_in".into()),
            ("oldValue", false.into()),
            ("newValue", true.into()),
        ],
        // Removed: no new value.
        _ => vec![
            ("key", "gift_note".into()),
            ("oldValue", "For a friend".into()),
        ],
    };
    properties.push(("timestamp", now));
    visit.emit("CustomPropertyChanged", properties);
}

/// A passer-by at the kiosk looks something up.
pub(crate) fn serve_at_counter(visit: &mut Visit) {
    match visit.rng.weighted(&[60, 25, 15]) {
        0 => Shopping::default().view_product(visit),
        1 => search(visit),
        _ => view_screen(visit),
    }
}
