//! Decimals are shown digit by digit, however long they are.

import { expect, it } from "vitest";
import { decimal, digitsOf } from "./decimal";

it.each([
  ["0", "0"],
  ["8", "8"],
  ["999", "999"],
  ["1000", "1,000"],
  ["-1204.5", "−1,204.5"],
  ["123456789012345678901234.01", "123,456,789,012,345,678,901,234.01"],
  ["1e5", "1e5"],
  ["", ""],
])("%s is shown as %s", (value, shown) => {
  expect(decimal(value)).toBe(shown);
});

it("digits_are_filled_up_and_never_cut", () => {
  expect(decimal("8", 2)).toBe("8.00");
  expect(decimal("1204.5", 2)).toBe("1,204.50");
  expect(decimal("0.12345", 2)).toBe("0.12345");
});

it("a_column_has_as_many_digits_as_its_longest_part", () => {
  expect(digitsOf(["8", "12"])).toBe(0);
  expect(digitsOf(["8", "12.5"])).toBe(2);
  expect(digitsOf(["8.125", "12.5"])).toBe(3);
  expect(digitsOf([])).toBe(0);
});
