//! Rules that hold for every source file, as text: its length, its first line, and what must not
//! be written in it. What a compiler or a linter can hold, they hold; this is the rest.

use std::fs;
use std::path::Path;

use super::root;

/// A file is read in one sitting, unless a program wrote it.
const LINES_AT_MOST: usize = 800;

/// What a program says at the top of a file that it writes.
const WRITTEN_BY_A_PROGRAM: &str = "Do not edit";

/// Where sources are, from the root.
const SOURCE_FOLDERS: &[&str] = &["crates", "src-tauri", "tests", "ui"];

/// Folders in them that tools fill.
const FILLED_BY_TOOLS: &[&str] = &["node_modules", "dist", "coverage", "target", "gen"];

/// What must not be written in the files below a folder, and why. Two halves, so that this table
/// does not speak against itself.
const FORBIDDEN: &[(&str, &[&str], &str, &str)] = &[
    (
        "",
        &["rs"],
        concat!("#[ign", "ore"),
        "a test that does not run proves nothing",
    ),
    (
        "",
        &["rs"],
        concat!("thread::", "sleep"),
        "wait for what happens, with a limit",
    ),
    (
        "",
        &["rs"],
        concat!("time::", "sleep"),
        "wait for what happens, with a limit",
    ),
    (
        "",
        &["rs"],
        concat!("#[all", "ow("),
        "say #[expect(lint, reason)]",
    ),
    (
        "crates/store/",
        &["rs"],
        concat!("fs::", "copy"),
        "a live workspace is copied by SQLite",
    ),
    (
        "crates/api/",
        &["rs"],
        concat!("fs::", "copy"),
        "a live workspace is copied by SQLite",
    ),
    (
        "ui/",
        &["ts"],
        concat!("it.sk", "ip("),
        "a test that does not run proves nothing",
    ),
    (
        "ui/",
        &["ts"],
        concat!("it.on", "ly("),
        "the other tests would not run",
    ),
];

/// The only folder of the front end that may import Tauri.
const TAURI_IMPORTER: &str = "ui/src/ipc/";

/// What is wrong with one file, one sentence each; `path` is from the root, with slashes.
fn wrong_in(path: &str, text: &str) -> Vec<String> {
    let extension = path.rsplit('.').next().unwrap_or_default();
    let mut wrong = Vec::new();
    let line_count = text.lines().count();
    let is_written_by_hand = !text
        .lines()
        .take(3)
        .any(|line| line.contains(WRITTEN_BY_A_PROGRAM));
    if line_count > LINES_AT_MOST && is_written_by_hand {
        wrong.push(format!(
            "{path} has {line_count} lines, more than {LINES_AT_MOST}"
        ));
    }
    if extension == "rs" && !text.starts_with("//!") {
        wrong.push(format!("{path} does not open with what it is for (//!)"));
    }
    for (index, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", index + 1);
        for (folder, extensions, words, why) in FORBIDDEN {
            let applies = path.starts_with(folder) && extensions.contains(&extension);
            if applies && line.contains(words) {
                wrong.push(format!("{place}: {words}: {why}"));
            }
        }
        let imports = line.contains(concat!("@tauri", "-apps/")) && extension != "rs";
        if imports && path.starts_with("ui/src/") && !path.starts_with(TAURI_IMPORTER) {
            wrong.push(format!("{place}: only {TAURI_IMPORTER} imports Tauri"));
        }
    }
    wrong
}

/// Path from the root and text of every source file below `folder`.
fn sources_below(folder: &Path, sources: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
        let path = entry.expect("a folder can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !FILLED_BY_TOOLS.contains(&name.as_ref()) {
            sources_below(&path, sources);
        } else if path.is_file() && ["rs", "ts", "svelte", "css"].contains(&extension.as_ref()) {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            let path = path.strip_prefix(root()).expect("it is below the root");
            sources.push((path.to_string_lossy().replace('\\', "/"), text));
        }
    }
}

#[test]
fn every_source_file_keeps_the_rules_of_the_house() {
    let mut sources = Vec::new();
    for folder in SOURCE_FOLDERS {
        sources_below(&root().join(folder), &mut sources);
    }
    assert!(sources.len() >= 20, "the sources were not read");
    let wrong: Vec<String> = sources
        .iter()
        .flat_map(|(path, text)| wrong_in(path, text))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_rule_finds_what_breaks_it() {
    let check = |path: &str, text: &str, expected_count: usize| {
        assert_eq!(wrong_in(path, text).len(), expected_count, "{path}: {text}");
    };
    check("crates/model/src/lib.rs", "//! Nouns.\nfn a() {}\n", 0);
    check("crates/model/src/lib.rs", "fn a() {}\n", 1);
    check("ui/src/app.css", &"a {}\n".repeat(LINES_AT_MOST), 0);
    check("ui/src/app.css", &"a {}\n".repeat(LINES_AT_MOST + 1), 1);
    check(
        "ui/src/types.ts",
        &format!("// Do not edit\n{}", "1;\n".repeat(LINES_AT_MOST)),
        0,
    );
    for (folder, extensions, words, _) in FORBIDDEN {
        for extension in *extensions {
            check(
                &format!("{folder}some.{extension}"),
                &format!("//! A file.\n{words}"),
                1,
            );
        }
    }
    check(
        "crates/cli/src/main.rs",
        concat!("//! A file.\nfs::", "copy(a, b)"),
        0,
    );
    let import = concat!("import { invoke } from \"@tauri", "-apps/api/core\";");
    check("ui/src/features/users/Users.svelte", import, 1);
    check("ui/src/ipc/client.ts", import, 0);
}
