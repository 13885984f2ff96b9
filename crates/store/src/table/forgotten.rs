//! Who is to stay forgotten: salted hashes of ids, and what of a row is compared with them. It must not
//! know how events stand in the file.
//!
//! The hashes keep ids from being read in the file, from being compared with those of another
//! workspace and from being looked up in a table made before: each workspace has a salt of its own.
//! Who has the file and a list of ids that may be among them can try these; a slow hash would only make
//! that slower, and every import with many users with it.

use dwell_model::event::{ALIAS, previous_user};
use dwell_model::{Event, Key, KeyRef};
use hmac::{Hmac, Mac};
use rusqlite::{OptionalExtension, params};
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::Sha256;

use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};

/// Moments, UTC ms, both included.
pub type Moments = (i64, i64);

/// Every instant.
pub const ALWAYS: Moments = (i64::MIN, i64::MAX);

/// What somebody asked to have forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A user, with all ids that aliases join.
    User,
    /// A device, whoever used it.
    Device,
}

/// The rows that are to go and to stay away, told by what each of them says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForgottenRows {
    /// Rows that name one of these users, be it as the one that an alias joins.
    pub users: Vec<Key>,
    /// Rows on one of these devices.
    pub devices: Vec<Key>,
    /// Rows on a device that name no user, at some moments; several of one device in order.
    pub unnamed: Vec<(Key, Moments)>,
}

impl ForgottenRows {
    /// Whether an event of these ids is one of them; what an alias joins aside.
    pub fn hold(&self, user: Option<&Key>, device: Option<&Key>, time_ms: i64) -> bool {
        let Some(user) = user else {
            let is_then = |(of, (from_ms, last_ms)): &(Key, Moments)| {
                Some(of) == device && (*from_ms..=*last_ms).contains(&time_ms)
            };
            return device.is_some_and(|device| self.devices.contains(device))
                || self.unnamed.iter().any(is_then);
        };
        self.users.contains(user) || device.is_some_and(|device| self.devices.contains(device))
    }

    /// Whether an event is one of them.
    pub fn hold_event(&self, event: &Event) -> bool {
        self.hold(event.user.as_ref(), event.device.as_ref(), event.time_ms)
            || (&*event.name == ALIAS
                && previous_user(&event.properties)
                    .is_some_and(|previous| self.users.contains(&previous)))
    }

    /// The ids that tell these rows by themselves: users, devices, and devices on which rows that name
    /// nobody never come back.
    pub fn ids(&self) -> impl Iterator<Item = &Key> {
        let unnamed = self.unnamed.iter();
        let always = unnamed.filter(|(_, moments)| *moments == ALWAYS);
        let always = always.map(|(device, _)| device);
        self.users.iter().chain(&self.devices).chain(always)
    }

    /// Whether a text says one of the [`ForgottenRows::ids`] as a value.
    pub fn are_named_in(&self, text: &[u8]) -> bool {
        any_value(text, |value| self.ids().any(|id| id.borrowed() == value))
    }
}

/// Asks for the values that a row of any format may hold, as keys, until one is it: what stands between
/// quotation marks, and between what separates values in JSON, tables and web addresses. Not all of
/// them are values.
fn any_value(text: &[u8], mut is_it: impl FnMut(KeyRef<'_>) -> bool) -> bool {
    let mut ask = |bytes: &[u8]| {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return false;
        };
        let text = text.trim();
        let is_it = &mut is_it;
        if text.contains('\\') {
            let read = serde_json::from_str::<String>(&format!("\"{text}\""));
            if read.is_ok_and(|read| KeyRef::parse(&read).is_some_and(&mut *is_it)) {
                return true;
            }
        }
        KeyRef::parse(text).is_some_and(is_it)
    };
    let mut from = 0;
    let mut is_escaped = false;
    for (at, byte) in text.iter().enumerate() {
        if *byte == b'"' && !is_escaped {
            if ask(&text[from..at]) {
                return true;
            }
            from = at + 1;
        }
        is_escaped = *byte == b'\\' && !is_escaped;
    }
    if ask(&text[from..]) {
        return true;
    }
    let cells = |byte: &u8| b",;\t|:{}[]\"'\n\r".contains(byte) || !byte.is_ascii_graphic();
    let words = |byte: &u8| cells(byte) || b"=&?/#".contains(byte);
    let plain = |byte: &u8| b",;\t|\n\r".contains(byte);
    text.split(plain).any(&mut ask) || text.split(cells).any(&mut ask) || text.split(words).any(ask)
}

/// What a workspace remembers, to ask rows of one application against.
pub struct Forgotten {
    application_id: i64,
    keyed: Hmac<Sha256>,
    whole: FxHashSet<Hash>,
    unnamed: FxHashMap<Hash, Vec<Moments>>,
}

