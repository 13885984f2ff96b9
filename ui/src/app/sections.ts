//! The sections of the side bar, in its order. A section that is not built is not listed.

import Download from "@lucide/svelte/icons/download";
import Timer from "@lucide/svelte/icons/timer";
import Users from "@lucide/svelte/icons/users";
import type { Component } from "svelte";

import type { ApplicationRow } from "../ipc/types";
import type { KeyedId } from "../keys/commands";

export type SectionId = "users" | "imports" | "rules";

export interface Section {
  /** First segment of its links. */
  id: SectionId;
  label: string;
  group: "Explore" | "Data";
  icon: Component<Record<string, unknown>>;
  command: KeyedId;
  /** The figure beside it; null shows none. */
  count: (application: ApplicationRow) => number | null;
}

export const SECTIONS: readonly Section[] = [
  {
    id: "users",
    label: "Users",
    group: "Explore",
    icon: Users,
    command: "shell.users",
    count: (application) => application.person_count,
  },
  {
    id: "imports",
    label: "Imports",
    group: "Data",
    icon: Download,
    command: "shell.imports",
    count: (application) => application.import_count,
  },
  {
    id: "rules",
    label: "Session rules",
    group: "Data",
    icon: Timer,
    command: "shell.rules",
    count: () => null,
  },
];
