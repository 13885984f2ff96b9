//! Sources as a whole: how they begin and end, what they are packed in, what they are not.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{GOOD, options, read_bytes, read_source, stream};
use crate::{
    InputError, KEPT_OF_LONG_ROW_BYTES, MAX_ROW_BYTES, Options, Packing, ReadError, Reason, Source,
    read,
};

/// Lines of the rows, then lines of the rejections.
fn check(bytes: impl AsRef<[u8]>, rows: &[u64], rejections: &[u64]) {
    let whole = read_bytes(bytes.as_ref());
    let summary = whole.end.unwrap();
    assert_eq!(
        whole.rows.iter().map(|row| row.line).collect::<Vec<_>>(),
        rows
    );
    assert_eq!(
        whole
            .rejections
            .iter()
            .map(|bad| bad.line)
            .collect::<Vec<_>>(),
        rejections
    );
    let counts = (
        summary.event_count,
        summary.rejection_count,
        summary.row_count,
    );
    let (good, bad) = (rows.len() as u64, rejections.len() as u64);
    assert_eq!(counts, (good, bad, good + bad));
}

fn refused(bytes: &[u8]) -> String {
    let whole = read_bytes(bytes);
    whole.end.unwrap_err().to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn lines_end_in_any_usual_way_and_blank_ones_are_no_rows() {
    check(GOOD, &[1], &[]);
    check(format!("{GOOD}\n"), &[1], &[]);
    check(format!("{GOOD}\r\n{GOOD}\r\n"), &[1, 2], &[]);
    check(format!("{GOOD}\n{GOOD}"), &[1, 2], &[]);
    check(format!("\n \t\r\n{GOOD}\n\n\r\n{GOOD}\n  "), &[3, 6], &[]);
    check(
        format!("bad\n{GOOD}\nbad\r\n\n{GOOD}\nbad"),
        &[2, 5],
        &[1, 3, 6],
    );
    let whole = read_bytes(format!("{GOOD}\nbad\r\n").as_bytes());
    assert_eq!(whole.rejections[0].excerpt, b"bad");
}

#[test]
fn a_byte_order_mark_is_skipped() {
    check(format!("\u{feff}{GOOD}\n{GOOD}"), &[1, 2], &[]);
    check(gzip(format!("\u{feff}{GOOD}").as_bytes()), &[1], &[]);
    let whole = read_bytes("\u{feff}{\"name\":x}\n".as_bytes());
    assert_eq!(whole.rejections[0].column, Some(9));
    assert_eq!(whole.rejections[0].excerpt, b"{\"name\":x}");
}

#[test]
fn a_line_that_is_not_utf_8_is_rejected_alone() {
    let mut bytes = format!("{GOOD}\n{{\"name\":\"caf").into_bytes();
    bytes.extend(b"\xe9\"}\n");
    bytes.extend(GOOD.as_bytes());
    check(&bytes, &[1, 3], &[2]);
    let rejection = &read_bytes(&bytes).rejections[0];
    assert_eq!(rejection.reason, Reason::NotUtf8 { byte: 0xe9 });
    assert_eq!(rejection.column, Some(13));
    assert_eq!(rejection.excerpt, b"{\"name\":\"caf\xe9\"}");
    assert_eq!(
        rejection.reason.to_string(),
        "The line is not UTF-8: the byte 0xE9 does not fit. Text in another encoding, Latin-1 or \
         Windows-1252 for instance, has to be saved as UTF-8 first."
    );
}

/// A good row of so many bytes.
fn row_of(length: usize) -> String {
    let (front, back) = (
        r#"{"name":"Bet","timestamp":1773136800,"user_id":""#,
        r#""}"#,
    );
    format!(
        "{front}{}{back}",
        "u".repeat(length - front.len() - back.len())
    )
}

#[test]
fn a_row_has_at_most_one_mebibyte_without_its_line_end() {
    let row = row_of;
    for end in ["\n", "\r\n", ""] {
        for (length, is_good) in [
            (MAX_ROW_BYTES, true),
            (MAX_ROW_BYTES + 1, false),
            (MAX_ROW_BYTES + 2, false),
        ] {
            for before in ["", GOOD, &row(MAX_ROW_BYTES - 1)] {
                let mut text = format!("{before}\n{}{end}", row(length));
                let after = if end.is_empty() { 0 } else { 1 };
                text.push_str(&GOOD.repeat(after));
                let whole = read_bytes(text.as_bytes());
                let summary = whole.end.unwrap();
                let good = usize::from(!before.is_empty()) + usize::from(is_good) + after;
                assert_eq!(summary.event_count as usize, good, "{length} {end:?}");
                if !is_good {
                    let rejection = &whole.rejections[0];
                    assert_eq!((rejection.line, rejection.truncated), (2, true));
                    assert_eq!(
                        rejection.excerpt,
                        row(length).as_bytes()[..KEPT_OF_LONG_ROW_BYTES]
                    );
                    let Reason::LineTooLong { byte_count } = rejection.reason else {
                        panic!()
                    };
                    // The carriage return of a line that was skipped counts.
                    assert!(
                        (0..2).contains(&(byte_count - length as u64)),
                        "{byte_count}"
                    );
                }
                if after == 1 {
                    assert_eq!(whole.rows.last().unwrap().line, 3);
                }
            }
        }
    }
}

#[test]
fn a_row_that_is_just_as_long_as_it_can_be_is_read_wherever_the_stretches_end() {
    // The first stretch is the head, of 64 KiB, and 1 MiB more.
    for first in 65_525..65_545 {
        let rows = [
            row_of(first),
            row_of(MAX_ROW_BYTES - 1),
            row_of(MAX_ROW_BYTES),
            GOOD.into(),
        ];
        for end in ["\n", "\r\n"] {
            check(rows.join(end), &[1, 2, 3, 4], &[]);
        }
    }
    check(row_of(MAX_ROW_BYTES) + "\r", &[1], &[]);
}

/// `before`, then so many times `x`, then `after`.
struct LongLine {
    before: &'static [u8],
    count: u64,
    after: &'static [u8],
}

impl Read for LongLine {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.before.is_empty() {
            return self.before.read(into);
        }
        if self.count > 0 {
            let length = into
                .len()
                .min(usize::try_from(self.count).unwrap_or(usize::MAX));
            into[..length].fill(b'x');
            self.count -= length as u64;
            return Ok(length);
        }
        self.after.read(into)
    }
}

