//! Every question to Rust, typed: one function a command. Reads are remembered until the workspace
//! changes. Knows no component; `transport.ts` alone knows Tauri.

import { dropAnswers, remembered } from "./answers";
import type { MessageChannel } from "./jobs";
import { call, onDatabaseChange } from "./transport";
import type {
  ApiError,
  ApplyRequest,
  BackupDone,
  DefinitionRequest,
  EventDetail,
  EventPage,
  EventRequest,
  EventsRequest,
  Exported,
  ExportRequest,
  FindRequest,
  Found,
  FoundEvent,
  ForgetRequest,
  Forgetting,
  ForgettingRow,
  FixGroup,
  FixGroupsRequest,
  ImportChoices,
  ImportDetail,
  ImportDetailRequest,
  ImportPreview,
  ImportRemoval,
  ImportRequest,
  ImportRow,
  KeptBackup,
  NewestRequest,
  PeoplePage,
  PeopleRequest,
  PersonDetail,
  PersonRequest,
  RecentWorkspace,
  RestoreDone,
  RejectedExport,
  Retry,
  RetryRequest,
  RulesPage,
  RulesRequest,
  SessionDetail,
  SessionRequest,
  Settings,
  SettingsChange,
  SourceComparison,
  SourceRequest,
  Timeline,
  TimelineRequest,
  WhatIf,
  WhatIfRequest,
  WorkspaceStatus,
  ZoneRequest,
} from "./types";

/** The names of all commands, as Rust's list of handlers has them. */
export const COMMANDS = [
  "workspace_status",
  "zones_list",
  "application_set_zone",
  "application_undo_zone",
  "workspace_recent",
  "workspace_open",
  "workspace_create",
  "workspace_forget",
  "backup_run",
  "backup_restore",
  "backups_kept",
  "update_without_backup",
  "settings_show",
  "settings_change",
  "people_list",
  "person_show",
  "timeline_show",
  "session_show",
  "events_list",
  "event_show",
  "imports_list",
  "import_show",
  "import_choices",
  "import_preview",
  "import_start",
  "import_remove",
  "forget_run",
  "forgettings_list",
  "forgotten_allow",
  "fix_groups",
  "quarantine_retry",
  "rejected_save",
  "demo_start",
  "rules_show",
  "definition_apply",
  "definition_undo",
  "definition_rebuild",
  "definition_remove",
  "what_if",
  "what_if_cancel",
  "source_has_ids",
  "source_compare",
  "source_cancel",
  "job_cancel",
  "files_choose",
  "workspace_choose",
  "export_start",
  "find",
  "find_newest",
] as const;

export type Command = (typeof COMMANDS)[number];

/** Asks Rust; whatever goes wrong is thrown as an `ApiError`. */
async function ask<T>(command: Command, args?: Record<string, unknown>): Promise<T> {
  try {
    return (await call(command, args)) as T;
  } catch (thrown) {
    throw asApiError(thrown);
  }
}

function read<T>(command: Command, args?: Record<string, unknown>): Promise<T> {
  return remembered(`${command} ${JSON.stringify(args ?? {})}`, () => ask<T>(command, args));
}

/** What was thrown, as an `ApiError`: Tauri's own refusals are plain strings. */
export function asApiError(thrown: unknown): ApiError {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown) {
    return thrown as ApiError;
  }
  return { code: "storage", message: thrown instanceof Error ? thrown.message : String(thrown) };
}

export const workspaceStatus = () => read<WorkspaceStatus>("workspace_status");
export const zonesList = () => read<string[]>("zones_list");
export const applicationSetZone = (request: ZoneRequest) =>
  ask<WorkspaceStatus>("application_set_zone", { request });
/** Takes back the last change of an application's zone. */
export const applicationUndoZone = (application: string) =>
  ask<WorkspaceStatus>("application_undo_zone", { application });

/** Workspaces that were open, the newest first; not remembered: files come and go. */
export const workspaceRecent = () => ask<RecentWorkspace[]>("workspace_recent");
/** Opens another workspace in this window; the page has to begin anew then. */
export const workspaceOpen = (path: string) => ask<WorkspaceStatus>("workspace_open", { path });
/** As `workspaceOpen`, with a new one. */
export const workspaceCreate = (path: string) => ask<WorkspaceStatus>("workspace_create", { path });
/** Takes a workspace off the list of recent ones, and answers the list. */
export const workspaceForget = (path: string) =>
  ask<RecentWorkspace[]>("workspace_forget", { path });
