//! One visit of a person to an application on one device: how it opens, goes into the background,
//! changes hands and closes, in the words of the lifecycle. Must not know how events travel;
//! what happens in between is `shop`'s and `casino`'s.

use uuid::Uuid;

use crate::application::Kind;
use crate::context::{self, Occasion};
use crate::devices::Device;
use crate::line::{Event, Properties, Value};
use crate::people::{Household, Person, SignIn};
use crate::rng::{Band, Rng};
use crate::{casino, shop};

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Seconds from one look at a screen to the next.
const LOOKS: [Band; 8] = [
    (2, 5),
    (3, 9),
    (5, 14),
    (8, 20),
    (11, 32),
    (17, 50),
    (30, 95),
    (55, 260),
];
/// Seconds in the background after which the app is still in the same visit.
const TRIPS: [Band; 5] = [(3, 14), (9, 40), (25, 120), (80, 420), (300, 1650)];

/// What a device remembers between visits.
pub(crate) struct DeviceState {
    /// Index of the person in the household.
    pub(crate) signed_in: Option<usize>,
    pub(crate) session_id: Uuid,
    /// The app is in memory.
    alive: bool,
    background_since_ms: Option<i64>,
    /// The last thing that happened on the device; `None` before the first.
    pub(crate) last_ms: Option<i64>,
}

impl DeviceState {
    pub(crate) fn new() -> DeviceState {
        DeviceState {
            signed_in: None,
            session_id: Uuid::nil(),
            alive: false,
            background_since_ms: None,
            last_ms: None,
        }
    }
}

/// What a person is at, by application.
enum Pastime {
    Shopping(shop::Shopping),
    Gambling(casino::Gambling),
}

/// A visit while it goes on.
pub(crate) struct Visit<'a, 'b> {
    pub(crate) kind: Kind,
    pub(crate) household: &'a Household,
    pub(crate) who: usize,
    pub(crate) device: &'a Device,
    pub(crate) state: &'b mut DeviceState,
    pub(crate) rng: &'b mut Rng,
    pub(crate) now_ms: i64,
    /// Of the device, in order of time.
    pub(crate) events: Vec<Event<'a>>,
    /// Of the application's backend: without a device, later.
    pub(crate) follow_ups: Vec<Event<'a>>,
}

