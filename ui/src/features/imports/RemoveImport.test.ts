//! Taking an import back on its screen: what would go, the way back, the end, and keys alone.

import { configure, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { IMPORTS, removalOf } from "../../../tests/mock/imports";
import { rulesPage } from "../../../tests/mock/rules";
import { clearAnswers, emitChange, setAnswer } from "../../../tests/mock/transport";
import { giveSizes } from "../../../tests/sizes";
import type { ImportRemoval, ImportRemovalProgress, ImportRow } from "../../ipc/types";
import { dispatch } from "../../keys/keys";
import { news } from "../../state/announce.svelte";
import { rebuilds } from "../../state/rebuilds.svelte";
import { removals } from "../../state/removals.svelte";
import { router } from "../../state/router.svelte";
import { workspace } from "../../state/workspace.svelte";
import Imports from "./Imports.svelte";

configure({ asyncUtilTimeout: 15_000 });
beforeAll(giveSizes);

/** An asked removal, ended when a test says so. */
interface Asked {
  dryRun: boolean;
  importId: number;
  tell: (progress: ImportRemovalProgress) => void;
  finish: (removal: ImportRemoval) => void;
  fail: (code: string, message: string) => void;
}
let asked: Asked[] = [];
let rows: ImportRow[] = [];

beforeEach(async () => {
  asked = [];
  rows = [...IMPORTS];
  setAnswer("imports_list", () => rows);
  setAnswer("import_remove", (args) => {
    const { import_id, dry_run } = args?.["request"] as { import_id: number; dry_run: boolean };
    return new Promise((finish, reject) => {
      asked.push({
        dryRun: dry_run,
        importId: import_id,
        tell: args?.["progress"] as Asked["tell"],
        finish,
        fail: (code, message) => reject({ code, message }),
      });
    });
  });
  setAnswer("job_cancel", () => {
    asked.at(-1)?.fail("cancelled", "Cancelled: nothing was changed.");
    return null;
  });
  removals.forget();
  window.addEventListener("keydown", dispatch);
  await workspace.load();
});
afterEach(() => {
  window.removeEventListener("keydown", dispatch);
  // Whoever still waits is let go: the next question is asked after it.
  for (const one of asked) one.fail("cancelled", "Cancelled: nothing was changed.");
  clearAnswers();
  emitChange();
});

const first = IMPORTS[0] as ImportRow;
const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });
const opener = () => button("Remove import…");
const last = () => asked.at(-1) as Asked;

async function open(hash = "#/imports/1") {
  window.history.replaceState(null, "", hash);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
  render(Imports);
  await waitFor(() => expect(screen.getByRole("heading", { name: first.file_name })).toBeTruthy());
}

async function openPanel() {
  await fireEvent.click(opener());
  await waitFor(() => expect(asked.length).toBe(1));
}

async function openFigures() {
  await openPanel();
  last().finish(removalOf(first));
  await waitFor(() => expect(button("Remove import").disabled).toBe(false));
}

/** As Rust does: the change is told, then the answer is given. */
async function finishRemoval() {
  rows = rows.filter((row) => row.import_id !== last().importId);
  setAnswer("import_show", (args) => {
    const id = (args?.["request"] as { import_id: number }).import_id;
    const row = rows.find((one) => one.import_id === id);
    if (row === undefined) throw { code: "not_found", message: `There is no import ${id}.` };
    return { row, rejects: [], conflicts: [], newest: [] };
  });
  emitChange();
  last().finish(removalOf(first));
  await waitFor(() => expect(removals.running).toBeNull());
}

test("nothing can be removed before it is said what would go", async () => {
  await open();
  await openPanel();
  expect(last()).toMatchObject({ dryRun: true, importId: 1 });
  expect(button("Remove import").disabled).toBe(true);
  expect(document.activeElement).toBe(button("Keep it"));
  last().finish(removalOf(first));
  await waitFor(() =>
    screen.getByText(
      "1,204 events and everything that follows from them go; " +
        "31 events stay, because another import brought them too.",
    ),
  );
  screen.getByText(/14,820 sessions in casino now, 13,616 after it/);
  screen.getByText(/Its 318 rejected rows and 2 conflicting copies go as well/);
  expect(button("Remove import").disabled).toBe(false);
});

