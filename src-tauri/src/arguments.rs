//! What can be said when the window is started.

use std::path::PathBuf;

use clap::Parser;

/// A console for user sessions.
#[derive(Debug, Default, Parser)]
#[command(name = "dwell-app", version)]
pub(crate) struct Arguments {
    /// Open this workspace; it is made where there is none.
    #[arg(long, value_name = "FILE")]
    pub(crate) workspace: Option<PathBuf>,
    /// Fill the workspace with the demo data, if it is empty.
    #[arg(long)]
    pub(crate) demo: bool,
    /// Answer the choice of files with this one instead of asking; can be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) choose: Vec<PathBuf>,
    /// Answer the next choice of a workspace or a backup with this file instead of asking; can be
    /// given several times, one for each choice.
    #[arg(long, value_name = "FILE")]
    pub(crate) choose_workspace: Vec<PathBuf>,
    /// Answer the choice of where to save with this folder, under the name that is offered.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) save_in: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_is_understood() {
        let arguments = Arguments::try_parse_from([
            "dwell-app",
            "--workspace",
            "a.dwell",
            "--demo",
            "--choose",
            "x",
            "--choose",
            "y",
            "--choose-workspace",
            "z",
            "--save-in",
            "s",
        ])
        .unwrap();
        assert_eq!(arguments.workspace.as_deref(), Some("a.dwell".as_ref()));
        assert!(arguments.demo);
        assert_eq!(arguments.choose, ["x", "y"].map(PathBuf::from));
        assert_eq!(arguments.choose_workspace, ["z"].map(PathBuf::from));
        assert_eq!(arguments.save_in.as_deref(), Some("s".as_ref()));
    }

    #[test]
    fn an_unknown_argument_is_wrong_usage() {
        let error = Arguments::try_parse_from(["dwell-app", "--dem"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("--dem"));
    }
}
