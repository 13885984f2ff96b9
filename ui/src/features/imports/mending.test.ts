import { expect, test } from "vitest";

import type { FixGroup, FixOffer, Retry } from "../../ipc/types";
import { fixesOf, mendNews, mendsWords, request, untouched } from "./mending";

const day: FixOffer = {
  title: "Read as DD/MM/YY",
  fixes: [{ kind: "day_first" }, { kind: "time_zone", value: "UTC" }],
  mends: 3,
  is_sure: true,
  asks: { fix: 1, label: "Zone", kind: "zone", choices: [] },
};
const device: FixOffer = {
  title: "Give them a device",
  fixes: [{ kind: "default_device" }],
  mends: null,
  is_sure: false,
  asks: { fix: 0, label: "Device", kind: "text", choices: [] },
};
const skip: FixOffer = {
  title: "Skip these rows",
  fixes: [{ kind: "skip" }],
  mends: null,
  is_sure: false,
  asks: null,
};

function group(reason: string, offers: FixOffer[]): FixGroup {
  return {
    group: {
      reason,
      title: reason,
      field: "",
      file: "a.csv",
      first_line: 1,
      example: "",
      excerpt: "",
      row_count: 3,
    },
    value: "",
    cut_off: 0,
    offers,
  };
}

test("only what is sure is chosen before anybody says so", () => {
  expect(untouched(group("bad_time", [day, skip])).isChosen).toBe(true);
  expect(untouched(group("no_owner", [device, skip])).isChosen).toBe(false);
  expect(untouched(group("not_json", [skip])).isChosen).toBe(false);
  const column: FixOffer = { ...device, asks: { fix: 0, label: "", kind: "choice", choices: [] } };
  expect(untouched(group("no_name", [column, skip]))).toEqual({
    isChosen: false,
    offer: 1,
    value: null,
  });
});

test("what is typed takes the place of what was offered, and what is missing is asked for", () => {
  const said = { isChosen: true, offer: 0, value: null };
  expect(fixesOf(day, said)).toEqual(day.fixes);
  expect(fixesOf(day, { ...said, value: "Europe/Berlin" })).toEqual([
    { kind: "day_first" },
    { kind: "time_zone", value: "Europe/Berlin" },
  ]);
  expect(fixesOf(device, said)).toBeNull();
  const groups = [group("bad_time", [day]), group("no_owner", [device]), group("x", [skip])];
  const chosen = { bad_time: true, no_owner: true, x: false };
  const set = (kiosk: string | null) => (of: FixGroup) => ({
    isChosen: chosen[of.group.reason as keyof typeof chosen],
    offer: 0,
    value: of.group.reason === "no_owner" ? kiosk : null,
  });
  expect(request(groups, set(" "))).toBeNull();
  expect(request(groups, set("kiosk"))?.map((of) => of.fixes[0])).toEqual([
    { kind: "day_first" },
    { kind: "default_device", value: "kiosk" },
  ]);
});

test("what became of rows is told in words", () => {
  const retry = (part: Partial<Retry>) =>
    mendNews({ mended: 0, duplicates: 0, skipped: 0, left: 0, ...part } as Retry);
  expect(retry({ mended: 1204 })).toBe("1,204 rows were mended.");
  expect(retry({ mended: 1, duplicates: 1, left: 2 })).toBe(
    "1 row was mended, 1 of them already here. 2 rows stay rejected.",
  );
  expect(retry({ skipped: 1 })).toBe("1 row was skipped.");
  expect(retry({ left: 1 })).toBe("No row was mended. 1 row stays rejected.");
  expect([mendsWords(day, 3), mendsWords(day, 4), mendsWords(skip, 4)]).toEqual([
    "all 3",
    "3 of 4",
    "",
  ]);
});