#[test]
fn a_line_of_2_gb_is_not_held_in_memory() {
    let line = LongLine {
        before: b"{\"name\":\"Bet\",\"timestamp\":1773136800,\"user_id\":\"u1\"}\n{\"a\":\"",
        count: 2 << 30,
        after: b"\"}\n\n{\"name\":\"Bet\",\"timestamp\":1773136800,\"user_id\":\"u1\"}\n",
    };
    let whole = read_source(stream(line), &options());
    assert_eq!(whole.end.unwrap().row_count, 3);
    assert_eq!(
        whole.rows.iter().map(|row| row.line).collect::<Vec<_>>(),
        [1, 4]
    );
    let rejection = &whole.rejections[0];
    assert_eq!(rejection.line, 2);
    assert_eq!(rejection.excerpt.len(), KEPT_OF_LONG_ROW_BYTES);
    assert!(rejection.excerpt.starts_with(b"{\"a\":\"xxx") && rejection.truncated);
    assert_eq!(
        rejection.reason.to_string(),
        "The line has 2147483656 bytes; 1048576 are the most. Its first 4096 are kept."
    );
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak_kib: u64 = peak
            .unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap();
        assert!(peak_kib < 1 << 20, "{peak_kib} KiB");
    }
}

#[test]
fn a_long_stretch_of_blanks_is_no_row() {
    let blanks = " ".repeat(3 * MAX_ROW_BYTES);
    check(
        format!("{GOOD}\n{blanks}\n{GOOD}\n{blanks}x\n{GOOD}\n{blanks}"),
        &[1, 3, 5],
        &[4],
    );
}

#[test]
fn a_source_of_white_space_is_empty() {
    for bytes in [
        "",
        "\n",
        " \r\n\t\n",
        "\u{feff}",
        &" ".repeat(3 * MAX_ROW_BYTES),
    ] {
        let sentence = "events.jsonl is empty: there are no events in it.";
        assert_eq!(refused(bytes.as_bytes()), sentence);
        assert_eq!(refused(&gzip(bytes.as_bytes())), sentence);
    }
}

#[test]
fn a_source_without_one_good_row_is_read_all_the_same() {
    check("time to go\n1 Bet\n", &[], &[1, 2]);
    check("x", &[], &[1]);
}

#[test]
fn gzip_is_recognised_by_its_content_and_read_to_its_last_member() {
    let members = [
        gzip(format!("{GOOD}\n{GOOD}").as_bytes()),
        gzip(b""),
        gzip(b"\nbad\n"),
    ]
    .concat();
    check(&members, &[1, 2], &[3]);
    let summary = read_bytes(&members).end.unwrap();
    assert_eq!(summary.packing, Some(Packing::Gzip));
    assert_eq!(summary.format(), "native, gzip");
    assert_eq!(summary.bytes_read, members.len() as u64);
    let plain = read_bytes(GOOD.as_bytes()).end.unwrap();
    assert_eq!(plain.packing, None);
    assert_eq!(
        (&*plain.format(), plain.bytes_read),
        ("native", GOOD.len() as u64)
    );
}

