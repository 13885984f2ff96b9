//! Asking for the search reaches whoever has it, now or when it is there.

import { flushSync } from "svelte";
import { expect, test } from "vitest";

import { searchFocus } from "./search-focus.svelte";

function view(taken: string[], name: string): () => void {
  const stop = $effect.root(() => searchFocus.onAsk(() => void taken.push(name)));
  flushSync();
  return stop;
}

test("what was asked before the view was there is answered once, by everyone in it", () => {
  const taken: string[] = [];
  searchFocus.ask();
  const stop = $effect.root(() => {
    searchFocus.onAsk(() => void taken.push("list"));
    searchFocus.onAsk(() => void taken.push("view"));
  });
  flushSync();
  expect(taken).toEqual(["list", "view"]);
  searchFocus.ask();
  flushSync();
  expect(taken).toEqual(["list", "view", "list", "view"]);
  stop();
});

test("what was answered is not answered again by a view that comes later", () => {
  const taken: string[] = [];
  const stop = view(taken, "first");
  searchFocus.ask();
  flushSync();
  stop();
  view(taken, "second")();
  expect(taken).toEqual(["first"]);
});
