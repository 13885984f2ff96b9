//! Folds runs of one event into one row of the event table, and steps through what is left.
//! Pure: knows no component; words and times are painted elsewhere.

import type { EventRow } from "../ipc/types";

/** Fewer events than this in a row stay as they are: folding two saves one row and hides one. */
export const RUN_MIN = 3;

export interface EventItem {
  kind: "event";
  key: string;
  event: EventRow;
  /** Whether it belongs to the opened run above it. */
  isInRun: boolean;
}

export interface RunItem {
  kind: "run";
  key: string;
  name: string;
  events: readonly EventRow[];
  /** Earliest and latest time, UTC ms, whatever the order of the list. */
  from_ms: number;
  to_ms: number;
  late_count: number;
  isOpen: boolean;
}

export interface DayItem {
  kind: "day";
  key: string;
  /** `2026-11-20`. */
  date: string;
}

export type TableItem = EventItem | RunItem | DayItem;

/** What folding needs besides the events. */
export interface FoldOptions {
  /** Keys of the runs that are open. */
  open: ReadonlySet<string>;
  /** Always shown: a run that holds it is open. */
  selected?: string | null;
  /** Where given, days get a row of their own, and a run ends with its day. */
  dateOf?: (time_ms: number) => string;
}

/** The key of the run that begins with an event. */
export function runKey(first: EventRow): string {
  return `run:${first.event_id}`;
}

/** Rows of a table in the order of `events`: runs of `RUN_MIN` and more folded into one. */
export function foldRuns(events: readonly EventRow[], options: FoldOptions): TableItem[] {
  const items: TableItem[] = [];
  let day: string | null = null;
  for (let from = 0; from < events.length;) {
    const first = events[from] as EventRow;
    const date = options.dateOf?.(first.time_ms) ?? null;
    if (date !== null && date !== day) {
      items.push({ kind: "day", key: `day:${date}`, date });
      day = date;
    }
    let to = from + 1;
    while (to < events.length && continues(events[to] as EventRow, first, date, options)) to += 1;
    push(items, events.slice(from, to), options);
    from = to;
  }
  return items;
}

function continues(
  event: EventRow,
  first: EventRow,
  date: string | null,
  options: FoldOptions,
): boolean {
  if (event.name !== first.name || event.type !== first.type) return false;
  if ((event.derived === null) !== (first.derived === null)) return false;
  return date === null || options.dateOf?.(event.time_ms) === date;
}

function push(items: TableItem[], run: readonly EventRow[], options: FoldOptions): void {
  const first = run[0] as EventRow;
  if (run.length < RUN_MIN) {
    for (const event of run) items.push(eventItem(event, false));
    return;
  }
  const key = runKey(first);
  const isOpen = options.open.has(key) || run.some((one) => one.event_id === options.selected);
  const last = run[run.length - 1] as EventRow;
  items.push({
    kind: "run",
    key,
    name: first.name,
    events: run,
    from_ms: Math.min(first.time_ms, last.time_ms),
    to_ms: Math.max(first.time_ms, last.time_ms),
    late_count: run.filter((one) => one.late_by_ms !== null).length,
    isOpen,
  });
  if (isOpen) for (const event of run) items.push(eventItem(event, true));
}

function eventItem(event: EventRow, isInRun: boolean): EventItem {
  return { kind: "event", key: event.event_id, event, isInRun };
}

/** Index of the row that stands for an event: its own, or that of its folded run; -1 if neither. */
export function indexOfEvent(items: readonly TableItem[], event_id: string): number {
  const own = items.findIndex((item) => item.kind === "event" && item.key === event_id);
  if (own >= 0) return own;
  return items.findIndex(
    (item) => item.kind === "run" && item.events.some((one) => one.event_id === event_id),
  );
}

/** The event `delta` steps from `current` in the list; the first or last without one. */
export function stepEvent(
  events: readonly EventRow[],
  current: string | null,
  delta: -1 | 1,
): EventRow | undefined {
  const at = current === null ? -1 : events.findIndex((one) => one.event_id === current);
  if (at < 0) return delta > 0 ? events[0] : events.at(-1);
  return events[Math.max(0, Math.min(events.length - 1, at + delta))];
}

/** The next row in a direction that can be chosen (days cannot); the same at either end. */
export function stepRow(items: readonly TableItem[], from: number, delta: number): number {
  const direction = delta < 0 ? -1 : 1;
  let at = Math.max(0, Math.min(items.length - 1, from + delta));
  while (items[at]?.kind === "day") at += direction;
  return items[at] === undefined ? from : at;
}
