//! Lanes, strip and table as they are drawn: words for every colour, one tab stop, one selection.

import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { tick } from "svelte";
import { beforeAll, describe, expect, it, vi } from "vitest";

import { eventsList, sessionShow, timelineShow } from "../../tests/mock/people";
import { giveSizes } from "../../tests/sizes";
import DayLanes from "./DayLanes.svelte";
import EventTable from "./EventTable.svelte";
import GameTable from "./GameTable.svelte";
import Legend from "./Legend.svelte";
import SessionStrip from "./SessionStrip.svelte";
import { derivedWords } from "./words";

const INES = { kind: "user", id: "u_7f3a91" } as const;
const ZONE = "Europe/Lisbon";
const application = "casino";

const timeline = (as_of_ms: number | null = null, definition = "") =>
  timelineShow({
    application,
    definition,
    person: INES,
    zone: ZONE,
    day_count: 5,
    last_day: null,
    as_of_ms,
  });
const session = (id: string) =>
  sessionShow({ application, session_id: id, zone: ZONE, as_of_ms: null });
const events = (id: string, with_derived = false) =>
  eventsList({
    application,
    scope: { session: id },
    after: null,
    limit: 500,
    with_derived,
    as_of_ms: null,
  });
/** The evening of play. */
const PLAYED = "g-u_7f3a91-19";

beforeAll(giveSizes);

describe("DayLanes", () => {
  const props = () => ({
    timeline: timeline(),
    selected: "s-ines-213",
    onselect: vi.fn(),
    ondays: vi.fn(),
  });

  it("tells_each_session_in_words_with_its_state", () => {
    render(DayLanes, props());
    const block = screen.getByRole("button", { name: /^Closed session, 11:22:08 to 11:53:51/ });
    expect(block.getAttribute("aria-label")).toBe(
      "Closed session, 11:22:08 to 11:53:51, 31m 43s, 15 events, warm start, late events",
    );
    expect(block.getAttribute("aria-current")).toBe("true");
  });

  it("sums_up_each_day_and_names_today", () => {
    render(DayLanes, props());
    expect(
      screen.getByRole("group", { name: "Fri 20 Nov, today, 3 sessions, 1h 47m" }),
    ).toBeTruthy();
    expect(screen.getByRole("group", { name: "Tue 17 Nov, no session starts" })).toBeTruthy();
  });

  it("has_one_tab_stop_on_the_chosen_session", () => {
    const { container } = render(DayLanes, props());
    const stops = [...container.querySelectorAll("[data-session][tabindex='0']")];
    expect(stops.map((stop) => stop.getAttribute("data-session"))).toEqual(["s-ines-213"]);
  });

  it("shows_the_pauses_beside_the_chosen_session_only", () => {
    const { container } = render(DayLanes, props());
    const shown = [...container.querySelectorAll(".pause.shown")].map((one) => one.textContent);
    expect(shown.map((text) => text?.trim())).toEqual(["2h 45m", "2h 17m"]);
  });

  it("a_click_and_the_arrows_up_and_down_choose_a_session", async () => {
    const given = props();
    render(DayLanes, given);
    await fireEvent.click(screen.getByRole("button", { name: /^Active session/ }));
    expect(given.onselect).toHaveBeenLastCalledWith("s-ines-214");
    const chosen = screen.getByRole("button", { name: /11:22:08/ });
    await fireEvent.keyDown(chosen, { key: "ArrowDown" });
    expect(given.onselect).toHaveBeenLastCalledWith("s-ines-7");
  });

  it("as_of_an_earlier_moment_states_and_the_line_of_now_are_those_of_then", () => {
    const then = Date.UTC(2026, 10, 19, 12, 45);
    const { container } = render(DayLanes, {
      ...props(),
      timeline: timeline(then),
      isPicked: true,
    });
    expect(
      screen.getByRole("group", { name: /^Thu 19 Nov, as of 12:45, 4 sessions/ }),
    ).toBeTruthy();
    expect(screen.getByRole("button", { name: /^Active session, 12:31:00/ })).toBeTruthy();
    expect(screen.getByRole("button", { name: /^Closed session, 20:06:00/ })).toBeTruthy();
    const ahead = screen.getByRole("button", { name: /^Session not yet started, 11:22:08/ });
    expect(ahead.classList.contains("ahead")).toBe(true);
    const now = container.querySelectorAll<HTMLElement>(".now");
    expect(now).toHaveLength(1);
    expect(parseFloat(now[0]?.style.left ?? "")).toBeCloseTo((12.75 / 24) * 100, 3);
  });

  it("a_late_born_session_is_marked_and_named", () => {
    render(DayLanes, props());
    const block = screen.getByRole("button", { name: /late-born/ });
    expect(block.getAttribute("aria-label")).toMatch(/^Expired session, 14:10:00.*late-born/);
    expect(block.classList.contains("born")).toBe(true);
  });

  it("days_can_be_turned_only_where_there_are_more", async () => {
    const given = props();
    given.timeline = { ...given.timeline, earlier: "2026-11-15", later: null };
    render(DayLanes, given);
    const later = screen.getByRole<HTMLButtonElement>("button", { name: "Later days" });
    expect(later.disabled).toBe(true);
    await fireEvent.click(screen.getByRole("button", { name: "Earlier days" }));
    expect(given.ondays).toHaveBeenCalledWith(-1);
  });
});

