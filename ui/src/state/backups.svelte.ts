//! The backup that is being made or put back.

import type { BackupDone, BackupProgress, RestoreDone } from "../ipc/types";
import { LongJob } from "./long-job.svelte";

/** Which file, and whether it is put back. */
export interface BackupSubject {
  fileName: string;
  isRestore: boolean;
}

export const backups = new LongJob<BackupSubject, BackupProgress, BackupDone | RestoreDone>(() => ({
  segments: ["settings"],
  params: {},
}));
