//! Lists as files. The page says which list: where it is written to is chosen here, by a person, so that
//! no page can name a file.

use dwell_api::Result;
use dwell_api::export::{self, ExportProgress, ExportRequest, Exported};
use tauri::AppHandle;
use tauri::ipc::Channel;

use super::{files, rehearse};

/// None where no file was chosen.
#[tauri::command]
pub(super) async fn export_start(
    app: AppHandle,
    request: ExportRequest,
    progress: Channel<ExportProgress>,
) -> Result<Option<Exported>> {
    let name = export::file_name(&request);
    let Some(path) = files::choose_to_save(app.clone(), "Export", name).await? else {
        return Ok(None);
    };
    let job = move |workspace: &_, cancel: &_, tell: &mut dyn FnMut(_)| {
        export::run(workspace, &request, &path, cancel, tell)
    };
    rehearse(app, progress, job).await.map(Some)
}
