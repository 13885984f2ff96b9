//! What ended while nobody looked: a quiet note with the way there. Good news goes by itself after a
//! while in which the window was looked at; a failure stays until it is taken away.

import { announce } from "./announce.svelte";
import { type Params, router } from "./router.svelte";

/** The view of what ended. */
export interface Where {
  segments: readonly string[];
  params: Params;
}

export interface Notice {
  /** Counts up from 1 in this window. */
  id: number;
  isFailure: boolean;
  text: string;
  /** Where “Show” leads; null offers nothing. */
  where: Where | null;
}

/** So many are shown; the oldest goes first. */
const SHOWN_LIMIT = 3;

class Notices {
  /** The newest last. */
  all = $state.raw<readonly Notice[]>([]);
  #nextId = 1;

  /** Says how a job ended, and leaves a note of it where its view is not the one that is looked at. */
  tell(text: string, where: Where | null, isFailure = false): void {
    if (text === "") return;
    announce(text);
    const isLookedAt =
      where !== null && router.section === where.segments[0] && document.hasFocus();
    if (isLookedAt) return;
    const notice = { id: this.#nextId, isFailure, text, where };
    this.#nextId += 1;
    this.all = [...this.all, notice].slice(-SHOWN_LIMIT);
  }

  /** Takes one away. */
  drop(id: number): void {
    this.all = this.all.filter((notice) => notice.id !== id);
  }

  /** Goes to what it is about. */
  show({ id, where }: Notice): void {
    this.drop(id);
    if (where !== null) router.go(where.segments, where.params);
  }
}

export const notices = new Notices();
