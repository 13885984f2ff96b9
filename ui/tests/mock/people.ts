//! People, sessions and events that the mock transport answers with: enough variety to look at
//! every state of the screen without Rust. Made from a fixed seed, never part of a build.

import type {
  DayLane,
  EventDetail,
  EventPage,
  EventRequest,
  EventRow,
  EventsRequest,
  FindRequest,
  Found,
  FoundEvent,
  NewestRequest,
  PeoplePage,
  PeopleRequest,
  PersonDetail,
  PersonKey,
  PersonRequest,
  PersonRow,
  PropertyRow,
  SessionBlock,
  SessionDetail,
  SessionRequest,
  SessionRow,
  StateName,
  Timeline,
  TimelineRequest,
} from "../../src/ipc/types";
import { inesSessions } from "./ines";
import { derivedEvents, figuresOf, gamesOf, type Play, playsOf } from "./gameplay";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIMEOUT = 30 * MINUTE;
/** Of gameplay. */
const PLAY_TIMEOUT = 5 * MINUTE;

/** The newest arrival of the fixture. */
export const AS_OF_MS = Date.UTC(2026, 10, 20, 14, 58, 20);

export interface Person {
  key: PersonKey;
  name: string | null;
  email: string | null;
  zone: string | null;
  last_ms: number;
  sessions: Session[];
  /** Gameplay sessions, made when they are asked for first. */
  plays: Session[] | null;
}

export interface Session {
  id: string;
  person: Person;
  definition: "visit" | "gameplay";
  isLateBorn: boolean;
  ordinal: number;
  start_kind: string;
  start_reason: string;
  events: MockEvent[];
  started_ms: number;
  ended_ms: number;
}

export interface MockEvent {
  id: string;
  name: string;
  type: string;
  role: string;
  time_ms: number;
  arrival_ms: number;
  skew_ms: number;
  properties: PropertyRow[];
}

