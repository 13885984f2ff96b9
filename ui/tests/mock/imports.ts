//! Imports that the mock transport answers with, and one that runs while you look.

import type {
  ImportDetail,
  ImportPhase,
  ImportPreview,
  ImportProgress,
  ImportRemoval,
  ImportRemovalProgress,
  ImportRow,
  NewestRow,
} from "../../src/ipc/types";
import { AS_OF_MS } from "./people";

const base: ImportRow = {
  import_id: 1,
  application: "casino",
  file_name: "casino-october.jsonl.gz",
  format: "JSON Lines, gzip",
  file_bytes: 38_211_004,
  finished_at_ms: AS_OF_MS - 3_600_000,
  read: 92_480,
  stored: 91_770,
  duplicates: 392,
  conflicts: 2,
  forgotten: 0,
  quarantined: 318,
  skipped: 0,
  sessions: 14_820,
  new_people: 1204,
  new_devices: 1393,
  seconds: 2.8,
};

export const IMPORTS: ImportRow[] = [
  base,
  {
    ...base,
    import_id: 2,
    file_name: "braze-currents-of-a-very-long-name-2026-10-and-11.jsonl",
    read: 41_287,
    stored: 41_287,
    duplicates: 0,
    conflicts: 0,
    quarantined: 0,
    finished_at_ms: AS_OF_MS - 86_400_000,
  },
  {
    ...base,
    import_id: 3,
    file_name: "nothing-new.jsonl",
    read: 3102,
    stored: 0,
    duplicates: 3102,
    conflicts: 0,
    quarantined: 0,
    new_people: 0,
    new_devices: 0,
  },
];

const newest: NewestRow[] = [
  [
    "BetPlaced",
    "u_20c4d8",
    [
      ["amount", "2.50"],
      ["currency", "EUR"],
    ],
  ],
  ["GameOpened", "u_20c4d8", [["game_id", "WILD BANDITO"]]],
  [
    "SearchPerformed",
    "u_c3389b",
    [
      ["query", "book of"],
      ["results", "41"],
    ],
  ],
  ["PaywallViewed", null, [["source", "settings"]]],
].map(([name, user, properties], at) => ({
  event_id: `01JD-${at}`,
  time_ms: AS_OF_MS - at * 7000,
  name: name as string,
  user_id: user as string | null,
  device_id: "41fe00ac-9d41-4be2-8af3-0c7720b19fd2",
  properties: (properties as [string, string][]).map(([key, value]) => ({
    key,
    type: "text",
    value,
  })),
  session_id: at === 3 ? null : "6f0f2a1c-75b4-5a1e-9a4e-1c2d3e4f5a6b",
}));

function detail(row: ImportRow): ImportDetail {
  if (row.quarantined === 0) return { row, rejects: [], conflicts: [], newest, files: [] };
  const reject = (
    reason: string,
    title: string,
    field: string,
    first_line: number,
    row_count: number,
    example: string,
    excerpt: string,
  ) => ({ reason, title, field, file: row.file_name, first_line, row_count, example, excerpt });
  return {
    row,
    newest,
    files: [],
    rejects: [
      reject(
        "bad_time",
        "Not a time",
        "timestamp",
        184,
        204,
        "timestamp “20/11/26 14.02” is not a time",
        '{"event":"BetPlaced","timestamp":"20/11/26 14.02","user_id":"u_20c4d8"}',
      ),
      reject("no_name", "Name is empty", "event", 377, 71, "event is empty", '{"event":""}'),
      reject(
        "not_json",
        "Not JSON",
        "",
        902,
        31,
        "line 902 ends inside a string",
        '{"event":"GameOpened","user_id":"u_1',
      ),
      reject(
        "too_long",
        "Over 256 characters",
        "user_id",
        41_441,
        12,
        "user_id has 4,112 characters",
        '{"event":"x","user_id":"eyJhbGciOiJIUzI1NiIsInR5cCI6I…',
      ),
    ],
    conflicts: [
      {
        event_id: "01JD3N9XKQ",
        file: row.file_name,
        line: 1204,
        differs: "properties.amount 2.50 became 2.75",
      },
      {
        event_id: "01JD3N9XKR",
        file: row.file_name,
        line: 1377,
        differs: "user_id was missing and is u_20c4d8",
      },
    ],
  };
}

