//! A stream whose source's own sessions are trusted, parted by them (sessions, section 2,
//! `session_ids: trust`).
//!
//! What happens inside a part is not known here.

use dwell_model::EndReason;
use dwell_model::definition::Role;

use crate::arrivals::Pool;
use crate::rules::TrustedRules;
use crate::walk::{Stream, Way};
use crate::{Input, Walk};

/// The buffers of parting.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    /// Places in the whole stream, part after part, each in order.
    places: Vec<u32>,
    events: Vec<Input>,
    walk: Walk,
}

impl Parts {
    /// The sessions of all parts, into an empty `walk`: each source session a stream of its own,
    /// and `plain` the stream of what names none.
    pub(crate) fn find<'r>(
        &mut self,
        trusted: &'r TrustedRules,
        plain: &mut Stream<'r>,
        events: &[Input],
        way: Way,
        pool: &mut Pool,
        walk: &mut Walk,
    ) {
        let source_session = |place: &u32| events[*place as usize].source_session;
        let is_kept = |place: &u32| events[*place as usize].role != Role::Ignored;
        self.places.clear();
        self.places.extend((0..events.len() as u32).filter(is_kept));
        self.places.sort_by_key(source_session);
        walk.session_of.resize(events.len(), None);
        let mut named = Stream::new(&trusted.stream);
        for places in self
            .places
            .chunk_by(|a, b| source_session(a) == source_session(b))
        {
            self.events.clear();
            self.events
                .extend(places.iter().map(|place| events[*place as usize]));
            self.walk.sessions.clear();
            self.walk.session_of.clear();
            let is_named = self.events[0].source_session != 0;
            let stream = if is_named { &mut named } else { &mut *plain };
            stream.find(&self.events, way, pool, &mut self.walk);

            let first_session = walk.sessions.len() as u32;
            for (place, session) in places.iter().zip(&self.walk.session_of) {
                walk.session_of[*place as usize] = session.map(|session| first_session + session);
            }
            for session in &mut self.walk.sessions {
                session.first_event = places[session.first_event as usize];
                session.last_extending = places[session.last_extending as usize];
                session.first_arrived = places[session.first_arrived as usize];
                if let Some(wait_ms) = trusted.shown_wait_ms.filter(|_| is_named)
                    && session.ended_at_ms + wait_ms < session.closes_at_ms
                {
                    session.closes_at_ms = session.ended_at_ms + wait_ms;
                    session.close_reason = EndReason::Timeout;
                }
            }
            walk.sessions.extend(&self.walk.sessions);
        }
        walk.put_in_order();
    }
}
