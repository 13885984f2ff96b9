//! The one who is being forgotten.

import type { ForgetProgress, Forgetting, Whom } from "../ipc/types";
import { LongJob } from "./long-job.svelte";

/** Who. */
export interface ForgetSubject {
  whom: Whom;
  id: string;
  name: string;
}

export const forgettings = new LongJob<ForgetSubject, ForgetProgress, Forgetting>(() => ({
  segments: ["users"],
  params: {},
}));
