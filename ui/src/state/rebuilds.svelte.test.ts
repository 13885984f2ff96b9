//! One rebuild at a time; its end, whichever it is, is told and leaves the way free for the next.

import { beforeEach, expect, test } from "vitest";

import { rulesPage } from "../../tests/mock/rules";
import { clearAnswers, setAnswer } from "../../tests/mock/transport";
import type { RebuildProgress, RulesPage } from "../ipc/types";
import { news } from "./announce.svelte";
import { rebuilds } from "./rebuilds.svelte";

const VISIT = { application: "shop", name: "visit" };

beforeEach(() => {
  clearAnswers();
  rebuilds.forget();
});

/** A job that ends when it is told to. */
function job() {
  let finish: (page: RulesPage) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  let tell: (progress: RebuildProgress) => void = () => undefined;
  const start = (progress: unknown) => {
    tell = progress as typeof tell;
    return new Promise<RulesPage>((resolve, reject) => {
      finish = resolve;
      fail = reject;
    });
  };
  return {
    start,
    finish: () => finish(rulesPage()),
    fail: (error: unknown) => fail(error),
    tell: (progress: RebuildProgress) => tell(progress),
  };
}

test("a second one does not start while the first runs", async () => {
  const first = job();
  const running = rebuilds.run(VISIT, first.start, "done");
  first.tell({ done: 3, total: 9, seconds_left: null });
  expect(rebuilds.running).toMatchObject({ ...VISIT, progress: { done: 3, total: 9 } });
  const second = () => Promise.reject(new Error("it must not start"));
  expect(await rebuilds.run({ ...VISIT, name: "other" }, second, "done")).toBe(false);
  expect(rebuilds.running?.name).toBe("visit");
  first.finish();
  expect(await running).toBe(true);
  expect(rebuilds.running).toBeNull();
  expect(news.text).toBe("done");
});

test("a failure is kept until the next one starts, and progress after it is nobody’s", async () => {
  const first = job();
  const running = rebuilds.run(VISIT, first.start, "done");
  first.fail({ code: "storage", message: "The disk is full." });
  expect(await running).toBe(false);
  first.tell({ done: 9, total: 9, seconds_left: 0 });
  expect(rebuilds.running).toBeNull();
  expect(rebuilds.ended).toMatchObject({ ...VISIT, error: { message: "The disk is full." } });
  const second = job();
  const next = rebuilds.run(VISIT, second.start, "done");
  expect(rebuilds.ended).toBeNull();
  second.finish();
  await next;
});

test("cancelling asks once more where it could not be asked", async () => {
  const first = job();
  const running = rebuilds.run(VISIT, first.start, "done");
  setAnswer("job_cancel", () => {
    throw { code: "storage", message: "no" };
  });
  await rebuilds.cancel();
  expect(rebuilds.running?.isCancelling).toBe(false);
  setAnswer("job_cancel", () => null);
  await rebuilds.cancel();
  expect(rebuilds.running?.isCancelling).toBe(true);
  first.fail({ code: "cancelled", message: "Cancelled: nothing was changed." });
  expect(await running).toBe(false);
});
