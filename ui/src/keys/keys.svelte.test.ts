//! Keys mean commands; single letters and marks are off while typing.

import { flushSync } from "svelte";
import { afterEach, expect, test } from "vitest";

import { COMMANDS, type CommandId, keysOf, shownKeys } from "./commands";
import { dispatch, isKey } from "./keys";
import { offerOf, offers, runCommand, useCommands } from "./registry.svelte";

const press = (key: string, more: KeyboardEventInit = {}) =>
  new KeyboardEvent("keydown", { key, cancelable: true, bubbles: true, ...more });

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  document.body.replaceChildren();
});

function use(actions: Parameters<typeof useCommands>[0]) {
  stops.push($effect.root(() => useCommands(actions)));
  flushSync();
}

function pressIn(element: HTMLElement, event: KeyboardEvent): KeyboardEvent {
  document.body.append(element);
  element.addEventListener("keydown", dispatch);
  element.dispatchEvent(event);
  return event;
}

test.each<[string, KeyboardEventInit, CommandId, boolean]>([
  ["1", { ctrlKey: true }, "shell.users", true],
  ["1", {}, "shell.users", false],
  ["1", { ctrlKey: true, altKey: true }, "shell.users", false],
  ["j", {}, "list.next", true],
  ["J", { shiftKey: true }, "list.next", false],
  ["?", { shiftKey: true }, "shell.keys", true],
  ["/", {}, "shell.filter", true],
  ["/", { shiftKey: true }, "shell.filter", true],
  ["=", {}, "timeline.zoom-in", true],
  ["+", { shiftKey: true }, "timeline.zoom-in", true],
  ["[", { code: "BracketLeft" }, "timeline.session-before", true],
  ["{", { code: "BracketLeft", shiftKey: true }, "timeline.session-before", false],
  ["{", { code: "BracketLeft", shiftKey: true }, "timeline.day-before", true],
  ["L", { ctrlKey: true, shiftKey: true }, "shell.theme", true],
  ["ArrowLeft", { altKey: true }, "shell.back", true],
  ["ArrowLeft", {}, "timeline.event-before", true],
])("%s with %j is %s: %s", (key, more, id, expected) => {
  expect(isKey(press(key, more), id)).toBe(expected);
});

test("a letter typed into a field is text, with Ctrl it is a command", () => {
  const done: string[] = [];
  use({
    "timeline.zone": () => void done.push("zone"),
    "shell.users": () => void done.push("users"),
  });
  expect(pressIn(document.createElement("input"), press("z")).defaultPrevented).toBe(false);
  pressIn(document.createElement("input"), press("1", { ctrlKey: true }));
  pressIn(document.createElement("div"), press("z"));
  expect(done).toEqual(["users", "zone"]);
});

test("Enter types, with Ctrl it is a command", () => {
  const done: string[] = [];
  use({ "rules.apply": () => void done.push("apply"), "list.open": () => void done.push("open") });
  pressIn(document.createElement("textarea"), press("Enter"));
  pressIn(document.createElement("textarea"), press("Enter", { ctrlKey: true }));
  expect(done).toEqual(["apply"]);
});

test("arrows move the caret while typing, Escape and function keys stay commands", () => {
  const done: string[] = [];
  use({
    "timeline.event-next": () => void done.push("event"),
    "shell.close": () => void done.push("close"),
    "shell.pane": () => void done.push("pane"),
  });
  for (const key of ["ArrowRight", "Escape", "F6"]) {
    pressIn(document.createElement("input"), press(key));
  }
  expect(done).toEqual(["close", "pane"]);
});

test("the newest component wins, and one that does not want the key leaves it to the next", () => {
  const done: string[] = [];
  let isWanted = true;
  use({ "shell.close": () => void done.push("shell") });
  use({
    "shell.close": () => {
      if (!isWanted) return false;
      done.push("inspector");
      return true;
    },
  });
  expect(pressIn(document.createElement("div"), press("Escape")).defaultPrevented).toBe(true);
  isWanted = false;
  pressIn(document.createElement("div"), press("Escape"));
  expect(done).toEqual(["inspector", "shell"]);
});

test("a component that is gone hears nothing", () => {
  const done: string[] = [];
  use({ "shell.close": () => void done.push("gone") });
  stops.splice(0).forEach((stop) => stop());
  pressIn(document.createElement("div"), press("Escape"));
  expect(done).toEqual([]);
});

test("no two commands of one place share their keys", () => {
  const seen = new Map<string, string>();
  for (const [id, { group, keys }] of Object.entries(COMMANDS)) {
    for (const one of keys) {
      const place = `${group} ${one}`;
      expect(seen.get(place), `${one} is ${id} and`).toBeUndefined();
      seen.set(place, id);
    }
  }
});

test("what cannot be done now is left to the next one, and offered by nobody", () => {
  const done: string[] = [];
  let canApply = $state(false);
  use({ "rules.apply": () => void done.push("shell") });
  use({ "rules.apply": { run: () => void done.push("view"), can: () => canApply } });
  pressIn(document.createElement("div"), press("Enter", { ctrlKey: true }));
  canApply = true;
  expect(runCommand("rules.apply")).toBe(true);
  expect(runCommand("timeline.zone")).toBe(false);
  expect(done).toEqual(["shell", "view"]);
});

test("what somebody can do is offered by name, with a label of the moment", () => {
  let theme = $state("dark");
  use({
    "shell.theme": { run: () => undefined, label: () => `Switch to ${theme}` },
    "list.next": () => undefined,
  });
  expect(offers().map(({ label }) => label)).toEqual(["Switch to dark"]);
  theme = "light";
  expect(offerOf("shell.theme")?.label).toBe("Switch to light");
  expect(offerOf("shell.users")).toBeNull();
  stops.splice(0).forEach((stop) => stop());
  expect(offers()).toEqual([]);
});

test("keys are shown as on the keyboard", () => {
  expect(keysOf("shell.back")).toBe("Alt ←");
  expect(shownKeys("Ctrl Shift L")).toBe("Ctrl Shift L");
});
