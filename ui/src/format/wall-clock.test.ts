//! Typed dates and times: every zone, both sides of a change of the clocks, and what is no time.

import { describe, expect, it } from "vitest";
import { momentOf } from "./wall-clock";

const utc = (text: string) => Date.parse(text);

describe("momentOf", () => {
  it.each([
    ["2026-11-19", "14:00", "Europe/Lisbon", "2026-11-19T14:00:00Z"],
    ["2026-11-19", "14:00", "Europe/Berlin", "2026-11-19T13:00:00Z"],
    ["2026-07-01", "00:00:05", "Europe/Berlin", "2026-06-30T22:00:05Z"],
    ["2026-11-19", "23.30", "America/St_Johns", "2026-11-20T03:00:00Z"],
    ["2026-1-2", "9:05", "Asia/Kathmandu", "2026-01-02T03:20:00Z"],
    ["2026-11-19", "14:00", "UTC", "2026-11-19T14:00:00Z"],
  ])("%s %s in %s", (date, time, zone, expected) => {
    expect(momentOf(date, time, zone)).toBe(utc(expected));
  });

  it("a_time_that_the_clocks_show_twice_is_the_first_of_both", () => {
    expect(momentOf("2026-10-25", "02:30", "Europe/Berlin")).toBe(utc("2026-10-25T00:30:00Z"));
    expect(momentOf("2026-11-01", "01:30", "America/New_York")).toBe(utc("2026-11-01T05:30:00Z"));
  });

  it("a_time_that_the_clocks_skip_is_as_much_later", () => {
    expect(momentOf("2026-03-29", "02:30", "Europe/Berlin")).toBe(utc("2026-03-29T01:30:00Z"));
  });

  it("every_hour_of_a_year_is_read_back_as_it_was_typed", () => {
    const format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: "America/New_York",
      dateStyle: "short",
      timeStyle: "short",
    });
    for (let ms = utc("2026-01-01T00:00:00Z"); ms < utc("2027-01-01T00:00:00Z"); ms += 3_600_000) {
      const [date = "", time = ""] = format.format(ms).split(" ");
      const got = momentOf(date, time, "America/New_York");
      expect([ms, ms - 3_600_000], `${date} ${time}`).toContain(got);
    }
  });

  it.each([
    ["19.11.2026", "14:00", "date"],
    ["2026-02-30", "14:00", "date"],
    ["2026-13-01", "14:00", "date"],
    ["", "14:00", "date"],
    ["2026-11-19", "24:00", "time"],
    ["2026-11-19", "2 pm", "time"],
    ["2026-11-19", "", "time"],
  ])("%s %s is wrong in its %s", (date, time, problem) => {
    expect(momentOf(date, time, "Europe/Berlin")).toBe(problem);
  });

  it("a_zone_that_is_not_known_is_a_problem_of_the_zone", () => {
    expect(momentOf("2026-11-19", "14:00", "Mars/Base")).toBe("zone");
  });
});
