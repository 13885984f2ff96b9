//! Copying text, and saying so to readers.

import { announce } from "./announce.svelte";

/** Copies, and announces `what` (“Id”) as copied, or that it could not be. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce(`${what} copied`);
  } catch {
    announce(`${what} could not be copied`);
  }
}
