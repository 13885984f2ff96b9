//! The code map names every room of the house.

use std::fs;

use super::root;

/// The crates that the map does not name as `name/`.
fn missing_from(map: &str, crates: &[String]) -> Vec<String> {
    let is_named = |name: &String| map.contains(&format!("`{name}/`"));
    crates
        .iter()
        .filter(|name| !is_named(name))
        .cloned()
        .collect()
}

#[test]
fn the_code_map_names_every_crate() {
    let map = fs::read_to_string(root().join("crates/README.md")).expect("the code map is there");
    let crates: Vec<String> = fs::read_dir(root().join("crates"))
        .expect("crates/ is there")
        .map(|entry| entry.expect("crates/ can be listed"))
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(crates.len() >= 8, "crates/ was not read");
    assert_eq!(missing_from(&map, &crates), Vec::<String>::new());
}

#[test]
fn a_crate_without_a_line_is_found() {
    let crates = ["model".to_owned(), "store".to_owned()];
    assert_eq!(missing_from("| `model/` | nouns |", &crates), ["store"]);
    assert_eq!(missing_from("| `model/` | the store |", &crates), ["store"]);
    assert!(missing_from("`model/` and `store/`", &crates).is_empty());
}
