//! Sessions and events in the words that lanes, strip and tables share. Pure.

import Activity from "@lucide/svelte/icons/activity";
import Archive from "@lucide/svelte/icons/archive";
import CircleCheck from "@lucide/svelte/icons/circle-check";
import CircleDot from "@lucide/svelte/icons/circle-dot";
import Cog from "@lucide/svelte/icons/cog";
import Play from "@lucide/svelte/icons/circle-play";
import Sparkles from "@lucide/svelte/icons/sparkles";
import type { Component } from "svelte";

import { duration, durationExact } from "../format/duration";
import { plural } from "../format/number";
import { dayShort, placeOfZone, timeOfDay } from "../format/time";
import type { DerivedNote, EventRow, SessionBlock, StateName } from "../ipc/types";

type IconOf = Component<Record<string, unknown>>;

/** A state as it is always shown: icon, word and tone. */
export const STATES: Record<
  StateName,
  { word: string; tone: "ok" | "info" | "mute"; icon: IconOf; meaning: string }
> = {
  active: { word: "Active", tone: "ok", icon: Activity, meaning: "it has not closed yet" },
  closed: {
    word: "Closed",
    tone: "info",
    icon: CircleCheck,
    meaning: "late events can still join",
  },
  expired: { word: "Expired", tone: "mute", icon: Archive, meaning: "it is final" },
};

/** What a session is whose events all came after their grace. */
export const LATE_BORN =
  "Late-born: its first event arrived after the grace of its own time, so no session could " +
  "take it any more and it began one of its own";

/** A session that begins after the moment as of which states are told. */
export const AHEAD = "Not yet started: it begins after the moment as of which states are told";

/** `11:22:08 to 11:53:51`, with the last day if it is another; one time where both are equal. */
export function timeSpan(from_ms: number, to_ms: number, zone: string): string {
  const [from, to] = [timeOfDay(from_ms, zone), timeOfDay(to_ms, zone)];
  const [day, last] = [dayShort(from_ms, zone), dayShort(to_ms, zone)];
  if (day !== last) return `${from} to ${last} ${to}`;
  return from === to ? from : `${from} to ${to}`;
}

/** A session in one line, for readers and tooltips. */
export function sessionWords(
  sessions: readonly SessionBlock[],
  zone: string,
  as_of_ms: number,
): string {
  const first = sessions[0] as SessionBlock;
  const last = sessions[sessions.length - 1] as SessionBlock;
  if (sessions.length > 1) {
    const whole = timeSpan(first.started_at_ms, last.ended_at_ms, zone);
    return `${plural(sessions.length, "session")} from ${whole}`;
  }
  const span = timeSpan(first.started_at_ms, first.ended_at_ms, zone);
  const words = [
    first.started_at_ms > as_of_ms
      ? `Session not yet started, ${span}`
      : `${STATES[first.state].word} session, ${span}`,
    durationExact(first.ended_at_ms - first.started_at_ms),
    plural(first.event_count, "event"),
  ];
  if (first.start_kind !== "none") words.push(`${first.start_kind} start`);
  if (first.is_late_born) words.push("late-born");
  if (first.late_at.length > 0) words.push("late events");
  return words.join(", ");
}

/** `Lisbon time, UTC+0`; UTC alone where the zone is UTC. */
export function zoneWords(zone: string, offset: string): string {
  const place = placeOfZone(zone);
  if (place === "UTC" || place === "GMT") return "UTC";
  return `${place} time, ${offset === "UTC" ? "UTC+0" : offset}`;
}

/** `+23s` since the event before; blank for the first. */
export function gapWords(gap_ms: number | null): string {
  return gap_ms === null ? "" : `+${duration(gap_ms)}`;
}

/** How an event's icon tells its kind, with the word for it. */
export function eventKind(event: Pick<EventRow, "type" | "role" | "derived">): {
  icon: IconOf;
  word: string;
  tone: "derived" | "start" | "plain";
} {
  if (event.derived !== null) return { icon: Sparkles, word: "derived by Dwell", tone: "derived" };
  if (event.role === "start") return { icon: Play, word: "starts a session", tone: "start" };
  if (event.type === "system") return { icon: Cog, word: "system event", tone: "plain" };
  return { icon: CircleDot, word: "custom event", tone: "plain" };
}

/** `derived by Dwell`, with the revision where it was told again. */
export function derivedWords(note: DerivedNote): string {
  return `derived by Dwell${note.revision > 1 ? `, revision ${note.revision}` : ""}`;
}

const SUMMARY_VALUE_LIMIT = 60;

/** A value short enough for a line of properties. */
export function shortValue(value: string): string {
  const line = value.replace(/\s+/g, " ");
  if (line.length <= SUMMARY_VALUE_LIMIT) return line;
  return `${[...line.slice(0, SUMMARY_VALUE_LIMIT)].slice(0, -1).join("")}…`;
}
