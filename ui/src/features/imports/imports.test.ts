//! What the list shows and which entry stands beside it, and the line of the rate.

import { expect, test } from "vitest";

import { IMPORTS } from "../../../tests/mock/imports";
import type { EndedJob, Job, RunningJob } from "../../state/jobs.svelte";
import { UNTOUCHED } from "../../state/import-choice";
import { entriesOf, shownEntry, type Work } from "./entries";
import { rateArea, ratePoints } from "./rate-line";

const job = (id: number): Job => ({
  id,
  kind: "import",
  path: `/in/${id}.jsonl`,
  fileName: `${id}.jsonl`,
  choice: { application: "shop", timeZone: "UTC", reading: UNTOUCHED },
});
const running = (id: number): RunningJob => ({
  ...job(id),
  progress: null,
  rates: [],
  isCancelling: false,
});
const ended = (id: number): EndedJob => ({
  ...job(id),
  error: { code: "cancelled", message: "Cancelled." },
});
const IDLE: Work = { chosen: [], running: null, waiting: [], ended: [], finished: null };
const shown = (work: Work, key = "") => shownEntry(entriesOf(work, IMPORTS), key, work)?.key;

test("the list goes from what needs an answer to what is long done", () => {
  const work = {
    ...IDLE,
    chosen: ["/x.jsonl"],
    running: running(3),
    waiting: [job(4)],
    ended: [ended(2)],
  };
  expect(entriesOf(work, IMPORTS).map((entry) => entry.key)).toEqual([
    "new",
    "job-3",
    "job-4",
    "job-2",
    ...IMPORTS.map((row) => String(row.import_id)),
  ]);
});

test("the demo is no import and is not listed when it was cancelled", () => {
  const demo: EndedJob = { ...ended(1), kind: "demo" };
  expect(entriesOf({ ...IDLE, ended: [demo] }, [])).toEqual([]);
});

test("a link without an entry shows what needs the person, then what runs, then the newest", () => {
  expect(shown(IDLE)).toBe("1");
  expect(shown({ ...IDLE, running: running(3) })).toBe("job-3");
  expect(shown({ ...IDLE, running: running(3), chosen: ["/x"] })).toBe("new");
});

test("after the last of several files its end is shown, result or not", () => {
  const finished = { jobId: 5, importId: 3, application: "shop" };
  expect(shown({ ...IDLE, finished })).toBe("3");
  expect(shown({ ...IDLE, finished, ended: [ended(4)] })).toBe("3");
  expect(shown({ ...IDLE, finished, ended: [ended(6)] })).toBe("job-6");
});

test("a link to an entry shows it, and one that is gone shows what happened last", () => {
  expect(shown({ ...IDLE, running: running(3) }, "2")).toBe("2");
  expect(shown({ ...IDLE, running: running(4) }, "job-3")).toBe("job-4");
});

test("an empty workspace shows nothing", () => {
  expect(shownEntry([], "", IDLE)).toBeNull();
});

test("the newest rate is at the right edge and the highest at the top", () => {
  expect(ratePoints([0, 50, 100], 5, 40, 12)).toBe("20,11 30,6 40,1");
  expect(rateArea("20,11 40,1", 40, 12)).toBe("20,12 20,11 40,1 40,12");
});

test("one rate is no line", () => {
  expect(ratePoints([7], 5, 40, 12)).toBe("");
  expect(rateArea("", 40, 12)).toBe("");
});
