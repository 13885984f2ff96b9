//! A local date and time that a person typed, as a moment. Only for what is typed: days and their
//! lengths come from Rust.

const formats = new Map<string, Intl.DateTimeFormat | null>();

/** What is wrong with a date or time that was typed. */
export type WallProblem = "date" | "time" | "zone";

/**
 * The moment of `2026-11-19` and `14:00` or `14:00:05` by the clocks of an IANA zone, UTC ms. A time
 * that the clocks showed twice is the first of both; one that they skipped is as much later.
 */
export function momentOf(date: string, time: string, zone: string): number | WallProblem {
  const wall = readDate(date);
  if (wall === null) return "date";
  const ofDay = readTime(time);
  if (ofDay === null) return "time";
  const at = wall + ofDay;
  const around = [at - DAY, at + DAY].map((ms) => offsetAt(ms, zone));
  if (around.some((one) => one === null)) return "zone";
  const [before = 0, after = 0] = around as number[];
  const candidates = [at - before, at - after].sort((a, b) => a - b);
  const exact = candidates.find((ms) => ms + (offsetAt(ms, zone) ?? 0) === at);
  return exact ?? at - before;
}

const DAY = 86_400_000;

function readDate(text: string): number | null {
  const parts = /^\s*(\d{4})-(\d\d?)-(\d\d?)\s*$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined) return null;
  const [year = 0, month = 0, day = 0] = parts;
  const ms = Date.UTC(year, month - 1, day);
  const isReal = new Date(ms).getUTCMonth() === month - 1 && new Date(ms).getUTCDate() === day;
  return isReal && year >= 1970 ? ms : null;
}

function readTime(text: string): number | null {
  const parts = /^\s*(\d\d?)[:.](\d\d)(?:[:.](\d\d))?\s*$/.exec(text)?.slice(1);
  if (parts === undefined) return null;
  const [hour = 0, minute = 0, second = 0] = parts.map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 59) return null;
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

/** How far the zone's clocks are ahead of UTC at a moment; null where the zone is not known. */
function offsetAt(ms: number, zone: string): number | null {
  let format = formats.get(zone);
  if (format === undefined) {
    format = build(zone);
    formats.set(zone, format);
  }
  if (format === null) return null;
  const parts = format.formatToParts(ms);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const day = Date.UTC(part("year"), part("month") - 1, part("day"));
  const time = ((part("hour") * 60 + part("minute")) * 60 + part("second")) * 1000;
  return day + time - Math.floor(ms / 1000) * 1000;
}

function build(zone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      calendar: "gregory",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  } catch {
    return null;
  }
}
