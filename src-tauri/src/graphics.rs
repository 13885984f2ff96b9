//! What the web view needs to draw, checked before it starts: it ends the program where something
//! is missing.

#[cfg(target_os = "linux")]
pub(crate) use linux::prepare;

/// Nothing to check here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn prepare() -> Result<(), String> {
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    /// Draws through main memory: twice as fast to the first picture where there is no GPU.
    const WITHOUT_GPU: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    /// Set for a window that WebDriver drives. Its screenshots hang with `WITHOUT_GPU`.
    const AUTOMATION: &str = "TAURI_WEBVIEW_AUTOMATION";

    /// Starts the program anew with `WITHOUT_GPU` where that helps, because a process cannot safely
    /// change its own environment; then connects to the display.
    ///
    /// # Errors
    /// A sentence for the terminal where there is no display.
    pub(crate) fn prepare() -> Result<(), String> {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_settled = is_set(WITHOUT_GPU) || is_set(AUTOMATION);
        if !is_settled
            && !has_gpu(Path::new("/dev/dri"))
            && let Ok(program) = std::env::current_exe()
        {
            let arguments = std::env::args_os().skip(1);
            // It only returns where it failed; the window then opens without the variable.
            let _ = Command::new(program)
                .args(arguments)
                .env(WITHOUT_GPU, "1")
                .exec();
        }
        gtk::init().map_err(|_| {
            "There is no display to open a window on: DISPLAY or WAYLAND_DISPLAY must name one. \
             The command line `dwell` works without."
                .to_owned()
        })
    }

    /// Whether the folder of graphics devices has one that renders.
    fn has_gpu(folder: &Path) -> bool {
        let names = folder
            .read_dir()
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name());
        names
            .into_iter()
            .any(|name| name.to_string_lossy().starts_with("renderD"))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_machine_without_render_nodes_has_no_gpu() {
            let folder = std::env::temp_dir().join(format!("dwell-dri-{}", std::process::id()));
            assert!(!has_gpu(&folder));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("card0"), "").unwrap();
            assert!(!has_gpu(&folder));
            std::fs::write(folder.join("renderD128"), "").unwrap();
            assert!(has_gpu(&folder));
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}
