//! Which ends of jobs are noted, and where a note leads.

import { beforeEach, expect, test, vi } from "vitest";

import { news } from "./announce.svelte";
import { notices } from "./notices.svelte";
import { router } from "./router.svelte";

const RULES = { segments: ["rules"], params: { app: "shop" } };
const texts = () => notices.all.map(({ text }) => text);

beforeEach(() => {
  for (const { id } of notices.all) notices.drop(id);
  router.go(["users"], { app: null }, { replace: true });
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
});

test("what ended elsewhere is noted, and its note leads there once", () => {
  notices.tell("visit: the new rules are in place", RULES);
  expect(news.text).toBe("visit: the new rules are in place");
  const [notice] = notices.all;
  if (notice !== undefined) notices.show(notice);
  expect(window.location.hash).toBe("#/rules?app=shop");
  expect(notices.all).toEqual([]);
});

test("what ended under one’s eyes is only said, unless nobody looks at the window", () => {
  router.go(["rules"], {}, { replace: true });
  notices.tell("seen", RULES);
  expect(news.text).toBe("seen");
  expect(texts()).toEqual([]);
  vi.spyOn(document, "hasFocus").mockReturnValue(false);
  notices.tell("not seen", RULES);
  expect(texts()).toEqual(["not seen"]);
});

test("what has no view is noted anywhere, and nothing is said of nothing", () => {
  notices.tell("a.csv is written: 3 rows", null);
  notices.tell("", null);
  expect(texts()).toEqual(["a.csv is written: 3 rows"]);
});

test("the oldest goes where there are too many", () => {
  for (const text of ["1", "2", "3", "4"]) notices.tell(text, null);
  expect(texts()).toEqual(["2", "3", "4"]);
});
