//! Which users are one person: the profiles that aliases make (sessions, section 7).

use dwell_model::Key;
use dwell_model::event::{ALIAS, previous_user};
use dwell_store::table::application::Application;
use dwell_store::table::event::{StreamPart, TouchedStream};
use dwell_store::table::profile::AliasLink;
use dwell_store::table::stream::StreamOwner;
use dwell_store::{Owner, Reader, Writer};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::error::ApiError;

/// The profile of each user that is joined with others.
#[derive(Debug, Default)]
pub(crate) struct Profiles(FxHashMap<i64, i64>);

impl Profiles {
    /// All of the workspace.
    pub(crate) fn read(reader: &Reader<'_>) -> Result<Self, ApiError> {
        Ok(Self(reader.profiles()?))
    }

    /// Whether no users are joined.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The person that a user is.
    pub(crate) fn person(&self, user: i64) -> Owner {
        Owner::User(self.0.get(&user).copied().unwrap_or(user))
    }
}

/// Reads what the touched streams say of users' identity and joins them anew. Answers the profiles,
/// and the streams of all users whose profile is another now. Events of the batch have the first number
/// or a higher one.
pub(super) fn refresh(
    writer: &Writer<'_>,
    application: &Application,
    touched: &[TouchedStream],
    first_number: i64,
) -> Result<(Profiles, Vec<i64>), ApiError> {
    let before = Profiles::read(writer)?;
    let has_alias = touched.iter().any(|stream| stream.has_alias);
    if !has_alias && before.0.is_empty() {
        return Ok((before, Vec::new()));
    }
    let mut asked: Vec<i64> = Vec::new();
    for stream in touched {
        let known = writer.stream_owners(stream.stream_id)?;
        let owners = owners_after(writer, stream, &known, first_number)?;
        // Who came, left or is seen first at another time may give another profile its id.
        let came = owners.iter().filter(|of| known.binary_search(of).is_err());
        let left = known.iter().filter(|of| owners.binary_search(of).is_err());
        let users = came.chain(left).filter_map(|of| of.owner.user());
        asked.extend(users.filter(|user| before.0.contains_key(user)));
        writer.replace_stream_owners(stream.stream_id, &owners)?;
        if stream.has_alias {
            let links = links_of(writer, application, stream.stream_id)?;
            asked.extend(writer.replace_alias_links(stream.stream_id, &links)?);
        }
    }
    // Whoever was joined with those that are asked may be so no more.
    let with_them: FxHashSet<i64> = asked
        .iter()
        .filter_map(|user| before.0.get(user).copied())
        .collect();
    let together = before
        .0
        .iter()
        .filter(|(_, profile)| with_them.contains(profile));
    asked.extend(together.map(|(user, _)| *user));
    asked.sort_unstable();
    asked.dedup();
    let mut done: FxHashSet<i64> = FxHashSet::default();
    let mut streams: FxHashSet<i64> = FxHashSet::default();
    for user in asked {
        if done.contains(&user) {
            continue;
        }
        let joined = component(writer, user)?;
        let profile = match joined.len() {
            1 => None,
            _ => Some(first_seen(writer, &joined)?),
        };
        for (member, _) in &joined {
            done.insert(*member);
            if before.0.get(member).copied() != profile {
                writer.set_profile(*member, profile)?;
                streams.extend(writer.streams_of_owner(Owner::User(*member))?);
            }
        }
    }
    let mut streams: Vec<i64> = streams.into_iter().collect();
    streams.sort_unstable();
    Ok((Profiles::read(writer)?, streams))
}

