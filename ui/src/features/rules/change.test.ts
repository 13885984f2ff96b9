//! What would change, drawn and said: places on a day, the curve, the figures.

import { describe, expect, test } from "vitest";

import { VISIT, whatIf } from "../../../tests/mock/rules";
import type { CurvePoint, RuleChange } from "../../ipc/types";
import * as curve from "./curve";
import { hourTicks, placeOf, unusualLength } from "./days";
import { figureRows, peopleSentence, sessionsSentence, tookWords } from "./figures";

const HOUR = 3_600_000;

describe("a day", () => {
  const day = { from_ms: Date.UTC(2026, 10, 19, 23), to_ms: Date.UTC(2026, 10, 20, 23) };
  /** The clock goes from 2 to 3 in Berlin. */
  const short = { from_ms: Date.UTC(2026, 2, 28, 23), to_ms: Date.UTC(2026, 2, 29, 22) };
  /** The clock goes from 3 back to 2 in Berlin. */
  const long = { from_ms: Date.UTC(2026, 9, 24, 22), to_ms: Date.UTC(2026, 9, 25, 23) };

  test("a session stands where it really was on its day", () => {
    const noon = day.from_ms + 12 * HOUR;
    const place = placeOf({ from_ms: noon, to_ms: noon + 6 * HOUR }, day);
    expect(place).toEqual({ left: 0.5, width: 0.25 });
    expect(placeOf({ from_ms: noon, to_ms: noon }, day)).toEqual({ left: 0.5, width: 0 });
  });

  test("what reaches over the day is cut to it", () => {
    const place = placeOf({ from_ms: day.from_ms - HOUR, to_ms: day.to_ms + HOUR }, day);
    expect(place).toEqual({ left: 0, width: 1 });
  });

  test.each([
    ["24", day, [0, 6 / 24, 12 / 24, 18 / 24, 1], ""],
    ["23", short, [0, 5 / 23, 11 / 23, 17 / 23, 1], "23 h day"],
    ["25", long, [0, 7 / 25, 13 / 25, 19 / 25, 1], "25 h day"],
  ])("hours of a day of %s hours stand where clocks show them", (_, one, places, words) => {
    const ticks = hourTicks(one, "Europe/Berlin");
    expect(ticks.map((tick) => tick.label)).toEqual(["00:00", "06:00", "12:00", "18:00", "24:00"]);
    ticks.forEach((tick, at) => expect(tick.at).toBeCloseTo(places[at] ?? -1, 9));
    expect(unusualLength(one)).toBe(words);
  });

  test("an hour that the day does not have has no mark", () => {
    const morning = { from_ms: day.from_ms, to_ms: day.from_ms + 9 * HOUR };
    const labels = hourTicks(morning, "Europe/Berlin").map((tick) => tick.label);
    expect(labels).toEqual(["00:00", "06:00", "24:00"]);
  });
});

describe("the curve", () => {
  const plot = { left: 40, top: 10, width: 400, height: 100 };
  const points: CurvePoint[] = [60, 600, 6000, 60_000].map((timeout_seconds, at) => ({
    timeout_seconds,
    session_count: 1000 - at * 300,
  }));
  const scales = curve.scalesOf(points, plot);
  if (scales === null) throw new Error("there are points");

  test("equal factors of time are equally far apart, counts begin at 0", () => {
    const xs = points.map((point) => scales.x(point.timeout_seconds));
    [40, 40 + 400 / 3, 40 + 800 / 3, 440].forEach((x, at) => expect(xs[at]).toBeCloseTo(x, 6));
    expect([scales.y(0), scales.y(500), scales.y(1000)]).toEqual([110, 60, 10]);
  });

  test("a timeout beyond the curve stands at its end", () => {
    expect([scales.x(1), scales.x(1e9)]).toEqual([40, 440]);
  });

  test("a place across finds the nearest point, a length the nearest length", () => {
    expect(curve.nearest(points, scales, 0)).toBe(0);
    expect(curve.nearest(points, scales, 170)).toBe(1);
    expect(curve.nearest(points, scales, 1e4)).toBe(3);
    expect(curve.indexOf(points, 700)).toBe(1);
    expect(curve.indexOf([], 700)).toBe(-1);
  });

  test("a curve of a hundred thousand points is drawn with those that pixels can show", () => {
    const many = Array.from({ length: 100_000 }, (_, at) => ({
      timeout_seconds: 60 + at,
      session_count: 100_000 - at,
    }));
    const all = curve.scalesOf(many, plot);
    if (all === null) throw new Error("there are points");
    const drawn = curve.polyline(many, all).split(" ");
    expect(drawn.length).toBeLessThan(900);
    expect(drawn[0]).toMatch(/^40\.0,/);
    expect(drawn.at(-1)).toMatch(/^440\.0,/);
  });

  test("no points draw nothing, one or equal ones draw something finite", () => {
    expect(curve.scalesOf([], plot)).toBeNull();
    const one = [{ timeout_seconds: 60, session_count: 0 }];
    const only = curve.scalesOf(one, plot);
    if (only === null) throw new Error("there is a point");
    expect(curve.polyline(one, only)).toBe("40.0,110.0");
    expect(curve.countTicks(one)).toEqual([0, 1]);
  });

  test.each([
    [0, 1],
    [1, 1],
    [7, 8],
    [124_310, 150_000],
    [1_000_000, 1_000_000],
  ])("%d lies below the round %d", (value, round) => expect(curve.roundUp(value)).toBe(round));

  test("marks of the axis have the room that they ask for, and the last is among them", () => {
    const day = points.map((point, at) => ({
      ...point,
      timeout_seconds: [60, 600, 6000, 86_400][at] ?? 0,
    }));
    const whole = curve.scalesOf(day, plot);
    if (whole === null) throw new Error("there are points");
    const ticks = curve.timeTicks(whole, 60);
    expect(ticks.at(-1)).toBe(86_400);
    const xs = ticks.map((seconds) => whole.x(seconds));
    for (let at = 1; at < xs.length; at += 1) {
      expect((xs[at] ?? 0) - (xs[at - 1] ?? 0)).toBeGreaterThanOrEqual(60);
    }
  });
});

