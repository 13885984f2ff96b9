//! A long job that a person starts: how far it is, how it is cancelled, how it ended. It outlives the
//! screen that started it. One runs at a time in the whole window, imports included; Rust refuses a
//! second one.

import { asApiError, jobCancel } from "../ipc/client";
import { type MessageChannel, progressChannel } from "../ipc/jobs";
import type { ApiError } from "../ipc/types";
import { announce } from "./announce.svelte";
import { notices, type Where } from "./notices.svelte";
import { removalTrial } from "./removal-trial.svelte";

/** A job that runs: what it is about, and how far it is. */
export type Running<Subject, Progress> = Subject & {
  progress: Progress | null;
  isCancelling: boolean;
};

export class LongJob<Subject extends object, Progress, Result> {
  running = $state.raw<Running<Subject, Progress> | null>(null);
  /** The last one, where it ended without a result: nothing was changed. */
  ended = $state.raw<(Subject & { error: ApiError }) | null>(null);
  readonly #whereOf: (subject: Subject) => Where | null;
  #channel: MessageChannel | null = null;
  #end: Promise<unknown> = Promise.resolve();

  /** `whereOf` names the view in which a job is followed; null where none is. */
  constructor(whereOf: (subject: Subject) => Where | null) {
    this.#whereOf = whereOf;
  }

  /** Runs a job; whether it did what it was asked. `news` is said at its end. */
  run(
    subject: Subject,
    start: (progress: MessageChannel) => Promise<Result>,
    news: string | ((result: Result) => string),
  ): Promise<boolean> {
    if (this.running !== null) return Promise.resolve(false);
    this.ended = null;
    this.running = { ...subject, progress: null, isCancelling: false };
    const end = this.#run(subject, start, news);
    this.#end = end;
    return end;
  }

  async #run(
    subject: Subject,
    start: (progress: MessageChannel) => Promise<Result>,
    news: string | ((result: Result) => string),
  ): Promise<boolean> {
    const channel = progressChannel<Progress>((progress) => {
      if (this.running !== null) this.running = { ...this.running, progress };
    });
    try {
      this.#channel = channel;
      if (removalTrial.isAsking) await removalTrial.stop();
      const result = await start(channel);
      notices.tell(typeof news === "string" ? news : news(result), this.#whereOf(subject));
      return true;
    } catch (thrown) {
      const error = asApiError(thrown);
      this.ended = { ...subject, error };
      // Who cancelled it knows.
      if (error.code === "cancelled") announce(error.message);
      else notices.tell(error.message, this.#whereOf(subject), true);
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

  /** Waits for the one that runs. */
  async settled(): Promise<void> {
    await this.#end;
  }

  /** Takes the failure off the screen. */
  forget(): void {
    this.ended = null;
  }
}
