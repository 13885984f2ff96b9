//! The sessions in use beside those that the data names: whether it names any, and the comparison
//! while somebody looks at it. Asks Rust, counts nothing. Knows no component.

import { sourceCancel, sourceCompare, sourceHasIds } from "../../ipc/client";
import { type MessageChannel, progressChannel } from "../../ipc/jobs";
import type { SourceComparison, SourceProgress, SourceRequest } from "../../ipc/types";
import { changes } from "../../state/changes.svelte";
import { Query } from "../../state/query.svelte";

export class SourceView {
  /** An application whose data brought ids: what was brought once stays. */
  #named = $state.raw<string | null>(null);
  /** What somebody did not want to wait for, as JSON. */
  #cancelled = $state.raw("");
  /** How far the comparison is that runs; null before it says so. */
  progress = $state.raw<SourceProgress | null>(null);
  /** That of the comparison asked for last. */
  #channel: MessageChannel | null = null;
  /** The last comparison, while nothing changes: a look elsewhere must not cost it. */
  #kept: { question: string; answer: SourceComparison } | null = null;

  readonly #wanted: () => SourceRequest | null;
  readonly #isShown: () => boolean;
  readonly #ids: Query<{ application: string; hasIds: boolean }>;
  readonly answer: Query<SourceComparison>;

  /**
   * Call it while the screen is set up. `wanted` is what would be compared, null before it is
   * known; it is compared while `isShown`.
   */
  constructor(wanted: () => SourceRequest | null, isShown: () => boolean) {
    this.#wanted = wanted;
    this.#isShown = isShown;
    this.#ids = new Query(() => {
      const application = this.#application;
      if (application === "" || application === this.#named) return null;
      return sourceHasIds(application).then((hasIds) => ({ application, hasIds }));
    });
    this.answer = new Query(() => (this.isCancelled ? null : this.#ask()));
    $effect(() => {
      const found = this.#ids.data;
      if (found?.hasIds === true) this.#named = found.application;
    });
    $effect(() => {
      if (!isShown()) return undefined;
      return () => this.#stop();
    });
    $effect(() => () => this.#stop());
  }

  readonly #application = $derived.by(() => this.#wanted()?.application ?? "");
  readonly #question = $derived.by(() => JSON.stringify([this.#wanted(), changes.revision]));

  /** Whether the data brought any ids: without them there is nothing to compare. */
  hasIds: boolean = $derived.by(() => {
    return this.#application !== "" && this.#application === this.#named;
  });

  /** Whether somebody cancelled the comparison that is wanted. */
  isCancelled: boolean = $derived.by(() => this.#cancelled === JSON.stringify(this.#wanted()));

  cancel(): void {
    this.#cancelled = JSON.stringify(this.#wanted());
    this.#stop();
  }

  /** Compares after all. */
  again(): void {
    this.#cancelled = "";
  }

  #ask(): Promise<SourceComparison> | null {
    const request = this.#wanted();
    if (request === null || !this.hasIds || !this.#isShown()) return null;
    const question = this.#question;
    if (this.#kept?.question === question) return Promise.resolve(this.#kept.answer);
    this.progress = null;
    const channel = progressChannel<SourceProgress>((progress) => {
      if (this.#channel === channel) this.progress = progress;
    });
    this.#channel = channel;
    return sourceCompare(request, channel).then((answer) => {
      this.#kept = { question, answer };
      return answer;
    });
  }

  #stop(): void {
    // Nobody is there to hear whether it could be cancelled; what was answered is not touched.
    void sourceCancel().catch(() => null);
  }
}
