//! Which key press is which command, and one listener for the window. What a command does is
//! `registry.svelte.ts`'s. Single letters and marks are off while typing.

import { COMMAND_IDS, type CommandId, commandOf } from "./commands";
import { runCommand } from "./registry.svelte";

/** Whether a key press means a command: for lists and lanes that handle their own keys. */
export function isKey(event: KeyboardEvent, id: CommandId): boolean {
  return commandOf(id).keys.some((keys) => matches(event, keys));
}

/** The window's listener. */
export function dispatch(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const ids = COMMAND_IDS.filter((id) => isKey(event, id));
  for (const id of ids) {
    if (isTyping(event.target) && isPlain(event)) continue;
    if (!runCommand(id, event)) continue;
    event.preventDefault();
    return;
  }
}

/** The marks that move with the keyboard's layout, and the key they are on in the US one. */
const PLACES: Record<string, string> = { "[": "BracketLeft", "]": "BracketRight" };

function matches(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split(" ");
  const key = parts.at(-1) ?? "";
  const wants = (name: string) => parts.slice(0, -1).includes(name);
  if ((event.ctrlKey || event.metaKey) !== wants("Ctrl") || event.altKey !== wants("Alt")) {
    return false;
  }
  const place = PLACES[key];
  if (place !== undefined) {
    return (event.key === key || event.code === place) && event.shiftKey === wants("Shift");
  }
  // A mark may need Shift on one layout and none on another: only its sign counts.
  if (key.length === 1 && !/[A-Z0-9]/.test(key)) {
    return event.key === key || (key === "+" && event.key === "=");
  }
  return event.key.toUpperCase() === key.toUpperCase() && event.shiftKey === wants("Shift");
}

/** A press that also types: one sign or Enter without Ctrl or Alt, or a key that moves the caret. */
function isPlain(event: KeyboardEvent): boolean {
  const types = event.key.length === 1 || event.key === "Enter";
  const isBare = !event.ctrlKey && !event.metaKey && !event.altKey;
  return (types && isBare) || /^(Arrow|Home|End|Backspace|Delete)/.test(event.key);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !/^(checkbox|radio|button)$/.test(target.type);
  return target instanceof HTMLTextAreaElement || target.isContentEditable;
}
