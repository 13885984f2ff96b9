//! The session strip in pixels: body, background time, timeout tail, event ticks, and labels that
//! never overlap. Pure: knows no component and formats nothing; the words come from the caller.

import type { SessionStrip, StripMark } from "../ipc/types";
import { textWidth } from "./text-width";

/** A session of one event still has a body that can be seen. */
export const BODY_MIN_PX = 6;
/** A tail that is tiny beside a long session still shows that there is one. */
export const TAIL_MIN_PX = 4;
export const LABEL_FONT_PX = 11;
const LABEL_GAP_PX = 12;
/** Room between the line of now and words beside it. */
const NOW_GAP_PX = 4;
/** Ticks nearer to each other than this are one. */
const TICK_GAP_PX = 2.5;

/** The words on a strip. Optional ones are left out where they are blank. */
export interface StripWords {
  /** “11:22:08 start, warm”. */
  start: string;
  /** “11:53:51 last event”; blank where it is the start. */
  last: string;
  /** “12:23:51 closed”. */
  close: string;
  /** “late”. */
  late: string;
  /** “now 14:58:20”. */
  now: string;
  /** “in background 3m 17s, merged”. */
  background: (duration_ms: number) => string;
  /** The same where that has no room: “3m 17s”. */
  backgroundShort: (duration_ms: number) => string;
}

export interface Span {
  left: number;
  width: number;
}

export interface Tick {
  at: number;
  mark: StripMark;
}

export interface Label {
  id: string;
  text: string;
  left: number;
  width: number;
  /** 0 is the row nearest to the bar. */
  row: number;
}

export interface StripLayout {
  body: Span;
  tail: Span;
  background: readonly Span[];
  ticks: readonly Tick[];
  /** Late events: diamonds. */
  late: readonly Tick[];
  /** Place of the moment as of which states are told; null where it is outside. */
  now: number | null;
  /** Above the bar. */
  above: readonly Label[];
  /** Under the bar. */
  below: readonly Label[];
  belowRows: number;
}

/** Pixels of a moment on a strip of this width. */
export function stripScale(strip: SessionStrip, width: number): (time_ms: number) => number {
  const body_ms = Math.max(0, strip.body_to_ms - strip.from_ms);
  const tail_ms = Math.max(0, strip.to_ms - strip.body_to_ms);
  const bodyMin = Math.min(BODY_MIN_PX, width);
  const tailMin = tail_ms > 0 ? Math.min(TAIL_MIN_PX, width - bodyMin) : 0;
  const ideal = tail_ms > 0 ? (body_ms / (body_ms + tail_ms)) * width : width;
  const bodyWidth = body_ms === 0 ? bodyMin : clamp(ideal, bodyMin, width - tailMin);
  const tailWidth = tail_ms > 0 ? width - bodyWidth : 0;
  return (time_ms) => {
    if (time_ms <= strip.body_to_ms) {
      if (body_ms === 0) return time_ms < strip.from_ms ? 0 : bodyWidth / 2;
      return clamp((time_ms - strip.from_ms) / body_ms, 0, 1) * bodyWidth;
    }
    if (tail_ms === 0) return bodyWidth;
    return bodyWidth + clamp((time_ms - strip.body_to_ms) / tail_ms, 0, 1) * tailWidth;
  };
}

/** Everything on the strip, `width` pixels wide. */
export function layoutStrip(
  strip: SessionStrip,
  width: number,
  words: StripWords,
  now_ms: number | null,
): StripLayout {
  const x = stripScale(strip, width);
  const hasTail = strip.to_ms > strip.body_to_ms;
  const bodyEnd = strip.body_to_ms > strip.from_ms ? x(strip.body_to_ms) : BODY_MIN_PX;
  const body = { left: 0, width: bodyEnd };
  const tail = { left: bodyEnd, width: hasTail ? width - bodyEnd : 0 };
  const background = strip.background.map((span) => between(x(span.from_ms), x(span.to_ms)));
  const now = now_ms !== null && strip.from_ms <= now_ms && now_ms < strip.to_ms ? x(now_ms) : null;
  const ticks = thin(strip.marks.filter((mark) => !mark.is_late));
  const late = thin(strip.marks.filter((mark) => mark.is_late));
  const end = tail.left + tail.width;

  const below = placeLabels(width, [
    { id: "start", text: words.start, at: 0, align: 0, isNeeded: true },
    { id: "close", text: words.close, at: end, align: 1, isNeeded: true },
    { id: "last", text: words.last, at: bodyEnd, align: 0.5, isNeeded: true },
    ...late.map((one, i) => optional(`late-${i}`, words.late, one.at)),
  ]);
  const spans = background.map((span, i) => ({ span, of: strip.background[i] }));
  spans.sort((a, b) => b.span.width - a.span.width);
  const above = placeLabels(width, [
    ...(now === null ? [] : [optional("now", words.now, now)]),
    ...spans.map(({ span, of }, i) => {
      const length = of === undefined ? 0 : of.to_ms - of.from_ms;
      const label = optional(
        `background-${i}`,
        words.background(length),
        span.left + span.width / 2,
      );
      return { ...label, shorter: words.backgroundShort(length) };
    }),
  ]).filter((label) => label.row === 0);
  const belowRows = 1 + Math.max(0, ...below.map((label) => label.row));
  return { body, tail, background, ticks, late, now, above, below, belowRows };

  function thin(marks: readonly StripMark[]): Tick[] {
    const kept: Tick[] = [];
    for (const mark of marks) {
      const at = x(mark.time_ms);
      const last = kept.at(-1);
      if (last !== undefined && at - last.at < TICK_GAP_PX) continue;
      kept.push({ at, mark });
    }
    return kept;
  }
}

