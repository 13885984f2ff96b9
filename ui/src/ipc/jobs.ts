//! Long jobs: a typed channel for their progress.

import { channel } from "./transport";

/** A channel for `importStart`, `demoStart` and the jobs of definitions. */
export function progressChannel<Progress>(onProgress: (progress: Progress) => void): unknown {
  return channel<Progress>(onProgress);
}
