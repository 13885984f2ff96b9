//! Lists by page: order, failure, another list meanwhile, a change of the workspace.

import { tick } from "svelte";
import { describe, expect, it } from "vitest";

import { emitChange } from "../../tests/mock/transport";
import { type Page, Pages } from "./pages.svelte";

type Numbers = Page<number>;

/** A list of `total` numbers, `size` a page. */
function numbers(total: number, size: number, from = 0) {
  return (after: string | null): Promise<Numbers> => {
    const start = Number(after ?? 0);
    const end = Math.min(total, start + size);
    const rows = Array.from({ length: end - start }, (_, i) => from + start + i);
    return Promise.resolve({ rows, total, next: end < total ? String(end) : null });
  };
}

async function settle() {
  for (let i = 0; i < 10; i += 1) await tick();
}

/** Runs in an effect root, as the set-up of a component does. */
async function within(run: () => Promise<void>) {
  let done: Promise<void> = Promise.resolve();
  const stop = $effect.root(() => {
    done = run();
  });
  await done.finally(stop);
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("Pages", () => {
  it("loads_the_first_page_at_once_and_the_next_when_asked", () =>
    within(async () => {
      const list = new Pages<number, Numbers>(() => ({ key: "a", load: numbers(5, 2) }));
      await settle();
      expect(list.rows).toEqual([0, 1]);
      expect(list.total).toBe(5);
      await list.more();
      await list.more();
      expect(list.rows).toEqual(upTo(5));
      expect(list.hasMore).toBe(false);
      await list.more();
      expect(list.rows).toEqual(upTo(5));
    }));

  it("two_calls_at_once_load_one_page", () =>
    within(async () => {
      const list = new Pages<number, Numbers>(() => ({ key: "a", load: numbers(9, 2) }));
      await settle();
      await Promise.all([list.more(), list.more()]);
      expect(list.rows).toEqual(upTo(4));
    }));

  it("seeks_a_row_on_a_later_page_and_gives_up_at_the_end", () =>
    within(async () => {
      const list = new Pages<number, Numbers>(() => ({ key: "a", load: numbers(9, 2) }));
      await settle();
      expect(await list.seek((row) => row === 5)).toBe(true);
      expect(list.rows).toEqual(upTo(6));
      expect(await list.seek((row) => row === 50)).toBe(false);
      expect(list.rows).toEqual(upTo(9));
    }));

  it("the_rows_before_stay_until_another_list_is_here", () =>
    within(async () => {
      let which = $state("a");
      let answer: (page: Numbers) => void = () => undefined;
      const slow = () => new Promise<Numbers>((resolve) => (answer = resolve));
      const list = new Pages<number, Numbers>(() =>
        which === "a" ? { key: "a", load: numbers(3, 3) } : { key: which, load: slow },
      );
      await settle();
      which = "b";
      await settle();
      expect(list.rows).toEqual(upTo(3));
      expect(list.isFresh).toBe(false);
      answer({ rows: [7], total: 1, next: null });
      await settle();
      expect(list.rows).toEqual([7]);
      expect(list.isFresh).toBe(true);
    }));

  it("an_answer_that_comes_after_another_list_was_wanted_is_dropped", () =>
    within(async () => {
      let which = $state("slow");
      let answer: (page: Numbers) => void = () => undefined;
      const slow = () => new Promise<Numbers>((resolve) => (answer = resolve));
      const list = new Pages<number, Numbers>(() =>
        which === "slow" ? { key: which, load: slow } : { key: which, load: numbers(2, 2) },
      );
      await settle();
      which = "quick";
      await settle();
      answer({ rows: [99], total: 1, next: null });
      await settle();
      expect(list.rows).toEqual([0, 1]);
    }));

  it("after_a_change_as_many_rows_are_read_again_as_were_shown", () =>
    within(async () => {
      let from = 0;
      const list = new Pages<number, Numbers>(() => ({
        key: "a",
        load: (after) => numbers(9, 2, from)(after),
      }));
      await settle();
      await list.more();
      from = 100;
      emitChange();
      await settle();
      expect(list.rows).toEqual([100, 101, 102, 103]);
      expect(list.hasMore).toBe(true);
    }));

  it("a_failure_is_told_and_can_be_tried_again", () =>
    within(async () => {
      let isBroken = true;
      const error = { code: "storage" as const, message: "The disk is full." };
      const list = new Pages<number, Numbers>(() => ({
        key: "a",
        load: (after) => (isBroken ? Promise.reject(error) : numbers(2, 2)(after)),
      }));
      await settle();
      expect(list.error).toEqual(error);
      isBroken = false;
      list.retry();
      await settle();
      expect(list.error).toBeNull();
      expect(list.rows).toEqual([0, 1]);
    }));
});