function between(from: number, to: number): Span {
  return { left: from, width: Math.max(1, to - from) };
}

function optional(id: string, text: string, at: number): WantedLabel {
  return { id, text, at, align: 0.5, isNeeded: false };
}

/** A label and where it would like to stand. */
export interface WantedLabel {
  id: string;
  text: string;
  /** The point that it names. */
  at: number;
  /** 0: begins at the point, 0.5: centred on it, 1: ends at it. */
  align: 0 | 0.5 | 1;
  /** A needed label moves aside as far as it must, or to the next row; the others are left out. */
  isNeeded: boolean;
  /** Stands in its place where the text has no room. */
  shorter?: string;
}

/** How far a label that is not needed may move away from its point. */
const OPTIONAL_SHIFT_PX = 18;

/** Places labels in the order given, each in the first row that has room, so that none overlap. */
export function placeLabels(width: number, wanted: readonly WantedLabel[]): Label[] {
  const placed: Label[] = [];
  for (const want of wanted) {
    const label =
      placeLabel(width, want, want.text, placed) ??
      placeLabel(width, want, want.shorter ?? "", placed);
    if (label !== null) placed.push(label);
  }
  return placed;
}

function placeLabel(
  width: number,
  want: WantedLabel,
  text: string,
  placed: readonly Label[],
): Label | null {
  if (text === "") return null;
  const wide = textWidth(text, LABEL_FONT_PX);
  if (wide > width && !want.isNeeded) return null;
  const ideal = clamp(want.at - wide * want.align, 0, Math.max(0, width - wide));
  const reach = want.isNeeded ? width : OPTIONAL_SHIFT_PX;
  for (let row = 0; row < (want.isNeeded ? 4 : 1); row += 1) {
    const left = nearestFree(
      placed.filter((one) => one.row === row),
      ideal,
      wide,
      width,
    );
    if (left === null || Math.abs(left - ideal) > reach) continue;
    return { id: want.id, text, left, width: wide, row };
  }
  return null;
}

function nearestFree(
  taken: readonly Label[],
  ideal: number,
  wide: number,
  width: number,
): number | null {
  if (taken.length === 0) return ideal;
  const edges = taken.flatMap((one) => [
    one.left - LABEL_GAP_PX - wide,
    one.left + one.width + LABEL_GAP_PX,
  ]);
  const free = [ideal, ...edges].filter(
    (left) =>
      left >= 0 &&
      left + wide <= width &&
      taken.every(
        (one) =>
          left + wide + LABEL_GAP_PX <= one.left || left >= one.left + one.width + LABEL_GAP_PX,
      ),
  );
  if (free.length === 0) return null;
  return free.reduce((best, left) =>
    Math.abs(left - ideal) < Math.abs(best - ideal) ? left : best,
  );
}

/**
 * The middle of words `wide` pixels wide in the tail, beside the line of now where that would cross
 * them; null where they have no room.
 */
export function tailMiddle(layout: Pick<StripLayout, "tail" | "now">, wide: number): number | null {
  const { left, width } = layout.tail;
  const now = layout.now ?? left;
  const middle = left + width / 2;
  const isCrossed = now > left && Math.abs(now - middle) < wide / 2 + NOW_GAP_PX;
  if (!isCrossed) return wide <= width ? middle : null;
  const [before, after] = [now - left, left + width - now];
  if (Math.max(before, after) < wide + NOW_GAP_PX) return null;
  return before >= after ? left + before / 2 : now + after / 2;
}

/** The mark nearest to a place on the strip, within `reach` pixels. */
export function nearestMark(
  strip: SessionStrip,
  width: number,
  at: number,
  reach: number,
): Tick | null {
  const x = stripScale(strip, width);
  let best: Tick | null = null;
  for (const mark of strip.marks) {
    const tick = { at: x(mark.time_ms), mark };
    const isNearer = best === null || Math.abs(tick.at - at) < Math.abs(best.at - at);
    if (isNearer && Math.abs(tick.at - at) <= reach) best = tick;
  }
  return best;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
