//! Workspaces in the frame: others are opened from its head, and what runs is not left alone.

import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";

import { begun, clearAnswers, emitAskedFor, setAnswer } from "../../tests/mock/transport";
import { UNTOUCHED } from "../state/import-choice";
import { jobs } from "../state/jobs.svelte";
import { router } from "../state/router.svelte";
import { spaces } from "../state/spaces.svelte";
import { workspace } from "../state/workspace.svelte";
import App from "./App.svelte";

beforeEach(() => {
  clearAnswers();
  begun.count = 0;
  jobs.running = null;
  spaces.forgetError();
  workspace.status = null;
  router.go(["rules"], { app: null }, { replace: true });
});

async function openMenu() {
  render(App);
  await fireEvent.click(await screen.findByRole("button", { name: /^demo\.dwell/ }));
  return await screen.findByRole("dialog", { name: "Workspaces" });
}

test("the list has the others, the newest first, and a missing one is marked and stays shut", async () => {
  const menu = await openMenu();
  const list = await within(menu).findByRole("list", { name: "Recent workspaces" });
  const rows = within(list).getAllByRole("listitem");
  expect(rows.map((row) => row.textContent.trim())).toEqual([
    expect.stringContaining("casino-eu.dwell"),
    expect.stringContaining("Not there now: /media/usb"),
  ]);
  const missing = within(list).getByRole("button", { name: /old\.dwell Not there/ });
  expect((missing as HTMLButtonElement).disabled).toBe(true);
  await fireEvent.click(within(list).getByRole("button", { name: "Take old.dwell off the list" }));
  await waitFor(() => expect(within(list).queryByText("old.dwell")).toBeNull());
});

test("another workspace is opened once, and the page begins anew with it", async () => {
  const asked: unknown[] = [];
  setAnswer("workspace_open", (args) => void asked.push(args));
  const menu = await openMenu();
  await fireEvent.click(await within(menu).findByText("casino-eu.dwell"));
  await waitFor(() => expect(begun.count).toBe(1));
  expect(asked).toEqual([{ path: "/home/ana/shops/casino-eu.dwell" }]);
});

test("one that cannot be opened is told, and the one that is open stays", async () => {
  const message = "/home/ana/shops/casino-eu.dwell is open in a window of Dwell.";
  setAnswer("workspace_open", () => Promise.reject({ code: "locked", message }));
  const menu = await openMenu();
  await fireEvent.click(await within(menu).findByText("casino-eu.dwell"));
  expect((await within(menu).findByRole("alert")).textContent).toContain(message);
  expect(begun.count).toBe(0);
});

test("while a file is imported no other workspace is asked for", async () => {
  const asked: unknown[] = [];
  for (const command of ["workspace_open", "workspace_choose"]) {
    setAnswer(command, () => void asked.push(command));
  }
  const menu = await openMenu();
  const choice = { application: "shop", timeZone: "UTC", reading: UNTOUCHED };
  const job = { id: 1, kind: "import", path: "/a.jsonl", fileName: "a.jsonl", choice } as const;
  jobs.running = { ...job, progress: null, rates: [], isCancelling: false };
  await fireEvent.click(within(menu).getByText("Open a workspace…"));
  const alert = await within(menu).findByRole("alert");
  expect(alert.textContent).toContain("Now “a.jsonl” is being imported. Wait for its end");
  await fireEvent.click(within(menu).getByText("casino-eu.dwell"));
  expect([asked, begun.count]).toEqual([[], 0]);
});

test("a second window that was asked for is told here", async () => {
  render(App);
  await screen.findByRole("button", { name: /^demo\.dwell/ });
  emitAskedFor();
  expect(await screen.findByText(/a second window of this workspace was asked for/)).toBeTruthy();
});
