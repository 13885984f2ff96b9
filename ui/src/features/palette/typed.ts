//! What was typed into the palette: which kind of thing is looked for, and by what. Pure.

import { findMatch } from "../../format/match";
import type { Offer } from "../../keys/registry.svelte";
import { type Link, readLink } from "../../state/link";

export interface Typed {
  /** `@`, `#` and `>` before the text ask for one kind alone. */
  scope: "everything" | "people" | "events" | "commands";
  text: string;
  /** The whole of it is a link. */
  link: Link | null;
}

const SCOPES: Record<string, Typed["scope"]> = { "@": "people", "#": "events", ">": "commands" };

export function readTyped(typed: string): Typed {
  const text = typed.trim();
  const scope = SCOPES[text[0] ?? ""];
  return {
    scope: scope ?? "everything",
    text: scope === undefined ? text : text.slice(1).trim(),
    link: readLink(text),
  };
}

/** Commands of whose label words begin with every word of a text, those that begin with it first. */
export function matchingOffers(offers: readonly Offer[], text: string): Offer[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const has = (label: string, word: string) =>
    label.split(/[\s’]+/).some((part) => findMatch(part, word)?.[0] === 0);
  const matching = offers.filter(({ label }) => words.every((word) => has(label, word)));
  const begins = ({ label }: Offer) => findMatch(label, text)?.[0] === 0;
  return [...matching.filter(begins), ...matching.filter((offer) => !begins(offer))];
}

/** One or two letters for a person: `IC` for Inês Carvalho. */
export function initials(name: string): string {
  const words = name.split(/[\s._@-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const first = (word: string | undefined) => [...(word ?? "")][0] ?? "";
  const last = words.length > 1 ? first(words.at(-1)) : "";
  return `${first(words[0])}${last}`.toUpperCase();
}
