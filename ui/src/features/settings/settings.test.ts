//! Settings: shown at once, kept, and said where they cannot be.

import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";

import { begun, call, clearAnswers, setAnswer } from "../../../tests/mock/transport";
import type { WorkspaceStatus } from "../../ipc/types";
import { preferences } from "../../state/preferences.svelte";
import { workspace } from "../../state/workspace.svelte";
import Settings from "./Settings.svelte";

beforeEach(async () => {
  clearAnswers();
  begun.count = 0;
  preferences.problem = null;
  workspace.status = (await call("workspace_status")) as WorkspaceStatus;
});

const checked = (name: string) =>
  screen.getByRole("radio", { name }).getAttribute("aria-checked") === "true";

test("a choice is seen at once and kept", async () => {
  const asked: unknown[] = [];
  setAnswer("settings_change", (args) => {
    asked.push((args as { change: unknown }).change);
    return new Promise(() => undefined);
  });
  render(Settings);
  await fireEvent.click(screen.getByRole("radio", { name: "Compact" }));
  await fireEvent.click(screen.getByRole("radio", { name: "Dark" }));
  await fireEvent.click(screen.getByRole("radio", { name: "App time" }));
  expect([checked("Compact"), checked("Dark"), checked("App time")]).toEqual([true, true, true]);
  const { density, theme } = document.documentElement.dataset;
  expect([density, theme]).toEqual(["compact", "dark"]);
  expect(asked).toEqual([{ density: "compact" }, { theme: "dark" }, { zone_shown: "app" }]);
});

test("a choice that cannot be kept is shown, with why", async () => {
  const message = "The settings cannot be kept: /x/settings.json: the disk is full.";
  setAnswer("settings_change", () => Promise.reject({ code: "storage", message }));
  render(Settings);
  await fireEvent.click(screen.getByRole("radio", { name: "Comfortable" }));
  expect((await screen.findByRole("alert")).textContent).toContain(message);
  expect(checked("Comfortable")).toBe(true);
});

test("the last change of the zone is told and undone", async () => {
  const status = workspace.status as WorkspaceStatus;
  const undo = { zone: "Asia/Tokyo", edited_at_ms: Date.UTC(2026, 10, 20, 14, 58) };
  workspace.status = {
    ...status,
    applications: status.applications.map((row) => ({ ...row, zone_undo: undo })),
  };
  const asked: unknown[] = [];
  setAnswer("application_undo_zone", (args) => void asked.push(args));
  render(Settings);
  expect(screen.getByText(/It was Asia\/Tokyo until/)).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(asked).toEqual([{ application: "casino" }]));
});

test("a backup takes the place of the workspace only after a yes", async () => {
  const asked: unknown[] = [];
  setAnswer("backup_restore", (args) => {
    asked.push((args as { request: unknown }).request);
    return { path: "/home/ana/demo.dwell", before: null };
  });
  render(Settings);
  const part = screen.getByRole("region", { name: "Backups" });
  await fireEvent.click(within(part).getByRole("button", { name: "Choose a backup…" }));
  await fireEvent.click(await within(part).findByRole("button", { name: "Leave it" }));
  await fireEvent.click(within(part).getByRole("button", { name: "Choose a backup…" }));
  expect(await within(part).findByText(/in the place of demo\.dwell\?/)).toBeTruthy();
  expect([asked, begun.count]).toEqual([[], 0]);
  await fireEvent.click(within(part).getByRole("button", { name: "Put it back" }));
  await waitFor(() => expect(begun.count).toBe(1));
  expect(asked).toEqual([{ path: "/home/ana/new.dwell" }]);
});

test("what Dwell keeps by itself is listed", async () => {
  render(Settings);
  expect(await screen.findByText(/layout-2\.dwell/)).toBeTruthy();
  expect(screen.getByText("before an update")).toBeTruthy();
});

test("somebody who was forgotten is let in again by the id, which is kept nowhere", async () => {
  const row = {
    forgetting_id: 1,
    application: "casino",
    whom: "user",
    forgotten_at_ms: Date.UTC(2026, 10, 20, 14, 58),
    events_removed: 383,
  };
  setAnswer("forgettings_list", () => [row]);
  const asked: unknown[] = [];
  setAnswer("forgotten_allow", (args) => {
    asked.push(args);
    return asked.length === 1
      ? Promise.reject({ code: "not_found", message: "Nobody of the id “bob” was forgotten." })
      : 1;
  });
  render(Settings);
  const field = await screen.findByRole("textbox", { name: "Id to let in again" });
  expect(screen.getByText(/A user on .* 383 events went\./)).toBeTruthy();
  await fireEvent.input(field, { target: { value: "bob" } });
  await fireEvent.click(screen.getByRole("button", { name: "Let in" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Nobody of the id");
  await fireEvent.input(field, { target: { value: " ada " } });
  await fireEvent.click(screen.getByRole("button", { name: "Let in" }));
  expect(await screen.findByText(/Imports may bring “ada” again/)).toBeTruthy();
  expect(asked).toEqual([
    { application: "casino", id: "bob" },
    { application: "casino", id: "ada" },
  ]);
});

test("where nobody was forgotten nothing is said of it", async () => {
  setAnswer("forgettings_list", () => []);
  render(Settings);
  await screen.findByRole("heading", { name: "Backups" });
  expect(screen.queryByRole("textbox", { name: "Id to let in again" })).toBeNull();
});
