//! Opening a person: days and session always belong together, and a bad session shows the newest.

import { afterEach, describe, expect, it } from "vitest";

import { AS_OF_MS, sessionShow } from "../../../tests/mock/people";
import { clearAnswers, setAnswer } from "../../../tests/mock/transport";
import type { SessionRequest } from "../../ipc/types";
import { openSubject, type SubjectRequest } from "./subject";

const request = (more: Partial<SubjectRequest> = {}): SubjectRequest => ({
  application: "casino",
  appZone: "Europe/Berlin",
  person: { kind: "user", id: "u_7f3a91" },
  session: null,
  event: null,
  day: null,
  days: 5,
  zone: null,
  definition: "",
  asOf: null,
  ...more,
});
const dates = async (asked: SubjectRequest) =>
  (await openSubject(asked)).timeline.days.map((day) => day.date);

afterEach(clearAnswers);

describe("openSubject", () => {
  it("opens_on_the_last_activity_with_its_newest_session", async () => {
    const subject = await openSubject(request());
    expect(subject.timeline.days[0]?.date).toBe("2026-11-20");
    expect(subject.session?.ordinal).toBe(214);
    expect(subject.zone.value).toBe("user");
    expect(subject.note).toBeNull();
  });

  it("a_session_outside_the_days_brings_its_day", async () => {
    const asked = request({ session: "s-ines-0" });
    expect(await dates({ ...asked, days: 5 })).toContain("2026-11-16");
    expect((await dates({ ...asked, day: "2026-11-20", days: 2 }))[0]).toBe("2026-11-16");
    expect((await openSubject({ ...asked, days: 2 })).session?.ordinal).toBe(201);
  });

  it("an_event_without_a_session_opens_its_session", async () => {
    const subject = await openSubject(request({ event: "e-u_7f3a91-213-9" }));
    expect(subject.session?.ordinal).toBe(213);
  });

  it("days_without_a_session_have_none", async () => {
    const subject = await openSubject(request({ day: "2026-11-17", days: 1 }));
    expect(subject.session).toBeNull();
    expect(subject.note).toBeNull();
  });

  it("a_session_that_is_gone_shows_the_newest_and_says_why", async () => {
    const subject = await openSubject(request({ session: "gone" }));
    expect(subject.session?.ordinal).toBe(214);
    expect(subject.note).toBe("This session is not in the workspace.");
  });

  it("a_session_of_somebody_else_is_not_shown", async () => {
    const subject = await openSubject(request({ session: "s-u_single-0" }));
    expect(subject.session?.ordinal).toBe(214);
    expect(subject.note).toMatch(/somebody else/);
  });

  it("all_times_are_asked_for_in_the_zone_that_is_shown", async () => {
    const zones: string[] = [];
    setAnswer("session_show", (args) => {
      const asked = args?.["request"] as SessionRequest;
      zones.push(asked.zone);
      return sessionShow(asked);
    });
    for (const zone of ["user", "app", "utc"] as const) await openSubject(request({ zone }));
    expect(zones).toEqual(["Europe/Lisbon", "Europe/Berlin", "UTC"]);
  });

  it("a_person_whose_zone_is_not_known_is_shown_in_the_app_s", async () => {
    const person = { kind: "user", id: "u_44aa10" } as const;
    const subject = await openSubject(request({ person, zone: "user" }));
    expect(subject.person.zone).toBeNull();
    expect(subject.zoneName).toBe("Europe/Berlin");
  });

  it("a_person_who_is_not_there_is_an_error", async () => {
    const person = { kind: "user", id: "nobody" } as const;
    await expect(openSubject(request({ person }))).rejects.toMatchObject({ code: "not_found" });
  });

  it("tells_states_as_of_the_newest_arrival", async () => {
    expect((await openSubject(request())).timeline.as_of_ms).toBe(AS_OF_MS);
  });

  it("as_of_an_earlier_moment_its_day_and_the_session_of_then_are_shown", async () => {
    const asOf = Date.UTC(2026, 10, 19, 12, 45);
    const subject = await openSubject(request({ asOf }));
    expect(subject.timeline.as_of_ms).toBe(asOf);
    expect(subject.timeline.days[0]?.date).toBe("2026-11-19");
    expect(subject.session?.row).toMatchObject({ session_id: "s-ines-7", state: "active" });
    const pinned = await openSubject(request({ asOf, day: "2026-11-20" }));
    expect(pinned.timeline.days[0]?.date).toBe("2026-11-20");
    expect(pinned.session?.row.session_id).toBe("s-ines-7");
  });

  it("everything_follows_the_definition", async () => {
    const subject = await openSubject(request({ definition: "gameplay" }));
    expect(subject.person.definition).toBe("gameplay");
    expect(subject.session?.row.definition).toBe("gameplay");
    const ids = subject.timeline.days.flatMap((day) => day.sessions.map((one) => one.session_id));
    expect(ids.length).toBeGreaterThan(3);
    expect(ids.every((id) => id.startsWith("g-"))).toBe(true);
  });

  it("a_link_to_a_session_alone_opens_its_own_definition", async () => {
    const subject = await openSubject(request({ session: "g-u_7f3a91-19" }));
    expect(subject.session?.row.session_id).toBe("g-u_7f3a91-19");
    expect(subject.person.definition).toBe("gameplay");
    const back = await openSubject(request({ definition: "gameplay", session: "s-ines-213" }));
    expect(back.person.definition).toBe("visit");
    expect(back.session?.ordinal).toBe(213);
  });

  it("an_event_opens_its_session_of_the_definition_that_is_shown", async () => {
    const event = "e-u_7f3a91-213-5";
    const subject = await openSubject(request({ event, definition: "gameplay" }));
    expect(subject.session?.row.definition).toBe("gameplay");
    expect(subject.session?.row.started_at).toBe(Date.UTC(2026, 10, 20, 11, 24, 2));
  });
});
