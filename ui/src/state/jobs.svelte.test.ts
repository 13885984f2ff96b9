//! Files are imported one after the other, and one that fails does not stop the next.

import { beforeEach, expect, test } from "vitest";

import { clearAnswers, setAnswer } from "../../tests/mock/transport";
import { IMPORTS } from "../../tests/mock/imports";
import type { ImportProgress, ImportRequest } from "../ipc/types";
import { jobs } from "./jobs.svelte";
import { removals } from "./removals.svelte";

interface Started {
  request: ImportRequest;
  tell: (progress: ImportProgress) => void;
  succeed: () => void;
  fail: (code: string) => void;
}

let started: Started[];
let nextId = 100;

const settle = () => new Promise((resolve) => setImmediate(resolve));
const CHOICE = { application: "shop", timeZone: "Europe/Berlin" };

beforeEach(() => {
  clearAnswers();
  started = [];
  jobs.unchoose();
  jobs.ended = [];
  setAnswer("import_start", (args) => {
    const { request, progress } = args as { request: ImportRequest; progress: Started["tell"] };
    return new Promise((resolve, reject) => {
      nextId += 1;
      const row = { ...IMPORTS[0], import_id: nextId, application: request.application };
      started.push({
        request,
        tell: progress,
        succeed: () => resolve(row),
        fail: (code) => reject({ code, message: `It ended: ${code}.` }),
      });
    });
  });
});

const paths = () => started.map(({ request }) => request.path);

test("files run in the order of the choice, one at a time", async () => {
  jobs.choose(["/a.jsonl", "/b.jsonl"]);
  jobs.choose(["/b.jsonl", "/c.jsonl"]);
  jobs.startChosen(CHOICE);
  expect(paths()).toEqual(["/a.jsonl"]);
  expect(started[0]?.request).toEqual({
    application: "shop",
    path: "/a.jsonl",
    time_zone: "Europe/Berlin",
  });
  expect(jobs.waiting.map((job) => job.fileName)).toEqual(["b.jsonl", "c.jsonl"]);
  started[0]?.succeed();
  await settle();
  started[1]?.fail("bad_input");
  await settle();
  expect(paths()).toEqual(["/a.jsonl", "/b.jsonl", "/c.jsonl"]);
  started[2]?.succeed();
  await settle();
  expect(jobs.isIdle).toBe(true);
  expect(jobs.ended.map((job) => [job.fileName, job.error.code])).toEqual([
    ["b.jsonl", "bad_input"],
  ]);
  expect(jobs.finished).toMatchObject({ importId: nextId, application: "shop" });
});

test("each file is read as was said of it", async () => {
  const columns = [{ field: "name", column: "what" }];
  jobs.choose(["/a.csv", "/b.jsonl"]);
  jobs.readings.set("/a.csv", { format: "csv", columns });
  jobs.readings.set("/c.csv", { format: "csv", columns });
  jobs.startChosen(CHOICE);
  expect(jobs.readings.size).toBe(0);
  started[0]?.succeed();
  await settle();
  expect(started.map(({ request }) => [request.format, request.columns])).toEqual([
    ["csv", columns],
    [undefined, undefined],
  ]);
  started[1]?.succeed();
  await settle();
});

test("a waiting file leaves the queue, the running one is cancelled in Rust", async () => {
  let cancelCount = 0;
  setAnswer("job_cancel", () => {
    cancelCount += 1;
    return null;
  });
  jobs.choose(["/a.jsonl", "/b.jsonl"]);
  jobs.startChosen(CHOICE);
  const [waiting] = jobs.waiting;
  if (waiting === undefined || jobs.running === null) throw new Error("Two jobs were started.");
  await jobs.cancel(waiting);
  expect([cancelCount, jobs.waiting.length]).toEqual([0, 0]);
  await jobs.cancel(jobs.running);
  expect([cancelCount, jobs.running.isCancelling]).toEqual([1, true]);
  started[0]?.fail("cancelled");
  await settle();
  expect(jobs.running).toBeNull();
  expect(jobs.ended[0]?.error.code).toBe("cancelled");
});

test("progress of a job that ended changes nothing", async () => {
  jobs.choose(["/a.jsonl"]);
  jobs.startChosen(CHOICE);
  const progress: ImportProgress = {
    phase: "reading",
    file_name: "a.jsonl",
    bytes_read: 1,
    bytes_total: 2,
    read: 1,
    good: 1,
    stored: null,
    duplicates: null,
    quarantined: 0,
    rows_per_second: 10,
    seconds_left: 1,
    done: 0.5,
  };
  started[0]?.tell(progress);
  expect(jobs.running?.progress?.done).toBe(0.5);
  expect(jobs.running?.rates).toEqual([10]);
  started[0]?.succeed();
  await settle();
  started[0]?.tell(progress);
  expect(jobs.running).toBeNull();
});

test("a file that failed can be imported again with the same choice", async () => {
  jobs.choose(["/a.jsonl"]);
  jobs.startChosen(CHOICE);
  started[0]?.fail("storage");
  await settle();
  const [failed] = jobs.ended;
  if (failed === undefined) throw new Error("It failed.");
  jobs.again(failed);
  expect(jobs.ended).toEqual([]);
  expect(started[1]?.request).toEqual(started[0]?.request);
  started[1]?.succeed();
  await settle();
});

test("a file waits for a removal that runs and is imported after it", async () => {
  let end: () => void = () => undefined;
  const running = removals.run(
    { importId: 1, fileName: "wrong.jsonl" },
    () => new Promise((_, reject) => (end = () => reject(new Error("The disk is full.")))),
    "removed",
  );
  jobs.choose(["/right.jsonl", "/next.jsonl"]);
  jobs.startChosen(CHOICE);
  await settle();
  expect(paths()).toEqual([]);
  expect(jobs.waiting.map((job) => job.fileName)).toEqual(["right.jsonl", "next.jsonl"]);
  end();
  expect(await running).toBe(false);
  await settle();
  expect(paths()).toEqual(["/right.jsonl"]);
  started[0]?.succeed();
  await settle();
  expect(paths()).toEqual(["/right.jsonl", "/next.jsonl"]);
  started[1]?.succeed();
  await settle();
  expect(jobs.isIdle).toBe(true);
});
