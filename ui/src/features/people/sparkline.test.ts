//! The small line: to scale, inside its box.

import { expect, it } from "vitest";
import { sparklinePoints } from "./sparkline";

it.each([
  [[], ""],
  [[0, 0], "0,10 20,10"],
  [[3], "10,0"],
  [[0, 2, 1], "0,10 10,0 20,5"],
])("sessions_a_day_as_points %j", (values, expected) => {
  expect(sparklinePoints(values, 20, 10)).toBe(expected);
});
