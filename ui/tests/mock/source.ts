//! The source's own sessions beside ours, as the mock transport answers: with a walk over all
//! streams that takes a while and can be cancelled.

import type { SourceComparison, SourceDifference, SourceProgress } from "../../src/ipc/types";
import { AS_OF_MS } from "./people";

const HOUR = 3_600_000;

const difference = (
  kind: string,
  person: string | null,
  name: string | null,
  words: string,
  sessions: readonly string[],
  hoursAgo: number,
): SourceDifference => ({
  stream: "8c0f1c2e-7d0c-4d5e-9a36-6c9d7c1f2b10",
  person: person === null ? null : { kind: "user", id: person },
  person_name: name,
  from_ms: AS_OF_MS - hoursAgo * HOUR,
  kind,
  our_sessions: [...sessions],
  source_sessions: ["sdk-7781"],
  words,
});

const split = (name: string, id: string, session: string, hoursAgo: number) =>
  difference(
    "split",
    id,
    name,
    "sdk-7781 lies in 2 sessions: one began at 11:22:08 (timeout).",
    [session, `${session}-b`],
    hoursAgo,
  );

export const COMPARISON: SourceComparison = {
  application: "casino",
  definition: "visit",
  source_session_count: 3821,
  our_session_count: 7639,
  kinds: {
    agreed: { groups: 2942, source_sessions: 2942, our_sessions: 2942 },
    split: { groups: 813, source_sessions: 813, our_sessions: 1858 },
    merged: { groups: 1, source_sessions: 2, our_sessions: 1 },
    both: { groups: 0, source_sessions: 0, our_sessions: 0 },
    partly: { groups: 17, source_sessions: 17, our_sessions: 17 },
    outside: { groups: 47, source_sessions: 47, our_sessions: 0 },
  },
  split_by: { ended: 57, late: 26, timeout: 915, user_switched: 47 },
  merged_over_pause: 1,
  merged_interleaved: 0,
  ours_without_id: 2821,
  events_without_id: 34_193,
  events_outside: 129,
  differences: [
    split("Inês Carvalho", "u_7f3a91", "s-ines-213", 4),
    split("Marek Novotny", "u_20c4d8", "s-marek-40", 9),
    difference(
      "merged",
      "u_e07712",
      "فاطمة الزهراء بنت عبد الرحمن",
      "One session holds 2 of the source’s, from sdk-7781 on: sdk-7782 begins at 08:10:00, " +
        "after 12m.",
      ["s-fatima-9"],
      30,
    ),
    difference(
      "outside",
      null,
      null,
      "sdk-7790 is no session here: none of its events is in one.",
      [],
      50,
    ),
    split("Hanna Virtanen", "u_6612ce", "s-hanna-2", 60),
    split("Jonas Lindqvist", "u_44aa10", "s-jonas-1", 70),
  ],
  differences_left_off: 828,
};

let cancelled = 0;

async function compare(
  number: number,
  tell: (progress: SourceProgress) => void,
): Promise<SourceComparison> {
  for (let step = 0; step <= 40; step += 1) {
    if (cancelled >= number) throw { code: "cancelled", message: "Cancelled." };
    tell({ done: step * 28, total: 1120 });
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  return COMPARISON;
}

/** Undefined where the command is none of these. */
export function answerSource(
  command: string,
  args: Record<string, unknown> | undefined,
): Promise<unknown> | undefined {
  const number = args?.["number"] as number;
  switch (command) {
    case "source_has_ids":
      return Promise.resolve(args?.["application"] === "casino");
    case "source_compare":
      return compare(number, args?.["progress"] as (progress: SourceProgress) => void);
    case "source_cancel":
      cancelled = number;
      return Promise.resolve(null);
    default:
      return undefined;
  }
}
