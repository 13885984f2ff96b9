//! The one importer of Tauri: calls, channels and the few events of the window's process. Knows no
//! command and no type of an answer: those are in `client.ts`.

import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWebview } from "@tauri-apps/api/webview";

/** What happens to files that are dragged over the window. */
export type Drop = { kind: "over" } | { kind: "leave" } | { kind: "drop"; paths: string[] };

/** Invokes a command; it rejects with what Rust answered, an `ApiError` as a rule. */
export function call(command: string, args?: Record<string, unknown>): Promise<unknown> {
  return invoke(command, args);
}

/** What a command sends messages through. */
export interface MessageChannel {
  /** No two of a page have the same. */
  readonly id: number;
}

/** A channel to hand to a command; `onMessage` gets every message in order. */
export function channel<T>(onMessage: (message: T) => void): MessageChannel {
  const tauri = new Channel<T>();
  tauri.onmessage = onMessage;
  return tauri;
}

/** Calls `onChange` after every write to the workspace, for as long as the window lives. */
export function onDatabaseChange(onChange: () => void): void {
  void listen("db:changed", onChange);
}

/** Calls `onProgress` while an older workspace is brought up to date: how far, 0 to 1. */
export function onOpening(onProgress: (done: number) => void): void {
  void listen<number>("workspace:opening", ({ payload }) => onProgress(payload));
}

/** Begins the page anew at the root: nothing of another workspace is left in it. */
export function beginAnew(): void {
  window.history.replaceState(null, "", "#/");
  window.location.reload();
}

/** Calls `onAsked` when a second window was asked for with the workspace of this one. */
export function onAskedFor(onAsked: () => void): void {
  void listen("window:asked-for", onAsked);
}

/** Calls `onDrop` for files that are dragged over the window, for as long as it lives. */
export function onFileDrop(onDrop: (drop: Drop) => void): void {
  void getCurrentWebview().onDragDropEvent(({ payload }) => {
    if (payload.type === "drop") onDrop({ kind: "drop", paths: payload.paths });
    else if (payload.type === "leave") onDrop({ kind: "leave" });
    else onDrop({ kind: "over" });
  });
}
