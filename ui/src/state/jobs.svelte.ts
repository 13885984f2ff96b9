//! What is being brought into the workspace: files that were chosen, those that wait, the one that
//! runs, and those that ended without a result. One runs at a time, in the order of the choice, and
//! after what else is running.
//! Finished imports are in the workspace itself.

import { SvelteMap } from "svelte/reactivity";

import { asApiError, demoStart, filesChoose, importStart, jobCancel } from "../ipc/client";
import { type MessageChannel, progressChannel } from "../ipc/jobs";
import type { ApiError, ImportProgress } from "../ipc/types";
import { count, plural } from "../format/number";
import { announce } from "./announce.svelte";
import { backups } from "./backups.svelte";
import { exports } from "./exports.svelte";
import { forgettings } from "./forgettings.svelte";
import { type ImportChoice, importRequest, type Reading, UNTOUCHED } from "./import-choice";
import { mendings } from "./mendings.svelte";
import { notices } from "./notices.svelte";
import { rebuilds } from "./rebuilds.svelte";
import { removalTrial } from "./removal-trial.svelte";
import { removals } from "./removals.svelte";

/** Points of the rate's line, the newest last; one a quarter of a second. */
export const RATE_LIMIT = 120;
const RATE_EVERY_MS = 250;

export interface Job {
  /** Counts up from 1 in this window. */
  id: number;
  kind: "import" | "demo";
  /** Blank for the demo. */
  path: string;
  fileName: string;
  choice: ImportChoice;
}

export interface RunningJob extends Job {
  progress: ImportProgress | null;
  /** Rows a second. */
  rates: number[];
  isCancelling: boolean;
}

/** It ended without a result: nothing was changed. */
export interface EndedJob extends Job {
  error: ApiError;
}

/** Its result is in the workspace. */
export interface FinishedImport {
  jobId: number;
  importId: number;
  application: string;
}

class Jobs {
  /** Files that were dropped or chosen; the form asks for the rest. Empty: no form. */
  chosen = $state.raw<string[]>([]);
  /** What was said of how they are read, by path. */
  readonly readings = new SvelteMap<string, Reading>();
  waiting = $state.raw<Job[]>([]);
  running = $state.raw<RunningJob | null>(null);
  /** The last first. */
  ended = $state.raw<EndedJob[]>([]);
  /** The import that finished last in this window. */
  finished = $state.raw<FinishedImport | null>(null);
  /** Why files could not be chosen; null again with the next choice. */
  choiceError = $state.raw<ApiError | null>(null);
  #nextId = 1;
  #channel: MessageChannel | null = null;
  #isAsking = false;

  get isIdle(): boolean {
    return this.running === null && this.waiting.length === 0;
  }

  /** Whether a file is being imported, waits for it or failed. */
  get hasImport(): boolean {
    const all = [this.running, ...this.waiting, ...this.ended];
    return all.some((job) => job?.kind === "import");
  }

  /** Offers files for an import; the same file once. */
  choose(paths: readonly string[]): void {
    this.chosen = [...new Set([...this.chosen, ...paths])];
  }

