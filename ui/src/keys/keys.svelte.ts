//! Which key press is which command, and one listener for the window. Components say what a command
//! does for as long as they live; the newest component wins. Single letters and marks are off while
//! typing.

import { COMMANDS, type CommandId } from "./commands";

/** Returns false where the command does not apply now: the key is then left to others. */
type Action = (event: KeyboardEvent) => boolean | void;
type Actions = Partial<Record<CommandId, Action>>;

const bound: Actions[] = [];

/** Call it while a component is set up. */
export function useKeys(actions: Actions): void {
  $effect(() => {
    bound.push(actions);
    return () => {
      bound.splice(bound.indexOf(actions), 1);
    };
  });
}

/** Whether a key press means a command: for lists and lanes that handle their own keys. */
export function isKey(event: KeyboardEvent, id: CommandId): boolean {
  return COMMANDS[id].keys.some((keys) => matches(event, keys));
}

/** The window's listener. */
export function dispatch(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const ids = (Object.keys(COMMANDS) as CommandId[]).filter((id) => isKey(event, id));
  for (const id of ids) {
    if (isTyping(event.target) && isPlain(event)) continue;
    for (const actions of bound.toReversed()) {
      const action = actions[id];
      if (action === undefined || action(event) === false) continue;
      event.preventDefault();
      return;
    }
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