/// The plain owners of a stream with the events that came, in order. All its events are asked only
/// where some of them went.
fn owners_after(
    reader: &Reader<'_>,
    stream: &TouchedStream,
    known: &[StreamOwner],
    first_number: i64,
) -> Result<Vec<StreamOwner>, ApiError> {
    if stream.has_replaced {
        return Ok(reader.first_seen_in_stream(stream.stream_id, StreamPart::WHOLE)?);
    }
    let batch = StreamPart {
        from_ms: stream.from_ms,
        last_ms: stream.to_ms,
        first_number,
    };
    let mut seen = reader.first_seen_in_stream(stream.stream_id, batch)?;
    seen.extend(known);
    Ok(owners_of(
        seen.iter().map(|of| (of.owner, of.first_seen_ms)),
    ))
}

/// A user and all that are joined with it directly or through others, each with the time of the first
/// alias that names it.
fn component(reader: &Reader<'_>, user: i64) -> Result<Vec<(i64, Option<i64>)>, ApiError> {
    let mut found: FxHashMap<i64, Option<i64>> = FxHashMap::default();
    found.insert(user, None);
    let mut open = vec![user];
    while let Some(user) = open.pop() {
        for (other, time_ms) in reader.alias_neighbours(user)? {
            let earlier = |known: Option<i64>| Some(known.map_or(time_ms, |ms| ms.min(time_ms)));
            let named = found.entry(user).or_default();
            *named = earlier(*named);
            if let Some(named) = found.get_mut(&other) {
                *named = earlier(*named);
            } else {
                found.insert(other, Some(time_ms));
                open.push(other);
            }
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_unstable();
    Ok(found)
}

/// The user that was seen first by time, in an event of its own or named by an alias, ties by text.
fn first_seen(reader: &Reader<'_>, joined: &[(i64, Option<i64>)]) -> Result<i64, ApiError> {
    let mut first: Option<(i64, String, i64)> = None;
    for (user, named_ms) in joined {
        let owner = Owner::User(*user);
        let seen_ms = reader.first_seen_of_owner(owner)?;
        let seen_ms = [seen_ms, *named_ms].into_iter().flatten().min();
        let found = (
            seen_ms.unwrap_or(i64::MAX),
            reader.owner_key(owner)?.to_string(),
            *user,
        );
        if first.as_ref().is_none_or(|known| found < *known) {
            first = Some(found);
        }
    }
    // A component has members.
    Ok(first.map_or(0, |(_, _, user)| user))
}

/// The aliases of a stream, in order.
fn links_of(
    writer: &Writer<'_>,
    application: &Application,
    stream_id: i64,
) -> Result<Vec<AliasLink>, ApiError> {
    let mut told: Vec<(i64, i64, Key)> = Vec::new();
    writer.walk_stream_of_name(stream_id, ALIAS, |row| {
        let previous = previous_user(&row.properties()?);
        if let (Some(user), Some(previous)) = (row.user_number(), previous) {
            told.push((user, row.time_ms(), previous));
        }
        Ok(())
    })?;
    let mut first: FxHashMap<(i64, i64), i64> = FxHashMap::default();
    for (user, time_ms, key) in told {
        let previous = writer.user_number_or_new(application.application_id, &key)?;
        if user != previous {
            let known = first.entry((user, previous)).or_insert(time_ms);
            *known = time_ms.min(*known);
        }
    }
    let mut links: Vec<AliasLink> = first
        .into_iter()
        .map(|((user, previous), time_ms)| AliasLink {
            user,
            previous,
            time_ms,
        })
        .collect();
    links.sort_unstable();
    Ok(links)
}

/// The plain owners of a stream of many events, in order, out of what was loaded.
pub(super) fn owners_of(seen: impl Iterator<Item = (Owner, i64)>) -> Vec<StreamOwner> {
    let mut first: FxHashMap<Owner, i64> = FxHashMap::default();
    for (owner, time_ms) in seen {
        let known = first.entry(owner).or_insert(time_ms);
        *known = time_ms.min(*known);
    }
    let mut owners: Vec<StreamOwner> = first
        .into_iter()
        .map(|(owner, first_seen_ms)| StreamOwner {
            owner,
            first_seen_ms,
        })
        .collect();
    owners.sort_unstable();
    owners
}
