//! Where the sessions of one day stand on its lane, in pixels, and which of them is next in a
//! direction. Pure: knows no component and does no zone arithmetic (places on the day come from
//! Rust).

import type { DayLane, SessionBlock, StateName } from "../ipc/types";
import { textWidth } from "./text-width";

/** Narrowest block that can still be seen and hit. */
export const BLOCK_MIN_PX = 5;
/** More sessions than this on one lane are drawn as groups. */
export const LANE_BLOCK_LIMIT = 40;
/** Room between the words of a pause and the blocks beside it. */
const PAUSE_PADDING_PX = 8;
export const PAUSE_FONT_PX = 10.5;

/** A session, or several that cannot be told apart at this scale. */
export interface LaneBlock {
  /** Never empty, by start. */
  sessions: readonly SessionBlock[];
  left: number;
  width: number;
  state: StateName;
  isCold: boolean;
  /** Born after the grace of its own time: all of them, where it is a group. */
  isLateBorn: boolean;
  /** Starts after the moment as of which states are told. */
  isAhead: boolean;
  continuesBefore: boolean;
  continuesAfter: boolean;
  /** Places of late events in pixels from the lane's left edge. */
  late: readonly number[];
  /** The pause before it; null where its words would not fit. */
  pause: LanePause | null;
}

export interface LanePause {
  left: number;
  width: number;
  text: string;
}

/** The session that a block stands for when it is chosen: its newest. */
export function sessionOf(block: LaneBlock): SessionBlock {
  return block.sessions[block.sessions.length - 1] as SessionBlock;
}

/**
 * Places the sessions of a day on a lane `width` pixels wide. Each is to scale but at least
 * `BLOCK_MIN_PX` wide; beyond `LANE_BLOCK_LIMIT` those that would touch are drawn as one. Those that
 * start after `as_of_ms` are ahead of what is told.
 */
export function placeLane(
  sessions: readonly SessionBlock[],
  width: number,
  words: (pause_ms: number) => string,
  as_of_ms: number,
): LaneBlock[] {
  if (width <= 0) return [];
  const blocks: LaneBlock[] = [];
  for (const session of sessions) {
    const next = placeOne(session, width, as_of_ms);
    const last = blocks.at(-1);
    const touches = last !== undefined && next.left <= last.left + last.width + 1;
    if (sessions.length > LANE_BLOCK_LIMIT && last !== undefined && touches) {
      blocks[blocks.length - 1] = merge(last, next);
      continue;
    }
    next.pause = last === undefined ? null : pauseBetween(last, next, words);
    blocks.push(next);
  }
  return blocks;
}

function placeOne(session: SessionBlock, width: number, as_of_ms: number): LaneBlock {
  const wide = Math.max((session.right - session.left) * width, BLOCK_MIN_PX);
  const left = Math.max(0, Math.min(session.left * width, width - wide));
  return {
    sessions: [session],
    left,
    width: wide,
    state: session.state,
    isCold: session.start_kind === "cold" && !session.continues_before,
    isLateBorn: session.is_late_born,
    isAhead: session.started_at_ms > as_of_ms,
    continuesBefore: session.continues_before,
    continuesAfter: session.continues_after,
    late: session.late_at.map((at) => at * width),
    pause: null,
  };
}

function merge(a: LaneBlock, b: LaneBlock): LaneBlock {
  return {
    ...a,
    sessions: [...a.sessions, ...b.sessions],
    width: Math.max(a.left + a.width, b.left + b.width) - a.left,
    state: b.state,
    isLateBorn: a.isLateBorn && b.isLateBorn,
    isAhead: a.isAhead && b.isAhead,
    continuesAfter: b.continuesAfter,
    late: [...a.late, ...b.late],
  };
}

function pauseBetween(
  before: LaneBlock,
  after: LaneBlock,
  words: (pause_ms: number) => string,
): LanePause | null {
  const pause_ms = after.sessions[0]?.pause_ms ?? null;
  if (pause_ms === null) return null;
  const left = before.left + before.width;
  const text = words(pause_ms);
  const room = after.left - left;
  if (room < textWidth(text, PAUSE_FONT_PX) + PAUSE_PADDING_PX) return null;
  return { left, width: room, text };
}

/** All sessions of the days shown, by start, each once although it may cross midnight. */
export function sessionsByStart(days: readonly DayLane[]): SessionBlock[] {
  const byId = new Map<string, SessionBlock>();
  for (const day of days) {
    for (const session of day.sessions) byId.set(session.session_id, session);
  }
  return [...byId.values()].sort((a, b) => a.started_at_ms - b.started_at_ms);
}

/** The newest session of the days shown that has started by a moment; else the newest at all. */
export function newestSession(
  days: readonly DayLane[],
  as_of_ms: number,
): SessionBlock | undefined {
  const all = sessionsByStart(days);
  return all.findLast((one) => one.started_at_ms <= as_of_ms) ?? all.at(-1);
}

/** Whether a session touches the days shown. */
export function isInDays(days: readonly DayLane[], session_id: string): boolean {
  return days.some((day) => day.sessions.some((one) => one.session_id === session_id));
}

/**
 * The session nearest in time of day on the next lane with sessions above (`-1`) or below (`1`)
 * the lane of `session_id`; undefined where there is none.
 */
export function nearestOnNextLane(
  days: readonly DayLane[],
  session_id: string,
  direction: -1 | 1,
): SessionBlock | undefined {
  const from = days.findIndex((day) => day.sessions.some((one) => one.session_id === session_id));
  const own = days[from]?.sessions.find((one) => one.session_id === session_id);
  if (own === undefined) return undefined;
  const middle = (own.left + own.right) / 2;
  for (let at = from + direction; at >= 0 && at < days.length; at += direction) {
    const others = (days[at]?.sessions ?? []).filter((one) => one.session_id !== session_id);
    if (others.length === 0) continue;
    return others.reduce((best, one) => (distance(one) < distance(best) ? one : best));
  }
  return undefined;

  function distance(one: SessionBlock): number {
    return Math.abs((one.left + one.right) / 2 - middle);
  }
}