  /** Lets the person choose files; one dialog at a time. */
  async askForFiles(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      this.choose(await filesChoose());
      this.choiceError = null;
    } catch (thrown) {
      this.choiceError = asApiError(thrown);
    } finally {
      this.#isAsking = false;
    }
  }

  /** How a chosen file is read. */
  readingOf(path: string): Reading {
    return this.readings.get(path) ?? UNTOUCHED;
  }

  /** Takes one file out of the offer, or all. */
  unchoose(path?: string): void {
    if (path === undefined) this.readings.clear();
    else this.readings.delete(path);
    this.chosen = path === undefined ? [] : this.chosen.filter((other) => other !== path);
  }

  /** Imports the chosen files one after the other. */
  startChosen(into: Omit<ImportChoice, "reading">): void {
    const jobs = this.chosen.map((path) =>
      this.#job("import", path, { ...into, reading: this.readingOf(path) }),
    );
    this.unchoose();
    this.#enqueue(jobs);
  }

  /** Imports a file again that failed or was cancelled. */
  again(job: EndedJob): void {
    this.forget(job);
    this.#enqueue([this.#job(job.kind, job.path, job.choice)]);
  }

  /** Fills the empty workspace with the demo data. */
  startDemo(): void {
    if (this.running?.kind === "demo" || this.waiting.some((job) => job.kind === "demo")) return;
    this.ended = this.ended.filter((job) => job.kind !== "demo");
    this.#enqueue([
      this.#job("demo", "", { application: "", timeZone: "UTC", reading: UNTOUCHED }),
    ]);
  }

  /** Cancels the job that runs; a waiting one just leaves the queue. */
  async cancel(job: Job): Promise<void> {
    if (this.running?.id !== job.id) {
      this.waiting = this.waiting.filter((other) => other.id !== job.id);
      return;
    }
    if (this.#channel === null) return;
    this.running = { ...this.running, isCancelling: true };
    try {
      await jobCancel(this.#channel);
    } catch (thrown) {
      // It goes on, and says so: the button can be pressed again.
      console.error("Cancelling failed.", asApiError(thrown).message);
      if (this.running !== null) this.running = { ...this.running, isCancelling: false };
    }
  }

  /** Takes an ended job off the list. */
  forget(job: EndedJob): void {
    this.ended = this.ended.filter((other) => other.id !== job.id);
  }

  #job(kind: Job["kind"], path: string, choice: ImportChoice): Job {
    const id = this.#nextId;
    this.#nextId += 1;
    const fileName = kind === "demo" ? "Demo data" : (path.split(/[\\/]/).at(-1) ?? path);
    return { id, kind, path, fileName, choice };
  }

  #enqueue(jobs: Job[]): void {
    this.waiting = [...this.waiting, ...jobs];
    if (!this.#isRunning) void this.#runAll();
  }

  #isRunning = false;

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    for (;;) {
      if (removals.running !== null) await removals.settled();
      if (forgettings.running !== null) await forgettings.settled();
      if (mendings.running !== null) await mendings.settled();
      if (rebuilds.running !== null) await rebuilds.settled();
      if (backups.running !== null) await backups.settled();
      if (exports.running !== null) await exports.settled();
      const [job, ...rest] = this.waiting;
      if (job === undefined) break;
      this.waiting = rest;
      this.running = { ...job, progress: null, rates: [], isCancelling: false };
      try {
        await this.#run(job);
      } catch (thrown) {
        const error = asApiError(thrown);
        this.ended = [{ ...job, error }, ...this.ended];
        const where = { segments: ["imports"], params: {} };
        if (error.code === "cancelled") announce(`${job.fileName}: ${error.message}`);
        else notices.tell(`${job.fileName}: ${error.message}`, where, true);
      }
      this.running = null;
      this.#channel = null;
    }
    this.#isRunning = false;
  }

  async #run(job: Job): Promise<void> {
    const progress = progressChannel<ImportProgress>((message) =>
      this.#onProgress(job.id, message),
    );
    this.#channel = progress;
    if (removalTrial.isAsking) await removalTrial.stop();
    if (job.kind === "demo") {
      await demoStart(progress);
      return;
    }
    const row = await importStart(importRequest(job.choice, job.path), progress);
    this.finished = {
      jobId: job.id,
      importId: row.import_id,
      application: row.application,
    };
    const rejected = row.quarantined === 0 ? "" : `, ${count(row.quarantined)} rejected`;
    const told = `${job.fileName}: ${plural(row.stored, "event")} added${rejected}`;
    const where = {
      segments: ["imports", String(row.import_id)],
      params: { app: row.application },
    };
    // Of several files the last one is told of: the list has the others.
    if (this.waiting.length > 0) announce(told);
    else notices.tell(told, where);
  }

  #rateAt = 0;

  #onProgress(id: number, progress: ImportProgress): void {
    const running = this.running;
    if (running?.id !== id) return;
    let rates = running.rates;
    const now = performance.now();
    const isDue = rates.length === 0 || now - this.#rateAt >= RATE_EVERY_MS;
    // After the last row there is no rate: the line stands still.
    if (isDue && progress.phase === "reading") {
      this.#rateAt = now;
      rates = [...rates, progress.rows_per_second].slice(-RATE_LIMIT);
    }
    this.running = { ...running, progress, rates };
  }
}

export const jobs = new Jobs();
