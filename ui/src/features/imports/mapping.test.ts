//! What a column becomes in words, and what choosing a field for it asks for.

import { expect, test } from "vitest";

import type { ColumnUse } from "../../ipc/types";
import { chooseField, fieldOf, formatsOf, mappedFile, shownColumns, targetWords } from "./mapping";
import { PREVIEW } from "../../../tests/mock/imports";

const FIELDS = [
  { name: "timestamp", title: "timestamp" },
  { name: "user_id", title: "user" },
];
const use = (column: string, target: string): ColumnUse => ({ column, target, filled: 1 });

test("a target is a field, or a property or context field by its name", () => {
  expect(targetWords(use("uid", "user_id"), FIELDS)).toBe("user");
  expect(targetWords(use("amount", "properties.amount"), FIELDS)).toBe("property");
  expect(targetWords(use("properties.a.b", "properties.a.b"), FIELDS)).toBe("property a.b");
  expect(targetWords(use("context.os", "context.os_version"), FIELDS)).toBe("context os_version");
  expect(targetWords(use("x", "sent_at"), FIELDS)).toBe("sent_at");
  expect(fieldOf("properties.user_id")).toBe("");
});

test("a chosen field leaves the column that held it before", () => {
  const first = chooseField([], use("when", "properties.when"), "timestamp");
  expect(first).toEqual([{ field: "timestamp", column: "when" }]);
  const second = chooseField(first, use("seen", "properties.seen"), "timestamp");
  expect(second).toEqual([{ field: "timestamp", column: "seen" }]);
});

test("a column that is to be a property again holds no field, even where its name says so", () => {
  const choices = chooseField([], use("user_id", "user_id"), "");
  expect(choices).toEqual([{ field: "user_id", column: "" }]);
  expect(chooseField(choices, use("user_id", "properties.user_id"), "user_id")).toEqual([
    { field: "user_id", column: "user_id" },
  ]);
});

test("a column that changes from one field to another frees the first", () => {
  const choices = chooseField([], use("user", "user_id"), "device_id");
  expect(choices).toEqual([
    { field: "device_id", column: "user" },
    { field: "user_id", column: "" },
  ]);
  expect(chooseField(choices, use("user", "device_id"), "device_id")).toEqual(choices);
});

test("of several files the mapping is that of the first table", () => {
  expect(mappedFile(PREVIEW)?.name).toBe("");
  const [file] = PREVIEW.files;
  if (file === undefined) throw new Error("a file");
  const lines = { ...file, name: "a.jsonl", is_table: false, format: "native" };
  const files = [lines, { ...file, name: "b.csv" }, { ...file, name: "c.csv" }];
  expect(mappedFile({ ...PREVIEW, files })?.name).toBe("b.csv");
  // One that an import leaves out is the last choice.
  const lookup = { ...file, name: "a.csv", problem: "No column is the event's name." };
  const among = [lookup, { ...file, name: "b.csv" }];
  expect(mappedFile({ ...PREVIEW, files: among })?.name).toBe("b.csv");
  expect(mappedFile({ ...PREVIEW, files: [lookup] })?.name).toBe("a.csv");
  expect(formatsOf({ ...PREVIEW, files })).toBe("native and csv with semicolons");
});

test("of very many columns those that hold fields are shown, and those that are looked for", () => {
  const many = Array.from({ length: 9 }, (_, at) => use(`c${at}`, `properties.c${at}`));
  const columns = [...many, use("when", "timestamp")];
  const names = (wanted: string) => shownColumns(columns, wanted, 3).map(({ column }) => column);
  expect(names("")).toEqual(["when", "c0", "c1"]);
  expect(names("C7 ")).toEqual(["c7"]);
});
