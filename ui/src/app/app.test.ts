//! The shell: which view a link shows, and how a workspace goes from empty to imported.

import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test, vi } from "vitest";

import {
  call,
  clearAnswers,
  emitChange,
  emitDrop,
  emitOpening,
  setAnswer,
} from "../../tests/mock/transport";
import { IMPORTS } from "../../tests/mock/imports";
import type { ApplicationRow, ImportRequest, WorkspaceStatus } from "../ipc/types";
import { runCommand } from "../keys/registry.svelte";
import { jobs } from "../state/jobs.svelte";
import { router } from "../state/router.svelte";
import { theme } from "../state/theme.svelte";
import { workspace } from "../state/workspace.svelte";
import App from "./App.svelte";
import { viewOf } from "./view";

const SHOP: ApplicationRow = {
  name: "shop",
  zone: "Europe/Berlin",
  zone_undo: null,
  event_count: 92_114,
  person_count: 1204,
  device_count: 1393,
  session_count: 14_820,
  import_count: 1,
  newest_arrival_ms: Date.UTC(2026, 10, 20, 14, 58, 20),
  definitions: ["visit"],
};

function answerStatus(applications: ApplicationRow[]) {
  const status: WorkspaceStatus = {
    file_name: "eu.dwell",
    path: "/home/ana/eu.dwell",
    real_path: "/home/ana/eu.dwell",
    file_bytes: 1_300_000_000,
    applications,
    zone_data_version: "2026a",
    version: "0.1.0",
  };
  setAnswer("workspace_status", () => status);
}

beforeEach(() => {
  clearAnswers();
  jobs.unchoose();
  jobs.ended = [];
  workspace.status = null;
  window.localStorage.clear();
  router.go(["imports"], { app: null }, { replace: true });
});

test.each([
  ["users", true, false, "welcome"],
  ["imports", true, false, "welcome"],
  ["users", true, true, "imports"],
  ["imports", false, false, "imports"],
  ["imports", false, true, "imports"],
  ["users", false, true, "people"],
  ["rules", false, false, "rules"],
  ["rules", true, false, "welcome"],
  ["settings", true, false, "settings"],
  ["settings", false, true, "settings"],
  ["", false, false, "people"],
  ["nowhere", false, false, "people"],
])("#/%s, empty: %s, importing: %s shows %s", (section, isEmpty, hasImportWork, name) => {
  expect(viewOf(section, { isEmpty, hasImportWork }).name).toBe(name);
});

test("an empty workspace asks for events and offers the demo", async () => {
  answerStatus([]);
  render(App);
  expect(await screen.findByRole("heading", { name: "Where are your events?" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Load the demo" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Find a user/ })).toBeNull();
});

test("a workspace that cannot be opened says why, and opens when it can be", async () => {
  const message = "/mnt/usb/eu.dwell cannot be written: its folder does not exist.";
  setAnswer("workspace_status", () => Promise.reject({ code: "storage", message }));
  render(App);
  expect((await screen.findByRole("alert")).textContent).toContain(message);
  answerStatus([]);
  await fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("heading", { name: "Where are your events?" })).toBeTruthy();
});

test("an older workspace shows how far it is brought up to date, and then opens", async () => {
  let resolve: (status: unknown) => void = () => undefined;
  const opened = new Promise((done) => {
    resolve = done;
  });
  setAnswer("workspace_status", () => opened);
  render(App);
  emitOpening(0.431);
  const bar = await screen.findByRole("progressbar", { name: "Bringing the workspace up to date" });
  expect(bar.getAttribute("aria-valuenow")).toBe("43");
  expect(screen.getByText("43 %")).toBeTruthy();
  answerStatus([]);
  resolve(await call("workspace_status"));
  expect(await screen.findByRole("heading", { name: "Where are your events?" })).toBeTruthy();
  expect(screen.queryByRole("progressbar")).toBeNull();
});

test("the frame tells workspace, application, counts and the moment of the states", async () => {
  answerStatus([SHOP]);
  render(App);
  expect(await screen.findByText("92.1K events, 1.3 GB")).toBeTruthy();
  const sections = screen.getByRole("navigation", { name: "Sections" });
  expect(within(sections).getByRole("link", { name: /Users/ }).textContent).toContain("1,204");
  expect(within(sections).getByRole("link", { current: "page" }).textContent).toContain("Imports");
  expect(screen.getByText("Fri 20 Nov 2026, 15:58:20")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Application/ })).toBeNull();
});

test("dropped files wait for the person, then go where they were told to", async () => {
  answerStatus([SHOP]);
  const requests: ImportRequest[] = [];
  setAnswer("import_start", (args) => {
    requests.push((args as { request: ImportRequest }).request);
    return Promise.resolve({ ...IMPORTS[0], application: "shop" });
  });
  render(App);
  await screen.findByText("92.1K events, 1.3 GB");
  emitDrop({ kind: "over" });
  expect(await screen.findByText(/Drop to import/)).toBeTruthy();
  emitDrop({ kind: "drop", paths: ["/in/a.jsonl", "/in/b.jsonl.gz"] });
  const start = await screen.findByRole("button", { name: "Start import" });
  expect(screen.queryByText(/Drop to import/)).toBeNull();
  expect(document.activeElement).toBe(start);
  expect(requests).toEqual([]);
  await fireEvent.click(screen.getByRole("button", { name: "Leave out b.jsonl.gz" }));
  await fireEvent.click(start);
  await waitFor(() => expect(jobs.isIdle).toBe(true));
  expect(requests).toEqual([{ application: "shop", path: "/in/a.jsonl", time_zone: "UTC" }]);
});

