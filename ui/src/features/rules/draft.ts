//! A definition as a form: texts as they are typed, and back to the definition with what is wrong
//! by path. Pure. What the form cannot say, Rust says: it checks every definition again.

import type {
  Condition,
  Definition,
  FieldProblem,
  FieldRange,
  GapAtTimeout,
  Gameplay,
  Operator,
  Role,
  RoleRule,
  Scope,
  SessionIds,
  StartKind,
} from "../../ipc/types";
import { secondsOf, secondsWords } from "../../format/typed-duration";

/** What ends a session by itself. */
export type Ends = "timeout" | "day" | "both";
export type ValueType = "text" | "number" | "boolean";

export interface ConditionForm {
  /** Tells conditions apart while they move; never sent. */
  key: number;
  property: string;
  operator: Operator;
  type: ValueType;
  value: string;
}

export interface RoleForm {
  /** Tells rules apart while they move; never sent. */
  key: number;
  event: string;
  role: Role;
  startKind: StartKind | null;
  conditions: readonly ConditionForm[];
}

export const GAMEPLAY_LISTS = [
  "bets",
  "wins",
  "bet_wins",
  "bet_rollbacks",
  "win_rollbacks",
  "bet_amount",
  "win_amount",
  "rollback_amount",
] as const;
export const GAMEPLAY_NAMES = ["game_id", "game_name", "currency"] as const;
export type GameplayField = (typeof GAMEPLAY_LISTS)[number] | (typeof GAMEPLAY_NAMES)[number];
/** Lists with one name a line. */
export type GameplayForm = Record<GameplayField, string>;

/** Lengths of time are texts: “15 min”. A blank limit is none. */
export interface Form {
  name: string;
  ends: Ends;
  inactivity: string;
  background: string;
  maxLength: string;
  grace: string;
  dayIn: string;
  foregroundHolds: boolean;
  gapAtTimeout: GapAtTimeout;
  scope: Scope;
  sessionIds: SessionIds;
  roles: readonly RoleForm[];
  defaultRole: Role;
  gameplay: GameplayForm | null;
}

export interface Checked {
  /** Null where anything is wrong. */
  definition: Definition | null;
  problems: FieldProblem[];
}

export const takesValue = (operator: Operator) =>
  operator !== "exists" && operator !== "not_exists";
/** Order is between numbers. */
export const takesNumber = (operator: Operator) => /^(gt|lt)e?$/.test(operator);

let lastKey = 0;
/** A key that no rule or condition of this window has. */
export function nextKey(): number {
  lastKey += 1;
  return lastKey;
}

const lengthText = (seconds: number | null) => (seconds === null ? "" : secondsWords(seconds));

/** The form of a definition; `zone` is offered where it has none. */
export function formOf(definition: Definition, zone: string): Form {
  const { limits, gameplay } = definition;
  const hasDay = limits.day_in !== null;
  return {
    name: definition.name,
    ends: !hasDay ? "timeout" : limits.inactivity_seconds === null ? "day" : "both",
    inactivity: lengthText(limits.inactivity_seconds),
    background: lengthText(limits.background_seconds),
    maxLength: lengthText(limits.max_length_seconds),
    grace: lengthText(definition.grace_seconds),
    dayIn: limits.day_in ?? zone,
    foregroundHolds: limits.foreground_holds,
    gapAtTimeout: definition.gap_at_timeout,
    scope: definition.scope,
    sessionIds: definition.session_ids,
    roles: definition.roles.map(roleForm),
    defaultRole: definition.default_role,
    gameplay: gameplay == null ? null : gameplayForm(gameplay),
  };
}

function roleForm(rule: RoleRule): RoleForm {
  return {
    key: nextKey(),
    event: rule.event,
    role: rule.role,
    startKind: rule.start_kind ?? null,
    conditions: (rule.where ?? []).map(conditionForm),
  };
}

function conditionForm({ property, operator, value }: Condition): ConditionForm {
  const type = typeof value === "number" || typeof value === "boolean" ? typeof value : "text";
  const shown = value === undefined || value === null ? "" : String(value);
  return { key: nextKey(), property, operator, type: type as ValueType, value: shown };
}

function gameplayForm(gameplay: Gameplay): GameplayForm {
  const lists = GAMEPLAY_LISTS.map((field) => [field, (gameplay[field] ?? []).join("\n")]);
  const names = GAMEPLAY_NAMES.map((field) => [field, gameplay[field] ?? ""]);
  return Object.fromEntries([...lists, ...names]) as GameplayForm;
}

