//! Lanes: sessions to scale, their least width, groups of too many, pauses, and neighbours.

import { describe, expect, it } from "vitest";
import type { DayLane, SessionBlock } from "../ipc/types";
import {
  BLOCK_MIN_PX,
  isInDays,
  LANE_BLOCK_LIMIT,
  nearestOnNextLane,
  newestSession,
  placeLane,
  sessionOf,
  sessionsByStart,
} from "./lanes";

function block(id: string, left: number, right: number, more: Partial<SessionBlock> = {}) {
  return {
    session_id: id,
    left,
    right,
    continues_before: false,
    continues_after: false,
    started_at_ms: left * 86_400_000,
    ended_at_ms: right * 86_400_000,
    state: "closed",
    start_kind: "none",
    is_late_born: false,
    event_count: 3,
    late_at: [],
    pause_ms: null,
    ...more,
  } satisfies SessionBlock;
}

function day(date: string, sessions: SessionBlock[]): DayLane {
  return {
    date,
    starts_at_ms: 0,
    ends_at_ms: 86_400_000,
    is_today: false,
    now_at: null,
    sessions,
    session_count: sessions.length,
    duration_ms: 0,
  };
}

const NOW = 86_400_000;
const words = (ms: number): string => `${ms / 60_000} min`;

describe("placeLane", () => {
  it("places_sessions_to_scale", () => {
    const [one] = placeLane([block("a", 0.25, 0.5)], 480, words, NOW);
    expect(one).toMatchObject({ left: 120, width: 120, state: "closed" });
  });

  it("keeps_a_session_of_one_event_visible_and_inside_the_lane", () => {
    const [one] = placeLane([block("a", 1, 1)], 480, words, NOW);
    expect(one?.width).toBe(BLOCK_MIN_PX);
    expect((one?.left ?? 0) + (one?.width ?? 0)).toBe(480);
  });

  it("draws_nothing_before_the_width_is_known", () => {
    expect(placeLane([block("a", 0, 1)], 0, words, NOW)).toEqual([]);
  });

  it("shows_a_pause_only_where_its_words_fit", () => {
    const pause_ms = 60_000;
    const wide = placeLane(
      [block("a", 0, 0.1), block("b", 0.5, 0.6, { pause_ms })],
      480,
      words,
      NOW,
    );
    expect(wide[1]?.pause).toEqual({ left: 48, width: 192, text: "1 min" });
    const tight = placeLane(
      [block("a", 0, 0.1), block("b", 0.15, 0.6, { pause_ms })],
      480,
      words,
      NOW,
    );
    expect(tight[1]?.pause).toBeNull();
  });

  it("marks_a_cold_start_only_where_the_session_begins", () => {
    const cold = { start_kind: "cold" };
    expect(placeLane([block("a", 0, 0.1, cold)], 480, words, NOW)[0]?.isCold).toBe(true);
    const before = { ...cold, continues_before: true };
    expect(placeLane([block("a", 0, 0.1, before)], 480, words, NOW)[0]?.isCold).toBe(false);
  });

  it("a_session_that_starts_after_the_moment_is_ahead_of_it", () => {
    const blocks = [block("a", 0.1, 0.9), block("b", 0.5, 0.9), block("c", 0.6, 0.9)];
    const placed = placeLane(blocks, 480, words, 0.5 * 86_400_000);
    expect(placed.map((one) => one.isAhead)).toEqual([false, false, true]);
  });

  it("a_group_is_late_born_only_where_all_of_it_is", () => {
    const late = (id: string) => block(id, 0.1, 0.1, { is_late_born: true });
    const many = Array.from({ length: LANE_BLOCK_LIMIT + 1 }, (_, i) => late(`s${i}`));
    expect(placeLane(many, 480, words, NOW).map((one) => one.isLateBorn)).toEqual([true]);
    const mixed = [...many, block("b", 0.1, 0.1)];
    expect(placeLane(mixed, 480, words, NOW).map((one) => one.isLateBorn)).toEqual([false]);
  });

  it("groups_sessions_that_touch_only_when_there_are_too_many_to_draw", () => {
    const few = Array.from({ length: LANE_BLOCK_LIMIT }, (_, i) =>
      block(`s${i}`, i / 1000, i / 1000),
    );
    expect(placeLane(few, 480, words, NOW)).toHaveLength(LANE_BLOCK_LIMIT);
    const many = Array.from({ length: 400 }, (_, i) => block(`s${i}`, i / 1000, i / 1000));
    const placed = placeLane([...many, block("far", 0.9, 0.95)], 480, words, NOW);
    expect(placed).toHaveLength(2);
    expect(placed[0]?.sessions).toHaveLength(400);
    expect(placed[0] && sessionOf(placed[0]).session_id).toBe("s399");
  });
});

describe("sessions of the days shown", () => {
  const over = block("night", 0.98, 1, { started_at_ms: 5, continues_after: true });
  const days = [
    day("2026-11-20", [
      { ...over, left: 0, right: 0.01, continues_before: true },
      block("b", 0.5, 0.6, { started_at_ms: 9 }),
    ]),
    day("2026-11-19", [block("a", 0.1, 0.2, { started_at_ms: 1 }), over]),
    day("2026-11-18", []),
    day("2026-11-17", [block("x", 0.15, 0.2), block("y", 0.5, 0.55)]),
  ];

  it("a_session_across_midnight_counts_once", () => {
    const ids = sessionsByStart(days.slice(0, 2)).map((one) => one.session_id);
    expect(ids).toEqual(["a", "night", "b"]);
  });

  it("the_newest_session_is_the_one_that_started_last", () => {
    expect(newestSession(days.slice(0, 2), NOW)?.session_id).toBe("b");
    expect(newestSession([], NOW)).toBeUndefined();
  });

  it("as_of_an_earlier_moment_the_newest_is_one_that_has_started", () => {
    expect(newestSession(days.slice(0, 2), 8)?.session_id).toBe("night");
    expect(newestSession(days.slice(0, 2), 1)?.session_id).toBe("a");
    expect(newestSession(days.slice(0, 2), 0)?.session_id).toBe("b");
  });

  it("knows_whether_a_session_is_among_them", () => {
    expect(isInDays(days, "night")).toBe(true);
    expect(isInDays(days, "gone")).toBe(false);
  });

  it("the_nearest_on_the_next_lane_passes_over_empty_days", () => {
    expect(nearestOnNextLane(days, "a", 1)?.session_id).toBe("x");
    expect(nearestOnNextLane(days, "b", 1)?.session_id).toBe("a");
    expect(nearestOnNextLane(days, "y", -1)?.session_id).toBe("a");
    expect(nearestOnNextLane(days, "b", -1)).toBeUndefined();
    expect(nearestOnNextLane(days, "gone", 1)).toBeUndefined();
  });
});
