//! The local day of a moment, across midnight and the date line.

import { expect, it } from "vitest";
import { localDate } from "./local-date";

it.each([
  [Date.UTC(2026, 10, 20, 23, 30), "UTC", "2026-11-20"],
  [Date.UTC(2026, 10, 20, 23, 30), "Europe/Berlin", "2026-11-21"],
  [Date.UTC(2026, 0, 1, 5), "Pacific/Pago_Pago", "2025-12-31"],
  [Number.NaN, "UTC", null],
  [0, "Mars/Olympus", null],
])("the_day_of_%d_in_%s", (ms, zone, expected) => {
  expect(localDate(ms, zone)).toBe(expected);
});
