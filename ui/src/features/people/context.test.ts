//! The short list of a snapshot: telling fields first, never more than six.

import { expect, it } from "vitest";
import { briefContext } from "./context";

const group = (name: string, ...keys: string[]) => ({
  group: name,
  fields: keys.map((key) => ({ key, type: "text", value: key })),
});
const keys = (...groups: ReturnType<typeof group>[]) =>
  briefContext(groups).map((field) => field.key);

it("the_fields_that_explain_most_come_first", () => {
  const got = keys(
    group("screen", "screen_width", "screen_height"),
    group("locale", "timezone"),
    group("device", "memory", "device_model"),
  );
  expect(got).toEqual(["device_model", "timezone"]);
});

it("without_them_the_first_fields_are_shown", () => {
  expect(keys(group("other", "a", "b"))).toEqual(["a", "b"]);
  expect(keys()).toEqual([]);
});

it("never_more_than_six", () => {
  expect(keys(group("other", ..."abcdefgh"))).toHaveLength(6);
});
