//! Workspaces: those that were open, and another one in the place of the one that is open. The page
//! begins anew with it, so that no answer and no choice of the one before is left.

import {
  asApiError,
  workspaceChoose,
  workspaceCreate,
  workspaceForget,
  workspaceOpen,
  workspaceRecent,
} from "../ipc/client";
import { beginAnew, onOpening } from "../ipc/transport";
import type { ApiError, RecentWorkspace } from "../ipc/types";
import { announce } from "./announce.svelte";
import { removalTrial } from "./removal-trial.svelte";
import { whatRuns } from "./running";

class Spaces {
  /** Those that were open, the newest first; null until they are known. */
  recent = $state.raw<RecentWorkspace[] | null>(null);
  /** Why another one could not be opened, made or taken off the list. */
  error = $state.raw<ApiError | null>(null);
  /** Name of the file that is being opened. */
  opening = $state<string | null>(null);
  /** How far bringing it up to date has come, 0 to 1; null where that need not be. */
  done = $state<number | null>(null);
  #isAsking = false;

  constructor() {
    onOpening((done) => {
      if (this.opening !== null) this.done = done;
    });
  }

  async load(): Promise<void> {
    try {
      this.recent = await workspaceRecent();
    } catch (thrown) {
      this.error = asApiError(thrown);
    }
  }

  /** Takes the failure off the screen. */
  forgetError(): void {
    this.error = null;
  }

  /** Lets the person choose a workspace, and opens it. */
  async askAndOpen(): Promise<void> {
    const path = await this.#ask("open", "");
    if (path !== null) await this.open(path);
  }

  /** Lets the person name a new workspace, and opens it. */
  async askAndCreate(): Promise<void> {
    const path = await this.#ask("new", "events.dwell");
    if (path !== null) await this.#switch(path, workspaceCreate);
  }

  open(path: string): Promise<void> {
    return this.#switch(path, workspaceOpen);
  }

  /** Takes it off the list; the file stays where it is. */
  async forget(path: string): Promise<void> {
    try {
      this.recent = await workspaceForget(path);
    } catch (thrown) {
      this.error = asApiError(thrown);
    }
  }

  async #ask(choice: "open" | "new", name: string): Promise<string | null> {
    if (this.#isAsking || this.#isBusy()) return null;
    this.#isAsking = true;
    this.error = null;
    try {
      return await workspaceChoose(choice, name);
    } catch (thrown) {
      this.error = asApiError(thrown);
      return null;
    } finally {
      this.#isAsking = false;
    }
  }

  /** What runs belongs to the workspace that is open: it is not left alone. */
  #isBusy(): boolean {
    const runs = whatRuns();
    if (runs === null) return false;
    const message = `Now ${runs}. Wait for its end or cancel it, then open another workspace.`;
    this.error = { code: "locked", message };
    announce(message);
    return true;
  }

  async #switch(path: string, ask: (path: string) => Promise<unknown>): Promise<void> {
    if (this.opening !== null || this.#isBusy()) return;
    this.error = null;
    this.opening = path.split(/[\\/]/).at(-1) ?? path;
    try {
      if (removalTrial.isAsking) await removalTrial.stop();
      await ask(path);
      beginAnew();
    } catch (thrown) {
      this.error = asApiError(thrown);
      announce(this.error.message);
      // It may be gone.
      await this.load();
    } finally {
      this.opening = null;
      this.done = null;
    }
  }
}

export const spaces = new Spaces();
