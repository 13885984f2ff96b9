//! Answers in Tauri's place, to look at screens in a plain browser and to test components. The
//! page's `?scene=` picks what there is: `full` (default), `empty`, `broken`. A test sets answers
//! of its own. Never part of a build.

import type { Drop, MessageChannel } from "../../src/ipc/transport";
import type {
  ImportProgress,
  ImportRemovalProgress,
  KeptBackup,
  RecentWorkspace,
  Settings,
  WorkspaceStatus,
} from "../../src/ipc/types";
import { answerImports, runDemo, runImport, runRemoval } from "./imports";
import { AS_OF_MS, answerPeople } from "./people";
import { answerRules, cancelRebuild } from "./rules";
import { answerSource } from "./source";

export type { Drop, MessageChannel };

type Args = Record<string, unknown> | undefined;
type Answer = (args: Args) => unknown;

const answers = new Map<string, Answer>();
const changeListeners = new Set<() => void>();
const dropListeners = new Set<(drop: Drop) => void>();
const openingListeners = new Set<(done: number) => void>();
const askedListeners = new Set<() => void>();

/** A test's own answer to a command; throw in it to fail. */
export function setAnswer(command: string, answer: Answer): void {
  answers.set(command, answer);
}

/** Takes every own answer back. */
export function clearAnswers(): void {
  answers.clear();
}

/** As Rust does after a write. */
export function emitChange(): void {
  for (const listener of changeListeners) listener();
}

/** As Rust does while it brings an older workspace up to date. */
export function emitOpening(done: number): void {
  for (const listener of openingListeners) listener(done);
}

/** How often the page was begun anew. */
export const begun = { count: 0 };

export function beginAnew(): void {
  begun.count += 1;
}

/** As Rust does when a second window on the same workspace was started. */
export function emitAskedFor(): void {
  for (const listener of askedListeners) listener();
}

/** As the window's process does for files that are dragged. */
export function emitDrop(drop: Drop): void {
  for (const listener of dropListeners) listener(drop);
}

let scene = new URLSearchParams(window.location.search).get("scene") ?? "full";

export async function call(command: string, args?: Record<string, unknown>): Promise<unknown> {
  const own = answers.get(command);
  if (own !== undefined) return own(args);
  if (scene === "broken") {
    throw {
      code: "not_a_workspace",
      message: "“/home/ana/holiday.db” is a SQLite file, but no workspace of Dwell.",
    };
  }
  switch (command) {
    case "workspace_status":
    case "application_set_zone":
    case "application_undo_zone":
      return status();
    case "settings_show":
    case "settings_change":
      settings = { ...settings, ...(args?.["change"] as Partial<Settings> | undefined) };
      return settings;
    case "backups_kept":
      return KEPT;
    case "backup_run":
      return { path: "/home/ana/new.dwell", file_name: "new.dwell", bytes: 61_210_624 };
    case "backup_restore":
      return { path: status().path, before: null };
    case "workspace_recent":
      return recent;
    case "workspace_forget":
      recent = recent.filter((row) => row.path !== args?.["path"]);
      return recent;
    case "workspace_open":
    case "workspace_create":
      return status();
    case "workspace_choose":
      return args?.["choice"] === "open" ? "/home/ana/shops/eu.dwell" : "/home/ana/new.dwell";
    case "zones_list":
      return Intl.supportedValuesOf("timeZone");
    case "files_choose":
      return ["/home/ana/exports/events-2026-11-20.jsonl", "/home/ana/exports/late.jsonl.gz"];
    case "import_start": {
      const row = await runImport(args?.["request"], args?.["progress"] as Listener);
      scene = "full";
      emitChange();
      return row;
    }
    case "import_remove": {
      const listener = args?.["progress"] as (progress: ImportRemovalProgress) => void;
      const removal = await runRemoval(args?.["request"], listener);
      if (!(args?.["request"] as { dry_run: boolean }).dry_run) emitChange();
      return removal;
    }
    case "demo_start":
      await runDemo(args?.["progress"] as Listener);
      scene = "full";
      emitChange();
      return status();
    case "job_cancel":
      cancelRebuild();
      return answerImports(command, args);
    default: {
      const rules = answerRules(command, args) ?? answerSource(command, args);
      if (rules !== undefined) {
        const answer = await rules;
        if (command.startsWith("definition_")) emitChange();
        return answer;
      }
      return answerImports(command, args) ?? answerPeople(command, args?.["request"]);
    }
  }
}

let settings: Settings = {
  theme: "system",
  density: "standard",
  zone_shown: "user",
  path: "/home/ana/.config/dwell/settings.json",
  problem: null,
};

const KEPT: KeptBackup[] = [
  {
    path: "/home/ana/demo.before-update-2026-11-18-081205-layout-2.dwell",
    file_name: "demo.before-update-2026-11-18-081205-layout-2.dwell",
    bytes: 121_237_504,
    made_at: "2026-11-18 08:12:05",
    why: "update",
  },
];

const folder = "/home/ana/.local/share/dwell/workspaces";
let recent: RecentWorkspace[] = [
  ["demo.dwell", folder, false] as const,
  ["casino-eu.dwell", "/home/ana/shops", false] as const,
  ["old.dwell", "/media/usb", true] as const,
].map(([file_name, folder, is_missing], at) => ({
  path: `${folder}/${file_name}`,
  file_name,
  folder,
  opened_at_ms: AS_OF_MS - at * 86_400_000,
  is_missing,
}));

type Listener = (progress: ImportProgress) => void;

let channelCount = 0;

/** The listener itself, for answers to call. */
export function channel<T>(onMessage: (message: T) => void): MessageChannel {
  channelCount += 1;
  return Object.assign((message: T) => onMessage(message), { id: channelCount });
}

export function onDatabaseChange(onChange: () => void): void {
  changeListeners.add(onChange);
}

export function onOpening(onProgress: (done: number) => void): void {
  openingListeners.add(onProgress);
}

export function onAskedFor(onAsked: () => void): void {
  askedListeners.add(onAsked);
}

export function onFileDrop(onDrop: (drop: Drop) => void): void {
  dropListeners.add(onDrop);
}

function status(): WorkspaceStatus {
  const application = {
    zone: "Europe/Berlin",
    zone_undo: null,
    event_count: 92_114,
    person_count: 1204,
    device_count: 1393,
    session_count: 14_820,
    import_count: 3,
    newest_arrival_ms: AS_OF_MS,
    definitions: ["visit", "gameplay"],
  };
  return {
    file_name: scene === "empty" ? "default.dwell" : "demo.dwell",
    path: "/home/ana/.local/share/dwell/workspaces/demo.dwell",
    real_path: "/home/ana/.local/share/dwell/workspaces/demo.dwell",
    file_bytes: scene === "empty" ? 118_784 : 61_210_624,
    applications:
      scene === "empty"
        ? []
        : [
            { ...application, name: "casino" },
            {
              ...application,
              name: "shop",
              definitions: ["visit"],
              zone: "America/Sao_Paulo",
              event_count: 108_339,
            },
          ],
    zone_data_version: "2026a",
    version: "0.1.0",
  };
}