type Hash = [u8; 16];

/// What an id is of.
#[derive(Clone, Copy)]
enum Of {
    User = 1,
    Device = 2,
}

/// The kinds of rows of the table `forgotten`.
const WHOLE: i64 = 1;
const UNNAMED: i64 = 2;

impl Forgotten {
    fn hash(&self, of: Of, key: KeyRef<'_>) -> Hash {
        hash(&self.keyed, self.application_id, of, key)
    }

    /// Whether all rows of a user are left out.
    pub fn has_user(&self, key: KeyRef<'_>) -> bool {
        self.whole.contains(&self.hash(Of::User, key))
    }

    /// Whether all rows of a device are.
    pub fn has_device(&self, key: KeyRef<'_>) -> bool {
        self.whole.contains(&self.hash(Of::Device, key))
    }

    /// Whether rows of some devices that name no user are left out.
    pub fn has_unnamed(&self) -> bool {
        !self.unnamed.is_empty()
    }

    /// When rows of a device that name no user are left out.
    pub fn unnamed(&self, device: KeyRef<'_>) -> &[Moments] {
        let found = self.unnamed.get(&self.hash(Of::Device, device));
        found.map_or(&[], Vec::as_slice)
    }

    /// Whether a text, of a row that cannot be read, says an id of somebody forgotten as a value.
    pub fn is_named_in(&self, text: &[u8]) -> bool {
        any_value(text, |value| {
            self.has_user(value) || self.has_device(value) || self.unnamed(value).contains(&ALWAYS)
        })
    }
}

fn hash(keyed: &Hmac<Sha256>, application_id: i64, of: Of, key: KeyRef<'_>) -> Hash {
    let mut mac = keyed.clone();
    mac.update(&application_id.to_le_bytes());
    mac.update(&[of as u8]);
    match &key {
        KeyRef::Uuid(uuid) => {
            mac.update(&[1]);
            mac.update(uuid.as_bytes());
        }
        KeyRef::Text(text) => {
            mac.update(&[2]);
            mac.update(text.as_bytes());
        }
    }
    let mut short = Hash::default();
    let whole = mac.finalize().into_bytes();
    short.copy_from_slice(&whole[..16]);
    short
}

/// Something that was forgotten, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgetting {
    /// Number.
    pub forgetting_id: i64,
    /// Application's name.
    pub application: String,
    /// A user or a device.
    pub whom: Whom,
    /// When, UTC ms.
    pub forgotten_at_ms: i64,
    /// Events that went then.
    pub event_count: u64,
}

