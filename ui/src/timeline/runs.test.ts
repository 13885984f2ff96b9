//! Runs of one event fold into one row, and stepping never lands on a heading.

import { describe, expect, it } from "vitest";
import type { EventRow } from "../ipc/types";
import { foldRuns, indexOfEvent, runKey, stepEvent, stepRow } from "./runs";

function events(names: string, type = "custom"): EventRow[] {
  return [...names].map((name, i) => ({
    event_id: `e${i}`,
    name,
    type,
    time_ms: i * 1000,
    gap_ms: i === 0 ? null : 1000,
    role: "activity",
    late_by_ms: null,
    properties: [],
    property_count: 0,
    derived: null,
  }));
}

const none = { open: new Set<string>() };

/** `a` for an event, `b*4` for a folded run, `+` before events of an open run. */
function shape(list: readonly EventRow[], options: Parameters<typeof foldRuns>[1]): string {
  return foldRuns(list, options)
    .map((item) => {
      if (item.kind === "day") return item.date;
      if (item.kind === "run") return `${item.name}*${item.events.length}`;
      return (item.isInRun ? "+" : "") + item.event.name;
    })
    .join(" ");
}

describe("foldRuns", () => {
  it.each([
    ["", ""],
    ["a", "a"],
    ["aa", "a a"],
    ["aaa", "a*3"],
    ["abab", "a b a b"],
    ["baaab", "b a*3 b"],
    ["aaabbbb", "a*3 b*4"],
    ["aabaa", "a a b a a"],
  ])("three_and_more_of_one_event_in_a_row_are_one_row %s", (names, expected) => {
    expect(shape(events(names), none)).toBe(expected);
  });

  it("every_event_is_in_exactly_one_row_for_all_short_lists", () => {
    for (let length = 0; length <= 9; length += 1) {
      for (let bits = 0; bits < 2 ** length; bits += 1) {
        const list = events(
          Array.from({ length }, (_, i) => (((bits >> i) & 1) === 1 ? "a" : "b")).join(""),
        );
        const shown = foldRuns(list, none).flatMap((item) =>
          item.kind === "run" ? [...item.events] : item.kind === "event" ? [item.event] : [],
        );
        expect(shown).toEqual(list);
      }
    }
  });

  it("an_open_run_lists_its_events_under_its_row", () => {
    const list = events("aaab");
    const open = new Set([runKey(list[0] as EventRow)]);
    expect(shape(list, { open })).toBe("a*3 +a +a +a b");
  });

  it("the_run_of_the_selected_event_is_open", () => {
    expect(shape(events("aaabbb"), { ...none, selected: "e4" })).toBe("a*3 b*3 +b +b +b");
  });

  it("events_of_one_name_and_different_type_do_not_fold", () => {
    const list = [...events("aa"), ...events("aa", "system")];
    expect(shape(list, none)).toBe("a a a a");
  });

  it("derived_events_never_fold_with_stored_ones_of_the_same_name", () => {
    const list = events("aaaa");
    (list[1] as EventRow).derived = { revision: 1, emitted_at_ms: null };
    expect(shape(list, none)).toBe("a a a a");
  });

  it("a_run_tells_its_span_and_late_events_in_either_order", () => {
    const list = events("aaa");
    (list[1] as EventRow).late_by_ms = 5;
    for (const order of [list, [...list].reverse()]) {
      expect(foldRuns(order, none)[0]).toMatchObject({ from_ms: 0, to_ms: 2000, late_count: 1 });
    }
  });

  it("a_run_ends_with_its_day", () => {
    const dateOf = (ms: number): string => (ms < 2000 ? "mon" : "tue");
    expect(shape(events("aaaaa"), { ...none, dateOf })).toBe("mon a a tue a*3");
  });
});

describe("stepping", () => {
  const list = events("abc");

  it("goes_to_the_neighbour_and_stays_at_the_ends", () => {
    expect(stepEvent(list, "e1", 1)?.event_id).toBe("e2");
    expect(stepEvent(list, "e2", 1)?.event_id).toBe("e2");
    expect(stepEvent(list, "e0", -1)?.event_id).toBe("e0");
  });

  it("begins_at_the_near_end_where_nothing_is_selected", () => {
    expect(stepEvent(list, null, 1)?.event_id).toBe("e0");
    expect(stepEvent(list, "gone", -1)?.event_id).toBe("e2");
    expect(stepEvent([], null, 1)).toBeUndefined();
  });

  it("finds_the_row_of_an_event_even_inside_a_folded_run", () => {
    expect(indexOfEvent(foldRuns(events("baaa"), none), "e2")).toBe(1);
    expect(indexOfEvent(foldRuns(events("baaa"), { ...none, selected: "e2" }), "e2")).toBe(3);
    expect(indexOfEvent([], "e2")).toBe(-1);
  });

  it("rows_step_over_days", () => {
    const items = foldRuns(events("abc"), { ...none, dateOf: (ms) => `d${ms}` });
    expect(items.map((item) => item.kind).join(" ")).toBe("day event day event day event");
    expect(stepRow(items, 1, 1)).toBe(3);
    expect(stepRow(items, 3, -1)).toBe(1);
    expect(stepRow(items, 1, -1)).toBe(1);
    expect(stepRow(items, 5, 1)).toBe(5);
  });
});