test("keeping it stops the question, and the focus is where it came from", async () => {
  await open();
  await openPanel();
  await fireEvent.keyDown(document.body, { key: "Escape" });
  await waitFor(() => expect(screen.queryByText("Remove this import?")).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(opener()));
  expect(asked.length).toBe(1);
  // The place is free again: the next question is asked.
  await fireEvent.click(opener());
  await waitFor(() => expect(asked.length).toBe(2));
});

test("by keys alone it is removed, left and told, and the list has the focus", async () => {
  const user = userEvent.setup();
  await open();
  opener().focus();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(asked.length).toBe(1));
  last().finish(removalOf(first));
  await waitFor(() => expect(button("Remove import").disabled).toBe(false));
  await user.keyboard("{Tab}{Enter}");
  await waitFor(() => expect(asked.length).toBe(2));
  expect(last()).toMatchObject({ dryRun: false, importId: 1 });
  last().tell({ phase: "events", done: 0.41, seconds_left: 12 });
  await waitFor(() => screen.getByText("41 %"));
  expect(document.activeElement).toBe(button("Cancel"));
  await finishRemoval();
  await waitFor(() => expect(screen.queryByText("Removing this import")).toBeNull());
  expect(screen.queryByRole("alert")).toBeNull();
  expect(router.segments).toEqual(["imports"]);
  expect(document.activeElement).toBe(screen.getByRole("listbox", { name: "Imports" }));
  expect(screen.queryByText(first.file_name)).toBeNull();
  expect(news.text).toBe("casino-october.jsonl.gz was removed: 1,204 events gone, 31 stay");
  // What is gone is not asked about.
  expect(asked.length).toBe(2);
});

test("a removal that is cancelled says so and can be tried again", async () => {
  await open();
  await openFigures();
  await fireEvent.click(button("Remove import"));
  await waitFor(() => expect(asked.length).toBe(2));
  await fireEvent.click(button("Cancel"));
  await waitFor(() => screen.getByText("Cancelled: nothing was changed."));
  await waitFor(() => expect(asked.length).toBe(3));
  expect(last().dryRun).toBe(true);
  last().finish(removalOf(first));
  await waitFor(() => expect(button("Remove import").disabled).toBe(false));
});

test("a removal that fails is told where it was asked for, even to one who was away", async () => {
  await open();
  await openFigures();
  await fireEvent.click(button("Remove import"));
  await waitFor(() => expect(asked.length).toBe(2));
  await fireEvent.click(screen.getAllByRole("option")[1] as HTMLElement);
  await waitFor(() => expect(screen.queryByText("Removing this import")).toBeNull());
  screen.getByText("Removing");
  last().fail("storage", "The disk is full.");
  await waitFor(() => expect(removals.running).toBeNull());
  await fireEvent.click(screen.getAllByRole("option")[0] as HTMLElement);
  await waitFor(() => screen.getByText("The disk is full."));
});

test("what cannot be found out is said and asked again", async () => {
  await open();
  await openPanel();
  last().fail("locked", "Another job is running: wait for its end or cancel it.");
  await waitFor(() => screen.getByText(/Another job is running/));
  await fireEvent.click(button("Try again"));
  await waitFor(() => expect(asked.length).toBe(2));
  last().finish(removalOf(first));
  await waitFor(() => expect(button("Remove import").disabled).toBe(false));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("the question gives way to another job and is asked again after it", async () => {
  await open();
  await openPanel();
  let end: (() => void) | null = null;
  const running = rebuilds.run(
    { application: "casino", name: "visit" },
    () => new Promise((resolve) => (end = () => resolve(rulesPage()))),
    "built",
  );
  await waitFor(() => screen.getByText(/Now the sessions of “visit” are being built/));
  expect(button("Remove import").disabled).toBe(true);
  await waitFor(() => expect(end).not.toBeNull());
  expect(asked.length).toBe(1);
  (end as unknown as () => void)();
  await running;
  await waitFor(() => expect(asked.length).toBe(2));
});