impl Reader<'_> {
    /// What was forgotten of an application, or of all, the newest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn forgettings(&self, application: Option<&str>) -> Result<Vec<Forgetting>> {
        let mut all = self.connection.prepare_cached(
            "SELECT forgetting_id, a.name, kind, forgotten_at_ms, event_count
             FROM forgetting
             JOIN application a USING (application_id)
             WHERE ?1 IS NULL OR a.name = ?1
             ORDER BY forgetting_id DESC",
        )?;
        let rows = all.query_map([application], |row| {
            Ok(Forgetting {
                forgetting_id: row.get(0)?,
                application: row.get(1)?,
                whom: match row.get(2)? {
                    1 => Whom::User,
                    _ => Whom::Device,
                },
                forgotten_at_ms: row.get(3)?,
                event_count: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// What an application's rows are to be asked against; `None` where nobody was forgotten.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn forgotten(&self, application_id: i64) -> Result<Option<Forgotten>> {
        let mut all = self.connection.prepare_cached(
            "SELECT hash, kind, from_ms, last_ms
             FROM forgotten
             WHERE application_id = ?
             ORDER BY forgotten_id",
        )?;
        let mut rows = all.query([application_id])?;
        let mut found: Option<Forgotten> = None;
        while let Some(row) = rows.next()? {
            let known = match &mut found {
                Some(known) => known,
                none => none.insert(Forgotten {
                    application_id,
                    keyed: self.forgotten_salt()?,
                    whole: FxHashSet::default(),
                    unnamed: FxHashMap::default(),
                }),
            };
            let hash: Hash = row.get(0)?;
            match row.get(1)? {
                WHOLE => {
                    known.whole.insert(hash);
                }
                _ => {
                    let of_device = known.unnamed.entry(hash).or_default();
                    of_device.push((row.get(2)?, row.get(3)?));
                }
            }
        }
        Ok(found)
    }

    fn forgotten_salt(&self) -> Result<Hmac<Sha256>> {
        let mut one = self
            .connection
            .prepare_cached("SELECT salt FROM forgotten_salt")?;
        let salt: Option<Vec<u8>> = one.query_row([], |row| row.get(0)).optional()?;
        let keyed = salt.and_then(|salt| Hmac::new_from_slice(&salt).ok());
        keyed.ok_or_else(|| StoreError::Damaged {
            table: "forgotten_salt",
            row: "1".to_owned(),
            column: "salt",
            reason: "it is not there".to_owned(),
        })
    }
}

impl Writer<'_> {
    /// Remembers which rows are to stay away.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn remember_forgotten(
        &self,
        application_id: i64,
        whom: Whom,
        rows: &ForgottenRows,
        forgotten_at_ms: i64,
        event_count: u64,
    ) -> Result<()> {
        let keyed = self.forgotten_salt()?;
        let kind = match whom {
            Whom::User => 1,
            Whom::Device => 2,
        };
        self.connection.execute(
            "INSERT INTO forgetting (application_id, kind, forgotten_at_ms, event_count)
             VALUES (?, ?, ?, ?)",
            params![application_id, kind, forgotten_at_ms, event_count],
        )?;
        let forgetting_id = self.connection.last_insert_rowid();
        let mut add = self.connection.prepare_cached(
            "INSERT INTO forgotten (forgetting_id, application_id, hash, kind, from_ms, last_ms)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        let mut note = |of: Of, key: &Key, kind: i64, (from_ms, last_ms): Moments| {
            let hash = hash(&keyed, application_id, of, key.borrowed());
            add.execute(params![
                forgetting_id,
                application_id,
                hash,
                kind,
                from_ms,
                last_ms
            ])
        };
        for user in &rows.users {
            note(Of::User, user, WHOLE, ALWAYS)?;
        }
        for device in &rows.devices {
            note(Of::Device, device, WHOLE, ALWAYS)?;
        }
        for (device, moments) in &rows.unnamed {
            note(Of::Device, device, UNNAMED, *moments)?;
        }
        Ok(())
    }

    /// Remembers no more whatever was forgotten by an id, all that was forgotten with it included;
    /// answers how many times that was.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn allow_forgotten(&self, application_id: i64, whom: Whom, id: &Key) -> Result<u64> {
        let of = match whom {
            Whom::User => Of::User,
            Whom::Device => Of::Device,
        };
        let hash = hash(&self.forgotten_salt()?, application_id, of, id.borrowed());
        let mut with = self.connection.prepare_cached(
            "SELECT DISTINCT forgetting_id
             FROM forgotten
             WHERE application_id = ? AND hash = ? AND kind = 1",
        )?;
        let found = with.query_map(params![application_id, hash], |row| row.get(0))?;
        let found = found.collect::<rusqlite::Result<Vec<i64>>>()?;
        for forgetting_id in &found {
            for sql in [
                "DELETE FROM forgotten WHERE forgetting_id = ?",
                "DELETE FROM forgetting WHERE forgetting_id = ?",
            ] {
                self.connection.execute(sql, [forgetting_id])?;
            }
        }
        self.seal_anew()?;
        Ok(found.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_any_format_is_told_by_its_values() {
        let rows = |id: &str| ForgottenRows {
            users: vec![Key::parse(id).unwrap()],
            ..ForgottenRows::default()
        };
        let uuid = "60c958a1-f202-480c-90e5-b3561b0f020e";
        let cases = [
            ("u1", r#"{"user_id":"u1","name":"#, true),
            ("u1", r#"{"user_id":"u12"}"#, false),
            ("u1", "2026-01-01,u1,Bet", true),
            ("u1", "2026-01-01;\"u1\";Bet", true),
            ("u1", "2026-01-01\t u1 \tBet", true),
            ("12", r#"{"user_id":12,"x":1}"#, true),
            ("a b", r#"{"user_id":"a b""#, true),
            ("a b", "x,a b,c", true),
            ("a,b", r#"x,"a,b",c"#, true),
            ("a\"b", r#"{"user_id":"a\"b"}"#, true),
            ("ü", r#"{"user_id":"\u00fc"}"#, true),
            ("u1", "GET /?uid=u1&x=1", true),
            (
                uuid,
                r#"{"user_id":"{60C958A1F202480C90E5B3561B0F020E}"}"#,
                true,
            ),
            (
                uuid,
                r#"{"user_id":"60C958A1F202480C90E5B3561B0F020E"}"#,
                true,
            ),
            ("u1", "user_id: “u1” counts", true),
            ("u1", "", false),
        ];
        for (id, text, is_named) in cases {
            assert_eq!(
                rows(id).are_named_in(text.as_bytes()),
                is_named,
                "{id}: {text}"
            );
        }
        assert!(rows("u1").are_named_in(b"\xff,u1,\xfe"));
    }
}
