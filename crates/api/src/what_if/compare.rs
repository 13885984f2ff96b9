//! What becomes of each session of one definition under another: compared event by event.

use super::find::{Found, NO_SESSION};

/// What becomes of a session in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// One tried session holds exactly its events.
    Same,
    /// Its events lie in several tried sessions, and these hold no others.
    Split,
    /// One tried session holds it whole, and other whole sessions with it, and nothing else.
    Merged,
    /// Anything else: it loses events to no session or to a part of another, or gains some that
    /// were in none.
    Otherwise,
}

/// Both definitions' sessions beside each other.
pub(super) struct Comparison {
    /// Of each session in use.
    pub(super) fates: Vec<Fate>,
    /// Of each tried session, whether one in use holds exactly its events.
    pub(super) is_known: Vec<bool>,
    /// Of each session in use, how many of its events are in no tried one.
    pub(super) lost: Vec<u32>,
    /// Of each tried session, how many of its events are in none in use.
    pub(super) gained: Vec<u32>,
    /// Of each session in use the tried one that holds its first event.
    pub(super) tried_of: Vec<u32>,
    /// Of each tried session the one in use that holds its first event.
    pub(super) now_of: Vec<u32>,
}

/// The sessions of the other side that hold a session's events.
#[derive(Clone)]
struct Others {
    first: u32,
    has_more: bool,
    /// Events in no session of the other side.
    loose_count: u32,
}

impl Others {
    const NONE: Self = Self {
        first: NO_SESSION,
        has_more: false,
        loose_count: 0,
    };

    fn note(&mut self, session: u32) {
        match (session, self.first) {
            (NO_SESSION, _) => self.loose_count += 1,
            (_, NO_SESSION) => self.first = session,
            (session, first) => self.has_more |= session != first,
        }
    }

    /// One session of the other side holds all of it.
    fn is_one(&self) -> bool {
        !self.has_more && self.loose_count == 0
    }
}

impl Comparison {
    /// Compares the sessions of two definitions over the same events.
    pub(super) fn new(now: &Found, tried: &Found) -> Self {
        let mut of_now = vec![Others::NONE; now.sessions.len()];
        let mut of_tried = vec![Others::NONE; tried.sessions.len()];
        let pairs = || {
            let pairs = now.session_of.iter().zip(&tried.session_of);
            pairs.map(|(now, tried)| (*now, *tried))
        };
        for (now, tried) in pairs() {
            if now != NO_SESSION {
                of_now[now as usize].note(tried);
            }
            if tried != NO_SESSION {
                of_tried[tried as usize].note(now);
            }
        }
        // Of sessions in use: a tried one holds some of its events and others too. Of tried ones:
        // they hold only a part of one in use.
        let mut is_mixed = vec![false; now.sessions.len()];
        let mut has_part = vec![false; tried.sessions.len()];
        for (now, tried) in pairs() {
            if now != NO_SESSION && tried != NO_SESSION {
                let (now, tried) = (now as usize, tried as usize);
                is_mixed[now] |= !of_tried[tried].is_one();
                has_part[tried] |= !of_now[now].is_one();
            }
        }
        let fate = |(of, is_mixed): (&Others, &bool)| {
            if of.loose_count > 0 || of.first == NO_SESSION {
                return Fate::Otherwise;
            }
            match (of.has_more, is_mixed) {
                (false, false) => Fate::Same,
                (true, false) => Fate::Split,
                (true, true) => Fate::Otherwise,
                (false, true) => {
                    let first = of.first as usize;
                    match of_tried[first].loose_count == 0 && !has_part[first] {
                        true => Fate::Merged,
                        false => Fate::Otherwise,
                    }
                }
            }
        };
        let fates: Vec<Fate> = of_now.iter().zip(&is_mixed).map(fate).collect();
        let mut is_known = vec![false; tried.sessions.len()];
        for (of, fate) in of_now.iter().zip(&fates) {
            if *fate == Fate::Same {
                is_known[of.first as usize] = true;
            }
        }
        Self {
            fates,
            is_known,
            lost: of_now.iter().map(|of| of.loose_count).collect(),
            gained: of_tried.iter().map(|of| of.loose_count).collect(),
            tried_of: of_now.iter().map(|of| of.first).collect(),
            now_of: of_tried.iter().map(|of| of.first).collect(),
        }
    }
}
