//! The strip: to scale, labels never overlap, late events never disappear.

import { describe, expect, it } from "vitest";
import type { SessionStrip } from "../ipc/types";
import {
  BODY_MIN_PX,
  type Label,
  layoutStrip,
  nearestMark,
  placeLabels,
  stripScale,
  tailMiddle,
  type StripWords,
  TAIL_MIN_PX,
  type WantedLabel,
} from "./strip";

const MIN = 60_000;

function strip(body: number, tail: number, more: Partial<SessionStrip> = {}): SessionStrip {
  return {
    from_ms: 0,
    body_to_ms: body * MIN,
    to_ms: (body + tail) * MIN,
    background: [],
    marks: [],
    tail: tail > 0 ? "30 min timeout" : null,
    ...more,
  };
}

const words: StripWords = {
  start: "11:22:08 start, warm",
  last: "11:53:51 last event",
  close: "12:23:51 closed",
  late: "late",
  now: "now 12:00:00",
  background: (ms) => `in background ${ms / MIN}m`,
  backgroundShort: () => "",
};

const mark = (minute: number, is_late = false) => ({
  event_id: `e${minute}${is_late ? "l" : ""}`,
  name: "BetPlaced",
  time_ms: minute * MIN,
  is_late,
});

function expectApart(labels: readonly Label[], width: number): void {
  for (const a of labels) {
    expect(a.left).toBeGreaterThanOrEqual(0);
    expect(a.left + a.width).toBeLessThanOrEqual(Math.max(width, a.width));
    for (const b of labels) {
      if (a === b || a.row !== b.row) continue;
      const apart = a.left + a.width <= b.left || b.left + b.width <= a.left;
      expect(apart, `${a.text} | ${b.text} at ${width}`).toBe(true);
    }
  }
}

describe("stripScale", () => {
  it("is_linear_over_body_and_tail", () => {
    const x = stripScale(strip(30, 30), 600);
    expect([0, 15, 30, 45, 60].map((minute) => x(minute * MIN))).toEqual([0, 150, 300, 450, 600]);
  });

  it("a_short_body_and_a_short_tail_stay_visible", () => {
    expect(stripScale(strip(0.01, 30), 600)(0.01 * MIN)).toBe(BODY_MIN_PX);
    expect(600 - stripScale(strip(1440, 1), 600)(1440 * MIN)).toBeCloseTo(TAIL_MIN_PX);
  });

  it("never_goes_backward_or_outside", () => {
    for (const [body, tail] of [
      [0, 0],
      [0, 30],
      [1, 0],
      [5, 30],
      [1440, 30],
    ] as const) {
      for (const width of [0, 5, 200, 700]) {
        const x = stripScale(strip(body, tail), width);
        let before = 0;
        for (let t = -1; t <= body + tail + 1; t += 0.5) {
          const at = x(t * MIN);
          expect(at).toBeGreaterThanOrEqual(before);
          expect(at).toBeLessThanOrEqual(width);
          before = at;
        }
      }
    }
  });
});

