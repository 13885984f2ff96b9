//! What a person set for the program: kept by Rust in one file for all windows, and remembered here so
//! that the next start is painted with it at once.

import { asApiError, settingsChange, settingsShow } from "../ipc/client";
import type { Settings, SettingsChange, ZoneShown } from "../ipc/types";
import { announce } from "./announce.svelte";
import { density } from "./density.svelte";
import { recall, remember } from "./memory";
import { theme } from "./theme.svelte";

const ZONES = ["user", "app", "utc"] as const satisfies readonly ZoneShown[];
const ZONE_KEY = "dwell.zone-shown";

class Preferences {
  /** The zone in which a person's days are shown where the link says nothing. */
  zoneShown = $state<ZoneShown>(ZONES.find((zone) => zone === recall(ZONE_KEY)) ?? "user");
  /** Where they are kept; null where they are not. */
  path = $state<string | null>(null);
  /** What is wrong with the file, or with writing it. */
  problem = $state<string | null>(null);

  /** Takes them from the file. */
  async load(): Promise<void> {
    try {
      this.#take(await settingsShow());
    } catch (thrown) {
      this.problem = asApiError(thrown).message;
    }
  }

  /** Shows the change at once, and keeps it. */
  async change(change: SettingsChange): Promise<void> {
    this.#show(change);
    try {
      this.#take(await settingsChange(change));
    } catch (thrown) {
      // It is shown until the window closes.
      this.problem = asApiError(thrown).message;
      announce(this.problem);
    }
  }

  #take(settings: Settings): void {
    this.#show(settings);
    this.path = settings.path;
    this.problem = settings.problem;
  }

  #show(change: SettingsChange): void {
    if (change.theme != null && change.theme !== theme.choice) theme.set(change.theme);
    if (change.density != null && change.density !== density.choice) density.set(change.density);
    if (change.zone_shown != null) {
      this.zoneShown = change.zone_shown;
      remember(ZONE_KEY, change.zone_shown);
    }
  }
}

export const preferences = new Preferences();