/** Lets the person choose a file; `name` is what a new one is called unless they say otherwise. Null
 * where nothing was chosen. */
export const workspaceChoose = (choice: "open" | "new" | "backup" | "restore", name = "") =>
  ask<string | null>("workspace_choose", { choice, name });

/** Copies the workspace to a new file; `progress` is a channel of `jobs.ts`. */
export const backupRun = (path: string, progress: MessageChannel) =>
  ask<BackupDone>("backup_run", { request: { path }, progress });
/** Puts a copy in the place of the workspace; the page has to begin anew then. */
export const backupRestore = (path: string, progress: MessageChannel) =>
  ask<RestoreDone>("backup_restore", { request: { path }, progress });
/** Copies that were made by themselves; not remembered: files come and go. */
export const backupsKept = () => ask<KeptBackup[]>("backups_kept");
/** The next update of a workspace of an older Dwell goes without a copy of it. */
export const updateWithoutBackup = () => ask<null>("update_without_backup");

/** The settings of the program; not remembered: other windows change them too. */
export const settingsShow = () => ask<Settings>("settings_show");
export const settingsChange = (change: SettingsChange) =>
  ask<Settings>("settings_change", { change });

export const peopleList = (request: PeopleRequest) => read<PeoplePage>("people_list", { request });
export const personShow = (request: PersonRequest) =>
  read<PersonDetail>("person_show", { request });
export const timelineShow = (request: TimelineRequest) =>
  read<Timeline>("timeline_show", { request });
export const sessionShow = (request: SessionRequest) =>
  read<SessionDetail>("session_show", { request });
export const eventsList = (request: EventsRequest) => read<EventPage>("events_list", { request });
export const eventShow = (request: EventRequest) => read<EventDetail>("event_show", { request });

export const importsList = (application: string) =>
  read<ImportRow[]>("imports_list", { application });
export const importShow = (request: ImportDetailRequest) =>
  read<ImportDetail>("import_show", { request });

/** What can be chosen of how a file is read. */
export const importChoices = () => read<ImportChoices>("import_choices", {});
let previewNumber = 0;
/** How a file would be read, and its first rows as they would be stored. It cancels the look before, and is
 * not remembered: the file may be another one by then. */
export function importPreview(request: ImportRequest): Promise<ImportPreview> {
  previewNumber += 1;
  return ask<ImportPreview>("import_preview", { number: previewNumber, request });
}
/** Imports a file; `progress` is a channel of `jobs.ts`. One job runs at a time. */
export const importStart = (request: ImportRequest, progress: MessageChannel) =>
  ask<ImportRow>("import_start", { request, progress });
/** Takes an import back; `progress` as above. */
export const importRemove = (import_id: number, progress: MessageChannel) =>
  ask<ImportRemoval>("import_remove", { request: { import_id, dry_run: false }, progress });
/** What `importRemove` would take. It needs the place of the one job, and is not remembered. */
export const importRemovalTried = (import_id: number, progress: MessageChannel) =>
  ask<ImportRemoval>("import_remove", { request: { import_id, dry_run: true }, progress });
/** Forgets somebody for good; `progress` as above. */
export const forgetRun = (asked: Omit<ForgetRequest, "dry_run">, progress: MessageChannel) =>
  ask<Forgetting>("forget_run", { request: { ...asked, dry_run: false }, progress });
/** What `forgetRun` would take, as `importRemovalTried`. */
export const forgetTried = (asked: Omit<ForgetRequest, "dry_run">, progress: MessageChannel) =>
  ask<Forgetting>("forget_run", { request: { ...asked, dry_run: true }, progress });
/** What was forgotten in an application, the newest first; no id is kept of it. */
export const forgettingsList = (application: string) =>
  read<ForgettingRow[]>("forgettings_list", { application });
/** Lets imports bring somebody again; how many times they had been forgotten. */
export const forgottenAllow = (application: string, id: string) =>
  ask<number>("forgotten_allow", { application, id });
