//! What a link to the users screen says: who, which session and event, in which time and how many
//! days. Pure: reads and writes the parts of the route, knows no component.

import type { PersonKey } from "../../ipc/types";
import type { Params } from "../../state/router.svelte";

export const ZONE_CHOICES = ["user", "app", "utc"] as const;
export type ZoneChoice = (typeof ZONE_CHOICES)[number];

export const DAY_COUNTS = [5, 14, 31] as const;
export type DayCount = (typeof DAY_COUNTS)[number];

export const TABS = ["timeline", "events", "properties", "devices"] as const;
export type Tab = (typeof TABS)[number];

export const LAST_SEEN_HOURS = 24;

/** A place on the users screen. Null is “not said”: the screen then chooses the newest. */
export interface UsersPlace {
  person: PersonKey | null;
  session: string | null;
  event: string | null;
  /** The newest day shown, `2026-11-20`. */
  day: string | null;
  zone: ZoneChoice | null;
  days: DayCount;
  /** Definition whose sessions are shown; null is the application's first. */
  definition: string | null;
  /** Moment as of which states are told, UTC ms; null is the newest arrival. */
  asOf: number | null;
  /** Whether derived events stand among a session's events. */
  hasDerived: boolean;
  tab: Tab;
  search: string;
  /** Only people seen in the last 24 hours. */
  isRecent: boolean;
}

export function readPlace(
  segments: readonly string[],
  param: (name: string) => string | null,
): UsersPlace {
  const [, kind, id] = segments;
  const isKind = kind === "user" || kind === "anonymous";
  const day = param("day");
  return {
    person: isKind && id !== undefined ? { kind, id } : null,
    session: param("session"),
    event: param("event"),
    day: day !== null && /^\d{4}-\d\d-\d\d$/.test(day) ? day : null,
    zone: ZONE_CHOICES.find((one) => one === param("zone")) ?? null,
    days: DAY_COUNTS.find((one) => String(one) === param("days")) ?? 5,
    definition: param("definition"),
    asOf: readMoment(param("asof")),
    hasDerived: param("derived") !== "off",
    tab: TABS.find((one) => one === param("tab")) ?? "timeline",
    search: param("q") ?? "",
    isRecent: param("seen") === String(LAST_SEEN_HOURS),
  };
}

/** The route of a place; what is as by default is left out. */
export function routeOf(place: UsersPlace): { segments: string[]; params: Params } {
  const { person } = place;
  return {
    segments: person === null ? ["users"] : ["users", person.kind, person.id],
    params: {
      session: place.session,
      event: place.event,
      day: place.day,
      zone: place.zone,
      days: place.days === 5 ? null : String(place.days),
      definition: place.definition,
      asof: place.asOf === null ? null : momentText(place.asOf),
      derived: place.hasDerived ? null : "off",
      tab: place.tab === "timeline" ? null : place.tab,
      q: place.search === "" ? null : place.search,
      seen: place.isRecent ? String(LAST_SEEN_HOURS) : null,
    },
  };
}

/** A moment as links have it, always in UTC: `2026-11-19T14:00:00Z`. */
function momentText(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

function readMoment(text: string | null): number | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{3})?)?Z$/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

export function isSamePerson(a: PersonKey | null, b: PersonKey | null): boolean {
  return a === b || (a !== null && b !== null && a.kind === b.kind && a.id === b.id);
}

/** The zones in which a person's days can be shown, and why one cannot. */
export interface ZoneOption {
  value: ZoneChoice;
  label: string;
  /** IANA name; null where it is not known. */
  zone: string | null;
}

export function zoneOptions(personZone: string | null, appZone: string): ZoneOption[] {
  return [
    { value: "user", label: "User time", zone: personZone },
    { value: "app", label: "App time", zone: appZone },
    { value: "utc", label: "UTC", zone: "UTC" },
  ];
}

/** The zone that is shown: the one asked for if it is known, else the person's, else the app's. */
export function chosenZone(options: readonly ZoneOption[], wanted: ZoneChoice | null): ZoneOption {
  const known = options.filter((one) => one.zone !== null);
  return known.find((one) => one.value === wanted) ?? (known[0] as ZoneOption);
}

/** The next zone that is known, for the key that goes through them. */
export function nextZone(options: readonly ZoneOption[], from: ZoneChoice): ZoneChoice {
  const known = options.filter((one) => one.zone !== null);
  const at = known.findIndex((one) => one.value === from);
  return known[(at + 1) % known.length]?.value ?? from;
}

/** Fewer or more days: stays at either end. */
export function zoomed(days: DayCount, step: -1 | 1): DayCount {
  const at = DAY_COUNTS.indexOf(days) + step;
  return DAY_COUNTS[Math.max(0, Math.min(DAY_COUNTS.length - 1, at))] ?? days;
}