export function rng(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const text = (key: string, value: string): PropertyRow => ({ key, type: "text", value });
export const number = (key: string, value: string): PropertyRow => ({ key, type: "number", value });
export const bool = (key: string, value: string): PropertyRow => ({ key, type: "bool", value });

const NAMED: [string, string, number][] = [
  ["Inês Carvalho", "u_7f3a91", 0],
  ["Marek Novotny", "u_20c4d8", 1 * MINUTE],
  ["Aisha Rahman", "u_b81e07", 6 * MINUTE],
  ["", "9d41b0e2-51c7-4a41-9a0f-2f7b9c3310c2", 9 * MINUTE],
  ["Jonas Lindqvist", "u_44aa10", 14 * MINUTE],
  ["ياسمين عبد الرحمن الحداد", "u_ar5520", 18 * MINUTE],
  ["Chiara Bianchi", "u_e07712", 22 * MINUTE],
  [
    "Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine Senior of Philadelphia",
    "u_long01",
    25 * MINUTE,
  ],
  ["Tomasz Zielinski", "u_1bd930", 31 * MINUTE],
  ["Lucía Fernández", "u_93c05e", 48 * MINUTE],
  ["נועה לוי", "u_he8812", 55 * MINUTE],
  ["Oskar Berg", "u_5d20fa", 1.1 * HOUR],
  ["Priya Nair", "u_c3389b", 1.4 * HOUR],
  ["One Event", "u_single", 1.9 * HOUR],
  ["Busy Robot", "u_robot0", 2.1 * HOUR],
  ["Nikos Papadakis", "u_08fe6a", 2.4 * HOUR],
  ["Hanna Virtanen", "u_6612ce", 2.8 * HOUR],
  ["Daan de Vries", "u_fa4470", 3.2 * HOUR],
  ["Elif Yılmaz", "u_7c09d3", 3.5 * HOUR],
];
const FIRST = ["Ana", "Ben", "Carla", "Dmitri", "Ewa", "Farid", "Greta", "Hugo", "Ida", "Jan"];
const LAST = ["Almeida", "Bauer", "Costa", "Dubois", "Eriksen", "Fischer", "Greco", "Haas"];

let made: Map<string, Person> | null = null;

function people(): Map<string, Person> {
  if (made !== null) return made;
  made = new Map();
  for (let i = 0; i < 1204; i += 1) {
    const random = rng(i * 7919 + 3);
    const fixed = NAMED[i];
    const name = fixed?.[0] ?? `${pick(FIRST, random)} ${pick(LAST, random)}`;
    const id =
      fixed?.[1] ??
      `u_${Math.floor(random() * 0xffffff)
        .toString(16)
        .padStart(6, "0")}`;
    const anonymous = name === "" || (fixed === undefined && i % 17 === 0);
    const unnamed = fixed === undefined && i % 23 === 5;
    const person: Person = {
      key: { kind: anonymous ? "anonymous" : "user", id },
      name: anonymous || unnamed ? null : name,
      email: anonymous ? null : `${(name.split(" ")[0] ?? "x").toLowerCase()}.${id}@example.com`,
      zone: i % 11 === 4 ? null : i % 3 === 0 ? "Europe/Lisbon" : "Europe/Madrid",
      last_ms: AS_OF_MS - (fixed?.[2] ?? (4 + i * 0.9) * HOUR),
      sessions: [],
      plays: null,
    };
    person.sessions = sessionsOf(person, i, random);
    person.last_ms = person.sessions.at(-1)?.events.at(-1)?.time_ms ?? person.last_ms;
    made.set(`${person.key.kind}/${id}`, person);
  }
  return made;
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}

function sessionsOf(person: Person, index: number, random: () => number): Session[] {
  if (index === 0) return inesSessions(person);
  const starts: [number, number][] = [];
  let at = person.last_ms;
  const count = person.key.id === "u_single" ? 1 : 3 + Math.floor(random() * 60);
  for (let i = 0; i < count; i += 1) {
    const long = person.key.id === "u_single" ? 0 : random() ** 2 * 70 * MINUTE;
    starts.unshift([at - long, at]);
    at -= long + TIMEOUT + random() ** 3 * 40 * HOUR + 40 * MINUTE;
  }
  if (person.key.id === "u_robot0") {
    starts.length = 0;
    for (let i = 0; i < 700; i += 1) {
      const to = person.last_ms - (699 - i) * 33 * MINUTE;
      starts.push([to - (i === 699 ? 20 * HOUR : MINUTE), to]);
    }
  }
  return starts.map(([from, to], i) => {
    const busy = person.key.id === "u_robot0" && i === starts.length - 1;
    const events = busy ? 6000 : Math.max(1, Math.round(((to - from) / MINUTE) * 0.8) + 2);
    return session(person, i, from, to, to === from ? 1 : events, random);
  });
}

function session(
  person: Person,
  i: number,
  from: number,
  to: number,
  count: number,
  random: () => number,
): Session {
  const names = ["LobbyViewed", "GameOpened", "BetPlaced", "WinPaid", "ScreenViewed"];
  const kind = random() < 0.4 ? "cold" : random() < 0.7 ? "warm" : "none";
  const events: MockEvent[] = [];
  let name = "app_foregrounded";
  for (let n = 0; n < count; n += 1) {
    const time = n === count - 1 ? to : Math.round(from + ((to - from) * n) / Math.max(1, count));
    if (n > 0 && random() < 0.5) name = pick(names, random);
    const late = n > 2 && random() < 0.01 ? 3 * HOUR : 0;
    const props = [number("amount", `${(random() * 40).toFixed(2)}`), text("currency", "EUR")];
    events.push(event(person, `${i}-${n}`, name, time, late, n === 0 ? [] : props));
  }
  const ordinal = i + 1;
  const reason = i === 0 ? "first" : "timeout";
  return make(person, `s-${person.key.id}-${i}`, ordinal, kind, reason, events);
}

export function make(
  person: Person,
  id: string,
  ordinal: number,
  start_kind: string,
  start_reason: string,
  events: MockEvent[],
  isLateBorn = false,
): Session {
  const started_ms = events[0]?.time_ms ?? 0;
  const ended_ms = events.at(-1)?.time_ms ?? 0;
  const head = { id, person, definition: "visit" as const, isLateBorn, ordinal };
  return { ...head, start_kind, start_reason, events, started_ms, ended_ms };
}

export function event(
  person: Person,
  id: string,
  name: string,
  time_ms: number,
  late_ms: number,
  properties: PropertyRow[],
): MockEvent {
  const isSystem = name.startsWith("app_");
  const role =
    name === "app_foregrounded"
      ? "foreground"
      : name === "app_backgrounded"
        ? "background"
        : "activity";
  return {
    id: `e-${person.key.id}-${id}`,
    name,
    type: isSystem ? "system" : "custom",
    role,
    time_ms,
    arrival_ms: time_ms + late_ms,
    skew_ms: name === "GameOpened" ? 5 * MINUTE : 0,
    properties,
  };
}

// ---- answers ----

function find(key: PersonKey): Person {
  const person = people().get(`${key.kind}/${key.id}`);
  if (person === undefined) throw { code: "not_found", message: `No person ${key.id} is here.` };
  return person;
}

function timeoutOf(session: Session): number {
  return session.definition === "visit" ? TIMEOUT : PLAY_TIMEOUT;
}

export function closes(session: Session): number {
  return session.ended_ms + timeoutOf(session);
}

function expires(session: Session): number {
  const own = closes(session) + DAY;
  const newest = Math.max(...session.events.slice(0, 100).map((one) => one.arrival_ms));
  return session.isLateBorn ? Math.max(own, newest + TIMEOUT) : own;
}

function stateOf(session: Session, as_of_ms = AS_OF_MS): StateName {
  if (as_of_ms < closes(session)) return "active";
  return as_of_ms < expires(session) ? "closed" : "expired";
}

/** The sessions of a definition; blank is `visit`. */
function sessionsBy(person: Person, definition: string): Session[] {
  if (definition === "" || definition === "visit") return person.sessions;
  if (definition !== "gameplay") {
    throw { code: "not_found", message: `There is no definition “${definition}”.` };
  }
  person.plays ??= playsOf(person.sessions, PLAY_TIMEOUT).map((play: Play, i): Session => ({
    id: `g-${person.key.id}-${i}`,
    person,
    definition: "gameplay",
    isLateBorn: false,
    ordinal: i + 1,
    start_kind: "none",
    start_reason: i === 0 ? "first" : "timeout",
    ...play,
  }));
  return person.plays;
}

function fold(value: string): string {
  return value.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

export function peopleList(request: PeopleRequest): PeoplePage {
  const wanted = fold(request.search.trim());
  const since =
    request.last_seen_hours === null ? -Infinity : AS_OF_MS - request.last_seen_hours * HOUR;
  const rows: PersonRow[] = [];
  for (const person of people().values()) {
    if (person.last_ms < since) continue;
    const inHead = fold(person.name ?? "").includes(wanted) || fold(person.key.id).includes(wanted);
    const inEmail = person.email !== null && fold(person.email).includes(wanted);
    if (wanted !== "" && !inHead && !inEmail) continue;
    rows.push({
      person: person.key,
      name: person.name,
      last_seen_ms: person.last_ms,
      is_active: person.sessions.some((one) => stateOf(one) === "active"),
      session_count: person.sessions.length,
      event_count: person.sessions.reduce((sum, one) => sum + one.events.length, 0),
      daily_sessions: Array.from({ length: 14 }, (_, i) => {
        const from = Math.floor(AS_OF_MS / DAY) * DAY - (13 - i) * DAY;
        return person.sessions.filter((s) => s.started_ms >= from && s.started_ms < from + DAY)
          .length;
      }),
      found_in: wanted === "" || inHead ? null : text("email", person.email ?? ""),
    });
  }
  rows.sort((a, b) => b.last_seen_ms - a.last_seen_ms);
  const from = request.after === null ? 0 : Number(request.after);
  const to = from + request.limit;
  return {
    rows: rows.slice(from, to),
    total: rows.length,
    next: to < rows.length ? String(to) : null,
    as_of_ms: AS_OF_MS,
  };
}

export function personShow(request: PersonRequest): PersonDetail {
  const person = find(request.person);
  const sessions = sessionsBy(person, request.definition);
  const newest = sessions.at(-1);
  return {
    person: person.key,
    name: person.name,
    state: newest === undefined ? null : stateOf(newest),
    first_seen_ms: Date.UTC(2025, 1, 3),
    last_seen_ms: person.last_ms,
    event_count: person.sessions.reduce((sum, one) => sum + one.events.length, 0),
    session_count: newest?.ordinal ?? 0,
    definition: request.definition === "" ? "visit" : request.definition,
    properties:
      person.email === null
        ? []
        : [text("email", person.email), text("name", person.name ?? ""), text("plan", "annual")],
    devices: ["iPhone 15", "iPad Air"].map((model, i) => ({
      device_id: `0f6a${i}b1c-2d3e-4f50-8a9b-${person.key.id.padEnd(12, "0").slice(0, 12)}`,
      model,
      system: "iOS 18.2.0",
      app_version: i === 0 ? "2.1.0 (42)" : null,
      first_seen_ms: Date.UTC(2025, 1, 3),
      last_seen_ms: person.last_ms - i * DAY,
      event_count: 1200 - i * 900,
    })),
    zone: person.zone,
  };
}

function offset(zone: string, ms: number): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(ms);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return wall - Math.floor(ms / SECOND) * SECOND;
}

const dateOf = (zone: string, ms: number): string =>
  new Date(ms + offset(zone, ms)).toISOString().slice(0, 10);

function dayStart(zone: string, date: string): number {
  const wall = Date.parse(`${date}T00:00:00Z`);
  return wall - offset(zone, wall - offset(zone, wall));
}

const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

export function timelineShow(request: TimelineRequest): Timeline {
  const person = find(request.person);
  const zone = request.zone;
  const all = sessionsBy(person, request.definition);
  const asOf = request.as_of_ms ?? AS_OF_MS;
  const newest = dateOf(zone, person.last_ms);
  const last = request.last_day ?? newest;
  const days: DayLane[] = [];
  for (let i = 0; i < request.day_count; i += 1) {
    const date = addDays(last, -i);
    const from = dayStart(zone, date);
    const to = dayStart(zone, addDays(date, 1));
    const place = (ms: number): number => Math.max(0, Math.min(1, (ms - from) / (to - from)));
    const here = all.filter((s) => s.started_ms < to && s.ended_ms >= from);
    const sessions = here.map((one, n): SessionBlock => ({
      session_id: one.id,
      left: place(one.started_ms),
      right: place(one.ended_ms),
      continues_before: one.started_ms < from,
      continues_after: one.ended_ms >= to,
      started_at_ms: one.started_ms,
      ended_at_ms: one.ended_ms,
      state: stateOf(one, asOf),
      start_kind: one.start_kind,
      is_late_born: one.isLateBorn,
      event_count: one.events.length,
      late_at: one.events
        .filter((e) => e.arrival_ms - e.time_ms >= TIMEOUT)
        .map((e) => place(e.time_ms))
        .slice(0, 20),
      pause_ms: n === 0 ? null : one.started_ms - (here[n - 1]?.ended_ms ?? 0),
    }));
    const own = here.filter((one) => one.started_ms >= from);
    const isToday = from <= asOf && asOf < to;
    days.push({
      date,
      starts_at_ms: from,
      ends_at_ms: to,
      is_today: isToday,
      now_at: isToday ? place(asOf) : null,
      sessions,
      session_count: own.length,
      duration_ms: own.reduce((sum, one) => sum + one.ended_ms - one.started_ms, 0),
    });
  }
  const first = all[0]?.started_ms ?? 0;
  const shift = addDays(last, request.day_count);
  const hours = offset(zone, dayStart(zone, last)) / HOUR;
  return {
    zone,
    offset: hours === 0 && zone === "UTC" ? "UTC" : `UTC${hours < 0 ? "" : "+"}${hours}`,
    days,
    earlier: first < (days.at(-1)?.starts_at_ms ?? 0) ? addDays(last, -request.day_count) : null,
    later: last < newest ? (shift > newest ? newest : shift) : null,
    as_of_ms: asOf,
  };
}

function findSession(id: string): Session {
  const isPlay = id.startsWith("g-");
  for (const person of people().values()) {
    if (isPlay && !id.startsWith(`g-${person.key.id}-`)) continue;
    const found = sessionsBy(person, isPlay ? "gameplay" : "").find((one) => one.id === id);
    if (found !== undefined) return found;
  }
  throw { code: "not_found", message: "This session is not in the workspace." };
}

function rowOf(session: Session, as_of_ms: number): SessionRow {
  return {
    application: "casino",
    definition: session.definition,
    session_id: session.id,
    stream: session.person.key.id,
    user_id: session.person.key.kind === "user" ? session.person.key.id : null,
    device_id: "0f6a0b1c-2d3e-4f50-8a9b-112233445566",
    started_at: session.started_ms,
    ended_at: session.ended_ms,
    closes_at: closes(session),
    expires_at: expires(session),
    state: stateOf(session, as_of_ms),
    start_reason: session.start_reason,
    end_reason: stateOf(session, as_of_ms) === "active" ? "open" : "timeout",
    start_kind: session.start_kind,
    event_count: session.events.length,
    duration_ms: session.ended_ms - session.started_ms,
    engaged_ms: Math.round((session.ended_ms - session.started_ms) * 0.7),
    late_count: session.events.filter((e) => e.arrival_ms - e.time_ms >= TIMEOUT).length,
    late_born: session.isLateBorn,
    session_number: session.ordinal,
    metrics: {},
  };
}

export function sessionShow(request: SessionRequest): SessionDetail {
  const session = findSession(request.session_id);
  const asOf = request.as_of_ms ?? AS_OF_MS;
  const all = sessionsBy(session.person, session.definition);
  const at = all.findIndex((one) => one.id === session.id);
  const marks = session.events.map((one) => ({
    event_id: one.id,
    name: one.name,
    time_ms: one.time_ms,
    is_late: one.arrival_ms - one.time_ms >= TIMEOUT,
  }));
  const background = session.events.flatMap((one, i) => {
    const next = session.events[i + 1];
    if (one.role !== "background" || next === undefined) return [];
    return [{ from_ms: one.time_ms, to_ms: next.time_ms }];
  });
  return {
    row: rowOf(session, asOf),
    person: session.person.key,
    ordinal: session.ordinal,
    why_started:
      "First event after 2h 45m without activity, longer than the 30 min timeout. " +
      "The app was still in memory, so this is a warm start.",
    why_ended:
      stateOf(session, asOf) === "active"
        ? "Still open: it closes at 15:28:20 unless another event comes before."
        : "No qualifying event for 30 min after 11:53:51. Late events are still accepted until " +
          "Sat 12:23 (grace 24 h).",
    strip: {
      from_ms: session.started_ms,
      to_ms: closes(session),
      body_to_ms: session.ended_ms,
      background,
      marks: marks.length > 400 ? marks.filter((m, i) => m.is_late || i % 20 === 0) : marks,
      tail: session.definition === "visit" ? "30 min timeout" : "5 min timeout",
    },
    earlier: all[at - 1]?.id ?? null,
    later: all[at + 1]?.id ?? null,
    one_with_previous:
      all[at - 1] === undefined
        ? null
        : "They would be one with a timeout of 2 h 45 min 9 s, or an event between 09:07 and 10:52.",
    one_with_next:
      all[at + 1] === undefined
        ? null
        : "They would be one with a timeout of 2 h 17 min 50 s, or events that bridge the pause: at least one in every " +
          "30 min between 11:53:51 and 14:11:40, or no event SessionStart at 14:11:40.",
    figures: session.definition === "visit" ? [] : figuresOf(session),
    games: session.definition === "visit" ? [] : gamesOf(session),
  };
}

function eventRow(one: MockEvent, before: MockEvent | undefined): EventRow {
  const late = one.arrival_ms - one.time_ms;
  return {
    event_id: one.id,
    name: one.name,
    type: one.type,
    time_ms: one.time_ms,
    gap_ms: before === undefined ? null : one.time_ms - before.time_ms,
    role: one.role,
    late_by_ms: late >= TIMEOUT ? late : null,
    properties: one.properties.slice(0, 6),
    property_count: one.properties.length,
    derived: null,
  };
}

export function eventsList(request: EventsRequest): EventPage {
  let rows: EventRow[];
  if ("session" in request.scope) {
    const session = findSession(request.scope.session);
    rows = session.events.map((one, i) => eventRow(one, session.events[i - 1]));
    if (request.with_derived) {
      const derived = derivedEvents(session, closes(session), request.as_of_ms ?? AS_OF_MS);
      rows = [...rows, ...derived].sort((a, b) => a.time_ms - b.time_ms || rank(a) - rank(b));
      rows = rows.map((one, i) => {
        const before = rows[i - 1];
        return { ...one, gap_ms: before === undefined ? null : one.time_ms - before.time_ms };
      });
    }
  } else {
    const events = find(request.scope.person).sessions.flatMap((one) => one.events);
    rows = events.map((one, i) => eventRow(one, events[i - 1])).reverse();
  }
  const from = request.after === null ? 0 : Number(request.after);
  const to = from + request.limit;
  return {
    rows: rows.slice(from, to),
    total: rows.length,
    next: to < rows.length ? String(to) : null,
  };
}

const rank = (row: EventRow): number =>
  row.derived === null ? 1 : row.name === "SessionStarted" ? 0 : 2;

export function eventShow(request: EventRequest): EventDetail {
  const [, session_id] = /^d~(.*)~/.exec(request.event_id) ?? [];
  if (session_id !== undefined) return derivedDetail(findSession(session_id), request.event_id);
  for (const person of people().values()) {
    if (!request.event_id.startsWith(`e-${person.key.id}-`)) continue;
    for (const session of person.sessions) {
      const found = session.events.find((one) => one.id === request.event_id);
      if (found !== undefined) return eventDetail(session, found);
    }
  }
  throw { code: "not_found", message: "This event is not in the workspace." };
}

function derivedDetail(session: Session, event_id: string): EventDetail {
  const all = derivedEvents(session, closes(session), Infinity);
  const row = all.find((one) => one.event_id === event_id);
  if (row === undefined) throw { code: "not_found", message: "This event was withdrawn." };
  const base = eventDetail(session, session.events[0] as MockEvent);
  return {
    ...base,
    event_id,
    name: row.name,
    type: "system",
    time_ms: row.time_ms,
    raw_time_ms: row.time_ms,
    skew_ms: 0,
    arrival_ms: row.time_ms,
    received_at_ms: null,
    device_id: null,
    properties: row.properties,
    context: [],
    context_then: [],
    context_then_ms: null,
    json: JSON.stringify(Object.fromEntries(row.properties.map((p) => [p.key, p.value])), null, 2),
    import_file: "",
    import_line: 0,
    sessions: [
      {
        definition: session.definition,
        role: "ignored",
        session_id: session.id,
        why_none: null,
      },
    ],
    late: null,
    derived: row.derived,
  };
}

function eventDetail(session: Session, one: MockEvent): EventDetail {
  const late = one.arrival_ms - one.time_ms;
  const plays = sessionsBy(session.person, "gameplay");
  const play = plays.find((other) => other.events.some((event) => event.id === one.id));
  const visit = session.person.sessions.find((other) => other.events.includes(one));
  const body = {
    event_id: one.id,
    name: one.name,
    timestamp: new Date(one.time_ms).toISOString(),
    user_id: session.person.key.id,
    properties: Object.fromEntries(one.properties.map((p) => [p.key, p.value])),
  };
  return {
    event_id: one.id,
    id_is_derived: false,
    name: one.name,
    type: one.type,
    time_ms: one.time_ms,
    raw_time_ms: one.time_ms - one.skew_ms,
    skew_ms: one.skew_ms,
    arrival_ms: one.arrival_ms,
    received_at_ms: one.arrival_ms,
    sent_at_ms: null,
    user_id: session.person.key.kind === "user" ? session.person.key.id : null,
    device_id: "0f6a0b1c-2d3e-4f50-8a9b-112233445566",
    source_session_id: null,
    properties: one.properties,
    context: [{ group: "app", fields: [text("app_version", "2.1.0"), text("app_build", "42")] }],
    context_then: [
      { group: "device", fields: [text("device_model", "iPhone 15")] },
      { group: "system", fields: [text("os_version", "18.2.0"), number("battery_level", "62 %")] },
      { group: "app", fields: [text("app_version", "2.1.0 (42)")] },
      { group: "locale", fields: [text("timezone", "Europe/Lisbon")] },
    ],
    context_then_ms: session.started_ms,
    json: JSON.stringify(body, null, 2),
    import_file: "casino-eu-2026-11-20.jsonl.gz",
    import_line: 184220,
    sessions: [
      { definition: "visit", role: one.role, session_id: visit?.id ?? null, why_none: null },
      {
        definition: "gameplay",
        role: play === undefined ? "ignored" : "activity",
        session_id: play?.id ?? null,
        why_none:
          play === undefined
            ? "Its role in gameplay is ignored, so it is never in a session."
            : null,
      },
    ],
    derived: null,
    late:
      late < TIMEOUT
        ? null
        : {
            title: "Arrived late, still attached",
            delay_ms: late,
            explanation:
              "The phone was offline. The session was closed but inside its 24 h grace period, " +
              "and 11:37:12 fits its window, so the event joined session 213 and its totals " +
              "were updated.",
          },
  };
}

/** Answers a command of the users screen; undefined for every other command. */
/** As Rust: people, and for a whole id its session or event. */
function findAnything({ application, text, scope }: FindRequest): Found {
  const limit = scope === "everything" ? 5 : 50;
  const request = { application, search: text, last_seen_hours: null, after: null, limit };
  const page = peopleList(request);
  const sessions = [...people().values()].flatMap((person) => person.sessions);
  const session = sessions.find(({ id }) => id === text);
  const events = sessions.flatMap((one) => one.events);
  const names = [...new Set(events.map(({ name }) => name))].filter((name) =>
    name.toLowerCase().includes(text.toLowerCase()),
  );
  const isAll = scope === "everything" && text !== "";
  return {
    people: scope === "events" ? [] : page.rows,
    people_count: scope === "events" ? 0 : page.total,
    devices: [],
    session:
      isAll && session !== undefined
        ? {
            session_id: session.id,
            definition: session.definition,
            started_at_ms: session.started_ms,
            person: session.person.key,
          }
        : null,
    event: null,
    event_names: isAll || scope === "events" ? names.slice(0, limit) : [],
    event_name_count: isAll || scope === "events" ? names.length : 0,
    as_of_ms: AS_OF_MS,
  };
}

function findNewest({ name }: NewestRequest): FoundEvent {
  const sessions = [...people().values()].flatMap((person) => person.sessions);
  const all = sessions.flatMap((session) =>
    session.events
      .filter((event) => event.name === name)
      .map(({ id, time_ms }) => ({ event_id: id, name, time_ms, person: session.person.key })),
  );
  const [newest] = all.toSorted((a, b) => b.time_ms - a.time_ms);
  if (newest === undefined) throw { code: "not_found", message: `No event is called “${name}”.` };
  return newest;
}

export function answerPeople(command: string, request: unknown): unknown {
  switch (command) {
    case "find":
      return findAnything(request as FindRequest);
    case "find_newest":
      return findNewest(request as NewestRequest);
    case "people_list":
      return peopleList(request as PeopleRequest);
    case "person_show":
      return personShow(request as PersonRequest);
    case "timeline_show":
      return timelineShow(request as TimelineRequest);
    case "session_show":
      return sessionShow(request as SessionRequest);
    case "events_list":
      return eventsList(request as EventsRequest);
    case "event_show":
      return eventShow(request as EventRequest);
    default:
      return undefined;
  }
}
