//! The import of which rejected rows are read again, and what became of the last ones.

import type { Retry, RetryProgress } from "../ipc/types";
import { LongJob } from "./long-job.svelte";

/** Which import. */
export interface MendSubject {
  importId: number;
  fileName: string;
}

class Mendings extends LongJob<MendSubject, RetryProgress, Retry> {
  /** The last one that ended with a result, until another one begins. */
  done = $state.raw<Retry | null>(null);
}

export const mendings = new Mendings(({ importId }) => ({
  segments: ["imports", String(importId)],
  params: {},
}));
