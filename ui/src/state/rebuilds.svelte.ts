//! The rebuild of a definition's sessions that runs.

import type { RebuildProgress, RulesPage } from "../ipc/types";
import { LongJob } from "./long-job.svelte";

/** Which definition. */
export interface RebuildSubject {
  application: string;
  name: string;
}

export const rebuilds = new LongJob<RebuildSubject, RebuildProgress, RulesPage>(
  ({ application }) => ({
    segments: ["rules"],
    params: { app: application },
  }),
);
