//! Where a session stands on its local day, and where the day's hours do: a day is as long as it
//! really is, 23 or 25 hours where the clock changes. Pure.

import { timeOfDayMinute } from "../../format/time";
import type { ExampleDay, Span } from "../../ipc/types";

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** From 0 to 1 of the day's real length. */
export interface Place {
  left: number;
  width: number;
}

export function placeOf(span: Span, day: Pick<ExampleDay, "from_ms" | "to_ms">): Place {
  const length = Math.max(1, day.to_ms - day.from_ms);
  const at = (ms: number) => Math.max(0, Math.min(1, (ms - day.from_ms) / length));
  const left = at(span.from_ms);
  return { left, width: at(span.to_ms) - left };
}

export interface Tick {
  /** From 0 to 1. */
  at: number;
  label: string;
}

/** The local hours 00, 06, 12, 18 and 24 at their real places; one that is skipped is left out. */
export function hourTicks(day: Pick<ExampleDay, "from_ms" | "to_ms">, zone: string): Tick[] {
  const length = Math.max(1, day.to_ms - day.from_ms);
  const inner = [6, 12, 18].flatMap((hour) => {
    const ms = momentOfHour(day.from_ms, hour, zone);
    const label = `${String(hour).padStart(2, "0")}:00`;
    return ms === null || ms >= day.to_ms ? [] : [{ at: (ms - day.from_ms) / length, label }];
  });
  const start = { at: 0, label: "00:00" };
  return [start, ...inner, { at: 1, label: "24:00" }];
}

/** The moment at which clocks show `hour`:00 on the day that begins at `fromMs`. */
function momentOfHour(fromMs: number, hour: number, zone: string): number | null {
  const wanted = hour * 60;
  let ms = fromMs + hour * HOUR_MS;
  // Twice: the first step may go over the change of the clock.
  for (let turn = 0; turn < 2; turn += 1) {
    const off = minutesOf(ms, zone) - wanted;
    if (off === 0) return ms;
    ms -= off * MINUTE_MS;
  }
  return minutesOf(ms, zone) === wanted ? ms : null;
}

function minutesOf(ms: number, zone: string): number {
  const [hours = "", minutes = ""] = timeOfDayMinute(ms, zone).split(":");
  return Number(hours) * 60 + Number.parseInt(minutes, 10);
}

/** `23 h day`; blank for a day of 24 hours. */
export function unusualLength(day: Pick<ExampleDay, "from_ms" | "to_ms">): string {
  const hours = (day.to_ms - day.from_ms) / HOUR_MS;
  return hours === 24 ? "" : `${Number(hours.toFixed(2))} h day`;
}
