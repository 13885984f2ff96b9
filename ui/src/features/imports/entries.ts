//! What the list of imports shows, in its order: the files that wait for an answer, the one that
//! runs, the queue, what ended without a result, and the finished imports. Pure.

import type { EndedJob, FinishedImport, Job, RunningJob } from "../../state/jobs.svelte";
import type { ImportRow } from "../../ipc/types";

export type Entry =
  | { kind: "chosen"; key: string; paths: readonly string[] }
  | { kind: "running"; key: string; job: RunningJob }
  | { kind: "waiting"; key: string; job: Job }
  | { kind: "ended"; key: string; job: EndedJob }
  | { kind: "done"; key: string; row: ImportRow };

export interface Work {
  chosen: readonly string[];
  running: RunningJob | null;
  waiting: readonly Job[];
  ended: readonly EndedJob[];
  finished: FinishedImport | null;
}

export function entriesOf(work: Work, rows: readonly ImportRow[]): Entry[] {
  const entries: Entry[] = [];
  if (work.chosen.length > 0) entries.push({ kind: "chosen", key: "new", paths: work.chosen });
  if (work.running !== null) {
    entries.push({ kind: "running", key: jobKey(work.running), job: work.running });
  }
  for (const job of work.waiting) entries.push({ kind: "waiting", key: jobKey(job), job });
  for (const job of work.ended) {
    if (job.kind === "import") entries.push({ kind: "ended", key: jobKey(job), job });
  }
  for (const row of rows) entries.push({ kind: "done", key: String(row.import_id), row });
  return entries;
}

/** The last segment of a job's link; that of a finished import is its number. */
export function jobKey(job: Job): string {
  return `job-${job.id}`;
}

/**
 * The entry that a link names. A link without one, or with one that is gone (a job that finished),
 * shows what happened last: the files to answer for, the job that runs, the last to end.
 */
export function shownEntry(entries: readonly Entry[], key: string, work: Work): Entry | null {
  const of = (wanted: string) => entries.find((entry) => entry.key === wanted);
  const active = entries.find((entry) => entry.kind === "chosen" || entry.kind === "running");
  return of(key) ?? active ?? of(lastEnded(work)) ?? entries[0] ?? null;
}

function lastEnded({ ended, finished }: Work): string {
  const last = ended.find((job) => job.kind === "import");
  if (finished === null) return last === undefined ? "" : jobKey(last);
  if (last !== undefined && last.id > finished.jobId) return jobKey(last);
  return String(finished.importId);
}
