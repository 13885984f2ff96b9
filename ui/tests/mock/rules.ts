//! Session rules that the mock transport answers with: figures that follow the timeout, so that
//! what is typed can be seen to matter, and a rebuild that runs while you look.

import type {
  CurvePoint,
  Definition,
  ExampleDay,
  PresetRow,
  RebuildProgress,
  RoleRule,
  RulesPage,
  RulesRow,
  SessionFigures,
  Span,
  UndoRow,
  WhatIf,
  WhatIfRequest,
} from "../../src/ipc/types";

const HOUR = 3_600_000;
const MINUTE = 60_000;

const rule = (event: string, role: RoleRule["role"]): RoleRule => ({ event, role }) as RoleRule;

export const VISIT: Definition = {
  name: "visit",
  scope: "device",
  session_ids: "ignore",
  limits: {
    inactivity_seconds: 1800,
    background_seconds: 300,
    max_length_seconds: 86_400,
    day_in: null,
    foreground_holds: false,
  },
  gap_at_timeout: "new",
  grace_seconds: 86_400,
  roles: [
    rule("SessionStarted", "start"),
    { ...rule("session_started", "start"), start_kind: "cold" },
    rule("app_foregrounded", "foreground"),
    rule("app_backgrounded", "background"),
    rule("app_terminated", "end"),
    rule("reset", "end"),
    rule("identify", "extend"),
  ],
  default_role: "activity",
};

export const GAMEPLAY: Definition = {
  ...VISIT,
  name: "gameplay",
  scope: "user",
  limits: {
    ...VISIT.limits,
    inactivity_seconds: 300,
    background_seconds: null,
    max_length_seconds: null,
  },
  roles: [
    rule("Bet", "activity"),
    {
      ...rule("BetWin", "activity"),
      where: [
        { property: "bet_amount", operator: "gt", value: 0 },
        { property: "currency", operator: "eq", value: "EUR" },
      ],
    },
    rule("Win", "passive"),
  ],
  default_role: "ignored",
  gameplay: {
    bets: ["Bet"],
    wins: ["Win"],
    bet_wins: ["BetWin"],
    bet_rollbacks: ["BetRollback"],
    win_rollbacks: ["WinRollback"],
    bet_amount: ["bet_amount", "bonus_bet_amount"],
    win_amount: ["win_amount", "bonus_win_amount"],
    rollback_amount: ["amount"],
    game_id: "game_id",
    game_name: "game_name",
    currency: "currency",
  },
};

const preset = (
  key: string,
  title: string,
  purpose: string,
  basis: string,
  is_comparison: boolean,
  definition: Partial<Definition> = {},
): PresetRow => ({
  key,
  title,
  purpose,
  basis,
  is_comparison,
  definition: { ...VISIT, ...definition, name: key },
});

const PRESETS: PresetRow[] = [
  preset(
    "visit",
    "Visit",
    "One visit of a device to an app or site, whichever system sent its events.",
    "Documented: 30 min without activity and 24 h at most are the defaults of Tell, Croct and " +
      "PostHog. Our choice: a gap of exactly 30 min starts a new visit.",
    false,
  ),
  preset(
    "calendar-day",
    "Calendar day",
    "Everything that a device does on one local day is one session.",
    "Documented: the midnight policy of Croct. Our choice: no other limit beside it.",
    false,
    { limits: { ...VISIT.limits, inactivity_seconds: null, day_in: "Europe/Berlin" } },
  ),
  preset(
    "gameplay",
    "Gameplay",
    "A user’s run of bets, with the games in it, what was bet and what was won.",
    "Documented by Smartico: 5 min without a bet end it. Our choice: no longest length.",
    false,
    GAMEPLAY,
  ),
  preset(
    "ga4",
    "GA4",
    "How many sessions Google Analytics 4 would count.",
    "Documented: 30 min without activity, no longest length. Not documented: a gap of exactly 30 " +
      "min. Cannot be said here: a session that runs past midnight counts on both days.",
    true,
    { limits: { ...VISIT.limits, background_seconds: null, max_length_seconds: null }, roles: [] },
  ),
  preset(
    "amplitude-mobile",
    "Amplitude mobile",
    "How many sessions Amplitude’s mobile libraries would count.",
    "Documented: 5 min without activity, an app in the foreground never times out.",
    true,
    { limits: { ...VISIT.limits, inactivity_seconds: 300, background_seconds: null } },
  ),
  preset(
    "posthog",
    "PostHog",
    "How many sessions PostHog would count.",
    "Documented: 30 min without activity, a gap of exactly 30 min stays, 24 h at most.",
    true,
    { gap_at_timeout: "same", limits: { ...VISIT.limits, background_seconds: null } },
  ),
];

