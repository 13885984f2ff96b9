//! Files of events: file by file a window over one endless row of events, each a tenth further back
//! than the last one ended, so that the same ids come twice.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fault::Trial;
use crate::random::Random;

/// 2026-03-10T10:00:00Z.
const START_MS: u64 = 1_773_136_800_000;

/// The columns of a table of events.
const HEADER: &[u8] = b"event_id,name,timestamp,device_id,user_id,context,properties\n";

/// What a file must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) stored: u64,
    pub(crate) duplicates: u64,
    pub(crate) quarantined: u64,
}

/// How the events of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    Lines,
    Csv,
}

/// File `number` as lines.
pub(crate) fn file(number: u64, event_count: u64) -> Trial<Vec<u8>> {
    file_as(Form::Lines, number, event_count)
}

/// File `number`, the first is 0, of so many events and one line that is none.
pub(crate) fn file_as(form: Form, number: u64, event_count: u64) -> Trial<Vec<u8>> {
    let first = number * (event_count - overlap(event_count));
    let mut bytes = Vec::new();
    if form == Form::Csv {
        bytes.extend_from_slice(HEADER);
    }
    for place in first..first + event_count {
        if place == first + event_count / 2 {
            bytes.extend_from_slice(b"this is no event\n");
        }
        event(form, &mut bytes, place)?;
    }
    Ok(bytes)
}

/// The same, packed.
pub(crate) fn gzip(plain: &[u8]) -> Trial<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(plain)?;
    Ok(packed.finish()?)
}

/// What file `number` comes to after those before it.
pub(crate) fn figures(number: u64, event_count: u64) -> Figures {
    let duplicates = match number {
        0 => 0,
        _ => overlap(event_count),
    };
    Figures {
        stored: event_count - duplicates,
        duplicates,
        quarantined: 1,
    }
}

fn overlap(event_count: u64) -> u64 {
    event_count / 10
}

/// The event at a place of the endless row: a few dozen devices, people who share them, pauses that
/// part sessions, every kind of value.
fn event(form: Form, bytes: &mut Vec<u8>, place: u64) -> Trial<()> {
    let mut random = Random::new(place);
    let device = random.below(40);
    let user = device / 2 + random.below(2);
    let time_ms = START_MS + place * 41_000 + random.below(900_000);
    let name = ["Opened", "Bet", "Won", "Bought", "Closed"][random.below(5) as usize];
    let id = match place % 3 {
        0 => format!("e{place}"),
        _ => format!("{:08x}-0000-4000-8000-{place:012x}", random.number() as u32),
    };
    let user = match place.is_multiple_of(4) {
        true => String::new(),
        false => format!("u{user}"),
    };
    let context = format!(
        "{{\"os_name\":\"Android\",\"app_version\":\"{}.{}\"}}",
        device % 4,
        random.below(3)
    );
    let properties = format!(
        "{{\"amount\":{}.{:02},\"game\":\"Größe {}\",\"n\":{place},\
         \"empty\":\"\",\"list\":[1,\"a\",null],\"is\":{}}}",
        random.below(500),
        random.below(100),
        random.below(20),
        place.is_multiple_of(2)
    );
    match form {
        Form::Lines => {
            write!(
                bytes,
                "{{\"event_id\":\"{id}\",\"name\":\"{name}\",\"timestamp\":{time_ms},\
                 \"device_id\":\"d{device}\""
            )?;
            if !user.is_empty() {
                write!(bytes, ",\"user_id\":\"{user}\"")?;
            }
            writeln!(
                bytes,
                ",\"context\":{context},\"properties\":{properties}}}"
            )?;
        }
        Form::Csv => writeln!(
            bytes,
            "{id},{name},{time_ms},d{device},{user},{},{}",
            quoted(&context),
            quoted(&properties)
        )?,
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
