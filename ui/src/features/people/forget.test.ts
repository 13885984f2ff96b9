//! The words of forgetting somebody.

import { expect, test } from "vitest";

import type { Forgetting } from "../../ipc/types";
import { forgetNews, fromWhere, isTyped, whatElseGoes, whatGoes, whichIds } from "./forget";

const FOUND: Forgetting = {
  application: "shop",
  whom: "user",
  ids: ["u1"],
  events_removed: 1204,
  events_kept: 0,
  copies_removed: 0,
  rejected_rows_removed: 0,
  conflicts_removed: 0,
  sessions_before: 90,
  sessions: 61,
  users_removed: 1,
  devices_removed: 0,
  imports: [{ import_id: 1, file_name: "a.jsonl", rows: 1204 }],
  stays: [],
  not_erased: null,
  seconds: 0.1,
};

test("what goes is told with the sessions before and after", () => {
  expect(whatGoes(FOUND)).toBe(
    "1,204 events and everything that follows from them go; 90 sessions in shop now, 61 after it.",
  );
  expect(whatGoes({ ...FOUND, events_removed: 1, sessions: 0 })).toBe(
    "1 event and everything that follows from it goes; 90 sessions in shop now, none after it.",
  );
  expect(whatGoes({ ...FOUND, events_removed: 0, sessions: 90 })).toBe(
    "No event goes; 90 sessions in shop before and after it.",
  );
});

test("several ids are named, one is not", () => {
  expect(whichIds(FOUND)).toBe("");
  expect(whichIds({ ...FOUND, ids: ["u1", "u2"] })).toBe("One person by their aliases: u1, u2.");
});

test("what goes beside events is listed", () => {
  expect(whatElseGoes(FOUND)).toBe("With them goes 1 user id.");
  expect(whatElseGoes({ ...FOUND, users_removed: 0 })).toBe("");
  expect(whatElseGoes({ ...FOUND, devices_removed: 2, rejected_rows_removed: 3 })).toBe(
    "With them go 2 devices, 1 user id and 3 rejected rows.",
  );
});

test("the imports that brought them are named, at most three", () => {
  expect(fromWhere({ ...FOUND, imports: [] })).toBe("");
  const imports = [1, 2, 3, 4].map((id) => ({ import_id: id, file_name: `${id}.csv`, rows: 1 }));
  expect(fromWhere({ ...FOUND, imports })).toBe(
    "They came with 1.csv (1 row), 2.csv (1 row), 3.csv (1 row) and 1 more import.",
  );
});

test("the word has to be whole, in any case", () => {
  expect(["forge", "", "forget it"].some(isTyped)).toBe(false);
  expect(["forget", " Forget "].every(isTyped)).toBe(true);
});

test("the news say where pieces are left in the file", () => {
  expect(forgetNews("Ada", FOUND)).toBe("Ada was forgotten: 1,204 events gone");
  expect(forgetNews("Ada", { ...FOUND, not_erased: "The disk is full." })).toContain(
    "The disk is full.",
  );
});