/** A table before it is imported. */
export const PREVIEW: ImportPreview = {
  file_name: "games-october.csv",
  problem: null,
  left_out: 0,
  files: [
    {
      name: "",
      format: "csv with semicolons",
      problem: null,
      missing: null,
      is_table: true,
      read: 3,
      columns: [
        { column: "timestamp", target: "timestamp", filled: 3 },
        { column: "event", target: "name", filled: 3 },
        { column: "user_id", target: "user_id", filled: 2 },
        { column: "amount", target: "properties.amount", filled: 1 },
      ],
    },
  ],
  rows: [
    {
      file: "",
      line: 2,
      event: {
        event_id: "5d1b3c0e-6c7f-5a55-8a44-6f3cf1c4a6d0",
        id_is_derived: true,
        name: "BetPlaced",
        type: "custom",
        time_ms: AS_OF_MS,
        received_at_ms: null,
        user_id: "u_20c4d8",
        device_id: null,
        session_id: null,
        properties: [{ key: "amount", type: "number", value: "2.50" }],
        context: [],
      },
      reject: null,
    },
    {
      file: "",
      line: 3,
      event: null,
      reject: {
        reason: "bad_time",
        field: "timestamp",
        column: 1,
        message: "timestamp “20/11/26 14.02” is not a time",
        excerpt: "20/11/26 14.02;BetPlaced;u_20c4d8;",
      },
    },
  ],
  read: 3,
  good: 2,
  rejected: 1,
  names: 1,
  first_ms: AS_OF_MS - 60_000,
  last_ms: AS_OF_MS,
  is_all: true,
  rejects: [
    {
      reason: "bad_time",
      title: "Not a time",
      field: "timestamp",
      file: "games-october.csv",
      first_line: 3,
      row_count: 1,
      example: "timestamp “20/11/26 14.02” is not a time",
      excerpt: "20/11/26 14.02;BetPlaced;u_20c4d8;",
    },
  ],
};

export function answerImports(command: string, args?: Record<string, unknown>): unknown {
  if (command === "imports_list") return IMPORTS;
  if (command === "import_preview") return PREVIEW;
  if (command === "import_choices") {
    return {
      formats: [{ name: "csv", title: "CSV or TSV" }],
      column_fields: [
        { name: "timestamp", title: "timestamp" },
        { name: "name", title: "event name" },
        { name: "user_id", title: "user" },
      ],
    };
  }
  if (command === "job_cancel") {
    isCancelled = true;
    return null;
  }
  if (command !== "import_show") return undefined;
  const id = (args?.["request"] as { import_id: number }).import_id;
  const row = IMPORTS.find((one) => one.import_id === id);
  if (row !== undefined) return detail(row);
  throw { code: "not_found", message: `There is no import ${id} in this workspace.` };
}

let isCancelled = false;

type Listener = (progress: ImportProgress) => void;

async function run(fileName: string, listener: Listener): Promise<void> {
  isCancelled = false;
  const steps = 240;
  for (let step = 0; step <= steps; step += 1) {
    if (isCancelled) throw { code: "cancelled", message: "The import was cancelled." };
    const done = step / steps;
    const phase: ImportPhase =
      done < 0.4 ? "reading" : done < 0.7 ? "storing" : done < 0.97 ? "sessions" : "saving";
    const read = Math.floor(Math.min(1, done / 0.4) * 92_480);
    const good = Math.floor(read * 0.996);
    const isKnown = phase === "sessions" || phase === "saving";
    listener({
      phase,
      file_name: fileName,
      bytes_read: Math.floor(Math.min(1, done / 0.4) * 38_211_004),
      bytes_total: 38_211_004,
      read,
      good,
      stored: isKnown ? Math.floor(read * 0.992) : null,
      duplicates: isKnown ? good - Math.floor(read * 0.992) : null,
      quarantined: read - good,
      rows_per_second:
        phase === "reading" ? 41_000 + Math.round(6000 * Math.sin(step / 3) * Math.cos(step)) : 0,
      seconds_left: step < 6 ? null : Math.ceil((steps - step) / 20),
      done,
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function runImport(request: unknown, listener: Listener): Promise<ImportRow> {
  const { path, application } = request as { path: string; application: string };
  const fileName = path.split("/").at(-1) ?? path;
  await run(fileName, listener);
  const row = { ...base, import_id: IMPORTS.length + 1, file_name: fileName, application };
  IMPORTS.unshift(row);
  return row;
}

/** What taking an import back gives; tests add what differs. */
export function removalOf(row: ImportRow): ImportRemoval {
  return { import: row, events_removed: 1204, events_kept: 31, sessions: 13_616, seconds: 0.4 };
}

/** Takes an import back, or only says what would go. */
export async function runRemoval(
  request: unknown,
  listener: (progress: ImportRemovalProgress) => void,
): Promise<ImportRemoval> {
  const { import_id, dry_run } = request as { import_id: number; dry_run: boolean };
  const row = IMPORTS.find((one) => one.import_id === import_id);
  if (row === undefined) throw { code: "not_found", message: `There is no import ${import_id}.` };
  isCancelled = false;
  const steps = dry_run ? 10 : 120;
  for (let step = 0; step <= steps; step += 1) {
    if (isCancelled) throw { code: "cancelled", message: "Cancelled: nothing was changed." };
    const done = step / steps;
    listener({
      phase: done < 0.5 ? "events" : done < 1 ? "sessions" : "saving",
      done,
      seconds_left: step < 6 ? null : Math.ceil((steps - step) / 20),
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (!dry_run) IMPORTS.splice(IMPORTS.indexOf(row), 1);
  return removalOf(row);
}

export async function runDemo(listener: Listener): Promise<void> {
  await run("demo data", listener);
}
