//! Every command of the window, in one list: it feeds the listeners, the palette, menus, tooltips and
//! the sheet. What a command does, and whether it can be done now, is said by whoever can do it
//! (`registry.svelte.ts`).

import CalendarArrowDown from "@lucide/svelte/icons/calendar-arrow-down";
import CalendarArrowUp from "@lucide/svelte/icons/calendar-arrow-up";
import ChevronFirst from "@lucide/svelte/icons/chevron-first";
import ChevronLast from "@lucide/svelte/icons/chevron-last";
import Copy from "@lucide/svelte/icons/copy";
import Download from "@lucide/svelte/icons/download";
import FileBraces from "@lucide/svelte/icons/file-json";
import FileSpreadsheet from "@lucide/svelte/icons/file-spreadsheet";
import FileUp from "@lucide/svelte/icons/file-up";
import FolderOpen from "@lucide/svelte/icons/folder-open";
import Globe from "@lucide/svelte/icons/globe";
import History from "@lucide/svelte/icons/history";
import Keyboard from "@lucide/svelte/icons/keyboard";
import Link from "@lucide/svelte/icons/link";
import PanelRight from "@lucide/svelte/icons/panel-right";
import Play from "@lucide/svelte/icons/play";
import Search from "@lucide/svelte/icons/search";
import Settings from "@lucide/svelte/icons/settings";
import SunMoon from "@lucide/svelte/icons/sun-moon";
import Timer from "@lucide/svelte/icons/timer";
import Users from "@lucide/svelte/icons/users";
import type { Component } from "svelte";

/** In the order of the sheet. */
export const GROUPS = [
  "Anywhere",
  "Imports",
  "Session rules",
  "Charts",
  "Lists",
  "Timeline",
  "Export",
] as const;

export interface Command {
  group: (typeof GROUPS)[number];
  label: string;
  /** `Ctrl Shift L`: modifiers, then `KeyboardEvent.key`, letters upper case. Blank: by name alone. */
  keys: readonly string[];
  /** With an icon it is offered by name, in the palette and in menus; without one it is a key alone,
   * as steps through a list are. */
  icon?: Component<Record<string, unknown>>;
}

/** The lists that can be written to a file, as a person calls them. */
export const EXPORTS = {
  users: "these users",
  "person-sessions": "this user’s sessions",
  "person-events": "this user’s events",
  sessions: "all sessions",
  events: "all events",
  imports: "the imports",
  quarantine: "the rejected rows",
  conflicts: "the conflicting copies",
} as const;
export type ExportName = keyof typeof EXPORTS;

/** How they are written. */
export const FORMATS = { csv: "CSV", json_lines: "JSON Lines" } as const;
export type FormatName = keyof typeof FORMATS;

export type ExportId = `export.${ExportName}.${FormatName}`;

/** A command that no keys stand for. */
type NamedCommand = Command & { keys: readonly [] };

/** A command for each list and format. */
function exportCommands(): Record<ExportId, NamedCommand> {
  const icons = { csv: FileSpreadsheet, json_lines: FileBraces } as const;
  const commands: Partial<Record<ExportId, NamedCommand>> = {};
  for (const name of Object.keys(EXPORTS) as ExportName[]) {
    for (const format of Object.keys(FORMATS) as FormatName[]) {
      const label = `Export ${EXPORTS[name]} as ${FORMATS[format]}`;
      commands[`export.${name}.${format}`] = {
        group: "Export",
        label,
        keys: [],
        icon: icons[format],
      };
    }
  }
  return commands as Record<ExportId, NamedCommand>;
}

