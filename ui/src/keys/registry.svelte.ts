//! What can be done now: components say what a command does for as long as they live, and the newest
//! one wins. Keys, the palette and menus all run commands from here.

import { untrack } from "svelte";

import { COMMAND_IDS, type Command, type CommandId, commandOf } from "./commands";

/** Does it; false where it does not apply now. The press of the key that asked for it, where one did. */
export type Act = (event: KeyboardEvent | null) => boolean | void;

/** What a command does, with what the palette and menus should know of it. */
export interface Doing {
  run: Act;
  /** Whether it can be done now; always, where absent. */
  can?: () => boolean;
  /** In place of the list's label: “Switch to dark theme”. */
  label?: () => string;
}

type Doings = Partial<Record<CommandId, Act | Doing>>;

/** A command that can be done now. */
export interface Offer {
  id: CommandId;
  command: Command;
  label: string;
}

let bound = $state.raw<readonly Doings[]>([]);

/** Says what commands do. Call it while a component is set up. */
export function useCommands(doings: Doings): void {
  $effect(() => {
    bound = [...untrack(() => bound), doings];
    return () => {
      bound = untrack(() => bound).filter((other) => other !== doings);
    };
  });
}

/** Those who can do a command now, the newest first. */
function able(id: CommandId): Doing[] {
  return bound.toReversed().flatMap((doings) => {
    const own = doings[id];
    if (own === undefined) return [];
    const doing = typeof own === "function" ? { run: own } : own;
    return doing.can?.() === false ? [] : [doing];
  });
}

/** Does a command; false where nobody can now. */
export function runCommand(id: CommandId, event: KeyboardEvent | null = null): boolean {
  return able(id).some((doing) => doing.run(event) !== false);
}

/** A command as it is offered now; null where nobody can do it. Read it in an effect to follow it. */
export function offerOf(id: CommandId): Offer | null {
  const [doing] = able(id);
  if (doing === undefined) return null;
  const command = commandOf(id);
  return { id, command, label: doing.label?.() ?? command.label };
}

/** The commands that are offered by name now, in the order of the list. */
export function offers(): Offer[] {
  const named = COMMAND_IDS.filter((id) => commandOf(id).icon !== undefined);
  return named.map(offerOf).filter((offer) => offer !== null);
}
