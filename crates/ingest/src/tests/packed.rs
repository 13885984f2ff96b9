//! Zstandard, ZIP archives and folders: the same events as plain files, and what is wrong with them.

use std::io::{Cursor, Write};

use super::{GOOD, Random, Whole, options, read_bytes, read_source, stream};
use crate::{InputError, Packing, Source};
use zip::write::SimpleFileOptions;

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use flate2::{Compression, write::GzEncoder};
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn with_id(id: usize) -> String {
    GOOD.replace('}', &format!(",\"event_id\":\"e{id}\"}}\n"))
}

fn ids(whole: &Whole) -> Vec<String> {
    let rows = whole.rows.iter();
    rows.map(|row| row.event.event_id.to_string()).collect()
}

fn refused(bytes: &[u8]) -> String {
    read_bytes(bytes).end.unwrap_err().to_string()
}

#[test]
fn zstandard_is_read_to_its_last_frame() {
    let frames = [
        zstandard(with_id(1).as_bytes()),
        zstandard((with_id(2) + "bad").as_bytes()),
    ]
    .concat();
    let whole = read_bytes(&frames);
    assert_eq!(ids(&whole), ["e1", "e2"]);
    let summary = whole.end.unwrap();
    assert_eq!(
        (&*summary.format(), summary.rejection_count),
        ("native, Zstandard", 1)
    );
    assert_eq!(summary.bytes_read, frames.len() as u64);
}

#[test]
fn zstandard_that_is_cut_off_or_damaged_is_an_error() {
    let mut text = String::new();
    let mut random = Random(5);
    for _ in 0..5_000 {
        text.push_str(&with_id(random.next() as usize));
    }
    let packed = zstandard(text.as_bytes());
    for length in [5, 20, packed.len() / 2, packed.len() - 1] {
        let error = read_bytes(&packed[..length]).end.unwrap_err();
        let is_told = matches!(
            error,
            InputError::CutOff {
                packing: Packing::Zstandard,
                ..
            }
        );
        assert!(is_told, "{length}: {error}");
    }
    let mut damaged = packed.clone();
    let at = damaged.len() / 2;
    damaged[at..at + 40].fill(0x5a);
    let error = read_bytes(&damaged).end.unwrap_err();
    assert!(
        matches!(
            error,
            InputError::Damaged { .. } | InputError::CutOff { .. }
        ),
        "{error}"
    );
}

#[test]
fn an_archive_is_its_files_in_the_order_of_their_paths() {
    let csv = "name,timestamp,user_id,event_id\nBet,1773136800,u,c1\nBet,bad,u,c2\n";
    let packed = gzip(with_id(3).as_bytes());
    let archive = zip(&[
        (
            "b/late.jsonl",
            (with_id(1) + "bad\n" + &with_id(2)).as_bytes(),
        ),
        ("a.csv", csv.as_bytes()),
        ("c.json.gz", &packed),
        ("README.txt", b"These are the events of March.\n"),
        ("logo.png", b"\x89PNG\r\n\x1a\n"),
        ("__MACOSX/._a.csv", b"\0\x05\x16\x07"),
        ("empty.jsonl", b"\n"),
    ]);
    let whole = read_bytes(&archive);
    assert_eq!(ids(&whole), ["c1", "e1", "e2", "e3"]);
    let lines: Vec<_> = whole.rows.iter().map(|row| row.line).collect();
    let rejected: Vec<_> = whole.rejections.iter().map(|bad| bad.line).collect();
    let summary = whole.end.unwrap();
    let parts: Vec<_> = summary
        .parts
        .iter()
        .map(|part| (&*part.name, part.format, part.first_line))
        .collect();
    assert_eq!(
        parts,
        [
            ("a.csv", "csv", 1),
            ("b/late.jsonl", "native", 5),
            ("c.json.gz", "native", 9)
        ]
    );
    assert_eq!((lines, rejected), (vec![2, 5, 7, 9], vec![3, 6]));
    let left_out: Vec<_> = summary
        .left_out
        .iter()
        .map(|file| &*file.sentence)
        .collect();
    assert_eq!(
        left_out,
        [
            "events.jsonl/README.txt is text, but of no format that is known.",
            "events.jsonl/empty.jsonl is empty: there are no events in it.",
            "events.jsonl/logo.png looks like a PNG picture, which cannot be read yet.",
        ]
    );
    assert_eq!(summary.format(), "csv and native, ZIP");
    assert_eq!(summary.row_count, 6);
}

#[test]
fn a_folder_is_its_files_and_gives_the_ids_of_each_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &[u8]| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let twins = format!("{GOOD}\n{GOOD}\n");
    write("2026/b.jsonl", twins.as_bytes());
    write("2026/a.zip", &zip(&[("in.jsonl", twins.as_bytes())]));
    write("c.jsonl.zst", &zstandard(with_id(9).as_bytes()));
    write(".hidden/x.jsonl", with_id(7).as_bytes());
    let whole = read_source(Source::File(folder.path().to_owned()), &options());
    let alone = ids(&read_bytes(twins.as_bytes()));
    assert_eq!(
        ids(&whole),
        [&alone[..], &alone[..], &["e9".to_owned()]].concat()
    );
    assert_ne!(alone[0], alone[1]);
    let names: Vec<_> = whole
        .end
        .unwrap()
        .parts
        .iter()
        .map(|part| part.name.clone())
        .collect();
    assert_eq!(
        names,
        ["2026/a.zip/in.jsonl", "2026/b.jsonl", "c.jsonl.zst"]
    );
    let total: u64 = ["2026/a.zip", "2026/b.jsonl", "c.jsonl.zst"]
        .iter()
        .map(|path| std::fs::metadata(folder.path().join(path)).unwrap().len())
        .sum();
    let last = whole.batches.last().unwrap().progress;
    assert_eq!((last.bytes_read, last.bytes_total), (total, Some(total)));
}