describe("layoutStrip", () => {
  it("labels_never_overlap_whatever_the_lengths_and_the_width", () => {
    for (const body of [0, 0.2, 3, 15, 31, 240, 1440]) {
      for (const tail of [0, 5, 30]) {
        for (let width = 160; width <= 760; width += 40) {
          const marks = [mark(body / 3, true), mark(body / 2, true), mark(body)];
          const background = [
            { from_ms: 0, to_ms: (body / 4) * MIN },
            { from_ms: (body / 3) * MIN, to_ms: body * MIN },
          ];
          const now = (body + tail / 2) * MIN;
          const got = layoutStrip(strip(body, tail, { marks, background }), width, words, now);
          expectApart(got.above, width);
          expectApart(got.below, width);
          const named = got.below.map((label) => label.id);
          for (const id of ["start", "last", "close"]) expect(named).toContain(id);
        }
      }
    }
  });

  it("one_row_is_enough_where_there_is_room", () => {
    expect(layoutStrip(strip(31, 30), 700, words, null).belowRows).toBe(1);
    expect(layoutStrip(strip(31, 30), 240, words, null).belowRows).toBeGreaterThan(1);
  });

  it("ticks_too_near_are_one_and_late_events_stand_apart", () => {
    const marks = [mark(1), mark(1.001), mark(1.002, true), mark(9)];
    const got = layoutStrip(strip(30, 30, { marks }), 600, words, null);
    expect(got.ticks.map((tick) => tick.mark.event_id)).toEqual(["e1", "e9"]);
    expect(got.late).toHaveLength(1);
  });

  it("now_stands_on_the_strip_only_while_the_session_is_open", () => {
    expect(layoutStrip(strip(30, 30), 600, words, 45 * MIN).now).toBe(450);
    expect(layoutStrip(strip(30, 30), 600, words, 60 * MIN).now).toBeNull();
    expect(layoutStrip(strip(30, 30), 600, words, null).now).toBeNull();
  });

  it("background_words_are_left_out_where_they_would_stand_far_away", () => {
    const background = [
      { from_ms: 10 * MIN, to_ms: 14 * MIN },
      { from_ms: 14.5 * MIN, to_ms: 15 * MIN },
    ];
    const got = layoutStrip(strip(30, 30, { background }), 600, words, null);
    expect(got.above.map((label) => label.text)).toEqual(["in background 4m"]);
    expect(got.background).toHaveLength(2);
  });

  it("a_session_that_an_event_ended_has_no_tail", () => {
    const got = layoutStrip(strip(30, 0), 600, words, null);
    expect(got.tail.width).toBe(0);
    expect(got.body.width).toBe(600);
  });
});

describe("placeLabels", () => {
  it("a_needed_label_moves_to_the_next_row_and_the_others_are_left_out", () => {
    const want = (id: string, isNeeded: boolean): WantedLabel => ({
      id,
      text: "0123456789",
      at: 40,
      align: 0.5,
      isNeeded,
    });
    const placed = placeLabels(90, [want("a", true), want("b", true), want("c", false)]);
    expect(placed.map((label) => [label.id, label.row])).toEqual([
      ["a", 0],
      ["b", 1],
    ]);
  });

  it("a_label_without_room_gives_way_to_its_shorter_words", () => {
    const want = {
      text: "0123456789",
      at: 40,
      align: 0.5,
      isNeeded: false,
      shorter: "01",
    } as const;
    const placed = placeLabels(120, [
      { ...want, id: "a" },
      { ...want, id: "b", at: 100 },
      { ...want, id: "c", shorter: "" },
    ]);
    expect(placed.map((label) => [label.id, label.text])).toEqual([
      ["a", "0123456789"],
      ["b", "01"],
    ]);
    expectApart(placed, 120);
  });
});

describe("tailMiddle", () => {
  const at = (now: number | null, wide: number) =>
    tailMiddle({ tail: { left: 300, width: 300 }, now }, wide);

  it("stands_in_the_middle_where_there_is_room", () => {
    expect(at(null, 100)).toBe(450);
    expect(at(120, 100)).toBe(450);
    expect(at(590, 100)).toBe(450);
    expect(at(null, 301)).toBeNull();
  });

  it("gives_way_to_the_line_of_now_on_the_side_with_more_room", () => {
    expect(at(460, 100)).toBe(380);
    expect(at(440, 100)).toBe(520);
    expect(at(450, 200)).toBeNull();
  });
});

describe("nearestMark", () => {
  it("finds_the_mark_under_the_pointer_within_reach", () => {
    const one = strip(30, 30, { marks: [mark(0), mark(10), mark(20)] });
    expect(nearestMark(one, 600, 96, 12)?.mark.event_id).toBe("e10");
    expect(nearestMark(one, 600, 150, 12)).toBeNull();
  });
});
