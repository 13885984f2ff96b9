//! What happy-dom lacks and the window uses.

import { configure } from "@testing-library/svelte";
import { afterEach } from "vitest";

import { dropAnswers } from "../src/ipc/answers";

// Only a hang ends a wait: a busy machine must not.
configure({ asyncUtilTimeout: 30_000 });

/** Popovers: shown is told by the toggle event alone, as nothing is painted. */
function toggled(element: HTMLElement, newState: "open" | "closed"): void {
  element.dispatchEvent(Object.assign(new Event("toggle"), { newState }));
}
HTMLElement.prototype.showPopover ??= function (this: HTMLElement) {
  toggled(this, "open");
};
HTMLElement.prototype.hidePopover ??= function (this: HTMLElement) {
  toggled(this, "closed");
};

/** Remembered answers are those of one test. */
afterEach(() => dropAnswers());
