//! What taking an import back, or forgetting somebody, would take. Rust tries it out in the place of the one long job: so
//! one is asked at a time, and it gives way to whatever a person starts.

import { jobCancel } from "../ipc/client";
import { type MessageChannel, progressChannel } from "../ipc/jobs";
import type { ApiError } from "../ipc/types";

class RemovalTrial {
  #newest = 0;
  #asked: { channel: MessageChannel; end: Promise<unknown> } | null = null;

  /** Asks in place of the question before; `tell` hears how far it is. It fails with the code
   * `cancelled` where it gave way. */
  async ask<Progress, Answer>(
    start: (progress: MessageChannel) => Promise<Answer>,
    tell: (progress: Progress) => void,
  ): Promise<Answer> {
    this.#newest += 1;
    const number = this.#newest;
    await this.#stopped();
    if (number !== this.#newest) throw GAVE_WAY;
    const channel = progressChannel<Progress>(tell);
    const answer = start(channel);
    const asked = { channel, end: answer.catch(() => undefined) };
    this.#asked = asked;
    try {
      return await answer;
    } finally {
      if (this.#asked === asked) this.#asked = null;
    }
  }

  /** Whether an answer is awaited. */
  get isAsking(): boolean {
    return this.#asked !== null;
  }

  /** Cancels the question, where one is asked, and waits until its place is free. */
  async stop(): Promise<void> {
    this.#newest += 1;
    await this.#stopped();
  }

  async #stopped(): Promise<void> {
    const asked = this.#asked;
    if (asked === null) return;
    // Where it cannot be asked to stop it is waited for.
    await jobCancel(asked.channel).catch(() => undefined);
    await asked.end;
  }
}

const GAVE_WAY: ApiError = { code: "cancelled", message: "Cancelled: nothing was changed." };

export const removalTrial = new RemovalTrial();
