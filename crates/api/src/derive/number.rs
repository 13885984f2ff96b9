//! Ids of gameplay sessions that would be equal get a number (sessions, section 8). They can be of
//! several owners, so that is done when the sessions of all are there: a session is written with its
//! plain id first. Knows the ids, and nothing else of gameplay.
//!
//! Of equal ids the session that starts first has the plain one; at one instant, the one whose
//! first-arrived event comes first by its id. An id with a number counts as given too: of a user
//! “ann-2” where “ann” has two sessions.

use std::cell::RefCell;

use dwell_model::{Key, Value};
use dwell_runtime::derived::{Play, play_of};
use dwell_sessionizer::gameplay;
use dwell_store::table::session::SessionRecord;
use dwell_store::{Owner, Writer};
use rustc_hash::FxHashMap;

use super::sessions::Naming;
use crate::error::ApiError;

/// Where gameplay sessions came or went, and how many went.
#[derive(Debug, Default)]
pub(super) struct Numbering(RefCell<FxHashMap<Place, u32>>);

/// Sessions of one definition that start in one second under one name have equal ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Place {
    definition_id: i64,
    named: Owner,
    second: i64,
}

impl Numbering {
    /// A session came, with its plain id.
    pub(super) fn came(&self, session: &SessionRecord) {
        self.note(session, 0);
    }

    /// A session went; it may be there again.
    pub(super) fn went(&self, session: &SessionRecord) {
        self.note(session, 1);
    }

    fn note(&self, session: &SessionRecord, gone: u32) {
        if session.gameplay.is_some() {
            let place = Place {
                definition_id: session.definition_id,
                named: named(session),
                second: session.started_at_ms.div_euclid(1_000),
            };
            *self.0.borrow_mut().entry(place).or_default() += gone;
        }
    }

    /// Numbers the sessions wherever some came or went; `renamed` hears of each that gets another id, as
    /// it was and as it is.
    pub(super) fn finish(
        &self,
        writer: &Writer<'_>,
        naming: &Naming<'_>,
        mut renamed: impl FnMut(&SessionRecord, &SessionRecord),
    ) -> Result<(), ApiError> {
        let ids = Ids { writer, naming };
        let mut noted: Vec<(Place, u32)> = self.0.take().into_iter().collect();
        // One name after the other: what is known of it serves all its seconds.
        noted.sort_unstable();
        let mut last: Option<(Owner, Name)> = None;
        for (place, gone) in noted {
            let name = match last {
                Some((owner, name)) if owner == place.named => name,
                _ => ids.name(&writer.owner_key(place.named)?.to_string())?,
            };
            let at = (place.definition_id, place.second);
            ids.number(at, &name, gone, &mut renamed)?;
            last = Some((place.named, name));
        }
        Ok(())
    }
}

/// Whom the id of a gameplay session names: its user, else the stream's owner.
pub(super) fn named(session: &SessionRecord) -> Owner {
    session.user_number.map_or(session.owner, Owner::User)
}

/// Those whom one text names.
struct Name {
    text: String,
    user: Option<i64>,
    device: Option<i64>,
    /// Of “ann-2” the name “ann”, where somebody is called so, and 2.
    numbered: Option<(Box<Name>, u32)>,
}

/// A definition and a second.
type At = (i64, i64);

struct Ids<'a> {
    writer: &'a Writer<'a>,
    naming: &'a Naming<'a>,
}