#[test]
fn gzip_that_is_cut_off_anywhere_is_an_error() {
    let first = gzip(format!("{GOOD}\n{GOOD}\n").as_bytes());
    let whole = [first.clone(), gzip(format!("{GOOD}\n").as_bytes())].concat();
    for length in 2..whole.len() {
        let end = read_bytes(&whole[..length]).end;
        match end {
            // Between two members nobody can tell.
            Ok(_) => assert_eq!(length, first.len()),
            Err(error @ InputError::CutOff { line: 0, .. }) => assert_eq!(
                error.to_string(),
                "events.jsonl is cut off: its gzip data ends too early, before the end of its \
                 first line. Copy or download it again."
            ),
            Err(InputError::CutOff { line, .. }) => assert!(line <= 3, "{line}"),
            Err(error) => panic!("{length}: {error}"),
        }
    }
}

#[test]
fn what_was_read_before_a_cut_comes_first_and_the_error_says_where() {
    let mut text = String::new();
    let mut random = super::Random(7);
    for _ in 0..40_000 {
        let id = random.next();
        let own = format!(",\"event_id\":\"{id:x}\"}}\n");
        text.push_str(&GOOD.replace('}', &own));
    }
    let packed = gzip(text.as_bytes());
    let whole = read_bytes(&packed[..packed.len() / 2]);
    let line = match whole.end.unwrap_err() {
        InputError::CutOff { line, .. } => line,
        error => panic!("{error}"),
    };
    assert!((10_000..30_000).contains(&line), "{line}");
    assert_eq!(whole.rows.len() as u64, line);
    assert_eq!(
        InputError::CutOff {
            name: "a.gz".into(),
            packing: Packing::Gzip,
            line
        }
        .to_string(),
        format!(
            "a.gz is cut off: its gzip data ends too early, after line {line}. Copy or download it \
             again."
        )
    );
}

#[test]
fn damaged_gzip_is_an_error() {
    let good = gzip(format!("{GOOD}\n").repeat(50).as_bytes());
    let end = good.len();
    for at in [end - 1, end - 5, end - 8, end / 2, 12] {
        let mut damaged = good.clone();
        damaged[at] ^= 0x55;
        let error = read_bytes(&damaged).end.unwrap_err();
        let is_told = matches!(
            error,
            InputError::Damaged { .. } | InputError::CutOff { .. }
        );
        assert!(is_told, "{at}: {error}");
    }
    let trailing = [good, b"rubbish beyond the end".to_vec()].concat();
    let whole = read_bytes(&trailing);
    assert_eq!(whole.rows.len(), 50);
    assert_eq!(
        whole.end.unwrap_err().to_string(),
        "events.jsonl is damaged: its gzip data cannot be unpacked after line 50 (invalid gzip \
         header). Copy or download it again."
    );
}

#[test]
fn a_gzip_bomb_is_stopped() {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    let lines = format!("{GOOD}\n").repeat(1_000);
    for _ in 0..1_000 {
        packer.write_all(lines.as_bytes()).unwrap();
    }
    let bomb = packer.finish().unwrap();
    let whole = read_bytes(&bomb);
    let error = whole.end.unwrap_err();
    assert!(
        matches!(error, InputError::TooDense { line: 1.., .. }),
        "{error}"
    );
    assert!(whole.rows.len() < 400_000, "{}", whole.rows.len());
}

