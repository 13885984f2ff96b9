//! The number of sessions for every possible timeout, as a curve: log time across, sessions up.
//! Pure.

import type { CurvePoint } from "../../ipc/types";

export interface Scales {
  x: (seconds: number) => number;
  y: (sessions: number) => number;
  low: number;
  high: number;
}

/** Room of the plot inside its drawing, pixels. */
export interface Plot {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** What is marked on the axis of time; those within the curve are drawn. */
export const TIME_TICKS = [60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400] as const;

/** Null where there is nothing to draw. The axis of sessions goes from 0 to a round number. */
export function scalesOf(points: readonly CurvePoint[], plot: Plot): Scales | null {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  const low = Math.max(1, first.timeout_seconds);
  const high = Math.max(low + 1, last.timeout_seconds);
  const top = roundUp(Math.max(...points.map((point) => point.session_count)));
  const across = Math.log(high / low);
  return {
    low,
    high,
    x: (seconds) => {
      const at = Math.log(Math.max(low, Math.min(high, seconds)) / low) / across;
      return plot.left + at * plot.width;
    },
    y: (sessions) => plot.top + (1 - sessions / top) * plot.height,
  };
}

/** The next of 1, 2, 5 × 10ⁿ, halves of it in between: 124,310 → 150,000. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
  return (steps.find((step) => step * power >= value) ?? 10) * power;
}

/** Those of `TIME_TICKS` on the axis with so much room between them; its last one always. */
export function timeTicks(scales: Scales, room: number): number[] {
  const kept: number[] = [];
  for (const seconds of TIME_TICKS.toReversed()) {
    if (seconds < scales.low || seconds > scales.high) continue;
    const next = kept.at(-1);
    // The last one is written to the left of its place, half a word further.
    const needed = kept.length === 1 ? room * 1.25 : room;
    if (next === undefined || scales.x(next) - scales.x(seconds) >= needed) kept.push(seconds);
  }
  return kept.toReversed();
}

/** Three counts for the axis: 0, half and all. */
export function countTicks(points: readonly CurvePoint[]): number[] {
  const top = roundUp(Math.max(0, ...points.map((point) => point.session_count)));
  return top < 2 ? [0, top] : [0, top / 2, top];
}

/** The points of an SVG polyline. A curve of more points than pixels has those that it needs. */
export function polyline(points: readonly CurvePoint[], scales: Scales): string {
  const kept: string[] = [];
  let lastX = -Infinity;
  points.forEach((point, at) => {
    const x = scales.x(point.timeout_seconds);
    if (x - lastX < 0.5 && at < points.length - 1) return;
    lastX = x;
    kept.push(`${x.toFixed(1)},${scales.y(point.session_count).toFixed(1)}`);
  });
  return kept.join(" ");
}

/** Index of the point nearest to a place across; -1 without points. */
export function nearest(points: readonly CurvePoint[], scales: Scales, x: number): number {
  let best = -1;
  let distance = Infinity;
  points.forEach((point, at) => {
    const away = Math.abs(scales.x(point.timeout_seconds) - x);
    if (away < distance) [best, distance] = [at, away];
  });
  return best;
}

/** Index of the point for a timeout, the nearest where there is none of exactly that length. */
export function indexOf(points: readonly CurvePoint[], seconds: number): number {
  let best = -1;
  points.forEach((point, at) => {
    const known = points[best]?.timeout_seconds ?? Infinity;
    if (Math.abs(point.timeout_seconds - seconds) < Math.abs(known - seconds)) best = at;
  });
  return best;
}