impl Ids<'_> {
    fn name(&self, text: &str) -> Result<Name, ApiError> {
        let (writer, application_id) = (self.writer, self.naming.application.application_id);
        let (mut user, mut device) = (None, None);
        if let Some(key) = Key::parse(text).filter(|key| key.to_string() == text) {
            user = writer.user_number(application_id, &key)?;
            device = writer.device_number(application_id, &key)?;
        }
        let mut numbered = None;
        if let Some((plain, number)) = without_number(text) {
            let plain = self.name(plain)?;
            if plain.is_known() || plain.numbered.is_some() {
                numbered = Some((Box::new(plain), number));
            }
        }
        Ok(Name {
            text: text.to_owned(),
            user,
            device,
            numbered,
        })
    }

    /// Gives each session of a name in a second its id; where that has more numbers than before,
    /// or fewer, also those of the names that look like one of them.
    fn number(
        &self,
        at: At,
        name: &Name,
        gone: u32,
        told: &mut dyn FnMut(&SessionRecord, &SessionRecord),
    ) -> Result<(), ApiError> {
        let mut sessions = self.sessions(at, name)?;
        let first = self.first(at, name)?;
        if (first, sessions.len(), gone) == (0, 1, 0) {
            // It came with this id.
            return Ok(());
        }
        sessions.sort_by(|a, b| {
            let by_start = a.started_at_ms.cmp(&b.started_at_ms);
            by_start.then_with(|| a.first_arrived_id.cmp(&b.first_arrived_id))
        });
        for (occurrence, session) in (first..).zip(&sessions) {
            self.rename(session, &name.text, occurrence, told)?;
        }
        let last = first + sessions.len() as u32;
        for number in 2..=last + gone + 1 {
            let like = self.name(&format!("{}-{number}", name.text))?;
            if like.is_known() {
                self.number(at, &like, 1, told)?;
            }
        }
        Ok(())
    }

    /// The sessions of a definition that start in a second under a name.
    fn sessions(&self, at: At, name: &Name) -> Result<Vec<SessionRecord>, ApiError> {
        let (writer, (definition_id, second)) = (self.writer, at);
        let (from_ms, to_ms) = (second * 1_000, second * 1_000 + 1_000);
        let mut found = Vec::new();
        if let Some(user) = name.user {
            let person = self.naming.profiles.person(user);
            found = writer.sessions_started(definition_id, person, from_ms, to_ms)?;
            found.retain(|session| session.user_number == Some(user));
        }
        if let Some(device) = name.device {
            let owner = Owner::Device(device);
            let of_device = writer.sessions_of_owner(definition_id, owner, from_ms, to_ms)?;
            let nameless = |session: &SessionRecord| session.user_number.is_none();
            found.extend(of_device.into_iter().filter(nameless));
        }
        Ok(found)
    }

    /// How many of a name's ids are taken by the name without its number: its plain one, or none.
    fn first(&self, at: At, name: &Name) -> Result<u32, ApiError> {
        let Some((plain, number)) = &name.numbered else {
            return Ok(0);
        };
        let count = self.sessions(at, plain)?.len() as u32;
        let last = match count {
            0 => 0,
            _ => self.first(at, plain)? + count,
        };
        Ok(u32::from(*number <= last))
    }

    fn rename(
        &self,
        session: &SessionRecord,
        name: &str,
        occurrence: u32,
        told: &mut dyn FnMut(&SessionRecord, &SessionRecord),
    ) -> Result<(), ApiError> {
        let new = gameplay::session_id(&gameplay::Facts {
            started_at_ms: session.started_at_ms,
            closes_at_ms: session.closes_at_ms,
            user_id: name,
            occurrence,
        });
        let Some(play) = play_of(session)? else {
            return Ok(());
        };
        let old = play.figures.get(SESSION_ID).and_then(Value::as_text);
        let old = old.unwrap_or_default().to_owned();
        if old != new {
            let play = renamed(play, &old, &new);
            let numbered = SessionRecord {
                gameplay: Some(play.to_json().into()),
                ..session.clone()
            };
            self.writer.change_session(session, &numbered)?;
            told(session, &numbered);
        }
        Ok(())
    }
}

impl Name {
    fn is_known(&self) -> bool {
        self.user.is_some() || self.device.is_some()
    }
}

const SESSION_ID: &str = "gs_gameplay_session_id";
const GAME_SESSION_ID: &str = "gs_game_session_id";

/// What is stored of a gameplay session, with another id. The ids of its game sessions begin with
/// it; what follows tells them apart, whatever it is.
fn renamed(mut play: Play, old: &str, new: &str) -> Play {
    let id = |whole: &str| match whole.strip_prefix(old) {
        Some(rest) => format!("{new}{rest}"),
        None => whole.to_owned(),
    };
    play.figures.set(SESSION_ID, Value::text(new));
    for event in &mut play.events {
        event.payload.set(SESSION_ID, Value::text(new));
        if let Some(game) = event.payload.get(GAME_SESSION_ID).and_then(Value::as_text) {
            let game = id(game);
            event.payload.set(GAME_SESSION_ID, Value::text(game));
        }
    }
    for game in &mut play.games {
        game.game_session_id = id(&game.game_session_id);
    }
    play
}

/// “ann” and 2 of “ann-2”: a number from 2 on as it is put behind an id.
fn without_number(text: &str) -> Option<(&str, u32)> {
    let (plain, digits) = text.rsplit_once('-')?;
    let number: u32 = digits.parse().ok()?;
    (number >= 2 && digits == number.to_string()).then_some((plain, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_behind_an_id_is_one_that_dwell_would_put_there() {
        let cases = [
            ("ann-2", Some(("ann", 2))),
            ("ann-2-10", Some(("ann-2", 10))),
            ("-3", Some(("", 3))),
            ("ann", None),
            ("ann-1", None),
            ("ann-0", None),
            ("ann-02", None),
            ("ann-+2", None),
            ("ann-99999999999", None),
            ("ann-", None),
        ];
        for (text, expected) in cases {
            assert_eq!(without_number(text), expected, "{text}");
        }
    }
}