/** The definition that a form says, or what is wrong in it. */
export function check(form: Form, ranges: readonly FieldRange[]): Checked {
  const problems: FieldProblem[] = [];
  const tell = (path: string, problem: string) => void problems.push({ path, problem });
  const seconds = (path: string, text: string, isNeeded: boolean): number | null => {
    if (text.trim() === "") {
      if (isNeeded) tell(path, "A length is needed: 30 min");
      return null;
    }
    const read = secondsOf(text);
    const range = ranges.find((one) => one.field === path);
    if (read === null) tell(path, "Write a length: 15 min, 90 s, 1 h 30 min");
    else if (range !== undefined && (read < range.low || read > range.high)) {
      tell(path, `Out of range: ${range.words} is allowed`);
    }
    return read;
  };

  const inactivity =
    form.ends === "day" ? null : seconds("limits.inactivity_seconds", form.inactivity, true);
  const background = seconds("limits.background_seconds", form.background, false);
  const maxLength = seconds("limits.max_length_seconds", form.maxLength, false);
  const grace = seconds("grace_seconds", form.grace, true);
  const isFine = (path: string) => !problems.some((problem) => problem.path === path);
  if (
    inactivity !== null &&
    background !== null &&
    background > inactivity &&
    isFine("limits.inactivity_seconds") &&
    isFine("limits.background_seconds")
  ) {
    tell("limits.background_seconds", `At most the timeout, ${secondsWords(inactivity)}`);
  }
  if (form.foregroundHolds && (maxLength === null || maxLength > 86_400)) {
    tell("limits.foreground_holds", "Needs a longest session of 24 h at most");
  }
  const roles = form.roles.map((rule, at) => roleOf(rule, `roles[${at}]`, tell));
  const gameplay = form.gameplay === null ? null : gameplayOf(form.gameplay);
  if (gameplay !== null && gameplay.bets.length + gameplay.bet_wins.length === 0) {
    tell("gameplay.bets", "At least one event that is a bet is needed");
  }
  if (problems.length > 0) return { definition: null, problems };
  const definition: Definition = {
    name: form.name,
    scope: form.scope,
    session_ids: form.sessionIds,
    limits: {
      inactivity_seconds: inactivity,
      background_seconds: background,
      max_length_seconds: maxLength,
      day_in: form.ends === "timeout" ? null : form.dayIn,
      foreground_holds: form.foregroundHolds,
    },
    gap_at_timeout: form.gapAtTimeout,
    grace_seconds: grace ?? 0,
    roles,
    default_role: form.defaultRole,
    ...(gameplay === null ? {} : { gameplay }),
  };
  return { definition, problems };
}

type Tell = (path: string, problem: string) => void;

function roleOf(rule: RoleForm, path: string, tell: Tell): RoleRule {
  if (rule.event.trim() === "") tell(`${path}.event`, "The event’s exact name is needed");
  const conditions = rule.conditions.map((one, at) =>
    conditionOf(one, `${path}.where[${at}]`, tell),
  );
  return {
    event: rule.event,
    role: rule.role,
    ...(conditions.length === 0 ? {} : { where: conditions }),
    ...(rule.startKind === null ? {} : { start_kind: rule.startKind }),
  } as RoleRule;
}

function conditionOf(form: ConditionForm, path: string, tell: Tell): Condition {
  const { property, operator } = form;
  if (property === "") tell(`${path}.property`, "The property’s name is needed");
  if (!takesValue(operator)) return { property, operator } as Condition;
  const value = valueOf(form);
  if (value === null) tell(`${path}.value`, "A number of at most 15 digits is needed");
  return { property, operator, value };
}

/** Null for a text that is no number which this window can keep exactly. */
function valueOf(form: ConditionForm): string | number | boolean | null {
  const type = takesNumber(form.operator) ? "number" : form.type;
  if (type === "boolean") return form.value === "true";
  if (type === "text") return form.value;
  const text = form.value.trim();
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?$/i.test(text);
  const digits = text.replace(/e.*$/i, "").replaceAll(/\D/g, "").replace(/^0+/, "");
  return isNumber && digits.length <= 15 ? Number(text) : null;
}

function gameplayOf(form: GameplayForm): Gameplay {
  const lists = GAMEPLAY_LISTS.map((field) => [field, namesOf(form[field])]);
  const names = GAMEPLAY_NAMES.map((field) => [field, form[field].trim() || null]);
  return Object.fromEntries([...lists, ...names]) as Gameplay;
}

/** One name a line; blank lines are none. */
export function namesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** A definition that was read from a text, every field that has a default filled in. */
export function withDefaults(read: Partial<Definition>): Definition {
  const { name = "", roles = [], limits, ...rest } = read;
  return {
    scope: "device",
    session_ids: "ignore",
    gap_at_timeout: "new",
    grace_seconds: 86_400,
    default_role: "activity",
    ...rest,
    name,
    roles,
    limits: {
      inactivity_seconds: null,
      background_seconds: null,
      max_length_seconds: null,
      day_in: null,
      ...limits,
      foreground_holds: limits?.foreground_holds ?? false,
    },
  };
}

/** Whether two definitions say the same, however their texts are written. */
export function isSame(one: Definition, other: Definition): boolean {
  return JSON.stringify(canonical(one)) === JSON.stringify(canonical(other));
}

function canonical(definition: Definition): unknown {
  const form = formOf(definition, "");
  const { definition: whole } = check(form, []);
  return whole ?? definition;
}
