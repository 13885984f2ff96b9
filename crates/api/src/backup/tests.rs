//! Backups of workspaces: whole or not at all, and the workspace as it was where one cannot be made.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use tempfile::TempDir;

use super::*;
use crate::Workspace;
use crate::import::{self, ImportRequest};

/// A workspace with so many events.
fn filled(folder: &TempDir, name: &str, count: usize) -> PathBuf {
    let path = folder.path().join(name);
    add(folder, &path, 0..count);
    path
}

fn add(folder: &TempDir, workspace: &Path, numbers: std::ops::Range<usize>) {
    let lines: String = numbers
        .map(|number| {
            let time_ms = 1_773_136_800_000 + number as i64 * 60_000;
            format!(
                "{{\"event_id\":\"e{number}\",\"name\":\"A\",\"timestamp\":{time_ms},\
                 \"device_id\":\"d{}\"}}\n",
                number % 7
            )
        })
        .collect();
    let file = folder.path().join("events.jsonl");
    std::fs::write(&file, lines).unwrap();
    let request = ImportRequest {
        application: "shop".to_owned(),
        path: file.to_str().unwrap().to_owned(),
        time_zone: "UTC".to_owned(),
        ..ImportRequest::default()
    };
    let opened = Workspace::open(workspace).unwrap();
    import::run(&opened, &request, &Cancel::default(), &mut |_| {}).unwrap();
}

fn events(path: &Path) -> u64 {
    // Not for reading only, which leaves an empty log.
    let workspace = Workspace::open(path).unwrap();
    let status = crate::workspace::status(&workspace).unwrap();
    status.applications.iter().map(|row| row.event_count).sum()
}

fn request(path: &Path) -> BackupRequest {
    BackupRequest {
        path: path.to_str().unwrap().to_owned(),
    }
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = folder.path().read_dir().unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_backup_is_a_whole_workspace_of_its_owner_and_comes_back() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder, "w.dwell", 500);
    let copy = folder.path().join("copy.dwell");
    // It is open, and its newest rows stand in the log.
    let open = Workspace::open(&path).unwrap();
    let mut told = Vec::new();
    let made = run(
        &path,
        &request(&copy),
        &Cancel::default(),
        &mut |progress| {
            told.push(progress.phase);
        },
    );
    let made = made.unwrap();
    assert_eq!(made.file_name, "copy.dwell");
    assert_eq!(made.bytes, copy.metadata().unwrap().len());
    assert_eq!(told.last(), Some(&BackupPhase::Checking));
    drop(open);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = copy.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    add(&folder, &path, 500..700);
    assert_eq!((events(&copy), events(&path)), (500, 700));

    let restored = restore(&path, &request(&copy), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(events(&path), 500);
    let before = restored.before.unwrap();
    assert_eq!(events(Path::new(&before.path)), 700);
    let found = kept(&path);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0].file_name, found[0].why),
        (&before.file_name, KeptWhy::Restore)
    );
    assert!(names(&folder).iter().all(|name| !name.ends_with(".part")));

    let new = folder.path().join("new.dwell");
    let restored = restore(&new, &request(&copy), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!((restored.before, events(&new)), (None, 500));
}

#[test]
fn a_backup_goes_over_no_file_and_a_workspace_is_not_its_own_backup() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder, "w.dwell", 10);
    let other = folder.path().join("other.txt");
    std::fs::write(&other, "mine").unwrap();
    for taken in [&path, &other] {
        let refused = run(&path, &request(taken), &Cancel::default(), &mut |_| {});
        let error = refused.unwrap_err();
        assert_eq!(error.code, ErrorCode::BadInput, "{}", error.message);
    }
    assert_eq!(std::fs::read(&other).unwrap(), b"mine");
    let error = restore(&path, &request(&path), &Cancel::default(), &mut |_| {}).unwrap_err();
    assert!(
        error.message.contains("the workspace itself"),
        "{}",
        error.message
    );
    let error = restore(&path, &request(&other), &Cancel::default(), &mut |_| {}).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotAWorkspace);
    let nowhere = folder.path().join("none/copy.dwell");
    assert!(run(&path, &request(&nowhere), &Cancel::default(), &mut |_| {}).is_err());
    assert_eq!(names(&folder), ["events.jsonl", "other.txt", "w.dwell"]);
    assert_eq!(events(&path), 10);
}

