//! What a crash leaves behind opens again, and goes on from the last commit.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its helpers included, fails by a panic"
)]

use std::path::{Path, PathBuf};

use dwell_store::table::quarantine::NewQuarantineRow;
use dwell_store::{Store, StoreError};

const WAL_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const PAGE_BYTES: usize = 4096;

/// `w.dwell` and the log beside it.
fn files_in(folder: &Path) -> [PathBuf; 2] {
    ["w.dwell", "w.dwell-wal"].map(|name| folder.join(name))
}

/// Commits so much that the file has to grow.
fn add_rows(store: &Store) {
    store
        .write(|writer| {
            let application = writer.add_application("shop", "UTC")?;
            let import_id = writer.begin_import(application.application_id, "a.jsonl")?;
            for line in 1..=1_000 {
                writer.add_to_quarantine(
                    import_id,
                    &NewQuarantineRow {
                        line,
                        column: None,
                        reason: "not_json",
                        field: "",
                        sentence: "The line is not JSON.",
                        excerpt: &[b'x'; 1_000],
                        is_truncated: false,
                    },
                )?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn row_count(store: &Store) -> usize {
    let mut count = 0;
    store
        .read(|reader| {
            reader.quarantine(Some("shop"), |_| {
                count += 1;
                Ok(())
            })
        })
        .unwrap();
    count
}

/// The last image of the first page in a log.
fn newest_first_page(log: &[u8]) -> &[u8] {
    log[WAL_HEADER_BYTES..]
        .chunks_exact(FRAME_HEADER_BYTES + PAGE_BYTES)
        .filter(|frame| frame[..4] == 1_u32.to_be_bytes())
        .map(|frame| &frame[FRAME_HEADER_BYTES..])
        .next_back()
        .unwrap()
}

#[test]
fn a_crash_while_the_log_goes_into_the_file_loses_nothing() {
    let live = tempfile::tempdir().unwrap();
    let [file, log] = files_in(live.path());
    let store = Store::open(&file).unwrap();
    let mut left = None;
    // While somebody reads, what is committed stays in the log.
    store
        .read(|reader| {
            reader.applications()?;
            add_rows(&store);
            left = Some((std::fs::read(&file).unwrap(), std::fs::read(&log).unwrap()));
            Ok(())
        })
        .unwrap();
    let (mut file_bytes, log_bytes) = left.unwrap();
    assert!(file_bytes.len() < 1_000_000, "it is still in the log");
    // The first page, which says how long the file is, arrived there; the rest did not.
    file_bytes[..PAGE_BYTES].copy_from_slice(newest_first_page(&log_bytes));
    for opens in [Store::open_read_only, Store::open] {
        let crashed = tempfile::tempdir().unwrap();
        let [file, log] = files_in(crashed.path());
        std::fs::write(&file, &file_bytes).unwrap();
        std::fs::write(&log, &log_bytes).unwrap();
        let store = opens(&file).unwrap();
        assert_eq!(row_count(&store), 1_000);
        assert_eq!(store.integrity().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn a_name_that_means_something_else_to_sqlite_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in [":memory:", "a b%20?mode=memory&x#ü", "file:x?mode=memory"] {
        let path = folder.path().join(name);
        add_rows(&Store::open(&path).unwrap());
        assert_eq!(row_count(&Store::open(&path).unwrap()), 1_000, "{name}");
        assert_eq!(row_count(&Store::open_read_only(&path).unwrap()), 1_000);
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_refused_before_anything_is_written() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let [file, log] = files_in(folder.path());
    add_rows(&Store::open(&file).unwrap());
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o444)).unwrap();
    // The superuser writes to any file: nothing to be seen then.
    let Err(error) = Store::open(&file) else {
        return println!("skipped: this account writes to read-only files");
    };
    assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
    assert!(!log.exists());
    assert_eq!(row_count(&Store::open_read_only(&file).unwrap()), 1_000);
}

#[test]
fn the_log_goes_into_the_file_before_it_is_large_and_is_gone_when_the_workspace_is_closed() {
    const MB: u64 = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let [file, log] = files_in(folder.path());
    let store = Store::open(&file).unwrap();
    let application = store.write(|writer| writer.add_application("shop", "UTC"));
    let application_id = application.unwrap().application_id;
    // Every page is another one with each change: those that stay as they are need no log.
    let zone = |change: u64| (change % 10).to_string().repeat(MB as usize);
    let mut largest = 0;
    for change in 1..=100 {
        let set = store.write(|writer| writer.set_application_zone(application_id, &zone(change)));
        set.unwrap();
        largest = largest.max(log.metadata().unwrap().len());
    }
    // Small changes wait there together, and not without end.
    assert!((8 * MB..40 * MB).contains(&largest), "{largest} bytes");
    assert!(file.metadata().unwrap().len() > MB);
    drop(store);
    assert!(!log.exists());
    let store = Store::open_read_only(&file).unwrap();
    let application = store.read(|reader| reader.application("shop")).unwrap();
    assert_eq!(application.unwrap().zone, zone(100));
}