describe("figures", () => {
  const base = {
    session_count: 96_774,
    median_length_ms: 424_000,
    sessions_per_person_day: 2.61,
    one_event_count: 5903,
    late_count: 1000,
    late_attached_count: 982,
  };

  test("each figure has its difference in its own measure", () => {
    const tried = {
      ...base,
      session_count: 124_310,
      median_length_ms: 312_000,
      sessions_per_person_day: 3.35,
      one_event_count: 14_669,
    };
    const rows = figureRows(base, tried).map((row) => [row.now, row.tried, row.difference]);
    expect(rows).toEqual([
      ["96,774", "124,310", "+28.5 %"],
      ["7m 04s", "5m 12s", "−26.4 %"],
      ["2.61", "3.35", "+0.74"],
      ["6.1 %", "11.8 %", "+5.7 pts"],
      ["98.2 %", "98.2 %", "0.0 pts"],
    ]);
    expect(figureRows(base, tried).map((row) => row.isChanged)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  test("two figures that differ never have a difference of none", () => {
    const one = { ...base, session_count: 10_000, one_event_count: 496 };
    const other = { ...one, one_event_count: 494 };
    const row = figureRows(one, other)[3];
    expect([row?.now, row?.tried, row?.difference]).toEqual(["5.0 %", "4.9 %", "−0.02 pts"]);
  });

  test("no session and no late event are said, never divided by", () => {
    const none = {
      session_count: 0,
      median_length_ms: null,
      sessions_per_person_day: null,
      one_event_count: 0,
      late_count: 0,
      late_attached_count: 0,
    };
    const rows = figureRows(none, base).map((row) => [row.now, row.difference]);
    expect(rows).toEqual([
      ["0", ""],
      ["None", ""],
      ["None", ""],
      ["None", ""],
      ["None late", ""],
    ]);
  });

  test("a share is 100 % only when it is", () => {
    const nearly = { ...base, late_count: 1_000_000, late_attached_count: 999_999 };
    expect(figureRows(nearly, base)[4]?.now).toBe("over 99.9 %");
    const one = { ...base, one_event_count: 1 };
    expect(figureRows(one, base)[3]?.now).toBe("under 0.1 %");
  });

  const change = (more: Partial<RuleChange>): RuleChange => ({
    ...(whatIf({
      application: "shop",
      definition: "visit",
      json: JSON.stringify(VISIT),
      examples: "most",
      zone: "UTC",
    }).change as RuleChange),
    ...more,
  });

  test.each<[Partial<RuleChange>, string]>([
    [{ same: 10, split: 0, merged: 0, otherwise: 0 }, "Every session stays as it is."],
    [
      { same: 84_980, split: 11_794, merged: 0, otherwise: 0 },
      "84,980 sessions stay as they are, 11,794 would be split.",
    ],
    [
      { same: 1, split: 2, merged: 3, otherwise: 4 },
      "1 session stays as it is, 2 would be split, 3 would be merged with others and 4 would " +
        "hold other events.",
    ],
    [
      { same: 0, split: 0, merged: 3, otherwise: 0 },
      "No session stays as it is, 3 would be merged with others.",
    ],
  ])("%j: %s", (more, words) => expect(sessionsSentence(change(more))).toBe(words));

  test("people are counted with their share", () => {
    const words = (changed_person_count: number, person_count: number) =>
      peopleSentence(change({ changed_person_count, person_count }));
    expect(words(8214, 48_214)).toBe("8,214 of 48,214 users (17 %) have a different day.");
    expect(words(1, 1)).toBe("1 of 1 user has a different day.");
    expect(words(0, 3)).toBe("None of 3 users has a different day.");
    expect([tookWords(0.02), tookWords(2.06)]).toEqual(["under 0.1 s", "2.1 s"]);
  });
});
