//! Words for numbers, lengths and moments: a wrong one is a wrong number on the screen.

import { describe, expect, test } from "vitest";

import { ago, duration, durationExact, timeLeft } from "./duration";
import { bytes, compact, count, percentDone, plural, share } from "./number";
import * as time from "./time";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("numbers", () => {
  test.each([
    [0, "0"],
    [48_214, "48,214"],
    [-1204, "-1,204"],
  ])("count %d", (value, words) => expect(count(value)).toBe(words));

  test.each([
    [9_999, "9,999"],
    [10_000, "10K"],
    [4_821_334, "4.82M"],
  ])("short count %d", (value, words) => expect(compact(value)).toBe(words));

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 KB"],
    [9_940, "9.9 KB"],
    [9_960, "10 KB"],
    [999_499, "999 KB"],
    [999_500, "1.0 MB"],
    [1_300_000_000, "1.3 GB"],
    [5e15, "5000 TB"],
  ])("%d bytes", (value, words) => expect(bytes(value)).toBe(words));

  test("one is singular, none and many are plural", () => {
    expect([0, 1, 2].map((n) => plural(n, "session"))).toEqual([
      "0 sessions",
      "1 session",
      "2 sessions",
    ]);
    expect(plural(2, "copy", "copies")).toBe("2 copies");
  });

  test("done reads 100 % only when it is", () => {
    expect([0, 0.629, 0.9999, 1].map(percentDone)).toEqual(["0 %", "62 %", "99 %", "100 %"]);
  });

  test.each([
    [0, 10, ""],
    [3, 0, ""],
    [5, 5, "100 %"],
    [1688, 3_104_882, "0.05 %"],
    [1, 1_000_000, "under 0.01 %"],
    [999_999, 1_000_000, "over 99.99 %"],
    [29, 1000, "2.9 %"],
    [13, 100, "13 %"],
  ])("share %d of %d", (part, whole, words) => expect(share(part, whole)).toBe(words));
});

describe("lengths", () => {
  test.each([
    [0, "0s"],
    [340, "340 ms"],
    [999, "999 ms"],
    [SECOND, "1s"],
    [59_999, "59s"],
    [MINUTE, "1m"],
    [31 * MINUTE + 43 * SECOND, "31m 43s"],
    [HOUR - 1, "59m 59s"],
    [2 * HOUR + 9 * MINUTE + 59 * SECOND, "2h 09m"],
    [DAY, "1d"],
    [3 * DAY + 4 * HOUR + 59 * MINUTE, "3d 4h"],
    [-90 * SECOND, "−1m 30s"],
  ])("%d ms", (ms, words) => expect(duration(ms)).toBe(words));

  test("exact lengths keep every unit down to the second", () => {
    expect(durationExact(3 * HOUR + 4 * MINUTE + 8 * SECOND)).toBe("3h 04m 08s");
    expect(durationExact(DAY + 12 * SECOND)).toBe("1d 0h 00m 12s");
    expect(durationExact(61 * SECOND)).toBe("1m 01s");
  });

  test.each([
    [59_999, "now"],
    [-5000, "now"],
    [MINUTE, "1m"],
    [2 * HOUR, "2h"],
    [4 * DAY, "4d"],
    [61 * DAY, "2 mo"],
    [800 * DAY, "2 y"],
  ])("%d ms ago", (past, words) => expect(ago(1e12 - past, 1e12)).toBe(words));

  test.each([
    [0, "1 s"],
    [41, "41 s"],
    [100, "2 min"],
    [3600, "1 h"],
    [3901, "1 h 6 min"],
  ])("%d seconds left", (seconds, words) => expect(timeLeft(seconds)).toBe(words));
});

describe("moments", () => {
  const MOMENT = Date.UTC(2026, 10, 20, 11, 22, 8, 42);

  test("a moment is painted in the zone that is asked for", () => {
    expect(time.timeOfDay(MOMENT, "UTC")).toBe("11:22:08");
    expect(time.timeOfDay(MOMENT, "Europe/Berlin")).toBe("12:22:08");
    expect(time.timeOfDayMs(MOMENT, "UTC")).toBe("11:22:08.042");
    expect(time.timeOfDayMinute(MOMENT, "Asia/Kolkata")).toBe("16:52");
    expect(time.dayShort(MOMENT, "UTC")).toBe("Fri 20 Nov");
    expect(time.dayShort(MOMENT, "Pacific/Kiritimati")).toBe("Sat 21 Nov");
    expect(time.dateShort(MOMENT, "UTC")).toBe("20 Nov 2026");
    expect(time.weekdayTime(MOMENT, "UTC")).toBe("Fri 11:22");
    expect(time.dateTime(MOMENT, "UTC")).toBe("Fri 20 Nov 2026, 11:22:08");
  });

  test("midnight is 00:00, never 24:00", () => {
    expect(time.timeOfDay(Date.UTC(2026, 0, 1), "UTC")).toBe("00:00:00");
  });

  test("milliseconds before 1970 count forward", () => {
    expect(time.timeOfDayMs(-1, "UTC")).toBe("23:59:59.999");
  });

  test("a zone that the web view does not know is shown in UTC and says so", () => {
    expect(time.timeOfDay(MOMENT, "Mars/Olympus")).toBe("11:22:08 UTC");
  });

  test("what is no moment is said to be none", () => {
    expect(time.dateTime(Number.NaN, "UTC")).toBe("no date");
    expect(time.dateTime(9e15, "UTC")).toBe("no date");
  });

  test("a local day of Rust keeps its date in every zone of the machine", () => {
    expect(time.dayName("2026-11-20")).toBe("Fri 20 Nov");
    expect(time.dayName("soon")).toBe("soon");
  });

  test("a zone is named by its place", () => {
    expect(time.placeOfZone("America/Argentina/Buenos_Aires")).toBe("Buenos Aires");
  });
});
