//! The list that is being written to a file.

import { plural } from "../format/number";
import { exportStart } from "../ipc/client";
import type { Exported, ExportList, ExportProgress, ExportRequest } from "../ipc/types";
import { EXPORTS, type ExportId, type ExportName, type FormatName } from "../keys/commands";
import type { Doing } from "../keys/registry.svelte";
import { LongJob } from "./long-job.svelte";
import { workspace } from "./workspace.svelte";

/** Which list, in words: “all sessions”. */
export interface ExportSubject {
  what: string;
}

export const exports = new LongJob<ExportSubject, ExportProgress, Exported | null>(() => null);

const LISTS: Record<ExportName, ExportList> = {
  users: "people",
  "person-sessions": "sessions",
  "person-events": "events",
  sessions: "sessions",
  events: "events",
  imports: "imports",
  quarantine: "quarantine",
  conflicts: "conflicts",
};

/** What a view knows of the list beside its name. */
export type ExportChoice = Partial<Omit<ExportRequest, "application" | "list" | "format">>;

/** The commands of a list, in either format: for `useCommands`. `choice` is asked when one is run. */
export function exportDoings<Name extends ExportName>(
  name: Name,
  choice: () => ExportChoice = () => ({}),
  can: () => boolean = () => !workspace.isEmpty,
): Record<`export.${Name}.${FormatName}`, Doing> {
  const doing = (format: FormatName): Doing => ({
    run: () => start(name, format, choice()),
    can: () => exports.running === null && can(),
  });
  const doings: Partial<Record<ExportId, Doing>> = {
    [`export.${name}.csv`]: doing("csv"),
    [`export.${name}.json_lines`]: doing("json_lines"),
  };
  return doings as Record<`export.${Name}.${FormatName}`, Doing>;
}

/** Asks for a file and writes a list to it. Nothing happens where none is chosen. */
function start(name: ExportName, format: FormatName, choice: ExportChoice): void {
  const request: ExportRequest = {
    application: workspace.applicationName,
    list: LISTS[name],
    format,
    person: null,
    definition: "",
    search: "",
    last_seen_hours: null,
    as_of_ms: null,
    ...choice,
  };
  const subject = { what: EXPORTS[name] };
  void exports.run(subject, (progress) => exportStart(request, progress), exportNews);
}

function exportNews(done: Exported | null): string {
  return done === null ? "" : `${done.file_name} is written: ${plural(done.row_count, "row")}`;
}
