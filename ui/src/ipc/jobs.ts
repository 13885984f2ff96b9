//! Long jobs: a typed channel for their progress.

import { channel } from "./transport";
import type { ImportProgress } from "./types";

/** A channel for `importStart` and `demoStart`. */
export function progressChannel(onProgress: (progress: ImportProgress) => void): unknown {
  return channel<ImportProgress>(onProgress);
}
