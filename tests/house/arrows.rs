//! Which crate may know which: the picture of `crates/README.md`, held against the manifests.

use std::process::Command;

use serde_json::Value;

use super::root;

/// Every crate of the picture and the crates that it may depend on, for its tests and its build
/// script too. A crate may be in the picture before it is there.
const PICTURE: &[(&str, &[&str])] = &[
    ("dwell-app", &["dwell-api", "dwell-model"]),
    ("dwell-cli", &["dwell-api", "dwell-model"]),
    (
        "dwell-tests",
        &["dwell-api", "dwell-torture", "dwell-model"],
    ),
    ("dwell-torture", &[]),
    (
        "dwell-bench",
        &["dwell-api", "dwell-sessionizer", "dwell-model"],
    ),
    (
        "dwell-api",
        &[
            "dwell-runtime",
            "dwell-report",
            "dwell-pull",
            "dwell-ingest",
            "dwell-trigger",
            "dwell-segment",
            "dwell-sessionizer",
            "dwell-store",
            "dwell-demo",
            "dwell-model",
        ],
    ),
    (
        "dwell-runtime",
        &["dwell-pull", "dwell-store", "dwell-model"],
    ),
    (
        "dwell-report",
        &["dwell-store", "dwell-segment", "dwell-model"],
    ),
    ("dwell-trigger", &["dwell-segment", "dwell-model"]),
    ("dwell-pull", &["dwell-ingest", "dwell-model"]),
    ("dwell-ingest", &["dwell-model"]),
    ("dwell-segment", &["dwell-model"]),
    ("dwell-sessionizer", &["dwell-model"]),
    ("dwell-store", &["dwell-model"]),
    ("dwell-demo", &["dwell-model"]),
    ("dwell-model", &[]),
    ("xtask", &[]),
];

/// Libraries that only some crates may know, by the start of their names.
const HELD_BY: &[(&str, &[&str])] = &[
    ("tauri", &["dwell-app"]),
    ("rusqlite", &["dwell-store", "dwell-report"]),
    ("libsqlite3-sys", &["dwell-store", "dwell-report"]),
    ("reqwest", &["dwell-pull"]),
    ("plotters", &["dwell-report"]),
    ("thirtyfour", &["dwell-tests"]),
];

/// A dependency as its manifest states it.
struct Arrow {
    from: String,
    to: String,
}

/// What is wrong with the workspace's crates and their arrows, one sentence each.
fn wrong_arrows(crates: &[String], arrows: &[Arrow]) -> Vec<String> {
    let in_picture = |name: &str| PICTURE.iter().find(|(known, _)| *known == name);
    let mut wrong = Vec::new();
    for name in crates {
        if in_picture(name).is_none() {
            wrong.push(format!(
                "{name} is not in the picture: add it to the picture"
            ));
        }
    }
    for Arrow { from, to } in arrows {
        let is_ours = crates.contains(to);
        if is_ours && in_picture(from).is_some_and(|(_, allowed)| !allowed.contains(&to.as_str())) {
            wrong.push(format!("{from} may not depend on {to}"));
        }
        for (library, holders) in HELD_BY {
            if to.starts_with(library) && !holders.contains(&from.as_str()) {
                wrong.push(format!(
                    "{from} may not know {to}, only {}",
                    holders.join(", ")
                ));
            }
        }
    }
    wrong
}

/// The workspace's crates and every dependency of theirs: normal, of tests and of build scripts,
/// for every system.
fn workspace() -> (Vec<String>, Vec<Arrow>) {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().expect("a name is text").to_owned();
    let packages = metadata["packages"]
        .as_array()
        .expect("packages are a list");
    let mut arrows = Vec::new();
    for package in packages {
        for dependency in package["dependencies"]
            .as_array()
            .expect("dependencies are a list")
        {
            arrows.push(Arrow {
                from: text(&package["name"]),
                to: text(&dependency["name"]),
            });
        }
    }
    (
        packages
            .iter()
            .map(|package| text(&package["name"]))
            .collect(),
        arrows,
    )
}

#[test]
fn arrows_point_down_as_the_picture_shows() {
    let (crates, arrows) = workspace();
    assert!(
        crates.len() >= 9 && arrows.len() >= 9,
        "the manifests were not read"
    );
    assert_eq!(wrong_arrows(&crates, &arrows), Vec::<String>::new());
}

#[test]
fn no_crate_of_the_picture_reaches_itself() {
    for (name, allowed) in PICTURE {
        let mut reached: Vec<&str> = allowed.to_vec();
        while let Some(next) = reached.pop() {
            assert_ne!(next, *name, "the picture has a circle");
            let further = PICTURE.iter().find(|(known, _)| *known == next);
            reached.extend(further.expect("every arrow ends in the picture").1);
        }
    }
}

#[test]
fn wrong_arrows_are_found() {
    let check = |from: &str, to: &str, expected: &[&str]| {
        let crates = [
            from.to_owned(),
            "dwell-store".to_owned(),
            "dwell-app".to_owned(),
        ];
        let arrow = Arrow {
            from: from.to_owned(),
            to: to.to_owned(),
        };
        assert_eq!(wrong_arrows(&crates, &[arrow]), expected, "{from} -> {to}");
    };
    check("dwell-api", "dwell-store", &[]);
    check("dwell-report", "dwell-store", &[]);
    check("dwell-model", "serde", &[]);
    check(
        "dwell-model",
        "dwell-store",
        &["dwell-model may not depend on dwell-store"],
    );
    check(
        "dwell-cli",
        "dwell-store",
        &["dwell-cli may not depend on dwell-store"],
    );
    check(
        "dwell-tests",
        "dwell-app",
        &["dwell-tests may not depend on dwell-app"],
    );
    check(
        "xtask",
        "dwell-store",
        &["xtask may not depend on dwell-store"],
    );
    check(
        "dwell-api",
        "tauri-utils",
        &["dwell-api may not know tauri-utils, only dwell-app"],
    );
    check(
        "dwell-ingest",
        "rusqlite",
        &["dwell-ingest may not know rusqlite, only dwell-store, dwell-report"],
    );
    check(
        "dwell-new",
        "serde",
        &["dwell-new is not in the picture: add it to the picture"],
    );
}
