//! What forgetting somebody takes, in words. Pure.

import { count, plural } from "../../format/number";
import type { Forgetting, ForgetPhase } from "../../ipc/types";

/** What has to be typed before somebody is forgotten. */
export const TYPED = "forget";

/** Whether that was typed. */
export function isTyped(text: string): boolean {
  return text.trim().toLowerCase() === TYPED;
}

/** The events that go, with the sessions before and after. */
export function whatGoes(found: Forgetting): string {
  const { events_removed: gone, sessions_before: before, sessions: after } = found;
  const events =
    gone === 0
      ? "No event goes"
      : gone === 1
        ? "1 event and everything that follows from it goes"
        : `${count(gone)} events and everything that follows from them go`;
  const sessions =
    before === after
      ? `${plural(after, "session")} in ${found.application} before and after it`
      : `${plural(before, "session")} in ${found.application} now, ${after === 0 ? "none" : count(after)} after it`;
  return `${events}; ${sessions}.`;
}

/** The ids that go, where aliases join several. */
export function whichIds({ ids }: Forgetting): string {
  return ids.length < 2 ? "" : `One person by their aliases: ${ids.join(", ")}.`;
}

/** What goes beside events; blank where nothing does. */
export function whatElseGoes(found: Forgetting): string {
  const parts = [
    [found.devices_removed, "device", "devices"],
    [found.users_removed, "user id", "user ids"],
    [found.copies_removed, "copy of events", "copies of events"],
    [found.rejected_rows_removed, "rejected row", "rejected rows"],
    [found.conflicts_removed, "note of a conflict", "notes of conflicts"],
  ] as const;
  const told = parts
    .filter(([number]) => number > 0)
    .map(([number, one, many]) => plural(number, one, many));
  const last = told.pop();
  if (last === undefined) return "";
  const all = told.length === 0 ? last : `${told.join(", ")} and ${last}`;
  return `With them ${told.length === 0 && last.startsWith("1 ") ? "goes" : "go"} ${all}.`;
}

/** The imports that brought them; blank where none did. */
export function fromWhere({ imports }: Forgetting): string {
  if (imports.length === 0) return "";
  const named = imports.slice(0, 3).map((one) => `${one.file_name} (${plural(one.rows, "row")})`);
  const more = imports.length - named.length;
  return `They came with ${named.join(", ")}${more === 0 ? "" : ` and ${plural(more, "more import")}`}.`;
}

/** What is said when it is done. */
export function forgetNews(name: string, found: Forgetting): string {
  const done = `${name} was forgotten: ${plural(found.events_removed, "event")} gone`;
  return found.not_erased === null
    ? done
    : `${done}. Pieces can still be in the bytes of the file until somebody is forgotten again: ${found.not_erased}`;
}

export const PHASES: Record<ForgetPhase, string> = {
  events: "Taking the events out",
  sessions: "Building the sessions that change",
  saving: "Saving, and writing the file anew",
};