export const RANGES: RulesPage["ranges"] = [
  { field: "limits.inactivity_seconds", low: 60, high: 86_400, words: "1 min to 24 h" },
  { field: "limits.background_seconds", low: 0, high: 86_400, words: "0 s to 24 h" },
  { field: "limits.max_length_seconds", low: 60, high: 604_800, words: "1 min to 7 d" },
  { field: "grace_seconds", low: 0, high: 86_400, words: "0 s to 24 h" },
];

export const UNDO: UndoRow = {
  words: "Back to Web visit, 30 min timeout, as until Fri 20 Nov 15:31",
  rules: "Web visit, 30 min timeout",
  edited_at_ms: Date.UTC(2026, 10, 20, 14, 31, 8),
};
const EVENT_COUNT = 4_821_334;
let rows: RulesRow[] = [row(VISIT), row(GAMEPLAY)];
let removed: RulesRow[] = [];

function row(definition: Definition): RulesRow {
  return {
    name: definition.name,
    definition,
    session_count: sessionsAt(definition.limits.inactivity_seconds),
    undo: null,
    zone_note:
      definition.name === "gameplay"
        ? "The zones of this system are of 2026b, those of these sessions of 2026a."
        : null,
    is_behind: definition.name === "gameplay",
  };
}

export function rulesPage(): RulesPage {
  return {
    definitions: rows,
    presets: PRESETS,
    ranges: RANGES,
    event_count: EVENT_COUNT,
    rebuild_seconds: 50,
    removed: removed.map(({ name }) => ({ name, undo: UNDO })),
  };
}

/** Fewer, the longer the timeout: 96,774 at 30 min. */
function sessionsAt(seconds: number | null): number {
  const at = seconds ?? 86_400;
  return Math.round(96_774 * Math.pow(at / 1800, -0.36));
}

export const CURVE: CurvePoint[] = Array.from({ length: 200 }, (_, at) => {
  const seconds = Math.round((60 * Math.pow(1440, at / 199)) / 60) * 60;
  return { timeout_seconds: seconds, session_count: sessionsAt(seconds) };
}).filter((point, at, all) => point.timeout_seconds !== all[at - 1]?.timeout_seconds);

function figures(definition: Definition): SessionFigures {
  const session_count = sessionsAt(definition.limits.inactivity_seconds);
  const ratio = session_count / 96_774;
  return {
    session_count,
    median_length_ms: Math.round(424_000 / ratio),
    sessions_per_person_day: 2.61 * ratio,
    one_event_count: Math.round(session_count * 0.061 * ratio),
    late_count: 12_400,
    late_attached_count: Math.round(12_400 * (definition.grace_seconds > 3600 ? 0.982 : 0.61)),
  };
}

const FRIDAY = Date.UTC(2026, 10, 19, 23);
/** The last Sunday of October, 25 hours long in Berlin. */
const LONG_SUNDAY = Date.UTC(2026, 9, 24, 22);

const spans = (day: number, list: readonly [string, number][]): Span[] =>
  list.map(([clock, minutes]) => {
    const [hours = "0", rest = "0"] = clock.split(":");
    const from_ms = day + Number(hours) * HOUR + Number(rest) * MINUTE;
    return { from_ms, to_ms: from_ms + minutes * MINUTE };
  });

function example(
  id: string,
  name: string | null,
  date: string,
  from_ms: number,
  hours: number,
  now: readonly [string, number][],
  tried: readonly [string, number][],
  why: string,
): ExampleDay {
  return {
    person: { kind: name === null ? "anonymous" : "user", id },
    name,
    date,
    from_ms,
    to_ms: from_ms + hours * HOUR,
    now: spans(from_ms, now),
    tried: spans(from_ms, tried),
    why,
  };
}

