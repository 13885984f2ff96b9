//! What the palette reads into what is typed.

import { expect, test } from "vitest";

import { commandOf, type CommandId } from "../../keys/commands";
import { initials, matchingOffers, readTyped } from "./typed";

test.each([
  ["ines", "everything", "ines"],
  ["  ines ", "everything", "ines"],
  ["@ ines", "people", "ines"],
  ["#Purchase", "events", "Purchase"],
  [">dark theme", "commands", "dark theme"],
  [">", "commands", ""],
  ["", "everything", ""],
])("“%s” looks for %s by “%s”", (text, scope, rest) => {
  expect(readTyped(text)).toEqual({ scope, text: rest, link: null });
});

test("a link is a link though it begins as events do", () => {
  expect(readTyped(" #/users/user/u1?app=shop ").link?.hash).toBe("#/users/user/u1?app=shop");
  expect(readTyped("dwell://a.dwell/#/rules").link?.fileName).toBe("a.dwell");
});

test("commands are found by every word, those that begin with the text first", () => {
  const offer = (id: CommandId, label: string) => ({ id, command: commandOf(id), label });
  const all = [
    offer("shell.theme", "Switch to the dark theme"),
    offer("imports.choose", "Import files"),
    offer("shell.imports", "Go to imports"),
    offer("rules.apply", "The dark one"),
  ];
  const found = (text: string) => matchingOffers(all, text).map(({ label }) => label);
  expect(found("")).toEqual(all.map(({ label }) => label));
  expect(found("the d")).toEqual(["The dark one", "Switch to the dark theme"]);
  expect(found("IMPORT go")).toEqual(["Go to imports"]);
  expect(found("imp")).toEqual(["Import files", "Go to imports"]);
  expect(found("ark")).toEqual([]);
});

test.each([
  ["Inês Carvalho", "IC"],
  ["ana maria da silva", "AS"],
  ["u_7f3a91", "U7"],
  ["madonna", "M"],
  ["😀 smith", "S"],
  ["", ""],
])("%s is %s in short", (name, short) => {
  expect(initials(name)).toBe(short);
});
