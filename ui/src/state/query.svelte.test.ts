//! A question is asked when it changes, its late answers are dropped, and waits are not flickered.

import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { emitChange } from "../../tests/mock/transport";
import { Query, SKELETON_AFTER_MS } from "./query.svelte";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A question whose answers are given by hand, in any order. */
function byHand() {
  const asked: { id: string; answer: (text: string) => void; fail: (error: unknown) => void }[] =
    [];
  let id = $state<string | null>("a");
  let query!: Query<string>;
  const stop = $effect.root(() => {
    query = new Query(() => {
      const wanted = id;
      if (wanted === null) return null;
      return new Promise<string>((answer, fail) => asked.push({ id: wanted, answer, fail }));
    });
  });
  flushSync();
  return {
    asked,
    query,
    stop,
    ask(next: string | null) {
      id = next;
      flushSync();
    },
  };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

test("the answer before stays until the new one is there", async () => {
  const { asked, query, ask, stop } = byHand();
  asked[0]?.answer("first");
  await settle();
  expect(query.data).toBe("first");
  ask("b");
  expect([query.data, query.isLoading]).toEqual(["first", true]);
  asked[1]?.answer("second");
  await settle();
  expect([query.data, query.isLoading]).toEqual(["second", false]);
  stop();
});

test("an answer that was overtaken is dropped", async () => {
  const { asked, query, ask, stop } = byHand();
  ask("b");
  asked[1]?.answer("new");
  await settle();
  asked[0]?.answer("old");
  await settle();
  expect(query.data).toBe("new");
  stop();
});

test("it is slow after 150 ms and not before", async () => {
  const { asked, query, stop } = byHand();
  await vi.advanceTimersByTimeAsync(SKELETON_AFTER_MS - 1);
  expect(query.isSlow).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(query.isSlow).toBe(true);
  asked[0]?.answer("late");
  await settle();
  expect(query.isSlow).toBe(false);
  stop();
});

test("a failure is told as an ApiError and can be tried again", async () => {
  const { asked, query, stop } = byHand();
  asked[0]?.fail({ code: "locked", message: "Another program writes." });
  await settle();
  expect(query.error).toEqual({ code: "locked", message: "Another program writes." });
  query.retry();
  flushSync();
  asked[1]?.answer("there");
  await settle();
  expect([query.data, query.error]).toEqual(["there", null]);
  stop();
});

test("a write asks again", async () => {
  const { asked, stop } = byHand();
  asked[0]?.answer("before");
  await settle();
  emitChange();
  flushSync();
  expect(asked.map((one) => one.id)).toEqual(["a", "a"]);
  stop();
});

test("asking nothing clears what was there, even while a question is on its way", async () => {
  const { asked, query, ask, stop } = byHand();
  asked[0]?.answer("first");
  await settle();
  ask("b");
  ask(null);
  await vi.advanceTimersByTimeAsync(SKELETON_AFTER_MS);
  expect([query.data, query.isLoading, query.isSlow]).toEqual([null, false, false]);
  stop();
});
