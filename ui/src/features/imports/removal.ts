//! What taking an import back takes, in words. Pure.

import { count, plural } from "../../format/number";
import type { ImportRemoval, ImportRemovalPhase } from "../../ipc/types";

/** What goes and what stays. */
export function whatGoes(removal: ImportRemoval): string {
  const { events_removed: gone, events_kept: kept } = removal;
  const stay =
    kept === 1
      ? "1 event stays, because another import brought it too"
      : `${count(kept)} events stay, because another import brought them too`;
  if (gone === 0)
    return kept === 0 ? "No event goes: it brought none of its own." : `No event goes; ${stay}.`;
  const go =
    gone === 1
      ? "1 event and everything that follows from it goes"
      : `${count(gone)} events and everything that follows from them go`;
  return kept === 0 ? `${go}.` : `${go}; ${stay}.`;
}

/** What goes beside events; blank where nothing does. */
export function whatElseGoes({ import: row }: ImportRemoval): string {
  const parts = [];
  if (row.quarantined > 0) parts.push(plural(row.quarantined, "rejected row"));
  if (row.conflicts > 0)
    parts.push(plural(row.conflicts, "conflicting copy", "conflicting copies"));
  if (parts.length === 0) return "";
  const isOne = row.quarantined + row.conflicts === 1;
  return `Its ${parts.join(" and ")} ${isOne ? "goes" : "go"} as well.`;
}

/** The sessions before and after it; `now` is null where it is not known. */
export function sessionsAfter(removal: ImportRemoval, now: number | null): string {
  const { sessions, import: row } = removal;
  const place = `in ${row.application}`;
  if (now === null) return `${plural(sessions, "session")} ${place} after it.`;
  if (now === sessions) return `${plural(now, "session")} ${place} before and after it.`;
  return `${plural(now, "session")} ${place} now, ${sessions === 0 ? "none" : count(sessions)} after it.`;
}

/** What is said when it is done. */
export function removalNews({ import: row, events_removed, events_kept }: ImportRemoval): string {
  const kept = events_kept === 0 ? "" : `, ${count(events_kept)} stay`;
  return `${row.file_name} was removed: ${plural(events_removed, "event")} gone${kept}`;
}

export const PHASES: Record<ImportRemovalPhase, string> = {
  events: "Taking its events out",
  sessions: "Building the sessions that change",
  saving: "Saving",
};
