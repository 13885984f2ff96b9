//! What is said before a file is imported, and what that asks of Rust. Pure.

import type { ColumnChoice, ImportRequest } from "../ipc/types";

/** How one file is read. */
export interface Reading {
  /** Blank: by the content. */
  format: string;
  columns: readonly ColumnChoice[];
}

export const UNTOUCHED: Reading = { format: "", columns: [] };

export interface ImportChoice {
  application: string;
  /** Zone of times without an offset. */
  timeZone: string;
  reading: Reading;
}

/** What is asked of Rust about one file. */
export function importRequest(choice: ImportChoice, path: string): ImportRequest {
  const { format, columns } = choice.reading;
  return {
    application: choice.application,
    path,
    time_zone: choice.timeZone,
    ...(format === "" ? {} : { format }),
    ...(columns.length === 0 ? {} : { columns: [...columns] }),
  };
}