describe("SessionStrip", () => {
  const props = (id: string) => ({
    session: session(id),
    zone: ZONE,
    as_of_ms: timeline().as_of_ms,
    selected: null,
    onselect: vi.fn(),
  });

  it("says_what_the_picture_shows", () => {
    render(SessionStrip, props("s-ines-213"));
    expect(screen.getByRole("img").getAttribute("aria-label")).toBe(
      "Session to scale: 15 events in 31m 43s, in background 3m 17s, merged, 1 late event, " +
        "then 30 min timeout",
    );
  });

  it("names_start_last_event_close_background_and_late", () => {
    render(SessionStrip, props("s-ines-213"));
    const words = [
      "11:22:08 start, warm",
      "11:53:51 last event",
      "12:23:51 closed",
      "in background 3m 17s, merged",
      "late",
      "30 min timeout",
    ];
    for (const text of words) expect(screen.getByText(text)).toBeTruthy();
  });

  it("an_open_session_closes_later_and_shows_the_moment_it_is_seen_from", () => {
    render(SessionStrip, props("s-ines-214"));
    expect(screen.getByText("15:28:20 closes")).toBeTruthy();
    expect(screen.getByText("as of 14:58:20")).toBeTruthy();
  });

  it("a_session_of_one_event_says_so_once", () => {
    render(SessionStrip, props("s-u_single-0"));
    expect(screen.getByText(/only event/)).toBeTruthy();
    expect(screen.queryByText(/last event/)).toBeNull();
  });

  it("a_click_takes_the_nearest_event", async () => {
    const given = props("s-ines-213");
    render(SessionStrip, given);
    await fireEvent.click(screen.getByRole("img"), { clientX: 1 });
    expect(given.onselect).toHaveBeenCalledWith("e-u_7f3a91-213-1");
  });

  it("games_stand_under_the_bar_with_their_names", () => {
    const { container } = render(SessionStrip, props(PLAYED));
    const bands = [...container.querySelectorAll(".band")];
    expect(bands).toHaveLength(7);
    expect(bands.map((band) => band.textContent?.trim())).toContain("MAHJONG WAYS 2");
    const hues = bands.map((band) => /hue-\d/.exec(band.className)?.[0]);
    expect(hues).toEqual(["hue-1", "hue-2", "hue-3", "hue-1", "hue-4", "hue-0", "hue-0"]);
    expect(bands[2]?.querySelector(".name")?.getAttribute("dir")).toBe("auto");
    expect(screen.getByRole("img").getAttribute("aria-label")).toContain("7 game sessions");
  });

  it("a_plain_session_has_no_bands", () => {
    const { container } = render(SessionStrip, props("s-ines-213"));
    expect(container.querySelector(".bands")).toBeNull();
  });
});

describe("Legend", () => {
  it("names_every_mark_and_what_is_ahead_only_where_a_moment_was_picked", async () => {
    const { rerender } = render(Legend);
    const words = () => screen.getAllByRole("listitem").map((item) => item.textContent?.trim());
    const always = ["Active", "Closed", "Expired", "Cold start", "Late event", "Late-born"];
    expect(words()).toEqual(always);
    await rerender({ isPicked: true });
    expect(words()).toEqual([...always, "Not yet"]);
  });
});

describe("GameTable", () => {
  const cells = (row: HTMLElement) => [...row.children].map((cell) => cell.textContent?.trim());

  it("tells_each_game_with_time_counts_and_amounts", () => {
    const games = session(PLAYED).games.map((game, at) => ({
      ...game,
      ...(at === 0 && { total_bet_amount: "1204.5", total_win_amount: "8", wins_count: 1200 }),
    }));
    render(GameTable, { games, zone: ZONE });
    const rows = screen.getAllByRole("row");
    expect(cells(rows[0] as HTMLElement)).toEqual([
      "Game",
      "Time",
      "Bets",
      "Wins",
      "Total bet",
      "Total win",
    ]);
    expect(cells(rows[1] as HTMLElement)).toEqual([
      "MAHJONG WAYS 2",
      "19:24:46 to 19:38:03",
      "18",
      "1,200",
      "1,204.50",
      "8.00",
    ]);
    expect(rows[3]?.querySelector("bdi")?.textContent).toBe("كنوز علي بابا والأربعين");
  });

  it("shows_the_first_games_and_all_on_demand", async () => {
    render(GameTable, { games: session(PLAYED).games, zone: ZONE });
    expect(screen.getAllByRole("row")).toHaveLength(1 + 5);
    await fireEvent.click(screen.getByRole("button", { name: "Show all 7 games" }));
    expect(screen.getAllByRole("row")).toHaveLength(1 + 7);
    await fireEvent.click(screen.getByRole("button", { name: "Show fewer" }));
    expect(screen.getAllByRole("row")).toHaveLength(1 + 5);
  });
});

