//! How close rows stand: remembered, and set as `data-density` on the document.

import type { Density } from "../ipc/types";
import { recall, remember } from "./memory";

/** Heights of a row; `tokens.css` has the same. */
const ROW_PX: Record<Density, number> = { compact: 28, standard: 32, comfortable: 36 };
const DENSITIES = Object.keys(ROW_PX) as Density[];

const KEY = "dwell.density";

class DensityChoice {
  #choice = $state<Density>(DENSITIES.find((density) => density === recall(KEY)) ?? "standard");

  constructor() {
    this.#paint();
  }

  get choice(): Density {
    return this.#choice;
  }

  /** Height of a row of a list. */
  get rowPx(): number {
    return ROW_PX[this.#choice];
  }

  set(density: Density): void {
    this.#choice = density;
    remember(KEY, density);
    this.#paint();
  }

  #paint(): void {
    document.documentElement.dataset["density"] = this.#choice;
  }
}

export const density = new DensityChoice();
