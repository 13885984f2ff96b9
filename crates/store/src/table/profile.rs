//! Users that are one person: what aliases of streams join, and the profile that follows from it.

use rusqlite::{OptionalExtension, params};
use rustc_hash::FxHashMap;

use crate::change::PersonChange;
use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::owner::Owner;

/// Two users that an `alias` joins, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AliasLink {
    /// Its `user_id`.
    pub user: i64,
    /// Its `previous_id`.
    pub previous: i64,
    /// The first such alias of the stream, UTC ms.
    pub time_ms: i64,
}

impl Reader<'_> {
    /// The users that are joined with others, each with the number of its profile.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn profiles(&self) -> Result<FxHashMap<i64, i64>> {
        let mut all = self
            .connection
            .prepare_cached("SELECT user_id, profile_id FROM profile_user")?;
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The profile of a user: itself, where it is joined with no other.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn profile_of_user(&self, user: i64) -> Result<i64> {
        let mut one = self
            .connection
            .prepare_cached("SELECT profile_id FROM profile_user WHERE user_id = ?")?;
        let found = one.query_row([user], |row| row.get(0)).optional()?;
        Ok(found.unwrap_or(user))
    }

    /// The users of a profile, itself among them, in order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn users_of_profile(&self, profile: i64) -> Result<Vec<i64>> {
        let mut all = self.connection.prepare_cached(
            "SELECT user_id
             FROM profile_user
             WHERE profile_id = ?
             ORDER BY user_id",
        )?;
        let rows = all.query_map([profile], |row| row.get(0))?;
        let users = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(match users.is_empty() {
            true => vec![profile],
            false => users,
        })
    }

    /// The users that aliases join directly with a user, with the time of the alias; more than once
    /// where several streams do.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn alias_neighbours(&self, user: i64) -> Result<Vec<(i64, i64)>> {
        let mut all = self.connection.prepare_cached(
            "SELECT previous_id, time_ms FROM alias_link WHERE user_id = ?1
             UNION ALL
             SELECT user_id, time_ms FROM alias_link WHERE previous_id = ?1",
        )?;
        let rows = all.query_map([user], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether any alias is known.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn has_aliases(&self) -> Result<bool> {
        let mut any = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM alias_link)")?;
        Ok(any.query_row([], |row| row.get(0))?)
    }
}

impl Writer<'_> {
    /// Puts the aliases of a stream, in order, in place of those it had; answers the users of both
    /// where they differ.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn replace_alias_links(&self, stream_id: i64, links: &[AliasLink]) -> Result<Vec<i64>> {
        let mut known = self.connection.prepare_cached(
            "SELECT user_id, previous_id, time_ms
             FROM alias_link
             WHERE stream_id = ?
             ORDER BY user_id, previous_id",
        )?;
        let old = known
            .query_map([stream_id], |row| {
                Ok(AliasLink {
                    user: row.get(0)?,
                    previous: row.get(1)?,
                    time_ms: row.get(2)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        if old == links {
            return Ok(Vec::new());
        }
        let mut remove = self
            .connection
            .prepare_cached("DELETE FROM alias_link WHERE stream_id = ?")?;
        remove.execute([stream_id])?;
        let mut add = self.connection.prepare_cached(
            "INSERT INTO alias_link (stream_id, user_id, previous_id, time_ms)
             VALUES (?, ?, ?, ?)",
        )?;
        for link in links {
            add.execute(params![stream_id, link.user, link.previous, link.time_ms])?;
        }
        let both = old.iter().chain(links);
        let mut users: Vec<i64> = both.flat_map(|link| [link.user, link.previous]).collect();
        users.sort_unstable();
        users.dedup();
        Ok(users)
    }

    /// Sets the profile of a user that is joined with others; `None` for one that is joined with none.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn set_profile(&self, user: i64, profile: Option<i64>) -> Result<()> {
        // A person is found by the ids of all users of the profile.
        for one in [user, self.profile_of_user(user)?, profile.unwrap_or(user)] {
            self.change.person(Owner::User(one), PersonChange::Any);
        }
        let Some(profile) = profile else {
            let mut remove = self
                .connection
                .prepare_cached("DELETE FROM profile_user WHERE user_id = ?")?;
            remove.execute([user])?;
            return Ok(());
        };
        let mut set = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO profile_user (user_id, profile_id)
             VALUES (?, ?)",
        )?;
        set.execute(params![user, profile])?;
        Ok(())
    }
}
