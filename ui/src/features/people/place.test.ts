//! Links: what is written is read again, and what is not understood falls back to the newest.

import { describe, expect, it } from "vitest";
import {
  chosenZone,
  DAY_COUNTS,
  isSamePerson,
  nextZone,
  readPlace,
  routeOf,
  TABS,
  type UsersPlace,
  ZONE_CHOICES,
  zoneOptions,
  zoomed,
} from "./place";

const read = (segments: string[], params: Record<string, string | null> = {}) =>
  readPlace(segments, (name) => params[name] ?? null);

const BLANK: UsersPlace = {
  person: null,
  session: null,
  event: null,
  day: null,
  zone: null,
  days: 5,
  definition: null,
  asOf: null,
  hasDerived: true,
  tab: "timeline",
  search: "",
  isRecent: false,
};

describe("links", () => {
  it("a_bare_link_leaves_everything_to_the_screen", () => {
    expect(read(["users"])).toEqual(BLANK);
    expect(routeOf(BLANK)).toEqual({ segments: ["users"], params: expect.any(Object) });
    expect(Object.values(routeOf(BLANK).params).every((value) => value === null)).toBe(true);
  });

  it("every_place_survives_being_written_and_read", () => {
    for (const zone of [null, ...ZONE_CHOICES]) {
      for (const days of DAY_COUNTS) {
        for (const tab of TABS) {
          for (const isRecent of [true, false]) {
            const place: UsersPlace = {
              person: { kind: "anonymous", id: "dev/ice ü?&" },
              session: "s1",
              event: "e 1",
              day: "2026-11-20",
              zone,
              days,
              definition: isRecent ? "game play/2" : null,
              asOf: isRecent ? Date.UTC(2026, 10, 19, 14) + (days === 5 ? 0 : 42) : null,
              hasDerived: !isRecent,
              tab,
              search: "inês & co",
              isRecent,
            };
            const { segments, params } = routeOf(place);
            expect(read(segments, params)).toEqual(place);
          }
        }
      }
    }
  });

  it("a_moment_stands_in_the_link_in_utc", () => {
    const place = { ...BLANK, asOf: Date.UTC(2026, 10, 19, 14) };
    expect(routeOf(place).params["asof"]).toBe("2026-11-19T14:00:00Z");
    expect(read(["users"], { asof: "2026-11-19T14:00Z" }).asOf).toBe(place.asOf);
  });

  it("what_is_not_understood_is_not_said", () => {
    const wild = { zone: "mars", days: "6", tab: "x", day: "yesterday", seen: "25" };
    expect(read(["users", "robot", "u1"], wild)).toEqual(BLANK);
    for (const asof of ["now", "2026-11-19", "2026-11-19T14:00", "2026-99-19T14:00Z", "1e9"]) {
      expect(read(["users"], { asof })).toEqual(BLANK);
    }
    expect(read(["users", "user"])).toEqual(BLANK);
  });
});

describe("zones", () => {
  const all = zoneOptions("Europe/Lisbon", "Europe/Berlin");
  const unknown = zoneOptions(null, "Europe/Berlin");

  it("opens_in_the_user_s_time_where_it_is_known_else_in_the_app_s", () => {
    expect(chosenZone(all, null).value).toBe("user");
    expect(chosenZone(unknown, null).value).toBe("app");
    expect(chosenZone(unknown, "user").value).toBe("app");
    expect(chosenZone(all, "utc").zone).toBe("UTC");
  });

  it("the_key_goes_through_the_zones_that_are_known", () => {
    expect(ZONE_CHOICES.map((from) => nextZone(all, from))).toEqual(["app", "utc", "user"]);
    expect(nextZone(unknown, "utc")).toBe("app");
  });
});

it("zooming_stops_at_five_days_and_a_month", () => {
  expect(DAY_COUNTS.map((days) => zoomed(days, 1))).toEqual([14, 31, 31]);
  expect(DAY_COUNTS.map((days) => zoomed(days, -1))).toEqual([5, 5, 14]);
});

it("persons_are_the_same_by_kind_and_id", () => {
  const user = { kind: "user", id: "a" } as const;
  expect(isSamePerson(user, { ...user })).toBe(true);
  expect(isSamePerson(user, { kind: "anonymous", id: "a" })).toBe(false);
  expect(isSamePerson(null, user)).toBe(false);
  expect(isSamePerson(null, null)).toBe(true);
});