#[test]
fn what_is_no_text_says_what_it_looks_like() {
    let mut tar = vec![b'a'; 257];
    tar.extend(b"ustar\0");
    tar.extend(GOOD.as_bytes());
    let random = {
        let mut random = super::Random(3);
        (0..5_000).map(|_| random.next() as u8).collect::<Vec<_>>()
    };
    for (bytes, looks_like) in [
        (&b"SQLite format 3\0\x10\0"[..], "an SQLite database"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG picture"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (&tar, "a tar archive"),
        (&random, "binary data"),
    ] {
        let sentence = format!("events.jsonl looks like {looks_like}, which cannot be read yet.");
        assert_eq!(refused(bytes), sentence);
        assert_eq!(refused(&gzip(bytes)), sentence);
    }
}

#[test]
fn utf_16_is_named() {
    let units: Vec<u16> = format!("{GOOD}\n{GOOD}").encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for bytes in [
        [b"\xff\xfe", &little[..]].concat(),
        [b"\xfe\xff", &big[..]].concat(),
        little,
        big,
    ] {
        assert_eq!(
            refused(&bytes),
            "events.jsonl is UTF-16 text. Save it as UTF-8 and import it again."
        );
    }
}

#[test]
fn zeros_of_a_power_loss_spoil_only_their_lines() {
    let zeros = [0; 20_000];
    check([&zeros[..], b"\n", GOOD.as_bytes()].concat(), &[2], &[1]);
    check([GOOD.as_bytes(), b"\n", &zeros[..]].concat(), &[1], &[2]);
}

fn refused_file(path: &Path) -> InputError {
    read_source(Source::File(path.to_owned()), &options())
        .end
        .unwrap_err()
}

#[test]
fn files_are_opened_or_the_reason_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.data");
    let name = path.display();
    assert_eq!(
        refused_file(&path).to_string(),
        format!("There is no file {name}.")
    );
    std::fs::write(&path, "").unwrap();
    let sentence = format!("{name} is empty: there are no events in it.");
    assert_eq!(refused_file(&path).to_string(), sentence);
    let below = path.join("x");
    assert_eq!(
        refused_file(&below).to_string(),
        format!("There is no file {}.", below.display())
    );

    let packed = gzip(format!("{GOOD}\n").as_bytes());
    std::fs::write(&path, &packed).unwrap();
    let whole = read_source(Source::File(path), &options());
    assert_eq!(whole.end.unwrap().event_count, 1);
    let progress = whole.batches[0].progress;
    assert_eq!(progress.bytes_total, Some(packed.len() as u64));
    assert_eq!(
        (progress.bytes_read, progress.rows_read),
        (packed.len() as u64, 1)
    );
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.jsonl");
    std::fs::write(&path, GOOD).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    match read_source(Source::File(path.clone()), &options()).end {
        // The superuser may read everything.
        Ok(summary) => assert_eq!(summary.event_count, 1),
        Err(error) => assert_eq!(
            error.to_string(),
            format!("{} cannot be read: permission is denied.", path.display())
        ),
    }
}

/// A good line over and over; from the given byte on an error, or no end.
struct Endless {
    position: usize,
    fails_at: Option<usize>,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.fails_at.is_some_and(|at| self.position >= at) {
            return Err(io::Error::other("the disk is on fire"));
        }
        let line = GOOD.as_bytes();
        for byte in into.iter_mut() {
            *byte = *line.get(self.position % (line.len() + 1)).unwrap_or(&b'\n');
            self.position += 1;
        }
        Ok(into.len())
    }
}

#[test]
fn a_source_that_fails_says_after_which_line() {
    let whole = read_source(
        stream(Endless {
            position: 0,
            fails_at: Some(3_000_000),
        }),
        &options(),
    );
    let error = whole.end.unwrap_err().to_string();
    let line = whole.rows.last().unwrap().line;
    assert_eq!(
        error,
        format!("events.jsonl cannot be read after line {line}: the disk is on fire.")
    );
    assert!(line * (GOOD.len() as u64 + 1) >= 3_000_000 - GOOD.len() as u64);
}

#[test]
fn cancelling_stops_within_a_batch() {
    for parallelism in [1, 4] {
        let options = Options {
            parallelism,
            ..options()
        };
        let cancel = AtomicBool::new(false);
        let mut batch_count = 0;
        let source = stream(Endless {
            position: 0,
            fails_at: None,
        });
        let end = read(source, &options, &cancel, &mut |_| -> Result<
            (),
            io::Error,
        > {
            batch_count += 1;
            cancel.store(batch_count == 3, Ordering::Relaxed);
            Ok(())
        });
        let Err(ReadError::Input(error)) = end else {
            panic!()
        };
        assert!(matches!(error, InputError::Cancelled { .. }));
        assert_eq!(error.to_string(), "Reading events.jsonl was cancelled.");
        assert_eq!(batch_count, 3);
    }
    // Inside a line without an end as well.
    let cancel = AtomicBool::new(false);
    let line = CancelsAfter {
        bytes: 64 << 20,
        cancel: &cancel,
    };
    let end = read(stream(line), &options(), &cancel, &mut |_| -> Result<
        (),
        io::Error,
    > { Ok(()) });
    assert!(matches!(
        end,
        Err(ReadError::Input(InputError::Cancelled { .. }))
    ));
}

/// A line without an end that sets `cancel` on its way.
struct CancelsAfter<'a> {
    bytes: usize,
    cancel: &'a AtomicBool,
}

impl Read for CancelsAfter<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        into.fill(b'x');
        self.bytes = self.bytes.saturating_sub(into.len());
        self.cancel.store(self.bytes == 0, Ordering::Relaxed);
        Ok(into.len())
    }
}

#[test]
fn an_error_of_the_receiver_ends_reading_and_is_passed_on() {
    let source = stream(Endless {
        position: 0,
        fails_at: None,
    });
    let mut batch_count = 0;
    let end = read(source, &options(), &AtomicBool::new(false), &mut |_| {
        batch_count += 1;
        if batch_count == 2 {
            Err("the disk is full")
        } else {
            Ok(())
        }
    });
    let Err(ReadError::Each(error)) = end else {
        panic!()
    };
    assert_eq!((error, batch_count), ("the disk is full", 2));
}