/** The rejected rows of an import by reason, with what can be said of them. */
export const fixGroups = (request: FixGroupsRequest) => read<FixGroup[]>("fix_groups", { request });
/** Reads rejected rows again with fixes; `progress` as above. */
export const quarantineRetry = (request: RetryRequest, progress: MessageChannel) =>
  ask<Retry>("quarantine_retry", { request, progress });
/** Saves an import's rejected rows to a file that the person names; null where none is named. */
export const rejectedSave = (import_id: number) =>
  ask<RejectedExport | null>("rejected_save", { importId: import_id });
/** Fills an empty workspace with the demo data; `progress` is a channel of `jobs.ts`. */
export const demoStart = (progress: MessageChannel) =>
  ask<WorkspaceStatus>("demo_start", { progress });

export const rulesShow = (request: RulesRequest) => read<RulesPage>("rules_show", { request });
/** Puts a definition in place and builds its sessions; `progress` is a channel of `jobs.ts`. */
export const definitionApply = (request: ApplyRequest, progress: MessageChannel) =>
  ask<RulesPage>("definition_apply", { request, progress });
/** Takes the last change of a definition back; as `definitionApply`. */
export const definitionUndo = (request: DefinitionRequest, progress: MessageChannel) =>
  ask<RulesPage>("definition_undo", { request, progress });
/** Builds a definition's sessions again; as `definitionApply`. */
export const definitionRebuild = (request: DefinitionRequest, progress: MessageChannel) =>
  ask<RulesPage>("definition_rebuild", { request, progress });
export const definitionRemove = (request: DefinitionRequest) =>
  ask<RulesPage>("definition_remove", { request });
let whatIfNumber = 0;
/** What other rules would change. It cancels the question before, which then fails: an answer is
 * not remembered. */
export function whatIf(request: WhatIfRequest): Promise<WhatIf> {
  whatIfNumber += 1;
  return ask<WhatIf>("what_if", { number: whatIfNumber, request });
}
/** Cancels the last `whatIf`, where it is not answered yet, and lets go of what is kept for the
 * next: nobody is going to ask one. */
export const whatIfCancel = () => ask<null>("what_if_cancel", { number: whatIfNumber });

let sourceNumber = 0;
/** Whether the data brought ids of sessions of its own; not remembered, as `whatIf`. */
export function sourceHasIds(application: string): Promise<boolean> {
  sourceNumber += 1;
  return ask<boolean>("source_has_ids", { number: sourceNumber, application });
}
/** A definition's sessions beside those that the data names; `progress` is a channel of `jobs.ts`.
 * It cancels the question before, and is not remembered. */
export function sourceCompare(
  request: SourceRequest,
  progress: MessageChannel,
): Promise<SourceComparison> {
  sourceNumber += 1;
  return ask<SourceComparison>("source_compare", { number: sourceNumber, request, progress });
}
/** Cancels the last `sourceHasIds` or `sourceCompare`, where it is not answered yet. */
export const sourceCancel = () => ask<null>("source_cancel", { number: sourceNumber });

/** Writes a list to a file that the person chooses; null where none is chosen. `progress` as above. */
export const exportStart = (request: ExportRequest, progress: MessageChannel) =>
  ask<Exported | null>("export_start", { request, progress });

let findNumber = 0;
/** What a few letters find. It cancels the question before, which then fails: an answer is not
 * remembered. */
export function find(request: FindRequest): Promise<Found> {
  findNumber += 1;
  return ask<Found>("find", { number: findNumber, request });
}
/** The newest event of a name; as `find`. */
export function findNewest(request: NewestRequest): Promise<FoundEvent> {
  findNumber += 1;
  return ask<FoundEvent>("find_newest", { number: findNumber, request });
}

/** Cancels the import, removal, export, demo or rebuild of this channel: it ends with the code `cancelled`. */
export const jobCancel = ({ id }: MessageChannel) => ask<null>("job_cancel", { job: id });
/** Lets the person choose files; empty where nothing was chosen. */
export const filesChoose = () => ask<string[]>("files_choose");

/** Calls `onChange` after every write, with the remembered answers already dropped. */
export function onChange(onChanged: () => void): void {
  onDatabaseChange(() => {
    dropAnswers();
    onChanged();
  });
}