#[test]
fn what_holds_no_events_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().display().to_string();
    let refused_folder = || {
        let source = Source::File(folder.path().to_owned());
        read_source(source, &options()).end.unwrap_err().to_string()
    };
    assert_eq!(
        refused_folder(),
        format!("{name} is empty: there are no files in it.")
    );
    std::fs::write(folder.path().join("notes.txt"), "nothing here").unwrap();
    std::fs::write(folder.path().join("users.csv"), "id,mail\n1,a@b\n2,c@d\n").unwrap();
    assert_eq!(
        refused_folder(),
        format!(
            "There are no events in {name}: {name}/notes.txt is text, but of no format that is \
             known. Nor is the other file one of events."
        )
    );
    assert_eq!(
        refused(&zip(&[("a.txt", b"hello")])),
        "There are no events in events.jsonl: events.jsonl/a.txt is text, but of no format that \
         is known."
    );
    assert_eq!(
        refused(&zip(&[])),
        "events.jsonl is empty: there are no files in it."
    );
}

#[test]
fn archives_that_cannot_be_read_say_why() {
    let good = zip(&[("a.jsonl", GOOD.as_bytes())]);
    let cut = refused(&good[..good.len() - 10]);
    assert!(
        cut.starts_with("events.jsonl is cut off or damaged: the list of files"),
        "{cut}"
    );
    let inner = zip(&[("a.jsonl", GOOD.as_bytes()), ("b.zip", &good)]);
    assert_eq!(
        refused(&inner),
        "events.jsonl/b.zip is a ZIP archive inside a ZIP archive. Unpack the outer one, and \
         import what is in it."
    );
    assert!(refused(&gzip(&good)).contains("is a ZIP archive inside gzip data."));
    assert!(refused(&gzip(&gzip(GOOD.as_bytes()))).contains("is gzip data inside gzip data."));
    // The bit that says encrypted, in both places that say it.
    let mut encrypted = good.clone();
    let list = encrypted
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    encrypted[6] |= 1;
    encrypted[list + 8] |= 1;
    assert_eq!(
        refused(&encrypted),
        "events.jsonl/a.jsonl is encrypted. Unpack the archive with its password, and import what \
         is in it."
    );
    // A byte of the content.
    let stored = {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let method =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file("a.jsonl", method).unwrap();
        archive.write_all(GOOD.as_bytes()).unwrap();
        archive.finish().unwrap().into_inner()
    };
    let mut damaged = stored.clone();
    let at = damaged
        .windows(3)
        .position(|three| three == b"Bet")
        .unwrap();
    damaged[at] = b'G';
    let error = read_bytes(&damaged).end.unwrap_err();
    assert!(
        matches!(
            error,
            InputError::Damaged {
                packing: Packing::Zip,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn an_archive_of_a_thousand_files_is_read() {
    let contents: Vec<(String, String)> = (0..1_000)
        .map(|index| (format!("{index:04}.jsonl"), with_id(index)))
        .collect();
    let files: Vec<(&str, &[u8])> = contents
        .iter()
        .map(|(name, content)| (&**name, content.as_bytes()))
        .collect();
    let whole = read_bytes(&zip(&files));
    let expected: Vec<String> = (0..1_000).map(|index| format!("e{index}")).collect();
    assert_eq!(ids(&whole), expected);
    assert_eq!(whole.end.unwrap().parts.len(), 1_000);
}

#[test]
fn a_bomb_is_stopped_by_what_it_unpacks_to() {
    let line = format!("{GOOD}{}\n", " ".repeat(1_000));
    let lines = line.repeat(30_000);
    for bomb in [
        zip(&[("a.jsonl", lines.as_bytes())]),
        zstandard(lines.as_bytes()),
        // In parts that are harmless alone.
        {
            let part = line.repeat(3_000);
            let names: Vec<String> = (0..10).map(|index| format!("{index}.jsonl")).collect();
            let files: Vec<_> = names
                .iter()
                .map(|name| (&**name, part.as_bytes()))
                .collect();
            zip(&files)
        },
        // Packed twice.
        zip(&[("a.jsonl.gz", &gzip(lines.as_bytes()))]),
    ] {
        let whole = read_bytes(&bomb);
        let error = whole.end.unwrap_err();
        assert!(matches!(error, InputError::TooDense { .. }), "{error}");
        assert!(whole.rows.len() < 30_000);
    }
    // What an archive says of its sizes is not what counts.
    let mut liar = zip(&[("a.jsonl", lines.as_bytes())]);
    let list = liar
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    liar[list + 24..list + 28].copy_from_slice(&100_u32.to_le_bytes());
    assert!(read_bytes(&liar).end.is_err());
}

#[test]
fn a_stream_can_be_an_archive() {
    let archive = zip(&[("a.jsonl", with_id(1).as_bytes())]);
    let whole = read_source(stream(Cursor::new(archive.clone())), &options());
    assert_eq!(ids(&whole), ["e1"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.dat");
    std::fs::write(&path, &archive).unwrap();
    let whole = read_source(Source::File(path), &options());
    assert_eq!(ids(&whole), ["e1"]);
}
