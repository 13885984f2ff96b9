//! A definition goes through the form unharmed, and what is wrong in the form is told by path.

import { expect, test } from "vitest";

import { GAMEPLAY, RANGES, VISIT } from "../../../tests/mock/rules";
import type { Definition } from "../../ipc/types";
import { check, type Form, formOf, isSame, namesOf, withDefaults } from "./draft";

const EVERY_FIELD: Definition = {
  ...GAMEPLAY,
  session_ids: "prefer",
  limits: {
    inactivity_seconds: 90,
    background_seconds: 0,
    max_length_seconds: 86_400,
    day_in: "Europe/Berlin",
    foreground_holds: true,
  },
  gap_at_timeout: "same",
  grace_seconds: 0,
  roles: [
    {
      event: " odd name ",
      where: [
        { property: "a.b", operator: "exists" },
        { property: "n", operator: "gte", value: -1.5 },
        { property: "flag", operator: "neq", value: false },
        { property: "text", operator: "eq", value: "10" },
      ],
      role: "start",
      start_kind: "warm",
    },
  ],
  default_role: "ignored",
};

const form = (change: Partial<Form> = {}): Form => ({ ...formOf(VISIT, "UTC"), ...change });
const problemsOf = (change: Partial<Form>) => check(form(change), RANGES).problems;
const pathsOf = (change: Partial<Form>) => problemsOf(change).map((problem) => problem.path);

test.each([
  ["visit", VISIT],
  ["gameplay", GAMEPLAY],
  ["one with every field set", EVERY_FIELD],
])("%s comes out of the form as it went in", (_, definition) => {
  const checked = check(formOf(definition, "UTC"), RANGES);
  expect(checked.problems).toEqual([]);
  expect(checked.definition).toEqual(definition);
});

test("what ends a session decides which limits are sent, and the others are kept as typed", () => {
  const limits = (change: Partial<Form>) => check(form(change), RANGES).definition?.limits;
  const dayIn = "Asia/Tokyo";
  expect(limits({ ends: "day", dayIn })).toMatchObject({ inactivity_seconds: null, day_in: dayIn });
  expect(limits({ ends: "both", dayIn })).toMatchObject({
    inactivity_seconds: 1800,
    day_in: dayIn,
  });
  expect(limits({ ends: "timeout", dayIn })).toMatchObject({ day_in: null });
  expect(pathsOf({ ends: "day", inactivity: "nonsense" })).toEqual([]);
});

test.each<[Partial<Form>, string, RegExp]>([
  [{ inactivity: "soon" }, "limits.inactivity_seconds", /Write a length/],
  [{ inactivity: " " }, "limits.inactivity_seconds", /is needed/],
  [{ inactivity: "59 s" }, "limits.inactivity_seconds", /1 min to 24 h is allowed/],
  [{ inactivity: "25 h" }, "limits.inactivity_seconds", /1 min to 24 h is allowed/],
  [{ background: "31 min" }, "limits.background_seconds", /At most the timeout, 30 min/],
  [{ maxLength: "8 d" }, "limits.max_length_seconds", /1 min to 7 d is allowed/],
  [{ grace: "" }, "grace_seconds", /is needed/],
  [{ foregroundHolds: true, maxLength: "" }, "limits.foreground_holds", /24 h at most/],
  [{ foregroundHolds: true, maxLength: "2 d" }, "limits.foreground_holds", /24 h at most/],
])("%j is wrong at %s", (change, path, words) => {
  expect(problemsOf(change)).toEqual([{ path, problem: expect.stringMatching(words) as string }]);
  expect(check(form(change), RANGES).definition).toBeNull();
});

test("a blank limit is none, and its bounds are allowed", () => {
  expect(pathsOf({ background: "", maxLength: "" })).toEqual([]);
  expect(pathsOf({ inactivity: "1 min", background: "0", grace: "24 h" })).toEqual([]);
  expect(pathsOf({ inactivity: "86400", maxLength: "7 d" })).toEqual([]);
});

test("what is wrong in a rule is told with its number", () => {
  const condition = { key: 1, property: "n", operator: "gt", type: "text", value: "ten" } as const;
  const rule = { key: 2, event: "", role: "end", startKind: null, conditions: [] } as const;
  const roles = [
    rule,
    { ...rule, event: "Bet", conditions: [condition, { ...condition, property: "", value: "1" }] },
  ];
  expect(pathsOf({ roles })).toEqual([
    "roles[0].event",
    "roles[1].where[0].value",
    "roles[1].where[1].property",
  ]);
});

test.each([
  ["10", 10],
  [" -0.5 ", -0.5],
  ["1e3", 1000],
  ["123456789012345", 123456789012345],
  ["1234567890123456", null],
  ["0x10", null],
  ["1,5", null],
  ["Infinity", null],
  ["", null],
])("“%s” as a number is %s, never a rounded one", (value, expected) => {
  const condition = { key: 1, property: "n", operator: "eq", type: "number", value } as const;
  const rule = { key: 2, event: "Bet", role: "end", startKind: null, conditions: [condition] };
  const { definition } = check(form({ roles: [rule as Form["roles"][number]] }), RANGES);
  expect(definition?.roles[0]?.where?.[0]?.value ?? null).toBe(expected);
});

test("gameplay without a bet is wrong, blank lines are no names", () => {
  const gameplay = formOf(GAMEPLAY, "UTC").gameplay;
  if (gameplay === null) throw new Error("the preset has gameplay");
  expect(namesOf(" Bet \n\n Bet, big \n")).toEqual(["Bet", "Bet, big"]);
  const none = { ...gameplay, bets: "\n ", bet_wins: "" };
  expect(pathsOf({ gameplay: none })).toEqual(["gameplay.bets"]);
});

test("two definitions are the same whatever is left to defaults", () => {
  const short = withDefaults({ name: "day", limits: { day_in: "UTC" } as Definition["limits"] });
  expect(short.limits).toMatchObject({ inactivity_seconds: null, foreground_holds: false });
  expect(isSame(VISIT, { ...VISIT, gameplay: null })).toBe(true);
  expect(isSame(VISIT, { ...VISIT, roles: VISIT.roles.toReversed() })).toBe(false);
  expect(isSame(VISIT, { ...VISIT, grace_seconds: 0 })).toBe(false);
});
