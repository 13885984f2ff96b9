//! Links to views: what is copied leads back to where it was copied.

import { expect, test } from "vitest";

import { parseHash } from "./hash";
import { linkOf, readLink } from "./link";

test.each([
  ["#/users/user/u_7f3a91?session=s1", "demo.dwell", "casino"],
  ["#/users/anonymous/a%2Fb%20c?q=%23x", "näher & weiter.dwell", "a b"],
  ["#/rules", "x", "é"],
  ["", "demo.dwell", "casino"],
])("a link made of %s in %s leads back there", (hash, fileName, application) => {
  const link = readLink(linkOf(hash, fileName, application));
  const { segments, params } = parseHash(hash);
  expect(link?.fileName).toBe(fileName);
  expect(parseHash(link?.hash ?? "")).toEqual({
    segments,
    params: { ...params, app: application },
  });
});

test.each([
  ["  #/users/user/u1 ", { hash: "#/users/user/u1", fileName: null }],
  ["dwell://#/imports", { hash: "#/imports", fileName: null }],
  ["dwell://100%.dwell#/imports", { hash: "#/imports", fileName: "100%.dwell" }],
  ["#purchase", null],
  ["https://dwell/#/users", null],
  ["see #/users", null],
  ["#/users and more", null],
  ["", null],
])("%s is read as %j", (text, link) => {
  expect(readLink(text)).toEqual(link);
});
