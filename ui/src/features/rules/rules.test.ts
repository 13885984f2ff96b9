//! The screen: what is tried is asked about once it can be read, applied as it stands, and nothing
//! that was typed is lost on the way.

import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test, vi } from "vitest";

import { clearAnswers, emitChange, setAnswer } from "../../../tests/mock/transport";
import { EXAMPLES, rulesPage, UNDO, VISIT, whatIf } from "../../../tests/mock/rules";
import { COMPARISON } from "../../../tests/mock/source";
import type {
  ApplyRequest,
  Definition,
  RebuildProgress,
  RulesPage,
  SourceProgress,
  SourceRequest,
  WhatIfRequest,
} from "../../ipc/types";
import { rebuilds } from "../../state/rebuilds.svelte";
import { router } from "../../state/router.svelte";
import { workspace } from "../../state/workspace.svelte";
import { drafts } from "./drafts.svelte";
import Rules from "./Rules.svelte";

let page: RulesPage;
let asked: WhatIfRequest[];

const definitionOf = (request: { json: string } | undefined) =>
  JSON.parse(request?.json ?? "null") as Definition | null;

beforeEach(async () => {
  clearAnswers();
  page = rulesPage();
  asked = [];
  setAnswer("rules_show", () => page);
  setAnswer("what_if", (args) => {
    const { request } = args as { request: WhatIfRequest };
    asked.push(request);
    return whatIf(request);
  });
  setAnswer("what_if_cancel", () => null);
  setAnswer("source_has_ids", () => false);
  setAnswer("source_compare", () => COMPARISON);
  setAnswer("source_cancel", () => null);
  rebuilds.forget();
  for (const name of ["visit", "gameplay"]) drafts.set("casino", name, null);
  router.go(["rules"], { app: "casino" }, { replace: true });
  await workspace.load();
});

async function open() {
  render(Rules);
  await screen.findByRole("table", { name: "Rules" });
}

const field = (rule: string) =>
  screen.getByRole<HTMLInputElement>("textbox", { name: `Try: ${rule}` });
const typeTimeout = (text: string) =>
  fireEvent.input(field("Inactivity timeout"), { target: { value: text } });
const applyButton = () =>
  screen.getByRole<HTMLButtonElement>("button", { name: "Apply and rebuild" });
const lastTimeout = () => definitionOf(asked.at(-1))?.limits.inactivity_seconds;

async function figures() {
  return within(await screen.findByRole("table", { name: "Figures" }));
}

test("every rule stands with its value in use and its allowed range", async () => {
  await open();
  const table = within(screen.getByRole("table", { name: "Rules" }));
  const row = table.getByRole("row", { name: /Inactivity timeout/ });
  expect(row.textContent).toContain("1 min to 24 h");
  expect(row.textContent).toContain("30 min");
  expect(field("Longest session").value).toBe("24 h");
  expect(table.getByRole("row", { name: /Day boundary/ }).textContent).toContain("Not used");
  expect(applyButton().disabled).toBe(true);
});

test("what is typed is asked about once it can be read, as it was typed last", async () => {
  await open();
  await figures();
  expect(asked).toHaveLength(1);
  await typeTimeout("1");
  expect(screen.getByText("Out of range: 1 min to 24 h is allowed")).toBeTruthy();
  expect(field("Inactivity timeout").getAttribute("aria-invalid")).toBe("true");
  expect(applyButton().disabled).toBe(true);
  await typeTimeout("15");
  await typeTimeout("15 m");
  await typeTimeout("15 min");
  await waitFor(() => expect(lastTimeout()).toBe(900));
  expect(asked).toHaveLength(2);
  await waitFor(() => expect(applyButton().disabled).toBe(false));
  expect((await figures()).getByRole("row", { name: /^Sessions 9/ }).textContent).toMatch(
    /124,202/,
  );
});

test("old figures stay while an answer takes long or rules cannot be read", async () => {
  await open();
  await figures();
  const answers: ((value: unknown) => void)[] = [];
  setAnswer("what_if", () => new Promise((resolve) => answers.push(resolve)));
  await typeTimeout("15 min");
  const old = () => screen.getByRole("table", { name: "Figures" }).closest("[aria-busy]");
  expect(old()?.getAttribute("aria-busy")).toBe("true");
  expect((await figures()).getAllByText("96,774")).toHaveLength(2);
  expect(screen.getByText("Computing")).toBeTruthy();
  await waitFor(() => expect(answers).toHaveLength(1));
  await typeTimeout("never");
  expect(screen.getByText("Waiting for rules that can be tried")).toBeTruthy();
  await typeTimeout("15 min");
  answers[0]?.(whatIf({ ...(asked[0] as WhatIfRequest), json: JSON.stringify(withTimeout(900)) }));
  await waitFor(() => expect(old()?.getAttribute("aria-busy")).toBe("false"));
  expect((await figures()).getByText("124,202")).toBeTruthy();
});