export const COMMANDS = {
  "shell.palette": { group: "Anywhere", label: "Find anything", keys: ["Ctrl K"] },
  "shell.filter": { group: "Anywhere", label: "Search the users", keys: ["/"], icon: Search },
  "shell.keys": { group: "Anywhere", label: "Show all shortcuts", keys: ["?"], icon: Keyboard },
  "shell.theme": {
    group: "Anywhere",
    label: "Switch the theme",
    keys: ["Ctrl Shift L"],
    icon: SunMoon,
  },
  "shell.copy-link": {
    group: "Anywhere",
    label: "Copy the link to this view",
    keys: ["Ctrl Shift C"],
    icon: Link,
  },
  "shell.users": { group: "Anywhere", label: "Users", keys: ["Ctrl 1"], icon: Users },
  "shell.imports": { group: "Anywhere", label: "Imports", keys: ["Ctrl 2"], icon: Download },
  "shell.rules": { group: "Anywhere", label: "Session rules", keys: ["Ctrl 3"], icon: Timer },
  "shell.settings": {
    group: "Anywhere",
    label: "Settings",
    keys: ["Ctrl ,"],
    icon: Settings,
  },
  "shell.workspace": {
    group: "Anywhere",
    label: "Open a workspace",
    keys: ["Ctrl Shift O"],
    icon: FolderOpen,
  },
  "shell.back": { group: "Anywhere", label: "Back", keys: ["Alt ArrowLeft"] },
  "shell.forward": { group: "Anywhere", label: "Forward", keys: ["Alt ArrowRight"] },
  "shell.pane": { group: "Anywhere", label: "Next pane", keys: ["F6"] },
  "shell.pane-before": { group: "Anywhere", label: "Pane before", keys: ["Shift F6"] },
  "shell.close": { group: "Anywhere", label: "Close", keys: ["Escape"] },
  "imports.choose": { group: "Imports", label: "Import files", keys: ["Ctrl O"], icon: FileUp },
  "rules.apply": {
    group: "Session rules",
    label: "Apply and rebuild",
    keys: ["Ctrl Enter"],
    icon: Play,
  },
  "chart.before": { group: "Charts", label: "Point before", keys: ["ArrowLeft"] },
  "chart.next": { group: "Charts", label: "Next point", keys: ["ArrowRight"] },
  "chart.choose": { group: "Charts", label: "Take the point", keys: ["Enter"] },
  "chart.table": { group: "Charts", label: "Show the table", keys: ["V"] },
  "list.next": { group: "Lists", label: "Next row", keys: ["J", "ArrowDown"] },
  "list.before": { group: "Lists", label: "Row before", keys: ["K", "ArrowUp"] },
  "list.open": { group: "Lists", label: "Open", keys: ["Enter"] },
  "list.copy-id": { group: "Lists", label: "Copy the id", keys: ["Ctrl C"], icon: Copy },
  "timeline.event-before": { group: "Timeline", label: "Event before", keys: ["ArrowLeft"] },
  "timeline.event-next": { group: "Timeline", label: "Next event", keys: ["ArrowRight"] },
  "timeline.session-before": {
    group: "Timeline",
    label: "Session before",
    keys: ["["],
    icon: ChevronFirst,
  },
  "timeline.session-next": {
    group: "Timeline",
    label: "Next session",
    keys: ["]"],
    icon: ChevronLast,
  },
  "timeline.day-before": {
    group: "Timeline",
    label: "Day before",
    keys: ["Shift ["],
    icon: CalendarArrowDown,
  },
  "timeline.day-next": {
    group: "Timeline",
    label: "Next day",
    keys: ["Shift ]"],
    icon: CalendarArrowUp,
  },
  "timeline.today": { group: "Timeline", label: "Newest day", keys: ["Home"], icon: History },
  "timeline.zoom-in": { group: "Timeline", label: "Fewer days", keys: ["+"] },
  "timeline.zoom-out": { group: "Timeline", label: "More days", keys: ["-"] },
  "timeline.zone": {
    group: "Timeline",
    label: "User, app or UTC time",
    keys: ["Z"],
    icon: Globe,
  },
  "timeline.inspector": {
    group: "Timeline",
    label: "Show the inspector",
    keys: ["I"],
    icon: PanelRight,
  },
  ...exportCommands(),
} as const satisfies Record<string, Command>;

export type CommandId = keyof typeof COMMANDS;

/** Commands that keys stand for. */
export type KeyedId = {
  [Id in CommandId]: (typeof COMMANDS)[Id]["keys"] extends readonly [] ? never : Id;
}[CommandId];

export const COMMAND_IDS = Object.keys(COMMANDS) as CommandId[];

/** A command of the list. */
export function commandOf(id: CommandId): Command {
  return COMMANDS[id];
}

const SHOWN: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  "-": "−",
};

/** Keys as they are shown: `Alt ←`. */
export function shownKeys(keys: string): string {
  return keys
    .split(" ")
    .map((key) => SHOWN[key] ?? key)
    .join(" ");
}

/** The first keys of a command as they are shown, for tooltips. */
export function keysOf(id: KeyedId): string {
  return shownKeys(COMMANDS[id].keys[0]);
}