impl<'a> Visit<'a, '_> {
    /// The whole visit, from its opening to its close.
    pub(crate) fn run(&mut self) {
        let known = self.person().is_known(self.now_ms);
        let first_on_device = self.state.last_ms.is_none();
        let long_known = self.person().sign_in == SignIn::Always && first_on_device;
        if long_known && self.rng.chance(700) {
            // Signed in long before the demo begins: the very first event has the user.
            self.state.signed_in = Some(self.who);
        }
        let mut pastime = match self.kind {
            Kind::Shop => Pastime::Shopping(shop::Shopping::default()),
            Kind::Casino => Pastime::Gambling(casino::Gambling::default()),
        };
        self.open();
        match self.state.signed_in {
            Some(who) if who == self.who => {
                if first_on_device || self.rng.chance(70) {
                    self.identify();
                }
            }
            _ if !known => {}
            Some(_) => self.take_over(),
            None => {
                let steps = self.rng.between((1, 3));
                self.go_on(&mut pastime, steps);
                self.sign_in();
            }
        }
        let steps = match self.kind {
            Kind::Shop => self.rng.banded(&shop::STEPS),
            Kind::Casino => self.rng.banded(&casino::STEPS),
        };
        self.go_on(&mut pastime, steps);
        if self.device.shared && self.rng.chance(120) {
            self.hand_over();
            self.go_on(&mut pastime, steps / 2 + 2);
        }
        self.close(&mut pastime);
        self.state.last_ms = Some(self.now_ms);
    }

    pub(crate) fn person(&self) -> &'a Person {
        &self.household.people[self.who]
    }

    pub(crate) fn wait(&mut self, (low, high): Band) {
        self.now_ms += self.rng.between((low * SECOND_MS, high * SECOND_MS));
    }

    pub(crate) fn look(&mut self) {
        let band = self.rng.pick(&LOOKS);
        self.wait(band);
    }

    /// An event of the app with the small context.
    pub(crate) fn emit(&mut self, name: &'static str, properties: Properties) {
        let context = context::brief(self.device, self.now_ms);
        self.push(name, properties, context);
    }

    /// An event that the app's server wrote on the device's behalf: no context.
    pub(crate) fn emit_bare(&mut self, name: &'static str, properties: Properties) {
        self.push(name, properties, Vec::new());
    }

    pub(crate) fn follow_up(&mut self, after_ms: i64, name: &'static str, properties: Properties) {
        if let Some(who) = self.state.signed_in {
            self.follow_ups.push(Event {
                at_ms: self.now_ms + after_ms,
                name,
                user_id: Some(&self.household.people[who].id),
                session_id: None,
                properties,
                context: Vec::new(),
                arrives_ms: None,
            });
        }
    }

    fn push(&mut self, name: &'static str, properties: Properties, context: Properties) {
        let user_id = self
            .state
            .signed_in
            .map(|who| self.household.people[who].id.as_str());
        self.events.push(Event {
            at_ms: self.now_ms,
            name,
            user_id,
            session_id: self.device.is_native().then_some(self.state.session_id),
            properties,
            context,
            arrives_ms: None,
        });
    }

    fn lifecycle(&mut self, name: &'static str, occasion: Occasion) {
        let person = self.person();
        let places = (person.home, person.here(self.now_ms));
        let context = context::snapshot(
            self.rng,
            self.kind,
            self.device,
            places,
            self.now_ms,
            &occasion,
        );
        let properties = match occasion.background_seconds {
            Some(seconds) => vec![("background_duration", seconds.into())],
            None => Vec::new(),
        };
        self.push(name, properties, context);
    }

    fn open(&mut self) {
        if !self.device.is_native() {
            self.arrive_on_page();
            return;
        }
        let pushed = self.push_notification();
        let last_ms = self.state.last_ms.unwrap_or(i64::MIN / 2);
        let away_ms = self.now_ms - last_ms;
        let killed = away_ms > 30 * MINUTE_MS && self.rng.chance(300)
            || away_ms > 4 * HOUR_MS && self.rng.chance(500);
        if !self.state.alive || killed {
            let reason = if self.state.last_ms.is_none() {
                "first_launch"
            } else {
                "app_launch"
            };
            self.start_session("session_started", reason, None);
        } else {
            let since_ms = self.state.background_since_ms.unwrap_or(last_ms);
            let seconds = (self.now_ms - since_ms) / SECOND_MS;
            if away_ms >= 30 * MINUTE_MS && self.device.says_sent_at {
                // Newer SDKs start a session of their own after a long time in the background.
                self.start_session("session_timeout", "session_timeout", Some(seconds));
            } else {
                self.come_back(seconds);
            }
        }
        self.state.alive = true;
        self.state.background_since_ms = None;
        if let Some(campaign) = pushed {
            self.wait((0, 1));
            self.emit("PushOpened", vec![("campaign_id", campaign.into())]);
        }
    }

    pub(crate) fn start_session(
        &mut self,
        name: &'static str,
        reason: &'static str,
        away: Option<i64>,
    ) {
        self.state.session_id = self.rng.uuid();
        self.lifecycle(
            name,
            Occasion {
                reason,
                app_state: "active",
                background_seconds: away,
            },
        );
    }

    pub(crate) fn come_back(&mut self, seconds: i64) {
        let occasion = Occasion {
            reason: "app_foregrounded",
            app_state: "active",
            background_seconds: Some(seconds),
        };
        self.lifecycle("app_foregrounded", occasion);
    }

    pub(crate) fn go_to_background(&mut self) {
        let occasion = Occasion {
            reason: "app_backgrounded",
            app_state: "background",
            background_seconds: None,
        };
        self.lifecycle("app_backgrounded", occasion);
        self.state.background_since_ms = Some(self.now_ms);
    }

    pub(crate) fn terminate(&mut self, reason: &'static str) {
        let occasion = Occasion {
            reason,
            app_state: "terminated",
            background_seconds: None,
        };
        self.lifecycle("app_terminated", occasion);
        self.state.alive = false;
    }

    /// A browser's first page; the campaign's tags are a nested object, as such scripts send it.
    fn arrive_on_page(&mut self) {
        let mut properties = vec![
            (
                "path",
                self.rng
                    .pick(&["/", "/", "/offers", "/new", "/help"])
                    .into(),
            ),
            (
                "referrer",
                self.rng
                    .pick(&["", "search", "newsletter", "partner"])
                    .into(),
            ),
        ];
        if self.rng.chance(180) {
            let tags = vec![
                (
                    "source",
                    self.rng.pick(&["newsletter", "social", "partner"]).into(),
                ),
                (
                    "campaign",
                    self.rng.pick(&["autumn_2026", "black_friday_2026"]).into(),
                ),
            ];
            properties.push(("utm", Value::Group(tags)));
        }
        self.emit("PageViewed", properties);
    }

    /// Now and then a notification reaches the device first: the campaign, where it is opened.
    fn push_notification(&mut self) -> Option<&'static str> {
        let last_ms = self.state.last_ms?;
        if self.now_ms - last_ms < HOUR_MS || !self.rng.chance(75) {
            return None;
        }
        let opened = self.rng.chance(650);
        let lead = if opened { (3, 900) } else { (1200, 3300) };
        let campaign = self.rng.pick(self.campaigns());
        let came_ms = self.now_ms;
        self.now_ms -= self.rng.between(lead) * SECOND_MS;
        let title = match self.kind {
            Kind::Shop => "Back in stock: what you looked at",
            Kind::Casino => "Free spins are waiting for you",
        };
        self.emit(
            "PushReceived",
            vec![("campaign_id", campaign.into()), ("title", title.into())],
        );
        self.now_ms = came_ms;
        opened.then_some(campaign)
    }

    fn campaigns(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Shop => &["cmp_autumn_sale", "cmp_back_in_stock", "cmp_cart_reminder"],
            Kind::Casino => &["cmp_free_spins", "cmp_weekend_boost", "cmp_vip_night"],
        }
    }

    /// The pastime's next steps, with trips to the background and the odd campaign between them.
    fn go_on(&mut self, pastime: &mut Pastime, steps: i64) {
        let trip_per_mille = match self.kind {
            Kind::Shop => 45,
            Kind::Casino => 22,
        };
        for _ in 0..steps {
            match pastime {
                Pastime::Shopping(shopping) => shopping.step(self),
                Pastime::Gambling(gambling) => gambling.step(self),
            }
            if self.rng.chance(18) {
                self.wait((1, 4));
                let campaign = self.rng.pick(self.campaigns());
                self.emit("CampaignShown", vec![("campaignId", campaign.into())]);
            }
            if self.device.is_native() && self.rng.chance(trip_per_mille) {
                self.look();
                self.go_to_background();
                let seconds = self.rng.banded(&TRIPS);
                self.now_ms += seconds * SECOND_MS + self.rng.between((0, 999));
                self.come_back(seconds);
                self.state.background_since_ms = None;
            }
        }
    }

    fn sign_in(&mut self) {
        self.look();
        self.emit("ScreenViewed", vec![("screen_name", "sign_in".into())]);
        self.wait((6, 45));
        self.state.signed_in = Some(self.who);
        self.identify();
    }

    fn identify(&mut self) {
        let person = self.person();
        let date = person.signed_up_on.to_string();
        let mut properties = vec![
            ("name", person.name.clone().into()),
            ("email", person.email.clone().into()),
            ("plan", person.plan.into()),
            ("country", person.home.country.into()),
            ("signup_date", date.into()),
            ("locale", person.home.locale.into()),
        ];
        properties.extend(match self.kind {
            Kind::Shop => shop::traits(person),
            Kind::Casino => casino::traits(person),
        });
        self.emit("identify", properties);
    }

    /// The device is still signed in as somebody else of the household.
    fn take_over(&mut self) {
        self.wait((4, 30));
        if self.rng.chance(400) {
            self.reset();
        }
        self.sign_in();
    }

    /// In the middle of a visit the other person of the household takes the device.
    fn hand_over(&mut self) {
        let other = 1 - self.who;
        if self.state.signed_in != Some(self.who)
            || !self.household.people[other].is_known(self.now_ms)
        {
            return;
        }
        self.who = other;
        self.wait((20, 240));
        match self.rng.below(3) {
            0 => self.reset(),
            1 if self.device.is_native() => {
                self.start_session("session_started", "user_switched", None);
            }
            _ => {}
        }
        self.sign_in();
    }

    fn reset(&mut self) {
        self.emit("reset", Vec::new());
        self.state.signed_in = None;
        self.state.session_id = self.rng.uuid();
        self.wait((1, 6));
    }

    fn close(&mut self, pastime: &mut Pastime) {
        if self.state.signed_in.is_some() && self.rng.chance(28) {
            self.look();
            self.reset();
            if self.rng.chance(500) {
                let steps = self.rng.between((1, 4));
                self.go_on(pastime, steps);
            }
        }
        if !self.device.is_native() {
            return;
        }
        self.look();
        match self.rng.below(1000) {
            0..=839 => {
                self.go_to_background();
                match self.rng.below(1000) {
                    0..=109 => {
                        self.wait((1, 40));
                        self.terminate("closed_by_user");
                    }
                    110..=139 => {
                        self.wait((240, 1300));
                        self.terminate("low_memory");
                    }
                    _ => {}
                }
            }
            840..=919 => self.terminate("closed_by_user"),
            // A crash leaves nothing behind.
            _ => self.state.alive = false,
        }
    }
}
