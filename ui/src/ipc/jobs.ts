//! Long jobs: a typed channel for their progress.

import { channel, type MessageChannel } from "./transport";

export type { MessageChannel };

/** A channel for what takes long and tells how far it is. */
export function progressChannel<Progress>(
  onProgress: (progress: Progress) => void,
): MessageChannel {
  return channel<Progress>(onProgress);
}
