//! The import that is being taken back.

import type { ImportRemoval, ImportRemovalProgress } from "../ipc/types";
import { LongJob } from "./long-job.svelte";

/** Which import. */
export interface RemovalSubject {
  importId: number;
  fileName: string;
}

export const removals = new LongJob<RemovalSubject, ImportRemovalProgress, ImportRemoval>(() => ({
  segments: ["imports"],
  params: {},
}));
