//! The open workspace and the application that is looked at. The application is a parameter of the
//! link (`app`); without one it is the last one used, else the first.

import { asApiError, workspaceStatus } from "../ipc/client";
import type { ApiError, ApplicationRow, WorkspaceStatus } from "../ipc/types";
import { onOpening } from "../ipc/transport";
import { changes } from "./changes.svelte";
import { recall, remember } from "./memory";
import { router } from "./router.svelte";

const LAST_APPLICATION = "dwell.application";

class Workspace {
  /** Null until the first answer, and while the workspace cannot be opened. */
  status = $state.raw<WorkspaceStatus | null>(null);
  /** Why the workspace cannot be opened or read. */
  error = $state.raw<ApiError | null>(null);
  isLoading = $state(false);
  /** How far bringing a workspace of an older Dwell up to date has come, 0 to 1; else null. */
  opening = $state<number | null>(null);

  /** The application that is looked at; null in an empty workspace. */
  application: ApplicationRow | null = $derived.by(() => {
    const applications = this.status?.applications ?? [];
    const named = (name: string | null) => applications.find((row) => row.name === name);
    return named(router.param("app")) ?? named(recall(LAST_APPLICATION)) ?? applications[0] ?? null;
  });

  /** Name of that application; blank in an empty workspace. */
  get applicationName(): string {
    return this.application?.name ?? "";
  }

  /** Zone of that application: app time. */
  get zone(): string {
    return this.application?.zone ?? "UTC";
  }

  /** Whether there is nothing in it yet. Only with a status. */
  get isEmpty(): boolean {
    return this.status !== null && this.status.applications.every((row) => row.import_count === 0);
  }

  /** Follows the workspace for as long as the calling component lives. */
  follow(): void {
    onOpening((done) => {
      if (this.isLoading) this.opening = done;
    });
    $effect(() => {
      void changes.revision;
      void this.load();
    });
  }

  /** Asks for the status; the shell's retry calls it too. */
  async load(): Promise<void> {
    this.isLoading = true;
    try {
      this.status = await workspaceStatus();
      this.error = null;
    } catch (thrown) {
      this.error = asApiError(thrown);
    } finally {
      this.isLoading = false;
      this.opening = null;
    }
  }

  /** Looks at another application, in the same section. */
  choose(name: string): void {
    remember(LAST_APPLICATION, name);
    router.go(router.section === "" ? [] : [router.section], { app: name });
  }
}

export const workspace = new Workspace();
