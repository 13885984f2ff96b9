//! Every command that has keys, in one list: it feeds the listeners, the tooltips and the sheet.

/** In the order of the sheet. */
export const GROUPS = [
  "Anywhere",
  "Imports",
  "Session rules",
  "Charts",
  "Lists",
  "Timeline",
] as const;

export const COMMANDS = {
  "shell.filter": { group: "Anywhere", label: "Find a user", keys: ["/"] },
  "shell.keys": { group: "Anywhere", label: "Show these shortcuts", keys: ["?"] },
  "shell.theme": { group: "Anywhere", label: "Switch the theme", keys: ["Ctrl Shift L"] },
  "shell.users": { group: "Anywhere", label: "Users", keys: ["Ctrl 1"] },
  "shell.imports": { group: "Anywhere", label: "Imports", keys: ["Ctrl 2"] },
  "shell.rules": { group: "Anywhere", label: "Session rules", keys: ["Ctrl 3"] },
  "shell.back": { group: "Anywhere", label: "Back", keys: ["Alt ArrowLeft"] },
  "shell.forward": { group: "Anywhere", label: "Forward", keys: ["Alt ArrowRight"] },
  "shell.pane": { group: "Anywhere", label: "Next pane", keys: ["F6"] },
  "shell.pane-before": { group: "Anywhere", label: "Pane before", keys: ["Shift F6"] },
  "shell.close": { group: "Anywhere", label: "Close", keys: ["Escape"] },
  "imports.choose": { group: "Imports", label: "Import files", keys: ["Ctrl O"] },
  "rules.apply": { group: "Session rules", label: "Apply and rebuild", keys: ["Ctrl Enter"] },
  "chart.before": { group: "Charts", label: "Point before", keys: ["ArrowLeft"] },
  "chart.next": { group: "Charts", label: "Next point", keys: ["ArrowRight"] },
  "chart.choose": { group: "Charts", label: "Take the point", keys: ["Enter"] },
  "chart.table": { group: "Charts", label: "Show the table", keys: ["V"] },
  "list.next": { group: "Lists", label: "Next row", keys: ["J", "ArrowDown"] },
  "list.before": { group: "Lists", label: "Row before", keys: ["K", "ArrowUp"] },
  "list.open": { group: "Lists", label: "Open", keys: ["Enter"] },
  "list.copy-id": { group: "Lists", label: "Copy the id", keys: ["Ctrl C"] },
  "timeline.event-before": { group: "Timeline", label: "Event before", keys: ["ArrowLeft"] },
  "timeline.event-next": { group: "Timeline", label: "Next event", keys: ["ArrowRight"] },
  "timeline.session-before": { group: "Timeline", label: "Session before", keys: ["["] },
  "timeline.session-next": { group: "Timeline", label: "Next session", keys: ["]"] },
  "timeline.day-before": { group: "Timeline", label: "Day before", keys: ["Shift ["] },
  "timeline.day-next": { group: "Timeline", label: "Next day", keys: ["Shift ]"] },
  "timeline.today": { group: "Timeline", label: "Newest day", keys: ["Home"] },
  "timeline.zoom-in": { group: "Timeline", label: "Fewer days", keys: ["+"] },
  "timeline.zoom-out": { group: "Timeline", label: "More days", keys: ["-"] },
  "timeline.zone": { group: "Timeline", label: "User, app or UTC time", keys: ["Z"] },
  "timeline.inspector": { group: "Timeline", label: "Show the inspector", keys: ["I"] },
} as const satisfies Record<string, KeyCommand>;

export interface KeyCommand {
  group: (typeof GROUPS)[number];
  label: string;
  /** `Ctrl Shift L`: modifiers, then `KeyboardEvent.key`, letters upper case. */
  keys: readonly string[];
}

export type CommandId = keyof typeof COMMANDS;

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
export function keysOf(id: CommandId): string {
  return shownKeys(COMMANDS[id].keys[0]);
}
