//! The palette over the fixture: what is found, what the keys do, where it leads.

import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";

import { clearAnswers, setAnswer } from "../../../tests/mock/transport";
import type { FindRequest, Found } from "../../ipc/types";
import { useCommands } from "../../keys/registry.svelte";
import { router } from "../../state/router.svelte";
import { workspace } from "../../state/workspace.svelte";
import Palette from "./Palette.svelte";

const NOTHING: Found = {
  people: [],
  people_count: 0,
  devices: [],
  session: null,
  event: null,
  event_names: [],
  event_name_count: 0,
  as_of_ms: 0,
};

beforeEach(async () => {
  clearAnswers();
  router.go(["imports"], { app: null }, { replace: true });
  await workspace.load();
});

/** Opened as the shell opens it; `close` takes it away at once. */
function open() {
  const onclose = vi.fn();
  const opened = render(Palette, { onclose });
  onclose.mockImplementation(() => opened.unmount());
  return { ...opened, onclose, user: userEvent.setup() };
}

const field = () => screen.getByRole("combobox", { hidden: true });
const options = () => screen.queryAllByRole("option", { hidden: true });
const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");
const found = (text: RegExp) =>
  waitFor(() => expect(options().some((option) => text.test(option.textContent))).toBe(true));

test("it opens with the users last seen, the first one chosen, and the field tells which", async () => {
  open();
  await found(/Inês Carvalho/);
  expect(field().getAttribute("aria-activedescendant")).toBe(options()[0]?.id);
  expect(chosen()).toBe(options()[0]);
  const list = screen.getByRole("listbox", { hidden: true });
  const group = within(list).getByRole("group", {
    name: "Users, the last seen first",
    hidden: true,
  });
  expect(within(group).getAllByRole("option", { hidden: true })).toHaveLength(5);
});

test("a name is found without its accents and marked, and Enter goes there", async () => {
  const { user, onclose } = open();
  await user.type(field(), "ines c");
  await found(/Inês Carvalho/);
  await waitFor(() => expect(chosen()?.querySelector("mark")?.textContent).toBe("Inês C"));
  await user.keyboard("{Enter}");
  expect(onclose).toHaveBeenCalledOnce();
  expect(window.location.hash).toBe("#/users/user/u_7f3a91");
});

test("Enter before the answer is here waits for it", async () => {
  const asked: { request: FindRequest; answer: (found: Found) => void }[] = [];
  setAnswer("find", (args) => {
    const { request } = args as { request: FindRequest };
    return new Promise((answer) => asked.push({ request, answer }));
  });
  const { user } = open();
  await user.type(field(), "s1{Enter}");
  const last = asked.at(-1);
  expect(last?.request).toEqual({ application: "casino", text: "s1", scope: "everything" });
  expect(window.location.hash).toBe("#/imports");
  const session = {
    session_id: "s1",
    definition: "visit",
    started_at_ms: 0,
    person: { kind: "user" as const, id: "ana" },
  };
  // An answer that was overtaken is nobody's.
  asked[0]?.answer({ ...NOTHING, session: { ...session, session_id: "old" } });
  last?.answer({ ...NOTHING, session });
  await waitFor(() => expect(window.location.hash).toBe("#/users/user/ana?session=s1"));
});

test("arrows go through all sections and around the corner", async () => {
  const { user } = open();
  await user.type(field(), "u");
  await waitFor(() => expect(screen.queryByText("Users, the last seen first")).toBeNull());
  const count = options().length;
  await user.keyboard("{ArrowDown}{ArrowDown}");
  expect(chosen()).toBe(options()[2]);
  await user.keyboard("{ArrowUp}{ArrowUp}{ArrowUp}");
  expect(chosen()).toBe(options()[count - 1]);
  await user.type(field(), "no such thing");
  await waitFor(() => expect(screen.getByText(/in it\./)).toBeTruthy());
  expect(field().getAttribute("aria-activedescendant")).toBeNull();
  expect(field().getAttribute("aria-expanded")).toBe("false");
});

