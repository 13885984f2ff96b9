//! The users screen over the fixture: what it opens with, what is found, what the keys do.

import { configure, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { eventsList, peopleList } from "../../../tests/mock/people";
import { clearAnswers, setAnswer } from "../../../tests/mock/transport";
import { giveSizes } from "../../../tests/sizes";
import type { PeopleRequest } from "../../ipc/types";
import { dispatch } from "../../keys/keys";
import { router } from "../../state/router.svelte";
import { workspace } from "../../state/workspace.svelte";
import People from "./People.svelte";

// A busy machine is no failure: `waitFor` returns as soon as it can.
configure({ asyncUtilTimeout: 15_000 });
beforeAll(giveSizes);
beforeEach(async () => {
  window.addEventListener("keydown", dispatch);
  await workspace.load();
});
afterEach(() => {
  window.removeEventListener("keydown", dispatch);
  clearAnswers();
});

async function open(hash = "#/users") {
  window.history.replaceState(null, "", hash);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
  const rendered = render(People);
  await waitFor(() => expect(screen.getAllByRole("row").length).toBeGreaterThan(3));
  return rendered;
}

const list = () => screen.getByRole("grid", { name: "Users, the last seen first" });
const press = (key: string, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.body, { key, ...more });
const sessionIs = (ordinal: number) =>
  waitFor(() => expect(screen.getByRole("region", { name: `Session ${ordinal}` })).toBeTruthy());

describe("opening", () => {
  it("shows_the_newest_person_day_and_session", async () => {
    await open();
    await waitFor(() => screen.getByRole("heading", { level: 1, name: "Inês Carvalho" }));
    await sessionIs(214);
    expect(screen.getByText("2 devices, 214 sessions since 3 Feb 2025")).toBeTruthy();
    expect(screen.getByText("Lisbon time, UTC+0")).toBeTruthy();
    expect(router.segments).toEqual(["users", "user", "u_7f3a91"]);
  });

  it("never_opens_on_an_empty_last_24_hours", async () => {
    await open();
    const chip = screen.getByRole("button", { name: /Last seen/ });
    expect(chip.getAttribute("aria-pressed")).toBe("false");
    expect(list().getAttribute("aria-rowcount")).toBe("1204");
  });

  it("a_link_opens_person_session_event_and_zone", async () => {
    await open("#/users/user/u_7f3a91?session=s-ines-213&event=e-u_7f3a91-213-9&zone=utc");
    await sessionIs(213);
    const inspector = screen.getByRole("region", { name: "Inspector" });
    await waitFor(() => within(inspector).getByRole("heading", { name: "PurchaseCompleted" }));
    expect(within(inspector).getByText("Arrived late, still attached")).toBeTruthy();
    expect(within(inspector).getByText("3h 04m 08s")).toBeTruthy();
    expect(screen.getByRole("radio", { name: "UTC" }).getAttribute("aria-checked")).toBe("true");
  });

  it("says_why_it_started_and_why_it_ended", async () => {
    await open("#/users/user/u_7f3a91?session=s-ines-213");
    await sessionIs(213);
    expect(screen.getByText("Why it started.").parentElement?.textContent).toContain(
      "First event after 2h 45m without activity",
    );
    expect(screen.getByText("Why it ended.").parentElement?.textContent).toContain("grace 24 h");
  });

  it("without_an_event_the_inspector_tells_the_session", async () => {
    await open();
    await sessionIs(214);
    const inspector = screen.getByRole("region", { name: "Inspector" });
    expect(within(inspector).getByRole("heading", { name: "Session 214" })).toBeTruthy();
    expect(within(inspector).getByText("s-ines-214")).toBeTruthy();
  });

  it("a_person_without_a_known_zone_is_shown_in_app_time_and_it_says_why", async () => {
    await open("#/users/user/u_44aa10");
    await waitFor(() => screen.getByRole("heading", { level: 1, name: "Jonas Lindqvist" }));
    const user = screen.getByRole("radio", { name: /User time/ });
    expect(user.getAttribute("aria-checked")).toBe("false");
    expect(user.getAttribute("aria-disabled")).toBe("true");
    expect(user.getAttribute("aria-label")).toMatch(/time zone of this user is not known/);
    await userEvent.click(user);
    expect(router.param("zone")).toBeNull();
    expect(screen.getByText("Berlin time, UTC+1")).toBeTruthy();
  });
});

describe("finding", () => {
  it("finds_by_part_of_a_property_and_marks_it", async () => {
    await open();
    const field = screen.getByRole("searchbox");
    await userEvent.type(field, "INÊS.U_7F");
    await waitFor(() => expect(list().getAttribute("aria-rowcount")).toBe("1"));
    const row = within(list()).getByRole("row");
    expect(within(row).getByText("email")).toBeTruthy();
    expect(row.querySelector("mark")?.textContent).toBe("inês.u_7f");
  });

  it("who_is_shown_stays_while_typing_and_enter_opens_the_first", async () => {
    await open();
    await waitFor(() => screen.getByRole("heading", { level: 1, name: "Inês Carvalho" }));
    const field = screen.getByRole("searchbox");
    await userEvent.type(field, "marek");
    await waitFor(() => expect(within(list()).getAllByRole("row")).toHaveLength(1));
    expect(screen.getByRole("heading", { level: 1, name: "Inês Carvalho" })).toBeTruthy();
    await userEvent.type(field, "{Enter}");
    await waitFor(() => screen.getByRole("heading", { level: 1, name: "Marek Novotny" }));
    expect(document.activeElement).toBe(list());
  });

  it("enter_right_after_typing_opens_the_first_once_the_list_is_there", async () => {
    await open();
    await waitFor(() => screen.getByRole("heading", { level: 1, name: "Inês Carvalho" }));
    const answers: (() => void)[] = [];
    setAnswer("people_list", (args) => {
      const { request } = args as { request: PeopleRequest };
      return new Promise((resolve) => answers.push(() => resolve(peopleList(request))));
    });
    await userEvent.type(screen.getByRole("searchbox"), "marek{Enter}");
    expect(router.segments.at(-1)).toBe("u_7f3a91");
    expect(document.activeElement).toBe(screen.getByRole("searchbox"));
    answers.forEach((answer) => answer());
    await waitFor(() => screen.getByRole("heading", { level: 1, name: "Marek Novotny" }));
    await waitFor(() => expect(document.activeElement).toBe(list()));
  });

  it("who_types_on_after_enter_has_changed_their_mind", async () => {
    await open();
    await waitFor(() => screen.getByRole("heading", { level: 1, name: "Inês Carvalho" }));
    const answers: (() => void)[] = [];
    setAnswer("people_list", (args) => {
      const { request } = args as { request: PeopleRequest };
      return new Promise((resolve) => answers.push(() => resolve(peopleList(request))));
    });
    await userEvent.type(screen.getByRole("searchbox"), "mare{Enter}k");
    answers.forEach((answer) => answer());
    await waitFor(() => expect(within(list()).getAllByRole("row")).toHaveLength(1));
    expect(router.segments.at(-1)).toBe("u_7f3a91");
  });

  it("nobody_found_names_the_search_and_the_way_back", async () => {
    await open();
    await userEvent.type(screen.getByRole("searchbox"), "zzzz");
    await waitFor(() => screen.getByText("Nobody found"));
    await userEvent.click(screen.getByRole("button", { name: "Show everyone" }));
    await waitFor(() => expect(list().getAttribute("aria-rowcount")).toBe("1204"));
  });
});

describe("keys", () => {
  it("j_and_k_go_through_the_users", async () => {
    await open();
    await waitFor(() => screen.getByRole("heading", { level: 1, name: "Inês Carvalho" }));
    await press("j");
    await waitFor(() => screen.getByRole("heading", { level: 1, name: "Marek Novotny" }));
    await press("k");
    await waitFor(() => screen.getByRole("heading", { level: 1, name: "Inês Carvalho" }));
  });

  it("brackets_go_through_the_sessions_and_home_to_the_newest", async () => {
    await open();
    await sessionIs(214);
    await press("[");
    await sessionIs(213);
    await press("]");
    await sessionIs(214);
    await press("[");
    await press("[");
    await sessionIs(212);
    await press("Home");
    await sessionIs(214);
  });

  it("left_and_right_go_through_the_events", async () => {
    await open("#/users/user/u_7f3a91?session=s-ines-213");
    await sessionIs(213);
    await waitFor(() => screen.getByText("LobbyViewed"));
    await press("ArrowRight");
    await press("ArrowRight");
    await waitFor(() => expect(router.param("event")).toBe("e-u_7f3a91-213-1"));
    await press("ArrowLeft");
    await waitFor(() => expect(router.param("event")).toBe("d~s-ines-213~0"));
  });

  it("z_goes_through_the_zones_and_plus_and_minus_zoom", async () => {
    await open();
    await sessionIs(214);
    await press("z");
    await waitFor(() => screen.getByText("Berlin time, UTC+1"));
    await press("z");
    await waitFor(() => expect(router.param("zone")).toBe("utc"));
    await press("-");
    await waitFor(() => expect(router.param("days")).toBe("14"));
    await press("+");
    await waitFor(() => expect(router.param("days")).toBeNull());
  });

  it("i_and_escape_close_the_inspector", async () => {
    await open();
    await sessionIs(214);
    await press("i");
    await waitFor(() => expect(screen.queryByRole("region", { name: "Inspector" })).toBeNull());
    await press("i");
    await waitFor(() => screen.getByRole("region", { name: "Inspector" }));
    await press("Escape");
    await waitFor(() => expect(screen.queryByRole("region", { name: "Inspector" })).toBeNull());
  });

  it("single_letters_are_typed_while_typing", async () => {
    await open();
    await sessionIs(214);
    await userEvent.type(screen.getByRole("searchbox"), "jiz");
    expect(screen.getByRole<HTMLInputElement>("searchbox").value).toBe("jiz");
    expect(screen.getByRole("region", { name: "Inspector" })).toBeTruthy();
    expect(router.param("zone")).toBeNull();
  });
});

describe("the definition", () => {
  it("is_chosen_and_everything_follows_it_and_the_link", async () => {
    await open();
    await sessionIs(214);
    await userEvent.click(
      screen.getByRole("button", { name: /^Sessions of the definition: visit/ }),
    );
    await userEvent.click(screen.getByRole("option", { name: "gameplay" }));
    await waitFor(() => screen.getByText(/^2 devices, 33 sessions/));
    expect(router.param("definition")).toBe("gameplay");
    expect(screen.getByRole("table", { name: "Games played in this session" })).toBeTruthy();
    expect(screen.getByText("Total bet", { selector: "dt" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: /^Sessions of the definition/ }));
    await userEvent.click(screen.getByRole("option", { name: "visit" }));
    await sessionIs(214);
    expect(router.param("definition")).toBeNull();
  });

  it("goes_to_the_session_of_the_chosen_event", async () => {
    await open("#/users/user/u_7f3a91?session=s-ines-213&event=e-u_7f3a91-213-5");
    const inspector = screen.getByRole("region", { name: "Inspector" });
    await waitFor(() => within(inspector).getByRole("heading", { name: "BetPlaced" }));
    await userEvent.click(within(inspector).getByRole("button", { name: "Show its session" }));
    await waitFor(() => expect(router.param("definition")).toBe("gameplay"));
    expect(router.param("event")).toBe("e-u_7f3a91-213-5");
    await waitFor(() => screen.getByText(/^Fri 20 Nov, 11:24:02, 0s/));
  });

  it("one_that_the_application_does_not_have_is_its_first", async () => {
    await open("#/users/user/u_7f3a91?definition=gone");
    await sessionIs(214);
  });

  it("an_application_with_one_has_no_picker", async () => {
    await open("#/users/user/u_7f3a91?app=shop");
    await sessionIs(214);
    expect(screen.queryByRole("button", { name: /^Sessions of the definition/ })).toBeNull();
  });
});

describe("the moment", () => {
  const main = () => screen.getByRole("button", { name: /^As of/ });
  const type = async (label: string, text: string) => {
    const field = screen.getByRole("textbox", { name: label });
    await userEvent.clear(field);
    if (text !== "") await userEvent.type(field, text);
  };

  it("is_picked_in_local_time_marked_and_taken_back", async () => {
    await open("#/users/user/u_7f3a91?session=s-ines-7&zone=app");
    await waitFor(() => screen.getByText("Berlin time, UTC+1"));
    await userEvent.click(main());
    await type("Date", "2026-11-19");
    await type("Time", "13:45");
    await userEvent.click(screen.getByRole("button", { name: "Show" }));
    await waitFor(() => expect(main().textContent).toMatch(/As of\s+Thu 19 Nov 13:45/));
    expect(router.param("asof")).toBe("2026-11-19T12:45:00Z");
    await waitFor(() => screen.getByText("Why it is open."));
    expect(screen.queryByText("Active now")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Back to the newest arrival" }));
    await waitFor(() => screen.getByText("Why it ended."));
    expect(router.param("asof")).toBeNull();
    expect(screen.getByText("Active now")).toBeTruthy();
  });

  it("what_is_no_date_or_time_is_told_and_nothing_changes", async () => {
    await open();
    await sessionIs(214);
    await userEvent.click(main());
    await type("Date", "19.11.2026");
    await userEvent.click(screen.getByRole("button", { name: "Show" }));
    expect(screen.getByText("Write the date as 2026-11-19.")).toBeTruthy();
    expect(screen.getByRole("textbox", { name: "Date" }).getAttribute("aria-invalid")).toBe("true");
    await type("Date", "2026-11-19");
    await type("Time", "2 pm");
    await userEvent.click(screen.getByRole("button", { name: "Show" }));
    expect(screen.getByText(/^Write the time/)).toBeTruthy();
    expect(router.param("asof")).toBeNull();
  });

  it("offers_the_moments_of_the_chosen_session", async () => {
    await open("#/users/user/u_7f3a91?session=s-ines-213");
    await sessionIs(213);
    await userEvent.click(main());
    await userEvent.click(screen.getByRole("button", { name: /^Last event of session 213/ }));
    await waitFor(() => screen.getByText("Why it is open."));
    expect(router.param("asof")).toBe("2026-11-20T11:53:51Z");
    expect(router.param("session")).toBe("s-ines-213");
  });

  it("another_day_than_those_shown_opens_with_it", async () => {
    await open("#/users/user/u_7f3a91?days=5&asof=2026-11-10T12:00:00Z");
    await waitFor(() => screen.getByRole("group", { name: /^Tue 10 Nov, as of 12:00/ }));
  });

  it("without_a_session_then_the_way_back_leads_to_the_newest", async () => {
    await open("#/users/user/u_7f3a91?asof=2025-06-01T12:00:00Z");
    await waitFor(() => screen.getByText("No sessions in these days"));
    await userEvent.click(screen.getByRole("button", { name: "Show the newest session" }));
    await sessionIs(214);
    expect(router.param("asof")).toBeNull();
  });

  it("a_session_that_begins_later_says_so", async () => {
    await open("#/users/user/u_7f3a91?session=s-ines-213&asof=2026-11-20T10:00:00Z");
    await sessionIs(213);
    const head = screen.getByRole("region", { name: "Session 213" });
    expect(within(head).getByText("Not yet started")).toBeTruthy();
  });
});

describe("what Dwell makes of a session", () => {
  it("an_event_that_the_moment_hides_is_not_told_as_if_it_were_there", async () => {
    const events = eventsList({
      application: "casino",
      scope: { session: "s-ines-213" },
      after: null,
      limit: 500,
      with_derived: true,
      as_of_ms: null,
    });
    const last = events.rows.findLast((row) => row.derived !== null);
    if (last === undefined) throw new Error("a session that ended has derived events");
    const params = new URLSearchParams({
      session: "s-ines-213",
      event: last.event_id,
      asof: "2026-11-20T11:40:00Z",
    });
    await open(`#/users/user/u_7f3a91?${params.toString()}`);
    await sessionIs(213);
    const inspector = screen.getByRole("region", { name: "Inspector" });
    await waitFor(() => within(inspector).getByText("Not there yet at this moment"));
    expect(within(inspector).getByRole("heading", { name: last.name })).toBeTruthy();
    expect(within(inspector).queryByRole("radio", { name: "Properties" })).toBeNull();
    await userEvent.click(
      within(inspector).getByRole("button", { name: "Back to the newest arrival" }),
    );
    await waitFor(() => within(inspector).getByRole("radio", { name: "Properties" }));
    expect(within(inspector).queryByText("Not there yet at this moment")).toBeNull();
  });

  it("an_event_after_the_moment_says_so", async () => {
    await open(
      "#/users/user/u_7f3a91?session=s-ines-213&event=e-u_7f3a91-213-9" +
        "&asof=2026-11-20T11:30:00Z",
    );
    await sessionIs(213);
    const inspector = screen.getByRole("region", { name: "Inspector" });
    await waitFor(() => within(inspector).getByRole("heading", { name: "PurchaseCompleted" }));
    expect(within(inspector).getByText("Not yet")).toBeTruthy();
  });

  it("derived_events_are_shown_and_hidden", async () => {
    await open("#/users/user/u_7f3a91?session=s-ines-213");
    await sessionIs(213);
    const row = await waitFor(() => screen.getByText("SessionStarted"));
    await userEvent.click(row);
    const inspector = screen.getByRole("region", { name: "Inspector" });
    await waitFor(() => within(inspector).getByRole("heading", { name: "SessionStarted" }));
    expect(within(inspector).getByText("Revision 2")).toBeTruthy();
    expect(within(inspector).getByText("with its import")).toBeTruthy();
    expect(within(inspector).getByText("start_kind")).toBeTruthy();
    expect(within(inspector).queryByText("From")).toBeNull();
    await userEvent.click(screen.getByRole("checkbox", { name: "Derived" }));
    await waitFor(() => expect(screen.queryByText("SessionStarted")).toBeNull());
    expect(router.param("derived")).toBe("off");
    expect(router.param("event")).toBeNull();
    await userEvent.click(screen.getByRole("checkbox", { name: "Derived" }));
    await waitFor(() => screen.getByText("SessionStarted"));
    expect(router.param("derived")).toBeNull();
  });

  it("says_what_would_make_neighbours_one", async () => {
    await open("#/users/user/u_7f3a91?session=s-ines-213");
    await sessionIs(213);
    const head = screen.getByRole("region", { name: "Session 213" });
    expect(head.textContent).toContain(
      "One with the session before? They would be one with a timeout of 2 h 45 min 9 s",
    );
    expect(head.textContent).toContain(
      "One with the session after? They would be one with a timeout of 2 h 17 min",
    );
  });

  it("a_late_born_session_says_so_in_its_head", async () => {
    await open("#/users/user/u_7f3a91?session=s-ines-late");
    await sessionIs(206);
    const head = screen.getByRole("region", { name: "Session 206" });
    expect(within(head).getByText("Late-born")).toBeTruthy();
    expect(within(head).getByRole("button", { name: "Earlier session" })).toBeTruthy();
  });
});

describe("what can go wrong", () => {
  const broken = () => {
    throw { code: "storage", message: "The file is damaged at page 12." };
  };

  it("a_person_who_cannot_be_read_can_be_tried_again", async () => {
    setAnswer("person_show", broken);
    await open();
    await waitFor(() => screen.getByText("The file is damaged at page 12."));
    clearAnswers();
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await sessionIs(214);
  });

  it("a_list_that_cannot_be_read_says_so", async () => {
    setAnswer("people_list", broken);
    window.history.replaceState(null, "", "#/users");
    window.dispatchEvent(new HashChangeEvent("hashchange"));
    render(People);
    await waitFor(() => screen.getByText("The users could not be read"));
  });

  it("a_session_that_is_gone_is_told_and_the_newest_is_shown", async () => {
    await open("#/users/user/u_7f3a91?session=gone");
    await sessionIs(214);
    expect(screen.getByText(/not in the workspace/)).toBeTruthy();
  });

  it("a_workspace_without_people_says_the_next_step", async () => {
    setAnswer("people_list", () => ({ rows: [], total: 0, next: null, as_of_ms: 0 }));
    window.history.replaceState(null, "", "#/users");
    window.dispatchEvent(new HashChangeEvent("hashchange"));
    render(People);
    await waitFor(() => screen.getByText("No users yet"));
  });
});