describe("EventTable", () => {
  const props = (id: string) => ({
    label: "Events of session 213",
    events: events(id).rows,
    total: events(id).total,
    zone: ZONE,
    selected: null as string | null,
    onselect: vi.fn(),
    onmore: vi.fn(),
  });
  const settle = async () => {
    for (let i = 0; i < 5; i += 1) await tick();
  };

  it("tells_how_many_rows_there_are_and_folds_runs", async () => {
    render(EventTable, { props: props("s-ines-213") });
    await settle();
    const grid = screen.getByRole("grid", { name: "Events of session 213" });
    expect(grid.getAttribute("aria-rowcount")).toBe("16");
    const run = within(grid).getByText("×4").closest("[role=row]") as HTMLElement;
    expect(run.textContent).toContain("ScreenViewed");
    expect(run.textContent).toContain("11:42:30 to 11:45:40");
    expect(within(run).getByRole("button").getAttribute("aria-expanded")).toBe("false");
  });

  it("a_run_opens_and_closes", async () => {
    render(EventTable, { props: props("s-ines-213") });
    await settle();
    const run = screen.getByText("×4").closest("[role=row]") as HTMLElement;
    const before = screen.getAllByRole("row").length;
    await fireEvent.click(run);
    await settle();
    expect(within(run).getByRole("button").getAttribute("aria-expanded")).toBe("true");
    expect(screen.getAllByRole("row")).toHaveLength(before + 4);
    await fireEvent.click(run);
    await settle();
    expect(screen.getAllByRole("row")).toHaveLength(before);
  });

  it("shows_gap_properties_and_lateness_of_an_event", async () => {
    render(EventTable, { props: props("s-ines-213") });
    await settle();
    const row = screen.getByText("PurchaseCompleted").closest("[role=row]") as HTMLElement;
    const cells = within(row).getAllByRole("gridcell");
    expect(cells.map((cell) => cell.textContent?.replace(/\s+/g, " ").trim())).toEqual([
      "11:37:12",
      "+6m 10s",
      "PurchaseCompleted , custom event",
      "plan=annual, price=29.99, currency=EUR, product_id=sku_annual_2026, " +
        "source=paywall_lobby, is_trial=false Late 3h 04m",
    ]);
  });

  it("j_and_k_step_and_enter_opens", async () => {
    const given = props("s-ines-213");
    render(EventTable, { props: given });
    await settle();
    const grid = screen.getByRole("grid");
    await fireEvent.keyDown(grid, { key: "j" });
    expect(given.onselect).toHaveBeenLastCalledWith("e-u_7f3a91-213-1", "step");
    await fireEvent.keyDown(grid, { key: "ArrowDown" });
    expect(given.onselect).toHaveBeenLastCalledWith("e-u_7f3a91-213-2", "step");
    await fireEvent.keyDown(grid, { key: "k" });
    expect(given.onselect).toHaveBeenLastCalledWith("e-u_7f3a91-213-1", "step");
    await fireEvent.keyDown(grid, { key: "Enter" });
    expect(given.onselect).toHaveBeenLastCalledWith("e-u_7f3a91-213-1", "open");
  });

  it("the_run_of_the_chosen_event_is_open_and_closing_it_lets_the_event_go", async () => {
    const given = { ...props("s-ines-213"), selected: "e-u_7f3a91-213-12" };
    render(EventTable, { props: given });
    await settle();
    const run = screen.getByText("×4").closest("[role=row]") as HTMLElement;
    expect(within(run).getByRole("button").getAttribute("aria-expanded")).toBe("true");
    await fireEvent.click(run);
    expect(given.onselect).toHaveBeenLastCalledWith(null, "step");
  });

  it("derived_events_say_so_with_their_revision_when_told_again", async () => {
    const given = props("s-ines-213");
    given.events = events("s-ines-213", true).rows;
    given.total = given.events.length;
    render(EventTable, { props: given });
    await settle();
    const row = screen.getByText("SessionStarted").closest("[role=row]") as HTMLElement;
    expect(row.textContent).toContain("derived by Dwell, revision 2");
    const sent = screen.getByText("LobbyViewed").closest("[role=row]") as HTMLElement;
    expect(sent.textContent).not.toContain("derived");
    expect(derivedWords({ revision: 1, emitted_at_ms: null })).toBe("derived by Dwell");
  });

  it("hostile_names_and_values_stay_text", async () => {
    const given = props("s-ines-213");
    const first = given.events[0];
    if (first === undefined) throw new Error("no event");
    given.events = [
      {
        ...first,
        name: "<img src=x onerror=alert(1)>",
        properties: [{ key: "<b>", type: "text", value: "<script>1</script>\u202E" }],
      },
    ];
    const { container } = render(EventTable, { props: given });
    await settle();
    expect(container.querySelector("img, b, script")).toBeNull();
    expect(screen.getByText("<img src=x onerror=alert(1)>").tagName).toBe("BDI");
  });
});
