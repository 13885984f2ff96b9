//! What is said of rejected rows and what became of them, in words. Pure.

import { count, plural } from "../../format/number";
import type { Fix, FixGroup, FixOffer, GroupFixes, Retry, RetryPhase } from "../../ipc/types";

/** What a person has set for a group. */
export interface Said {
  isChosen: boolean;
  /** The place of what is said among the offers. */
  offer: number;
  /** What was typed or chosen for it; null while that is what was offered. */
  value: string | null;
}

export const keyOf = ({ reason, field }: { reason: string; field: string }) => `${reason} ${field}`;

/** What is set before a person says anything: the fix that is meant, as far as the rows tell; else to
 * type who it was, or to skip them. */
export function untouched(group: FixGroup): Said {
  const { offers } = group;
  const found = offers.findIndex((one) => one.mends !== null || one.asks?.kind === "text");
  const offer = found === -1 ? Math.max(0, offers.length - 1) : found;
  return { isChosen: offers[offer]?.is_sure === true, offer, value: null };
}

/** What an offer asks for, as it stands. */
export function valueOf(offer: FixOffer, said: Said): string {
  if (offer.asks === null) return "";
  return said.value ?? offer.fixes[offer.asks.fix]?.value ?? "";
}

/** The fixes of an offer with what was said; null where something is to be said still. */
export function fixesOf(offer: FixOffer, said: Said): Fix[] | null {
  const { asks } = offer;
  if (asks === null) return offer.fixes;
  const value = valueOf(offer, said).trim();
  if (value === "") return null;
  return offer.fixes.map((fix, place) => (place === asks.fix ? { ...fix, value } : fix));
}

/** What is to be done with the chosen groups; null where something is to be said still. */
export function request(
  groups: readonly FixGroup[],
  said: (group: FixGroup) => Said,
): GroupFixes[] | null {
  const chosen = [];
  for (const group of groups) {
    const set = said(group);
    const offer = group.offers[set.offer];
    if (!set.isChosen || offer === undefined) continue;
    const fixes = fixesOf(offer, set);
    if (fixes === null) return null;
    chosen.push({ reason: group.group.reason, field: group.group.field, fixes });
  }
  return chosen;
}

/** How many of a group's rows an offer mends. */
export function mendsWords(offer: FixOffer, rowCount: number): string {
  if (offer.mends === null) return "";
  return offer.mends === rowCount
    ? `all ${count(rowCount)}`
    : `${count(offer.mends)} of ${count(rowCount)}`;
}

/** What became of rows. */
export function mendNews(retry: Retry): string {
  const parts = [];
  if (retry.mended > 0) {
    const there = retry.duplicates === 0 ? "" : `, ${count(retry.duplicates)} of them already here`;
    parts.push(
      `${plural(retry.mended, "row")} ${retry.mended === 1 ? "was" : "were"} mended${there}.`,
    );
  } else if (retry.skipped === 0) {
    parts.push("No row was mended.");
  }
  if (retry.skipped > 0)
    parts.push(`${plural(retry.skipped, "row")} ${retry.skipped === 1 ? "was" : "were"} skipped.`);
  if (retry.left > 0)
    parts.push(`${plural(retry.left, "row")} ${retry.left === 1 ? "stays" : "stay"} rejected.`);
  return parts.join(" ");
}

export const PHASES: Record<RetryPhase, string> = {
  reading: "Reading the rows again",
  storing: "Storing the events",
  sessions: "Building the sessions that change",
  saving: "Saving",
};
