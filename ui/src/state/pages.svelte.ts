//! A list that Rust hands out page by page: the first page at once, the next as one scrolls. Must
//! not know what the rows are. Answers are remembered by `ipc/client`.

import { untrack } from "svelte";

import { asApiError } from "../ipc/client";
import type { ApiError } from "../ipc/types";
import { changes } from "./changes.svelte";
import { SKELETON_AFTER_MS } from "./query.svelte";

/** A page as every list of Rust has it. */
export interface Page<Row> {
  rows: Row[];
  total: number;
  next: string | null;
}

/** Which list is wanted now. */
export interface WantedList<P> {
  /** Names the list; equal lists have equal keys. */
  key: string;
  /** Loads the page after `after`; the first where it is null. */
  load: (after: string | null) => Promise<P>;
}

/**
 * Rows of a list, page by page. The rows before stay until the first page of another list is
 * here. After a change of the workspace as many rows are read again as were shown, and replaced in
 * one go. Made while a component is set up: it lives as long as that component.
 */
export class Pages<Row, P extends Page<Row>> {
  rows = $state.raw<Row[]>([]);
  /** The first page of what `rows` shows; null until one is here. */
  first = $state.raw<P | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** The first page has been missing for 150 ms: draw a skeleton. */
  isSlow = $state(false);
  isLoadingMore = $state(false);
  /** Names the list that `rows` belongs to. */
  shownKey = $state.raw<string | null>(null);
  #wantedKey = $state.raw<string | null>(null);
  #next = $state.raw<string | null>(null);
  #tries = $state(0);
  #load: WantedList<P>["load"] | null = null;
  #generation = 0;

  /** What `wanted` reads is what the list depends on; null wants none. */
  constructor(wanted: () => WantedList<P> | null) {
    $effect(() => {
      void changes.revision;
      void this.#tries;
      const now = wanted();
      return untrack(() => this.#start(now));
    });
  }

  /** How many there are in all. */
  get total(): number {
    return this.first?.total ?? 0;
  }

  /** Whether the rows are those of the list wanted now. */
  get isFresh(): boolean {
    return this.#wantedKey !== null && this.#wantedKey === this.shownKey;
  }

  get hasMore(): boolean {
    return this.#next !== null;
  }

  /** Asks again after a failure. */
  retry(): void {
    this.#tries += 1;
  }

  /** Loads the next page, if there is one and none is on its way. */
  async more(): Promise<void> {
    const next = this.#next;
    const load = this.#load;
    if (next === null || load === null || this.isLoadingMore || !this.isFresh) return;
    const generation = this.#generation;
    this.isLoadingMore = true;
    try {
      const page = await load(next);
      if (generation !== this.#generation) return;
      this.rows = [...this.rows, ...page.rows];
      this.#next = page.next;
      this.error = null;
    } catch (thrown) {
      if (generation === this.#generation) this.error = asApiError(thrown);
    } finally {
      if (generation === this.#generation) this.isLoadingMore = false;
    }
  }

  /** Loads on until a row is found; false where the list ends or fails before. */
  async seek(isWanted: (row: Row) => boolean): Promise<boolean> {
    const generation = this.#generation;
    while (!this.rows.some(isWanted)) {
      if (this.#next === null || this.isLoadingMore) return false;
      await this.more();
      if (generation !== this.#generation || this.error !== null) return false;
    }
    return true;
  }

  #start(wanted: WantedList<P> | null): (() => void) | undefined {
    this.#generation += 1;
    this.#wantedKey = wanted?.key ?? null;
    this.#load = wanted?.load ?? null;
    this.isLoadingMore = false;
    this.error = null;
    if (wanted === null) {
      this.rows = [];
      this.first = null;
      this.shownKey = null;
      this.#next = null;
      this.isSlow = false;
      return undefined;
    }
    const slow = setTimeout(() => {
      this.isSlow = true;
    }, SKELETON_AFTER_MS);
    void this.#read(wanted, this.#generation).finally(() => {
      clearTimeout(slow);
    });
    return () => {
      clearTimeout(slow);
    };
  }

  async #read(wanted: WantedList<P>, generation: number): Promise<void> {
    const shown = wanted.key === this.shownKey ? this.rows.length : 0;
    try {
      const first = await wanted.load(null);
      const rows = [...first.rows];
      let next = first.next;
      while (rows.length < shown && next !== null && generation === this.#generation) {
        const page = await wanted.load(next);
        rows.push(...page.rows);
        next = page.next;
      }
      if (generation !== this.#generation) return;
      this.first = first;
      this.rows = rows;
      this.#next = next;
      this.shownKey = wanted.key;
    } catch (thrown) {
      if (generation === this.#generation) this.error = asApiError(thrown);
    } finally {
      if (generation === this.#generation) this.isSlow = false;
    }
  }
}