const withTimeout = (inactivity_seconds: number): Definition => ({
  ...VISIT,
  limits: { ...VISIT.limits, inactivity_seconds },
});

test("an answer that was overtaken is dropped, whatever it says", async () => {
  await open();
  await figures();
  const answers: { request: WhatIfRequest; fail: (error: unknown) => void }[] = [];
  setAnswer("what_if", (args) => {
    const { request } = args as { request: WhatIfRequest };
    if (answers.length > 0) return whatIf(request);
    return new Promise((_, fail) => answers.push({ request, fail }));
  });
  await typeTimeout("10 min");
  await waitFor(() => expect(answers).toHaveLength(1));
  await typeTimeout("15 min");
  expect(await screen.findByText("124,202")).toBeTruthy();
  answers[0]?.fail({ code: "cancelled", message: "Cancelled: nothing was changed." });
  await Promise.resolve();
  expect(screen.getByText("124,202")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("what is tried outlives the screen, and Discard takes it back", async () => {
  await open();
  await typeTimeout("15 min");
  cleanup();
  await open();
  expect(field("Inactivity timeout").value).toBe("15 min");
  await fireEvent.click(screen.getByRole("button", { name: "Discard" }));
  expect(field("Inactivity timeout").value).toBe("30 min");
  expect(screen.queryByRole("button", { name: "Discard" })).toBeNull();
});

test("a problem that Rust alone knows stands beneath its rule", async () => {
  await open();
  const problem = "“Mars/Olympus” is no zone of this system";
  setAnswer("what_if", () => ({ problem: { path: "limits.day_in", problem }, change: null }));
  await typeTimeout("15 min");
  expect(await screen.findByText(problem)).toBeTruthy();
  expect(applyButton().disabled).toBe(true);
});

test("applying sends what stands there, tells how far it is and can be cancelled", async () => {
  await open();
  await typeTimeout("15 min");
  await waitFor(() => expect(lastTimeout()).toBe(900));
  await waitFor(() => expect(applyButton().disabled).toBe(false));
  const requests: ApplyRequest[] = [];
  let tell: (progress: RebuildProgress) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  setAnswer("definition_apply", (args) => {
    const { request, progress } = args as { request: ApplyRequest; progress: typeof tell };
    requests.push(request);
    tell = progress;
    return new Promise((_, reject) => (fail = reject));
  });
  const cancel = vi.fn(() => {
    fail({ code: "cancelled", message: "Cancelled: nothing was changed." });
    return null;
  });
  setAnswer("job_cancel", cancel);
  await fireEvent.click(applyButton());
  expect(definitionOf(requests[0])).toEqual(withTimeout(900));
  tell({ done: 1200, total: 61_600, seconds_left: 12 });
  expect(await screen.findByText(/1,200 of 61,600 streams/)).toBeTruthy();
  expect(applyButton().disabled).toBe(true);
  await fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(cancel).toHaveBeenCalledOnce();
  expect((await screen.findByRole("alert")).textContent).toContain("nothing was changed");
  expect(field("Inactivity timeout").value).toBe("15 min");
});

test("after applying, the new rules are in use, and an undo says what it brings back", async () => {
  await open();
  await typeTimeout("15 min");
  await waitFor(() => expect(applyButton().disabled).toBe(false));
  setAnswer("definition_apply", () => {
    const [visit, ...others] = page.definitions;
    if (visit === undefined) throw new Error("there is a definition");
    const changed = { ...visit, definition: withTimeout(900), undo: UNDO };
    page = { ...page, definitions: [changed, ...others] };
    emitChange();
    return page;
  });
  await fireEvent.click(applyButton());
  const words = "Undo: back to Web visit, 30 min timeout, as until Fri 20 Nov 15:31.";
  expect(await screen.findByText(words)).toBeTruthy();
  expect(field("Inactivity timeout").value).toBe("15 min");
  expect(screen.queryByRole("button", { name: "Discard" })).toBeNull();
  const undo = vi.fn(() => page);
  setAnswer("definition_undo", undo);
  await fireEvent.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(rebuilds.running).toBeNull());
  expect(undo.mock.calls[0]).toMatchObject([{ request: { application: "casino", name: "visit" } }]);
});

test("an example leads to its user’s timeline on that day", async () => {
  await open();
  await typeTimeout("15 min");
  const link = await screen.findByRole("link", { name: /Inês Carvalho Fri 20 Nov/ });
  const hash = link.getAttribute("href") ?? "";
  expect(hash).toContain("#/users/user/u_7f3a91?");
  expect(hash).toContain("definition=visit");
  expect(hash).toContain("day=2026-11-20");
  expect(link.textContent.replaceAll(/\s+/g, " ")).toMatch(/Now 3 ?sessions Try 4 ?sessions/);
});

test("random examples are another question, and the choice is in the link", async () => {
  await open();
  await figures();
  await fireEvent.click(screen.getByRole("radio", { name: "Random" }));
  await waitFor(() => expect(asked.at(-1)?.examples).toBe("random"));
  expect(window.location.hash).toContain("examples=random");
  expect((await screen.findAllByRole("link")).length).toBe(Math.min(4, EXAMPLES.length));
});

test("on the curve, arrows read a point out and Enter tries its timeout", async () => {
  await open();
  const curve = await screen.findByRole("slider", { name: "Sessions by timeout" });
  expect(curve.getAttribute("aria-valuetext")).toMatch(/^30 min: 96,774 sessions/);
  await fireEvent.keyDown(curve, { key: "Home" });
  expect(curve.getAttribute("aria-valuetext")).toMatch(/^1 min: /);
  await fireEvent.keyDown(curve, { key: "ArrowRight" });
  expect(curve.getAttribute("aria-valuetext")).toMatch(/^2 min: /);
  await fireEvent.keyDown(curve, { key: "Enter" });
  expect(field("Inactivity timeout").value).toBe("2 min");
  await fireEvent.keyDown(curve, { key: "v" });
  const table = within(await screen.findByRole("table", { name: "Sessions by timeout" }));
  expect(table.getByRole("rowheader", { name: /30 min\s*Now/ })).toBeTruthy();
});

test("roles are edited: added, conditioned, moved and removed", async () => {
  await open();
  await fireEvent.click(screen.getByRole("button", { name: /Edit: Roles of events/ }));
  await fireEvent.click(screen.getByRole("button", { name: "Add a rule" }));
  expect(screen.getAllByText("The event’s exact name is needed").length).toBeGreaterThan(0);
  await fireEvent.input(screen.getByRole("textbox", { name: "Event’s exact name" }), {
    target: { value: "Win" },
  });
  await fireEvent.click(screen.getByRole("button", { name: "Add a condition" }));
  await fireEvent.input(screen.getByRole("textbox", { name: "Property of condition 1" }), {
    target: { value: "amount" },
  });
  await fireEvent.click(screen.getByRole("button", { name: /^Comparison of condition 1/ }));
  await fireEvent.click(await screen.findByRole("option", { name: "is at least" }));
  await fireEvent.input(screen.getByRole("textbox", { name: "Value of condition 1" }), {
    target: { value: "10" },
  });
  await fireEvent.click(screen.getByRole("button", { name: "Move Win up" }));
  await fireEvent.click(screen.getByRole("button", { name: "Remove reset" }));
  await waitFor(() =>
    expect(definitionOf(asked.at(-1))?.roles.slice(-2)).toEqual([
      {
        event: "Win",
        where: [{ property: "amount", operator: "gte", value: 10 }],
        role: "activity",
      },
      { event: "identify", role: "extend" },
    ]),
  );
  expect(screen.getByText("where amount is at least 10")).toBeTruthy();
});

test("as JSON, what is wrong is shown by path and nothing typed is lost to a key", async () => {
  await open();
  await figures();
  await fireEvent.click(screen.getByRole("button", { name: "Edit as JSON" }));
  const area = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Definition as JSON" });
  expect(JSON.parse(area.value)).toEqual(VISIT);
  const write = (text: string) => fireEvent.input(area, { target: { value: text } });
  const before = asked.length;
  await write("{");
  expect(screen.getByText(/not valid JSON/)).toBeTruthy();
  await write(JSON.stringify({ ...VISIT, name: "other" }));
  expect(screen.getByText(/The name stays “visit”/)).toBeTruthy();
  expect(asked).toHaveLength(before);
  await write(JSON.stringify({ ...VISIT, scoop: 1 }));
  expect(await screen.findByText(/unknown field `scoop`/)).toBeTruthy();
  await fireEvent.keyDown(window, { key: "Escape" });
  expect(screen.getByRole("textbox", { name: "Definition as JSON" })).toBeTruthy();
  await write(JSON.stringify({ name: "visit", limits: { inactivity_seconds: 600 } }));
  await fireEvent.click(await screen.findByRole("button", { name: "Back to the table" }));
  expect(field("Inactivity timeout").value).toBe("10 min");
});

test("a preset says what it is for, is compared, and is added under a free name", async () => {
  await open();
  await fireEvent.click(screen.getByRole("button", { name: "Presets" }));
  const preset = screen.getByRole("radio", { name: /^Visit/ });
  expect(preset.getAttribute("aria-checked")).toBe("true");
  const name = screen.getByRole<HTMLInputElement>("textbox", {
    name: "Name of the new definition",
  });
  expect(name.value).toBe("visit-2");
  await fireEvent.click(screen.getByRole("radio", { name: /^Amplitude mobile/ }));
  expect(screen.getByText(/never times out/)).toBeTruthy();
  await waitFor(() => expect(lastTimeout()).toBe(300));
  await fireEvent.input(name, { target: { value: "gameplay" } });
  expect(screen.getByText("There is one of this name")).toBeTruthy();
  await fireEvent.input(name, { target: { value: "mobile" } });
  const add = vi.fn(() => page);
  setAnswer("definition_apply", add);
  await fireEvent.click(screen.getByRole("button", { name: "Add and build" }));
  await waitFor(() => expect(window.location.hash).toContain("#/rules/mobile"));
  const [args] = add.mock.calls[0] as unknown as [{ request: ApplyRequest }];
  expect(definitionOf(args.request)).toMatchObject({
    name: "mobile",
    limits: { inactivity_seconds: 300 },
  });
});

test("a preset can be tried under the name of the definition", async () => {
  await open();
  router.setParams({ view: "presets", preset: "amplitude-mobile" });
  await fireEvent.click(await screen.findByRole("button", { name: "Try it in “visit”" }));
  expect(field("Inactivity timeout").value).toBe("5 min");
  await waitFor(() => expect(definitionOf(asked.at(-1))?.name).toBe("visit"));
});

test("removing is asked once more in place, and can be taken back", async () => {
  router.go(["rules", "gameplay"], {}, { replace: true });
  await open();
  await fireEvent.click(await screen.findByRole("button", { name: "Remove this definition" }));
  expect(screen.getByText(/Remove “gameplay” and its .* sessions\? Events stay/)).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Keep it" }));
  await fireEvent.click(screen.getByRole("button", { name: "Remove this definition" }));
  setAnswer("definition_remove", () => {
    const [visit] = page.definitions;
    const removed = [{ name: "gameplay", undo: UNDO }];
    page = { ...page, definitions: visit === undefined ? [] : [visit], removed };
    emitChange();
    return page;
  });
  await fireEvent.click(screen.getByRole("button", { name: "Remove" }));
  expect(await screen.findByText(/^“gameplay” was removed\. Undo: back to Web visit/)).toBeTruthy();
  expect(screen.getByText("The only definition: it cannot be removed.")).toBeTruthy();
  const undo = vi.fn(() => page);
  setAnswer("definition_undo", undo);
  await fireEvent.click(screen.getByRole("button", { name: "Bring it back" }));
  expect(undo.mock.calls[0]).toMatchObject([{ request: { name: "gameplay" } }]);
  await waitFor(() => expect(rebuilds.running).toBeNull());
});

test("old zone data is told, and a rebuild offered", async () => {
  router.go(["rules", "gameplay"], {}, { replace: true });
  await open();
  expect(screen.getByText(/2026b/)).toBeTruthy();
  const rebuild = vi.fn(() => page);
  setAnswer("definition_rebuild", rebuild);
  await fireEvent.click(screen.getByRole("button", { name: "Rebuild" }));
  await waitFor(() => expect(rebuilds.running).toBeNull());
  expect(rebuild.mock.calls[0]).toMatchObject([{ request: { name: "gameplay" } }]);
});

const sourceTab = () => screen.findByRole("tab", { name: "Source’s sessions" });

test("without ids of the source there is nothing to compare, and no tab for it", async () => {
  const compare = vi.fn(() => COMPARISON);
  setAnswer("source_compare", compare);
  router.setParams({ beside: "source" });
  await open();
  await figures();
  expect(screen.queryByRole("tab")).toBeNull();
  expect(compare).not.toHaveBeenCalled();
});

test("the source’s sessions are compared by kind and reason, and lead to users", async () => {
  const asked = vi.fn(() => COMPARISON);
  setAnswer("source_has_ids", () => true);
  setAnswer("source_compare", asked);
  await open();
  await figures();
  const tab = await sourceTab();
  expect(asked).not.toHaveBeenCalled();
  await fireEvent.click(tab);
  const kinds = within(await screen.findByRole("table", { name: "How they compare" }));
  expect(kinds.getByRole("row", { name: /^Split one of theirs.* 813 21 % 1,858$/ })).toBeTruthy();
  expect(kinds.getByRole("row", { name: /^Merged .* 2 0.05 % 1$/ })).toBeTruthy();
  expect(kinds.queryByRole("row", { name: /^Split and merged/ })).toBeNull();
  const splits = within(screen.getByRole("table", { name: "Split by" })).getAllByRole("row");
  expect(splits.map((row) => row.textContent).at(1)).toMatch(/longer than the timeout\s*915/);
  expect(screen.getByText(/2,942 of 3,821 sessions of the source \(77 %\)/)).toBeTruthy();
  const link = screen.getByRole("link", { name: /^Inês Carvalho/ });
  const hash = link.getAttribute("href") ?? "";
  expect(hash).toContain("#/users/user/u_7f3a91?");
  expect(hash).toContain("session=s-ines-213");
  // Nobody holds a session that is none of ours.
  expect(screen.getByText(/^8c0f1c2e/).closest("a")).toBeNull();
  expect(screen.queryByText("Jonas Lindqvist")).toBeNull();
  await fireEvent.click(screen.getByRole("button", { name: "Show 1 more" }));
  expect(screen.getByText("Jonas Lindqvist")).toBeTruthy();
  // A look elsewhere costs no second walk over everything.
  await fireEvent.click(screen.getByRole("tab", { name: "What would change" }));
  await figures();
  await fireEvent.click(await sourceTab());
  await screen.findByRole("table", { name: "How they compare" });
  expect(asked).toHaveBeenCalledOnce();
  emitChange();
  await waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
});

test("a comparison tells how far it is, and can be cancelled and asked again", async () => {
  setAnswer("source_has_ids", () => true);
  const walks: { number: number; tell: (progress: SourceProgress) => void }[] = [];
  const ends: ((error: unknown) => void)[] = [];
  setAnswer("source_compare", (args) => {
    const { number, request, progress } = args as {
      number: number;
      request: SourceRequest;
      progress: (progress: SourceProgress) => void;
    };
    expect(request).toMatchObject({ application: "casino", definition: "visit" });
    walks.push({ number, tell: progress });
    return new Promise((_, reject) => ends.push(reject));
  });
  const cancel = vi.fn(() => null);
  setAnswer("source_cancel", cancel);
  router.setParams({ beside: "source" });
  await open();
  await waitFor(() => expect(walks).toHaveLength(1));
  walks[0]?.tell({ done: 300, total: 1120 });
  expect(await screen.findByText("Comparing: 300 of 1,120 streams")).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(cancel.mock.calls.at(-1)).toMatchObject([{ number: walks[0]?.number }]);
  ends[0]?.({ code: "cancelled", message: "Cancelled: nothing was changed." });
  expect(await screen.findByText("The comparison was cancelled")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
  await fireEvent.click(screen.getByRole("button", { name: "Compare" }));
  await waitFor(() => expect(walks).toHaveLength(2));
  expect(walks[1]?.number).toBeGreaterThan(walks[0]?.number ?? 0);
  // Who leaves the screen waits for nothing.
  const before = cancel.mock.calls.length;
  cleanup();
  expect(cancel.mock.calls.length).toBeGreaterThan(before);
  expect(cancel.mock.calls.at(-1)).toMatchObject([{ number: walks[1]?.number }]);
});

test("rules that are gone, no events and a failure each say what to do next", async () => {
  router.go(["rules", "nope"], {}, { replace: true });
  const { unmount } = render(Rules);
  expect(await screen.findByText("There are no rules named “nope”")).toBeTruthy();
  unmount();
  page = { ...page, event_count: 0 };
  emitChange();
  const empty = render(Rules);
  expect(await screen.findByRole("button", { name: "Go to imports" })).toBeTruthy();
  empty.unmount();
  setAnswer("rules_show", () => {
    throw { code: "storage", message: "The disk is full." };
  });
  emitChange();
  render(Rules);
  expect((await screen.findByRole("alert")).textContent).toContain("The disk is full.");
});
