//! What a person types for a length of time is read as they mean it, or not at all.

import { expect, test } from "vitest";

import { secondsOf, secondsWords } from "./typed-duration";

test.each([
  ["15 min", 900],
  ["15min", 900],
  ["15 m", 900],
  ["90 s", 90],
  ["1 h 30 min", 5400],
  ["1h30", 5400],
  ["2 min 30", 150],
  ["1.5 h", 5400],
  ["0.1 min", 6],
  ["900", 900],
  ["  1 Hour ", 3600],
  ["3 days", 259_200],
  ["1 d 2 h 3 min 4 s", 93_784],
  ["0", 0],
])("“%s” is %d seconds", (text, seconds) => expect(secondsOf(text)).toBe(seconds));

test.each([
  "",
  "  ",
  "soon",
  "-5 min",
  "5 weeks",
  "30 min 1 h",
  "5 min 5 min",
  "1,800",
  "1.5",
  "0.3 s",
  "5 min soon",
  "1 s 30",
  "min",
  "1e3",
  "١٥ min",
  "99999999999999999999 d",
])("“%s” is no length", (text) => expect(secondsOf(text)).toBeNull());

test.each([
  [0, "0 s"],
  [45, "45 s"],
  [90, "1 min 30 s"],
  [1800, "30 min"],
  [5400, "1 h 30 min"],
  [86_400, "24 h"],
  [90_000, "25 h"],
  [259_200, "3 d"],
  [604_800, "7 d"],
  [86_399, "23 h 59 min 59 s"],
])("%d seconds are “%s”", (seconds, words) => expect(secondsWords(seconds)).toBe(words));

test("every second of an hour and every quarter of a week read as they are written", () => {
  const lengths = [
    ...Array.from({ length: 3601 }, (_, seconds) => seconds),
    ...Array.from({ length: 7 * 96 }, (_, quarter) => quarter * 900),
  ];
  for (const seconds of lengths) expect(secondsOf(secondsWords(seconds))).toBe(seconds);
});
