//! Light, dark or as the system is: remembered, and set as `data-theme` on the document.

import { recall, remember } from "./memory";

const THEMES = ["light", "dark", "system"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "dwell.theme";

class ThemeChoice {
  #choice = $state<Theme>(THEMES.find((theme) => theme === recall(KEY)) ?? "system");
  #system = $state<"light" | "dark">("light");

  constructor() {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    this.#system = dark.matches ? "dark" : "light";
    dark.addEventListener("change", (event) => {
      this.#system = event.matches ? "dark" : "light";
      this.#paint();
    });
    this.#paint();
  }

  /** What was chosen. */
  get choice(): Theme {
    return this.#choice;
  }

  /** What is shown. */
  get shown(): "light" | "dark" {
    return this.#choice === "system" ? this.#system : this.#choice;
  }

  /** What comes after the choice: the other look first, so that every step but the last is seen. */
  get next(): Theme {
    if (this.#choice === "system") return this.#system === "dark" ? "light" : "dark";
    return this.#choice === this.#system ? "system" : this.#system;
  }

  set(theme: Theme): void {
    this.#choice = theme;
    remember(KEY, theme);
    this.#paint();
  }

  #paint(): void {
    document.documentElement.dataset["theme"] = this.shown;
  }
}

export const theme = new ThemeChoice();
