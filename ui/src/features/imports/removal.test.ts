//! What taking an import back takes, in words.

import { expect, test } from "vitest";

import { IMPORTS, removalOf } from "../../../tests/mock/imports";
import type { ImportRemoval, ImportRow } from "../../ipc/types";
import { removalNews, sessionsAfter, whatElseGoes, whatGoes } from "./removal";

const row = (more: Partial<ImportRow> = {}): ImportRow => ({
  ...(IMPORTS[0] as ImportRow),
  quarantined: 0,
  skipped: 0,
  conflicts: 0,
  ...more,
});
const removal = (more: Partial<ImportRemoval> = {}): ImportRemoval => ({
  ...removalOf(row()),
  ...more,
});

test.each([
  [
    1204,
    31,
    "1,204 events and everything that follows from them go; " +
      "31 events stay, because another import brought them too.",
  ],
  [1, 0, "1 event and everything that follows from it goes."],
  [
    2,
    1,
    "2 events and everything that follows from them go; " +
      "1 event stays, because another import brought it too.",
  ],
  [0, 5, "No event goes; 5 events stay, because another import brought them too."],
  [0, 0, "No event goes: it brought none of its own."],
])("%i events gone and %i kept are said with their reason", (gone, kept, words) => {
  expect(whatGoes(removal({ events_removed: gone, events_kept: kept }))).toBe(words);
});

test.each([
  [0, 0, ""],
  [1, 0, "Its 1 rejected row goes as well."],
  [318, 0, "Its 318 rejected rows go as well."],
  [0, 1, "Its 1 conflicting copy goes as well."],
  [318, 2, "Its 318 rejected rows and 2 conflicting copies go as well."],
])("%i rejects and %i conflicts go with it", (quarantined, conflicts, words) => {
  expect(whatElseGoes(removal({ import: row({ quarantined, conflicts }) }))).toBe(words);
});

test("sessions are told before and after", () => {
  const after = removal({ sessions: 13_616 });
  expect(sessionsAfter(after, 14_820)).toBe("14,820 sessions in casino now, 13,616 after it.");
  expect(sessionsAfter(after, 13_616)).toBe("13,616 sessions in casino before and after it.");
  expect(sessionsAfter(removal({ sessions: 0 }), 1)).toBe(
    "1 session in casino now, none after it.",
  );
  expect(sessionsAfter(after, null)).toBe("13,616 sessions in casino after it.");
});

test("the news names the file and what is gone", () => {
  expect(removalNews(removal({ events_removed: 1, events_kept: 0 }))).toBe(
    "casino-october.jsonl.gz was removed: 1 event gone",
  );
  expect(removalNews(removal())).toBe(
    "casino-october.jsonl.gz was removed: 1,204 events gone, 31 stay",
  );
});
