//! The window's types are these types: `ui/src/ipc/types.ts` is written from them and must not drift.

use std::path::Path;

use dwell_api::{
    backup, catalog, day, definition, error, event, export, find, forget, import, person,
    quarantine, rows, session, settings, source, timeline, what_if, workspace,
};
use dwell_model::{definition as rules, session as words};
use ts_rs::{Config, TS};

fn declarations() -> String {
    let config = Config::new().with_large_int("number");
    let mut text = String::from(
        "// Written from the types of crates/api by `DWELL_WRITE_TYPES=1 cargo test -p dwell-api \
         --test types`.\n// Do not edit: a test holds it to them.\n",
    );
    fn add<T: TS>(text: &mut String, config: &Config) {
        text.push_str("\nexport ");
        text.push_str(&T::decl(config));
        text.push('\n');
    }
    macro_rules! add_all {
        ($($module:ident :: $name:ident),+ $(,)?) => {
            $(add::<$module::$name>(&mut text, &config);)+
        };
    }
    add_all!(
        error::ErrorCode,
        error::ApiError,
        workspace::ZoneUndo,
        workspace::ApplicationRow,
        workspace::WorkspaceStatus,
        workspace::ZoneRequest,
        backup::BackupRequest,
        backup::BackupPhase,
        backup::BackupProgress,
        backup::BackupDone,
        backup::RestoreDone,
        backup::KeptWhy,
        backup::KeptBackup,
        settings::Theme,
        settings::Density,
        settings::ZoneShown,
        settings::Settings,
        settings::SettingsChange,
        settings::RecentWorkspace,
        person::PersonKind,
        person::PersonKey,
        person::PropertyRow,
        person::PeopleRequest,
        person::PersonRow,
        person::PeoplePage,
        person::PersonRequest,
        person::PersonDevice,
        person::PersonDetail,
        session::StateName,
        session::SessionRow,
        session::SessionRequest,
        session::BackgroundSpan,
        session::StripMark,
        session::SessionStrip,
        session::GameRow,
        session::SessionDetail,
        session::FindSessions,
        session::SessionPage,
        find::FindScope,
        find::FindRequest,
        find::FoundDevice,
        find::FoundSession,
        find::FoundEvent,
        find::Found,
        find::NewestRequest,
        rows::RowFormat,
        export::ExportList,
        export::ExportRequest,
        export::ExportProgress,
        export::Exported,
        catalog::EventName,
        day::DaysRequest,
        day::Day,
        day::Days,
        timeline::TimelineRequest,
        timeline::SessionBlock,
        timeline::DayLane,
        timeline::Timeline,
        event::EventScope,
        event::EventsRequest,
        event::DerivedNote,
        event::EventRow,
        event::EventPage,
        event::EventRequest,
        event::ContextGroup,
        event::EventSession,
        event::LateNote,
        event::EventDetail,
        import::ColumnChoice,
        import::ImportRequest,
        import::ImportPhase,
        import::ImportProgress,
        import::ImportRow,
        import::ImportDetailRequest,
        import::RejectGroup,
        import::ConflictRow,
        import::NewestRow,
        import::FileRow,
        import::ColumnUse,
        import::ImportChoices,
        import::NamedChoice,
        import::ImportPreview,
        import::PreviewFile,
        import::PreviewRow,
        import::PreviewEvent,
        import::PreviewReject,
        import::ImportDetail,
        import::ImportRemovalRequest,
        import::ImportRemovalPhase,
        import::ImportRemovalProgress,
        import::ImportRemoval,
        forget::Whom,
        forget::ForgetRequest,
        forget::ForgetPhase,
        forget::ForgetProgress,
        forget::ForgottenOfImport,
        forget::Forgetting,
        forget::ForgettingRow,
        quarantine::FixKind,
        quarantine::Fix,
        quarantine::AskKind,
        quarantine::Ask,
        quarantine::FixOffer,
        quarantine::FixGroup,
        quarantine::FixGroupsRequest,
        quarantine::GroupFixes,
        quarantine::RetryRequest,
        quarantine::GroupRetry,
        quarantine::Retry,
        quarantine::RetryPhase,
        quarantine::RetryProgress,
        quarantine::RejectedExportRequest,
        quarantine::RejectedExport,
        words::StartKind,
        rules::Scope,
        rules::SessionIds,
        rules::GapAtTimeout,
        rules::Role,
        rules::Operator,
        rules::Condition,
        rules::RoleRule,
        rules::Limits,
        rules::Gameplay,
        rules::Definition,
        definition::RulesRequest,
        definition::RulesRow,
        definition::PresetRow,
        definition::FieldRange,
        definition::RemovedRules,
        definition::UndoRow,
        definition::RulesPage,
        definition::ApplyRequest,
        definition::DefinitionRequest,
        definition::RebuildProgress,
        what_if::WhatIfRequest,
        what_if::ExampleChoice,
        what_if::FieldProblem,
        what_if::SessionFigures,
        what_if::Span,
        what_if::ExampleDay,
        what_if::CurvePoint,
        what_if::RuleChange,
        what_if::WhatIf,
        source::SourceRequest,
        source::SourceProgress,
        source::KindCount,
        source::SourceDifference,
        source::SourceComparison,
    );
    text
}

#[test]
fn the_windows_types_are_the_apis_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/ipc/types.ts");
    let wanted = declarations();
    if std::env::var_os("DWELL_WRITE_TYPES").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        found,
        wanted,
        "{} is not what crates/api says; write it with DWELL_WRITE_TYPES=1",
        path.display()
    );
}
