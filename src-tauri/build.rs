//! Reads `tauri.conf.json` at the repository's top level, and what the window may do from the files
//! beside this one. Both are written by hand: a test holds them against the list of handlers.

fn main() {
    println!("cargo::rerun-if-changed=src-tauri/capabilities");
    println!("cargo::rerun-if-changed=src-tauri/permissions");
    let permissions =
        tauri_build::AppManifest::new().permissions_path_pattern("src-tauri/permissions/**/*");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/**/*")
        .app_manifest(permissions);
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("tauri.conf.json, capabilities or permissions: {error:#}");
        std::process::exit(1);
    }
}
