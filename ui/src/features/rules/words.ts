//! The words for rules: what is chosen, what a condition and a rule say. Pure.

import { plural } from "../../format/number";
import type { GapAtTimeout, Operator, Role, Scope, SessionIds, StartKind } from "../../ipc/types";
import {
  type ConditionForm,
  type Ends,
  type Form,
  type GameplayField,
  type GameplayForm,
  namesOf,
  type RoleForm,
  takesNumber,
  takesValue,
} from "./draft";

export interface Choice<Value extends string> {
  value: Value;
  label: string;
  detail?: string;
}

export const ENDS: readonly Choice<Ends>[] = [
  { value: "timeout", label: "Timeout" },
  { value: "day", label: "End of the day" },
  { value: "both", label: "Timeout or day" },
];

export const GAPS: readonly Choice<GapAtTimeout>[] = [
  { value: "new", label: "New session" },
  { value: "same", label: "Same session" },
];

export const SCOPES: readonly Choice<Scope>[] = [
  { value: "device", label: "Device" },
  { value: "user", label: "User", detail: "on all their devices" },
];

export const SESSION_IDS: readonly Choice<SessionIds>[] = [
  { value: "ignore", label: "Ignore", detail: "limits alone decide" },
  { value: "prefer", label: "Prefer", detail: "another id also starts a session" },
  { value: "trust", label: "Trust", detail: "one session for each id" },
];

export const FLAGS: readonly Choice<"yes" | "no">[] = [
  { value: "no", label: "No" },
  { value: "yes", label: "Yes" },
];

export const ROLES: readonly Choice<Role>[] = [
  { value: "activity", label: "Activity", detail: "starts and extends" },
  { value: "extend", label: "Extend", detail: "extends, starts none" },
  { value: "passive", label: "Passive", detail: "counts, keeps nothing open" },
  { value: "start", label: "Start", detail: "always starts a new one" },
  { value: "foreground", label: "Foreground", detail: "the app came back" },
  { value: "background", label: "Background", detail: "the app went away" },
  { value: "end", label: "End", detail: "closes the session" },
  { value: "ignored", label: "Ignored", detail: "never in a session" },
];

export const START_KINDS: readonly Choice<StartKind | "role">[] = [
  { value: "role", label: "As the role has it" },
  { value: "cold", label: "Cold start" },
  { value: "warm", label: "Warm start" },
  { value: "none", label: "Neither" },
];

export const OPERATORS: readonly Choice<Operator>[] = [
  { value: "exists", label: "is there" },
  { value: "not_exists", label: "is missing" },
  { value: "eq", label: "is" },
  { value: "neq", label: "is there and not" },
  { value: "gt", label: "is more than" },
  { value: "gte", label: "is at least" },
  { value: "lt", label: "is less than" },
  { value: "lte", label: "is at most" },
];

export const VALUE_TYPES: readonly Choice<"text" | "number" | "boolean">[] = [
  { value: "text", label: "Text" },
  { value: "number", label: "Number" },
  { value: "boolean", label: "Yes or no" },
];

export const GAMEPLAY_WORDS: Record<GameplayField, { label: string; hint: string }> = {
  bets: { label: "Bets", hint: "Events that are a bet" },
  wins: { label: "Wins", hint: "Events that are a win" },
  bet_wins: { label: "Bets with a win", hint: "Both, where each amount is there" },
  bet_rollbacks: { label: "Bets taken back", hint: "Events that take a bet back" },
  win_rollbacks: { label: "Wins taken back", hint: "Events that take a win back" },
  bet_amount: { label: "Amount of a bet", hint: "Properties that add up to it" },
  win_amount: { label: "Amount of a win", hint: "Properties that add up to it" },
  rollback_amount: { label: "Amount taken back", hint: "Properties that add up to it" },
  game_id: { label: "Game", hint: "Property with its exact id" },
  game_name: { label: "Name of the game", hint: "Property with its name" },
  currency: { label: "Currency", hint: "Property that names it" },
};

export function labelOf<Value extends string>(
  choices: readonly Choice<Value>[],
  value: Value,
): string {
  return choices.find((choice) => choice.value === value)?.label ?? value;
}

/** `amount is at least 10`, `plan is “annual”`. */
export function conditionWords({ property, operator, type, value }: ConditionForm): string {
  const words = `${property} ${labelOf(OPERATORS, operator)}`;
  if (!takesValue(operator)) return words;
  if (takesNumber(operator) || type === "number") return `${words} ${value}`;
  return type === "boolean" ? `${words} ${value === "true" ? "yes" : "no"}` : `${words} “${value}”`;
}

/** `where amount is at least 10 and plan is there`; blank without conditions. */
export function whereWords({ conditions }: RoleForm): string {
  return conditions.length === 0 ? "" : `where ${conditions.map(conditionWords).join(" and ")}`;
}

/** `9 rules`. */
export function rolesWords({ roles }: Pick<Form, "roles">): string {
  return roles.length === 0 ? "No rules" : plural(roles.length, "rule");
}

/** `5 events`; none where there is no gameplay. */
export function gameplayWords(gameplay: GameplayForm | null): string {
  if (gameplay === null) return "None";
  const { bets, wins, bet_wins, bet_rollbacks, win_rollbacks } = gameplay;
  const events = [bets, wins, bet_wins, bet_rollbacks, win_rollbacks].flatMap(namesOf);
  return plural(events.length, "event");
}

/** The path of the table's row that a problem belongs to; blank where none shows it. */
export function rowOfPath(path: string): string {
  if (/^roles|^default_role/.test(path)) return "roles";
  if (path.startsWith("gameplay")) return "gameplay";
  return path;
}

/** The rows of the table that say what is wrong with them. */
export const SHOWN_ROWS: readonly string[] = [
  "limits",
  "limits.inactivity_seconds",
  "limits.background_seconds",
  "limits.max_length_seconds",
  "limits.day_in",
  "limits.foreground_holds",
  "grace_seconds",
  "roles",
  "gameplay",
];

/** Rust's words for an undo, inside a sentence. */
export const insideSentence = (words: string) => words.charAt(0).toLowerCase() + words.slice(1);
