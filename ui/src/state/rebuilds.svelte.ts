//! The rebuild of a definition's sessions that runs: it outlives the screen that started it. One
//! long job runs at a time in the whole window, imports included; Rust refuses a second one.

import { asApiError, jobCancel } from "../ipc/client";
import { type MessageChannel, progressChannel } from "../ipc/jobs";
import type { ApiError, RebuildProgress, RulesPage } from "../ipc/types";
import { announce } from "./announce.svelte";

/** Which definition. */
export interface RebuildSubject {
  application: string;
  name: string;
}

export interface RunningRebuild extends RebuildSubject {
  progress: RebuildProgress | null;
  isCancelling: boolean;
}

class Rebuilds {
  running = $state.raw<RunningRebuild | null>(null);
  #channel: MessageChannel | null = null;
  /** The last one, where it ended without a result: nothing was changed. */
  ended = $state.raw<(RebuildSubject & { error: ApiError }) | null>(null);

  /** Runs a job; whether it did what it was asked. `news` is said at its end. */
  async run(
    subject: RebuildSubject,
    start: (progress: MessageChannel) => Promise<RulesPage>,
    news: string,
  ): Promise<boolean> {
    if (this.running !== null) return false;
    this.ended = null;
    this.running = { ...subject, progress: null, isCancelling: false };
    const channel = progressChannel<RebuildProgress>((progress) => {
      if (this.running !== null) this.running = { ...this.running, progress };
    });
    try {
      this.#channel = channel;
      await start(channel);
      announce(news);
      return true;
    } catch (thrown) {
      const error = asApiError(thrown);
      this.ended = { ...subject, error };
      announce(error.message);
      return false;
    } finally {
      this.running = null;
      this.#channel = null;
    }
  }

  /** Asks the one that runs to stop. */
  async cancel(): Promise<void> {
    if (this.running === null || this.#channel === null) return;
    this.running = { ...this.running, isCancelling: true };
    try {
      await jobCancel(this.#channel);
    } catch (thrown) {
      // It goes on, and says so: the button can be pressed again.
      console.error("Cancelling failed.", asApiError(thrown).message);
      if (this.running !== null) this.running = { ...this.running, isCancelling: false };
    }
  }

  /** Takes the failure off the screen. */
  forget(): void {
    this.ended = null;
  }
}

export const rebuilds = new Rebuilds();