test("the result tells what was rejected and why, and shows hostile text as text", async () => {
  answerStatus([SHOP]);
  const evil = "<img src=x onerror=alert(1)>";
  const row = { ...IMPORTS[0], quarantined: 318, read: 92_480 };
  const reject = {
    reason: "bad_time",
    title: "Not a date we know",
    field: evil,
    file: "a.jsonl",
    first_line: 184,
    example: "timestamp: “20/11/26” is not a date that can be read.",
    excerpt: `{"name":"${evil}"}`,
    row_count: 318,
  };
  setAnswer("imports_list", () => [row]);
  setAnswer("import_show", () => ({
    row,
    rejects: [reject],
    conflicts: [],
    newest: [],
    files: [],
  }));
  const { container } = render(App);
  const table = await screen.findByRole("region", { name: /Rejected rows/ });
  expect(within(table).getByText("Not a date we know")).toBeTruthy();
  expect(within(table).getByText(evil)).toBeTruthy();
  await fireEvent.click(within(table).getByRole("button", { name: /First row of/ }));
  expect(within(table).getAllByText(reject.excerpt)).toHaveLength(2);
  expect(container.querySelector("img")).toBeNull();
});

test("Ctrl and a digit lead to the sections in their order", async () => {
  answerStatus([SHOP]);
  render(App);
  await screen.findByText("92.1K events, 1.3 GB");
  await fireEvent.keyDown(window, { key: "3", ctrlKey: true });
  expect(window.location.hash).toBe("#/rules");
  const sections = screen.getByRole("navigation", { name: "Sections" });
  const current = await within(sections).findByRole("link", { current: "page" });
  expect(current.textContent).toContain("Session rules");
});

test("a write is seen without a reload", async () => {
  answerStatus([SHOP]);
  render(App);
  await screen.findByText("92.1K events, 1.3 GB");
  answerStatus([{ ...SHOP, event_count: 100_000 }]);
  emitChange();
  expect(await screen.findByText("100K events, 1.3 GB")).toBeTruthy();
});

test("with several applications one is looked at, and the link names it", async () => {
  answerStatus([SHOP, { ...SHOP, name: "zoo", person_count: 7 }]);
  render(App);
  const select = await screen.findByRole("button", { name: "Application: shop" });
  await fireEvent.click(select);
  await fireEvent.click(await screen.findByRole("option", { name: /zoo/ }));
  expect(window.location.hash).toBe("#/imports?app=zoo");
  expect(await screen.findByRole("link", { name: /Users\s*7/ })).toBeTruthy();
});

test("an import that ends while another view is looked at is noted, and its note leads there", async () => {
  answerStatus([SHOP]);
  let finish: (row: unknown) => void = () => undefined;
  setAnswer("import_start", () => new Promise((done) => (finish = done)));
  render(App);
  await screen.findByText("92.1K events, 1.3 GB");
  jobs.choose(["/in/a.jsonl"]);
  jobs.startChosen({ application: "shop", timeZone: "UTC" });
  await fireEvent.keyDown(window, { key: "3", ctrlKey: true });
  finish({ ...IMPORTS[0], application: "shop", import_id: 7, stored: 2, quarantined: 0 });
  const corner = await screen.findByRole("region", { name: "Notices" });
  expect(within(corner).getByText("a.jsonl: 2 events added")).toBeTruthy();
  await fireEvent.click(within(corner).getByRole("button", { name: "Show" }));
  expect(window.location.hash).toBe("#/imports/7?app=shop");
  expect(screen.queryByRole("region", { name: "Notices" })).toBeNull();
});

test("a list is written to a file under its commands, can be cancelled and says how it ended", async () => {
  answerStatus([SHOP]);
  const asked: { request: unknown; end: (done: unknown) => void }[] = [];
  setAnswer("export_start", (args) => {
    const { request } = args as { request: unknown };
    return new Promise((done, fail) => {
      asked.push({ request, end: (end) => (end === "fail" ? fail(CANCELLED) : done(end)) });
    });
  });
  setAnswer("job_cancel", () => asked.at(-1)?.end("fail"));
  const CANCELLED = { code: "cancelled", message: "Cancelled: nothing was changed." };
  render(App);
  await screen.findByText("92.1K events, 1.3 GB");
  expect(runCommand("export.events.csv")).toBe(true);
  const corner = await screen.findByRole("region", { name: "Notices" });
  expect(corner.textContent).toContain("Writing all events");
  expect(runCommand("export.imports.csv")).toBe(false);
  await fireEvent.click(within(corner).getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("region", { name: "Notices" })).toBeNull());
  runCommand("export.imports.json_lines");
  await waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]?.request).toMatchObject({ list: "imports", format: "json_lines" });
  asked[1]?.end({ path: "/out/i.jsonl", file_name: "i.jsonl", row_count: 1, file_bytes: 9 });
  expect(await screen.findAllByText("i.jsonl is written: 1 row")).toHaveLength(2);
});

test("the theme goes to the other look first and is remembered", async () => {
  answerStatus([SHOP]);
  theme.set("system");
  render(App);
  await fireEvent.click(await screen.findByRole("button", { name: "Theme: as the system is" }));
  expect(document.documentElement.dataset["theme"]).toBe("dark");
  expect(window.localStorage.getItem("dwell.theme")).toBe("dark");
  theme.set("system");
});

test("the question mark shows every shortcut once", async () => {
  answerStatus([SHOP]);
  const show = vi.spyOn(HTMLDialogElement.prototype, "showModal");
  render(App);
  await screen.findByText("92.1K events, 1.3 GB");
  await fireEvent.keyDown(window, { key: "?", shiftKey: true });
  const sheet = await screen.findByRole("dialog", { hidden: true });
  expect(within(sheet).getByText("Switch the theme")).toBeTruthy();
  expect(show).toHaveBeenCalledOnce();
});
