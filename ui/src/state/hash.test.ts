//! A link leads back to where it was copied.

import { expect, test } from "vitest";

import { hashOf, parseHash } from "./hash";

test.each([
  [["users", "user", "u_7f3a91"], { app: "shop", session: "6f0f-2a" }],
  [["users", "user", "a/b?c#d%e f&g=h+i"], { q: "a=b&c?d#e%f +g" }],
  [["users", "anonymous", "فاطمة · 山田"], { zone: "Europe/Berlin" }],
  [["imports", "12"], {}],
  [[], {}],
])("%j with %j survives the way there and back", (segments, params) => {
  expect(parseHash(hashOf(segments, params))).toEqual({ segments, params });
});

test("parameters without a value are left out", () => {
  expect(hashOf(["users"], { session: null, event: "", zone: "utc" })).toBe("#/users?zone=utc");
});

test("a hand-made link with a stray percent sign is taken as written", () => {
  expect(parseHash("#/users/user/100%").segments).toEqual(["users", "user", "100%"]);
});

test("no hash is the root", () => {
  expect(parseHash("")).toEqual({ segments: [], params: {} });
});
