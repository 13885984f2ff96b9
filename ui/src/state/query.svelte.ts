//! A question to Rust that a component asks for as long as it lives: again when what it asks about
//! changes and after every write. The answer before stays until the new one is there, so that
//! nothing jumps; answers that arrive out of order are dropped.

import { untrack } from "svelte";

import { asApiError } from "../ipc/client";
import type { ApiError } from "../ipc/types";
import { changes } from "./changes.svelte";

/** After so long a skeleton is drawn: shorter waits only flicker. */
export const SKELETON_AFTER_MS = 150;

export class Query<T> {
  /** The last answer; null before the first one, after a failure and while nothing is asked. */
  data = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** A question is on its way. */
  isLoading = $state(false);
  /** It has been for 150 ms: draw a skeleton. */
  isSlow = $state(false);
  #tries = $state(0);

  /**
   * Call it while a component is set up. `ask` runs in an effect: what it reads before its first
   * `await` is what it depends on. Null asks nothing.
   */
  constructor(ask: () => Promise<T> | null) {
    $effect(() => {
      void changes.revision;
      void this.#tries;
      const answer = ask();
      return untrack(() => this.#follow(answer));
    });
  }

  /** Asks again after a failure. */
  retry(): void {
    this.#tries += 1;
  }

  #follow(answer: Promise<T> | null): (() => void) | undefined {
    if (answer === null) {
      this.data = null;
      this.error = null;
      this.#settle();
      return undefined;
    }
    let isCurrent = true;
    this.isLoading = true;
    const slow = setTimeout(() => {
      this.isSlow = true;
    }, SKELETON_AFTER_MS);
    answer.then(
      (data) => {
        if (!isCurrent) return;
        clearTimeout(slow);
        this.data = data;
        this.error = null;
        this.#settle();
      },
      (thrown: unknown) => {
        if (!isCurrent) return;
        clearTimeout(slow);
        this.data = null;
        this.error = asApiError(thrown);
        this.#settle();
      },
    );
    return () => {
      isCurrent = false;
      clearTimeout(slow);
    };
  }

  #settle(): void {
    this.isLoading = false;
    this.isSlow = false;
  }
}