test("> lists the commands that can be done now, and Enter does one after it is closed", async () => {
  const asked = vi.fn(() => NOTHING);
  setAnswer("find", asked);
  const done: string[] = [];
  const stop = $effect.root(() =>
    useCommands({
      "shell.theme": {
        run: () => void done.push(document.querySelector("dialog") === null ? "after" : "before"),
        label: () => "Switch to the dark theme",
      },
      "rules.apply": { run: () => void done.push("apply"), can: () => false },
    }),
  );
  const { user } = open();
  await waitFor(() => expect(asked).toHaveBeenCalledOnce());
  await user.type(field(), ">dark");
  expect(options()).toHaveLength(1);
  expect(chosen()?.textContent).toContain("Ctrl Shift L");
  expect(asked).toHaveBeenCalledOnce();
  await user.keyboard("{Enter}");
  expect(done).toEqual(["after"]);
  stop();
});

test("# lists the names of events, and one leads to its newest", async () => {
  const { user } = open();
  await user.type(field(), "#purchase");
  await found(/PurchaseCompleted/);
  await user.keyboard("{Enter}");
  await waitFor(() => expect(window.location.hash).toMatch(/^#\/users\/user\/.+\?event=/));
});

test("a name without an event in this application says so and stays open", async () => {
  const message = "No event of the application “casino” is called “Gone”.";
  setAnswer("find", () => ({ ...NOTHING, event_names: ["Gone"], event_name_count: 1 }));
  setAnswer("find_newest", () => Promise.reject({ code: "not_found", message }));
  const { user, onclose } = open();
  await user.type(field(), "#gone");
  await found(/Gone/);
  await user.keyboard("{Enter}");
  expect((await screen.findByRole("alert", { hidden: true })).textContent).toContain(message);
  expect(onclose).not.toHaveBeenCalled();
});

test("a device of several people leads to all of them, that of one to that one", async () => {
  const device = { device_id: "d1", model: "iPhone 15", last_seen_ms: 0 };
  const people = ["ana", "bo"].map((id) => ({ kind: "user" as const, id }));
  setAnswer("find", () => ({ ...NOTHING, devices: [{ ...device, people }] }));
  const first = open();
  await found(/d1.*iPhone 15, 2 users/);
  await first.user.keyboard("{Enter}");
  expect(window.location.hash).toBe("#/users?q=d1&tab=devices");
  setAnswer("find", () => ({ ...NOTHING, devices: [{ ...device, people: people.slice(1) }] }));
  const second = open();
  await found(/d1.*iPhone 15/);
  await second.user.click(field());
  await second.user.keyboard("{Enter}");
  expect(window.location.hash).toBe("#/users/user/bo?tab=devices");
});

test("a pasted link is followed, and one of another workspace says whose it is", async () => {
  const { user } = open();
  await user.click(field());
  await user.paste("dwell://other.dwell/#/users/user/u_7f3a91?app=casino&zone=utc");
  await waitFor(() => expect(options()).toHaveLength(1));
  expect(chosen()?.textContent).toContain("made in other.dwell");
  await user.keyboard("{Enter}");
  expect(window.location.hash).toBe("#/users/user/u_7f3a91?app=casino&zone=utc");
});

test("a failure is told with a way to try again, and commands are still there", async () => {
  setAnswer("find", () => Promise.reject({ code: "storage", message: "The disk is gone." }));
  const stop = $effect.root(() => useCommands({ "shell.keys": () => undefined }));
  const { user } = open();
  const alert = await screen.findByRole("alert", { hidden: true });
  expect(alert.textContent).toContain("The disk is gone.");
  expect(options()).toHaveLength(1);
  clearAnswers();
  await user.click(within(alert).getByRole("button", { hidden: true }));
  await found(/Inês Carvalho/);
  stop();
});

test("keys that are typed here are no keys of what lies under it", async () => {
  const under = vi.fn();
  window.addEventListener("keydown", under);
  open();
  await found(/Inês Carvalho/);
  for (const key of ["/", "?", "Escape", "1"]) {
    await fireEvent.keyDown(field(), { key, ctrlKey: key === "1" });
  }
  expect(under).not.toHaveBeenCalled();
  window.removeEventListener("keydown", under);
});
