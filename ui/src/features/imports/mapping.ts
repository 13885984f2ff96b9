//! Which columns of a table hold which fields: what is shown of it, and what choosing another asks for.
//! Pure.

import type {
  ColumnChoice,
  ColumnUse,
  ImportPreview,
  NamedChoice,
  PreviewFile,
} from "../../ipc/types";

/** The field that a column's target is; blank for a property or a context field. */
export function fieldOf(target: string): string {
  return target.startsWith("properties.") || target.startsWith("context.") ? "" : target;
}

/** What becomes of a column, in words. */
export function targetWords(use: ColumnUse, fields: readonly NamedChoice[]): string {
  const [group = "", ...path] = use.target.split(".");
  const field = fieldOf(use.target);
  if (field !== "") return fields.find(({ name }) => name === field)?.title ?? field;
  const name = path.join(".");
  const word = group === "context" ? "context" : "property";
  return name === use.column ? word : `${word} ${name}`;
}

/**
 * The choices after somebody said that a column holds `field`; blank: none. A field stands in one column and
 * a column holds one field; and what a column was taken for by its name, it is not any more.
 */
export function chooseField(
  choices: readonly ColumnChoice[],
  use: ColumnUse,
  field: string,
): ColumnChoice[] {
  const before = fieldOf(use.target);
  if (before === field) return [...choices];
  const next = choices.filter((one) => one.field !== field && one.column !== use.column);
  if (field !== "") next.push({ field, column: use.column });
  if (before !== "" && !next.some((one) => one.field === before)) {
    next.push({ field: before, column: "" });
  }
  return next;
}

/** The file whose columns are shown: the only one; of several the first table that is read, else the first
 * with fields, else a table that lacks what events need. */
export function mappedFile(preview: ImportPreview): PreviewFile | undefined {
  const { files } = preview;
  const read = files.filter((file) => file.problem === null);
  return (
    read.find((file) => file.is_table) ??
    read.find((file) => file.columns.length > 0) ??
    files.find((file) => file.columns.length > 0)
  );
}

/** As many columns as can be drawn, those that hold fields among them, and those that are looked for. */
export function shownColumns(
  columns: readonly ColumnUse[],
  wanted: string,
  limit: number,
): readonly ColumnUse[] {
  const bare = wanted.trim().toLowerCase();
  const found = columns.filter(({ column }) => column.toLowerCase().includes(bare));
  if (found.length <= limit) return found;
  const isField = ({ target }: ColumnUse) => fieldOf(target) !== "";
  return [...found.filter(isField), ...found.filter((use) => !isField(use))].slice(0, limit);
}

/** The formats of the files that were looked at, each once. */
export function formatsOf(preview: ImportPreview): string {
  const formats = preview.files.map((file) => file.format).filter((format) => format !== "");
  return [...new Set(formats)].join(" and ");
}
