//! What runs in this window, for whoever has to wait for it: one long job at a time.

import { exports } from "./exports.svelte";
import { forgettings } from "./forgettings.svelte";
import { backups } from "./backups.svelte";
import { jobs } from "./jobs.svelte";
import { mendings } from "./mendings.svelte";
import { rebuilds } from "./rebuilds.svelte";
import { removals } from "./removals.svelte";

/** `“events.jsonl” is being imported`; null where nothing runs. Read it in an effect to follow it. */
export function whatRuns(): string | null {
  if (jobs.running?.kind === "demo") return "the demo is being filled in";
  if (jobs.running !== null) return `“${jobs.running.fileName}” is being imported`;
  if (removals.running !== null) return `“${removals.running.fileName}” is being removed`;
  if (forgettings.running !== null) return `“${forgettings.running.name}” is being forgotten`;
  if (mendings.running !== null)
    return `rejected rows of “${mendings.running.fileName}” are being read again`;
  if (rebuilds.running !== null)
    return `the sessions of “${rebuilds.running.name}” are being built`;
  if (exports.running !== null) return `a file of ${exports.running.what} is being written`;
  if (backups.running !== null) {
    const { fileName, isRestore } = backups.running;
    return isRestore ? `“${fileName}” is being put back` : `a backup is being made`;
  }
  return null;
}
