//! The words for a comparison of our sessions with those that the source named. Pure.

import { count, plural, share } from "../../format/number";
import type { SourceComparison, SourceDifference } from "../../ipc/types";

interface KindWords {
  kind: string;
  label: string;
  /** What it means. */
  hint: string;
}

/** As Rust names the kinds, in the order in which people read them. */
const KINDS: readonly KindWords[] = [
  { kind: "agreed", label: "Agreed", hint: "the same events" },
  { kind: "split", label: "Split", hint: "one of theirs in several of ours" },
  { kind: "merged", label: "Merged", hint: "several of theirs in one of ours" },
  { kind: "both", label: "Split and merged", hint: "several of each, tied together" },
  { kind: "partly", label: "Partly", hint: "as agreed, but some events in none" },
  { kind: "outside", label: "Left out", hint: "no event is in one of ours" },
];

/** Why one of ours began in the midst of one of theirs, by start reason. */
const SPLITS: Readonly<Record<string, string>> = {
  first: "The first event of its stream",
  forced: "An event that always starts a session",
  ended: "An event that ended the session before",
  timeout: "A pause longer than the timeout",
  background: "Too long in the background",
  midnight: "The end of the day",
  max_length: "The longest session",
  user_switched: "Another user on the device",
  session_id: "Another session id",
  late: "Late events, beyond the grace",
};

export interface KindRow extends KindWords {
  theirs: string;
  ours: string;
  /** Of all of theirs. */
  share: string;
}

export function kindRows(found: SourceComparison): KindRow[] {
  return KINDS.flatMap((words) => {
    const of = found.kinds[words.kind];
    if (
      of === undefined ||
      (of.groups === 0 && !["agreed", "split", "merged"].includes(words.kind))
    )
      return [];
    return [
      {
        ...words,
        theirs: count(of.source_sessions),
        ours: count(of.our_sessions),
        share: share(of.source_sessions, found.source_session_count),
      },
    ];
  });
}

export interface ReasonRow {
  words: string;
  count: number;
}

/** Why sessions were split, the most frequent first, then why they were merged. */
export function reasonRows(found: SourceComparison): { splits: ReasonRow[]; merges: ReasonRow[] } {
  const splits = Object.entries(found.split_by).map(([reason, amount]) => ({
    words: SPLITS[reason] ?? reason,
    count: amount,
  }));
  const merges = [
    { words: "Ours goes on over the pause between two ids", count: found.merged_over_pause },
    { words: "Two ids lie in each other", count: found.merged_interleaved },
  ];
  return {
    splits: splits.toSorted((a, b) => b.count - a.count),
    merges: merges.filter((one) => one.count > 0),
  };
}

/** `2,942 of 3,821 sessions of the source (77 %) hold the same events as one of ours.` */
export function agreedSentence(found: SourceComparison): string {
  const agreed = found.kinds["agreed"]?.source_sessions ?? 0;
  const all = found.source_session_count;
  const part = agreed === 0 || agreed === all ? "" : ` (${share(agreed, all)})`;
  const verb = agreed === 1 ? "holds" : "hold";
  const whole = `${count(agreed)} of ${plural(all, "session")} of the source${part}`;
  return `${whole} ${verb} the same events as one of ours.`;
}

/** What of ours the source says nothing about; blank where there is nothing of that. */
export function withoutIdSentence(found: SourceComparison): string {
  const { ours_without_id: sessions, events_without_id: events } = found;
  if (events === 0) return "";
  const words = `${plural(events, "event")} of ours came without an id.`;
  if (sessions === 0) return words;
  const have = sessions === 1 ? "has" : "have";
  return `${words} ${plural(sessions, "session")} of ours ${have} none at all.`;
}

/** Some differences of each kind, kind after kind. */
export function someOfEach(found: SourceComparison, limit: number): SourceDifference[] {
  return KINDS.flatMap(({ kind }) =>
    found.differences.filter((one) => one.kind === kind).slice(0, limit),
  );
}

export function labelOfKind(kind: string): string {
  return KINDS.find((one) => one.kind === kind)?.label ?? kind;
}