export const EXAMPLES: ExampleDay[] = [
  example(
    "u_7f3a91",
    "Inês Carvalho",
    "2026-11-20",
    FRIDAY,
    24,
    [
      ["08:10", 28],
      ["11:22", 31],
      ["14:10", 48],
    ],
    [
      ["08:10", 28],
      ["11:22", 5],
      ["11:31", 22],
      ["14:10", 48],
    ],
    "3 min 17 s in the background split 1 session into 2",
  ),
  example(
    "u_20c4d8",
    "Marek Novotny",
    "2026-11-19",
    FRIDAY - 24 * HOUR,
    24,
    [["18:05", 352]],
    [
      ["18:05", 90],
      ["19:52", 80],
      ["21:30", 147],
    ],
    "Two pauses of 17 and 18 min split 1 session into 3",
  ),
  example(
    "8c0f1c2e-7d0c-4d5e-9a36-6c9d7c1f2b10",
    null,
    "2026-10-25",
    LONG_SUNDAY,
    25,
    [["03:30", 95]],
    [
      ["03:30", 40],
      ["04:28", 37],
    ],
    "A pause of 18 min splits 1 session into 2",
  ),
  example(
    "u_e07712",
    "فاطمة الزهراء بنت عبد الرحمن",
    "2026-11-20",
    FRIDAY,
    24,
    [
      ["07:10", 40],
      ["12:30", 65],
      ["19:00", 70],
    ],
    [
      ["07:10", 40],
      ["12:30", 65],
      ["19:00", 70],
    ],
    "No change",
  ),
  example(
    "u_6612ce",
    "Hanna Virtanen",
    "2026-11-19",
    FRIDAY - 24 * HOUR,
    24,
    [["22:50", 70]],
    [
      ["22:50", 24],
      ["23:32", 28],
    ],
    "A pause of 18 min splits 1 session into 2",
  ),
];

export function whatIf(request: WhatIfRequest): WhatIf {
  const tried = JSON.parse(request.json) as Definition;
  const known = Object.keys(VISIT).concat("gameplay");
  const unknown = Object.keys(tried).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const problem = `unknown field \`${unknown}\`, expected one of \`${known.join("`, `")}\``;
    return { problem: { path: unknown, problem }, change: null };
  }
  const used = rows.find((one) => one.name === request.definition)?.definition ?? VISIT;
  const now = figures(used);
  const next = figures(tried);
  const difference = Math.abs(next.session_count - now.session_count);
  const isMore = next.session_count > now.session_count;
  const touched = Math.round(difference * 0.43);
  return {
    problem: null,
    change: {
      event_count: EVENT_COUNT,
      person_count: 48_214,
      now,
      tried: next,
      same: now.session_count - touched,
      split: isMore ? touched : 0,
      merged: isMore ? 0 : touched,
      otherwise: 0,
      changed_person_count: difference === 0 ? 0 : 8214,
      examples: request.examples === "most" && difference === 0 ? [] : EXAMPLES,
      curve: CURVE,
      seconds: 2.1,
    },
  };
}

let isCancelled = false;

async function run(listener: (progress: RebuildProgress) => void): Promise<void> {
  isCancelled = false;
  for (let step = 0; step <= 100; step += 1) {
    if (isCancelled) throw { code: "cancelled", message: "The rebuild was cancelled." };
    listener({
      done: step * 616,
      total: 61_600,
      seconds_left: step < 4 ? null : Math.ceil((100 - step) / 20),
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** As the running job hears of it. */
export function cancelRebuild(): void {
  isCancelled = true;
}

/** Undefined where the command is none of these; a wait is part of the answer. */
export function answerRules(
  command: string,
  args: Record<string, unknown> | undefined,
): Promise<unknown> | undefined {
  const request = args?.["request"] as Record<string, string>;
  const listener = args?.["progress"] as (progress: RebuildProgress) => void;
  switch (command) {
    case "rules_show":
      return Promise.resolve(rulesPage());
    case "what_if":
      return new Promise((resolve, reject) => {
        setTimeout(() => {
          try {
            resolve(whatIf(request as unknown as WhatIfRequest));
          } catch (thrown) {
            reject(thrown as Error);
          }
        }, 350);
      });
    case "what_if_cancel":
      return Promise.resolve(null);
    case "definition_apply":
      return run(listener).then(() => {
        const definition = JSON.parse(request["json"] ?? "") as Definition;
        const next = { ...row(definition), undo: UNDO };
        rows = rows.some((one) => one.name === definition.name)
          ? rows.map((one) => (one.name === definition.name ? next : one))
          : [...rows, { ...next, undo: null }];
        return rulesPage();
      });
    case "definition_undo":
      return run(listener).then(() => {
        rows = rows.map((one) => (one.name === request["name"] ? row(VISIT) : one));
        rows = [...rows, ...removed.filter((one) => one.name === request["name"])];
        removed = removed.filter((one) => one.name !== request["name"]);
        return rulesPage();
      });
    case "definition_rebuild":
      return run(listener).then(() => {
        const done = { zone_note: null, is_behind: false };
        rows = rows.map((one) => (one.name === request["name"] ? { ...one, ...done } : one));
        return rulesPage();
      });
    case "definition_remove":
      removed = rows.filter((one) => one.name === request["name"]);
      rows = rows.filter((one) => one.name !== request["name"]);
      return Promise.resolve(rulesPage());
    default:
      return undefined;
  }
}
