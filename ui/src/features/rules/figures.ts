//! The figures of both definitions and their difference, in words. Pure.

import { duration } from "../../format/duration";
import { count, plural, share } from "../../format/number";
import type { RuleChange, SessionFigures } from "../../ipc/types";

export interface FigureRow {
  label: string;
  now: string;
  tried: string;
  /** Blank where there is nothing to compare. */
  difference: string;
  isChanged: boolean;
}

export function figureRows(now: SessionFigures, tried: SessionFigures): FigureRow[] {
  const row = (
    label: string,
    words: (figures: SessionFigures) => string,
    difference: string,
  ): FigureRow => {
    const [a, b] = [words(now), words(tried)];
    return { label, now: a, tried: b, difference, isChanged: a !== b };
  };
  const late = (figures: SessionFigures) =>
    shareOf(figures.late_attached_count, figures.late_count);
  const single = (figures: SessionFigures) =>
    shareOf(figures.one_event_count, figures.session_count);
  return [
    row(
      "Sessions",
      (figures) => count(figures.session_count),
      relative(now.session_count, tried.session_count),
    ),
    row(
      "Median length",
      (figures) =>
        figures.median_length_ms === null ? "None" : duration(figures.median_length_ms),
      relative(now.median_length_ms, tried.median_length_ms),
    ),
    row(
      "Sessions per user per day",
      (figures) => figures.sessions_per_person_day?.toFixed(2) ?? "None",
      absolute(now.sessions_per_person_day, tried.sessions_per_person_day, 2, ""),
    ),
    row(
      "Sessions with one event",
      (figures) => percent(single(figures), "None"),
      absolute(single(now), single(tried), 1, " pts"),
    ),
    row(
      "Late events attached",
      (figures) => percent(late(figures), "None late"),
      absolute(late(now), late(tried), 1, " pts"),
    ),
  ];
}

/** Percent; null without a whole. */
function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : (part / whole) * 100;
}

/** Never 100 before it is whole, never 0 where there is one. */
function percent(value: number | null, none: string): string {
  if (value === null) return none;
  if (value > 0 && value < 0.1) return "under 0.1 %";
  if (value < 100 && value > 99.9) return "over 99.9 %";
  return `${value.toFixed(1)} %`;
}

function signed(text: string): string {
  const isZero = !/[1-9]/.test(text);
  return isZero ? text.replace("-", "") : text.startsWith("-") ? `−${text.slice(1)}` : `+${text}`;
}

function relative(from: number | null, to: number | null): string {
  if (from === null || to === null) return "";
  if (from === to) return "0.0 %";
  return from === 0 ? "" : `${signed((((to - from) / from) * 100).toFixed(1))} %`;
}

/** With one digit more where a difference would read as none beside two figures that differ. */
function absolute(from: number | null, to: number | null, digits: number, unit: string): string {
  if (from === null || to === null) return "";
  const text = (to - from).toFixed(digits);
  const hidesIt = !/[1-9]/.test(text) && from.toFixed(digits) !== to.toFixed(digits);
  return `${signed(hidesIt ? (to - from).toFixed(digits + 1) : text)}${unit}`;
}

/** What happens to the sessions in use, in one sentence. */
export function sessionsSentence(change: RuleChange): string {
  const { same, split, merged, otherwise } = change;
  if (split + merged + otherwise === 0) {
    return change.now.session_count === change.tried.session_count
      ? "Every session stays as it is."
      : `Every session in use stays as it is, and ${count(
          change.tried.session_count - change.now.session_count,
        )} more are found.`;
  }
  const parts = [
    [split, "be split"],
    [merged, "be merged with others"],
    [otherwise, "hold other events"],
  ] as const;
  const changed = parts
    .filter(([amount]) => amount > 0)
    .map(([amount, words]) => `${count(amount)} would ${words}`);
  const kept =
    same === 0 ? "No session stays" : `${plural(same, "session")} ${same === 1 ? "stays" : "stay"}`;
  return `${kept} as ${same > 1 ? "they are" : "it is"}, ${listed(changed)}.`;
}

function listed(parts: readonly string[]): string {
  return parts.length < 2
    ? parts.join("")
    : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;
}

/** `8,214 of 48,214 users (17 %) have a different day`. */
export function peopleSentence(change: RuleChange): string {
  const { changed_person_count: changed, person_count: all } = change;
  if (changed === 0) return `None of ${plural(all, "user")} has a different day.`;
  const part = share(changed, all);
  const words = part === "" || changed === all ? "" : ` (${part})`;
  const have = changed === 1 ? "has" : "have";
  return `${count(changed)} of ${plural(all, "user")}${words} ${have} a different day.`;
}

/** `2.1 s`, `under 0.1 s`. */
export function tookWords(seconds: number): string {
  return seconds < 0.1 ? "under 0.1 s" : `${seconds.toFixed(1)} s`;
}