#[test]
fn a_damaged_backup_does_not_take_the_place_of_anything() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder, "w.dwell", 2_000);
    let copy = folder.path().join("copy.dwell");
    run(&path, &request(&copy), &Cancel::default(), &mut |_| {}).unwrap();
    let mut bytes = std::fs::read(&copy).unwrap();
    // A page in the middle is nonsense.
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0xA5);
    std::fs::write(&copy, bytes).unwrap();
    let error = restore(&path, &request(&copy), &Cancel::default(), &mut |_| {}).unwrap_err();
    assert!(error.message.contains("damaged"), "{}", error.message);
    assert_eq!(events(&path), 2_000);
    assert_eq!(kept(&path), []);
}

#[test]
fn cancelled_at_any_moment_nothing_is_left_and_nothing_changed() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder, "w.dwell", 2_000);
    let copy = folder.path().join("copy.dwell");
    run(&path, &request(&copy), &Cancel::default(), &mut |_| {}).unwrap();
    add(&folder, &path, 2_000..2_100);
    let before = names(&folder);
    // Steps of making a copy and of putting one back, until one is done.
    let mut at = 0;
    loop {
        let cancel = Cancel::default();
        let mut count = 0;
        let mut tell = |_| {
            if count == at {
                cancel.0.store(true, Ordering::Relaxed);
            }
            count += 1;
        };
        let new = folder.path().join("another.dwell");
        let made = run(&path, &request(&new), &cancel, &mut tell);
        let is_done = match made {
            Ok(_) => std::fs::remove_file(&new).is_ok(),
            Err(error) => {
                assert_eq!(error.code, ErrorCode::Cancelled);
                false
            }
        };
        assert_eq!(names(&folder), before, "step {at}");
        if is_done {
            break;
        }
        at += 1;
    }
    assert!(at > 0);
    for at in 0.. {
        let cancel = Cancel::default();
        let mut count = 0;
        let restored = restore(&path, &request(&copy), &cancel, &mut |_| {
            if count == at {
                cancel.0.store(true, Ordering::Relaxed);
            }
            count += 1;
        });
        let Err(error) = restored else {
            assert!(at > 1, "it has as many steps");
            break;
        };
        assert_eq!(error.code, ErrorCode::Cancelled, "step {at}");
        assert_eq!(events(&path), 2_100);
        assert_eq!(names(&folder), before, "step {at}");
    }
    assert_eq!(events(&path), 2_000);
}

#[test]
fn of_the_copies_that_are_made_by_themselves_the_newest_three_are_kept() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.dwell");
    let ours =
        [1, 2, 3, 4, 5].map(|day| format!("w.before-update-2026-11-0{day}-101112-layout-2.dwell"));
    let others = [
        "w.before-update-2026-11-01-101112-layout-.dwell",
        "w.before-update-notes.dwell",
        "w2.before-update-2026-11-01-101112-layout-2.dwell",
        "w.before-restore-2026-11-01-101112.dwell",
    ];
    for name in ours.iter().map(String::as_str).chain(others) {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    prune(&path, KeptWhy::Update);
    let mut expected: Vec<_> = ours[2..].iter().map(String::as_str).chain(others).collect();
    expected.sort_unstable();
    assert_eq!(names(&folder), expected);
    let found: Vec<_> = kept(&path).into_iter().map(|row| row.made_at).collect();
    assert_eq!(found[0], "2026-11-05 10:11:12");
    assert_eq!(found.len(), 4);
}

#[test]
fn two_copies_of_the_same_second_have_names_of_their_own() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.dwell");
    for count in 1..=5 {
        let name = kept_path(&path, KeptWhy::Update, Some(2));
        std::fs::write(name, "").unwrap();
        assert_eq!(kept(&path).len(), count);
    }
}
