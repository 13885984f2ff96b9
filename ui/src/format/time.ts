//! Moments in words, in a zone that is always named by the caller. Only paints: which day a moment
//! lies on, and where on it, is told by Rust. Formats are built once a zone.

const LOCALE = "en-GB";

const SHAPES = {
  /** `11:22:08` */
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  /** `11:22` */
  minute: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  /** `Fri 20 Nov` */
  day: { weekday: "short", day: "numeric", month: "short" },
  /** `20 Nov 2026` */
  date: { day: "numeric", month: "short", year: "numeric" },
  /** `Sat 12:23` */
  weekdayMinute: { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  /** `Fri 20 Nov 2026, 11:22:08` */
  full: {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

type Shape = keyof typeof SHAPES;

const formats = new Map<string, (ms: number) => string>();

/** What the web view does not know is shown in UTC, and says so. */
function formatOf(shape: Shape, zone: string): (ms: number) => string {
  const key = `${shape} ${zone}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const built = build(shape, zone);
  formats.set(key, built);
  return built;
}

function build(shape: Shape, zone: string): (ms: number) => string {
  try {
    const format = new Intl.DateTimeFormat(LOCALE, { ...SHAPES[shape], timeZone: zone });
    return (ms) => tidy(format.format(ms), shape);
  } catch {
    const format = new Intl.DateTimeFormat(LOCALE, { ...SHAPES[shape], timeZone: "UTC" });
    return (ms) => `${tidy(format.format(ms), shape)} UTC`;
  }
}

/** Engines differ in the commas of en-GB: `Fri, 20 Nov 2026, 11:22:08`, `… at 11:22:08`. */
function tidy(text: string, shape: Shape): string {
  const plain = text.replaceAll(",", "").replace(" at ", " ").replace("Sept", "Sep");
  return shape === "full" ? plain.replace(/ (\d\d:\d\d:\d\d)$/, ", $1") : plain;
}

function show(shape: Shape, ms: number, zone: string): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return "no date";
  return formatOf(shape, zone)(ms);
}

/** `11:22:08` */
export const timeOfDay = (ms: number, zone: string) => show("time", ms, zone);
/** `11:22:08.042` */
export const timeOfDayMs = (ms: number, zone: string) =>
  show("time", ms, zone).replace(/\d\d:\d\d:\d\d/, (time) => `${time}.${millis(ms)}`);
/** `11:22` */
export const timeOfDayMinute = (ms: number, zone: string) => show("minute", ms, zone);
/** `Fri 20 Nov` */
export const dayShort = (ms: number, zone: string) => show("day", ms, zone);
/** `20 Nov 2026` */
export const dateShort = (ms: number, zone: string) => show("date", ms, zone);
/** `Sat 12:23` */
export const weekdayTime = (ms: number, zone: string) => show("weekdayMinute", ms, zone);
/** `Fri 20 Nov 2026, 11:22:08` */
export const dateTime = (ms: number, zone: string) => show("full", ms, zone);

function millis(ms: number): string {
  return String(((ms % 1000) + 1000) % 1000).padStart(3, "0");
}

/** `Fri 20 Nov` of a local day as Rust names it, `2026-11-20`. */
export function dayName(date: string): string {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(ms) ? date : show("day", ms, "UTC");
}

/** `Lisbon` of `Europe/Lisbon`, `UTC` of `Etc/UTC`. */
export function placeOfZone(zone: string): string {
  return (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
}
