//! Black-box tests of [`read`](crate::read): the rules row by row, sources as a whole, and what
//! holds over whole files.

mod lists;
mod native;
mod packed;
mod sources;
mod tables;
mod whole;

use std::convert::Infallible;
use std::io::Read;
use std::sync::atomic::AtomicBool;

use dwell_model::{Event, Zone};

use crate::{Batch, InputError, Options, ReadError, Rejection, Source, Summary, read};

/// 2026-03-10T12:00:00Z
const NOW_MS: i64 = 1_773_144_000_000;
pub(crate) const GOOD: &str = r#"{"name":"Bet","timestamp":"2026-03-10T10:00:00Z","user_id":"u1"}"#;

/// Lines that between them have everything that a line can have.
pub(crate) const SEEDS: &str = include_str!("seeds.jsonl");

pub(crate) fn options() -> Options {
    Options {
        application: "casino".into(),
        zone: Zone::UTC,
        now_ms: NOW_MS,
        format: None,
        columns: Vec::new(),
        parallelism: 2,
        is_look: false,
    }
}

fn stream<'a>(bytes: impl Read + Send + 'a) -> Source<'a> {
    Source::Stream {
        name: "events.jsonl".into(),
        bytes_total: None,
        bytes: Box::new(bytes),
    }
}

/// An event and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    line: u64,
    event: Event,
}

/// All of a source, its batches put together.
struct Whole {
    rows: Vec<Row>,
    rejections: Vec<Rejection>,
    batches: Vec<Batch>,
    end: Result<Summary, InputError>,
}

fn read_source(source: Source<'_>, options: &Options) -> Whole {
    let mut batches = Vec::new();
    let mut each = |batch| -> Result<(), Infallible> {
        batches.push(batch);
        Ok(())
    };
    let end = match read(source, options, &AtomicBool::new(false), &mut each) {
        Ok(summary) => Ok(summary),
        Err(ReadError::Input(error)) => Err(error),
        Err(ReadError::Each(never)) => match never {},
    };
    let rows = batches
        .iter()
        .flat_map(|batch: &Batch| batch.events.iter())
        .map(|event| Row {
            line: event.line,
            event: event.to_event().unwrap(),
        })
        .collect();
    let rejections = batches
        .iter()
        .flat_map(|batch| batch.rejections.clone())
        .collect();
    Whole {
        rows,
        rejections,
        batches,
        end,
    }
}

fn read_bytes(bytes: &[u8]) -> Whole {
    read_source(stream(bytes), &options())
}

/// SplitMix64: a failing random test is one number to replay.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}
