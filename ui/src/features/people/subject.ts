//! Opens a person in one go: who, their days, and one session of these days explained. Together, so
//! that head, lanes and strip always speak of the same person and change at the same moment.

import { localDate } from "../../format/local-date";
import { asApiError, eventShow, personShow, sessionShow, timelineShow } from "../../ipc/client";
import type { PersonDetail, PersonKey, SessionDetail, Timeline } from "../../ipc/types";
import { isInDays, newestSession } from "../../timeline/lanes";
import { chosenZone, isSamePerson, type ZoneChoice, type ZoneOption, zoneOptions } from "./place";

export interface SubjectRequest {
  application: string;
  appZone: string;
  person: PersonKey;
  /** Whose sessions are shown; blank is the application's first. */
  definition: string;
  /** Moment as of which states are told, UTC ms; null is the newest arrival. */
  asOf: number | null;
  /** Null opens the newest session of the days shown. */
  session: string | null;
  /** Opens its session where no session is named. */
  event: string | null;
  /** The newest day shown; null is the day of `asOf`, else that of the last activity. */
  day: string | null;
  days: number;
  /** Null is the person's own time where it is known. */
  zone: ZoneChoice | null;
}

export interface Subject {
  person: PersonDetail;
  zones: ZoneOption[];
  /** The zone of every time that is shown. */
  zone: ZoneOption;
  /** IANA name of that zone. */
  zoneName: string;
  timeline: Timeline;
  /** Null where no session lies in the days shown. */
  session: SessionDetail | null;
  /** Why the session that was asked for is not the one shown; null where it is. */
  note: string | null;
}

/** A session that cannot be opened does not keep the person from being shown; all else throws. */
export async function openSubject(request: SubjectRequest): Promise<Subject> {
  const { application, definition } = request;
  const person = await personShow({ application, definition, person: request.person });
  const zones = zoneOptions(person.zone, request.appZone);
  const zone = chosenZone(zones, request.zone);
  const zoneName = zone.zone ?? "UTC";
  const asOfDay = request.asOf === null ? null : localDate(request.asOf, zoneName);
  const [timeline, named] = await Promise.all([
    showDays(request, zoneName, request.day ?? asOfDay),
    namedSession(request, person, zoneName),
  ]);
  // A link to a session is enough: its days are those of its own definition.
  const own = named.session?.row.definition ?? person.definition;
  if (own !== person.definition && own !== definition) {
    return openSubject({ ...request, definition: own });
  }
  const head = { person, zones, zone, zoneName };
  if (named.session !== null) {
    const around = await daysAround(request, zoneName, timeline, named.session);
    return { ...head, timeline: around, session: named.session, note: null };
  }
  const newest = newestSession(timeline.days, timeline.as_of_ms);
  const session =
    newest === undefined
      ? null
      : await sessionShow(sessionRequest(request, newest.session_id, zoneName));
  return { ...head, timeline, session, note: named.note };
}

function showDays(request: SubjectRequest, zone: string, last_day: string | null) {
  return timelineShow({
    application: request.application,
    definition: request.definition,
    person: request.person,
    zone,
    day_count: request.days,
    last_day,
    as_of_ms: request.asOf,
  });
}

function sessionRequest(request: SubjectRequest, session_id: string, zone: string) {
  return { application: request.application, session_id, zone, as_of_ms: request.asOf };
}

/** The days shown, or where the session is not in them, those that end with its day. */
async function daysAround(
  request: SubjectRequest,
  zone: string,
  timeline: Timeline,
  session: SessionDetail,
): Promise<Timeline> {
  if (isInDays(timeline.days, session.row.session_id)) return timeline;
  const day = localDate(session.row.started_at, zone);
  return day === null ? timeline : showDays(request, zone, day);
}

/** The session that the link names, or that of the event it names. */
async function namedSession(
  request: SubjectRequest,
  person: PersonDetail,
  zone: string,
): Promise<{ session: SessionDetail | null; note: string | null }> {
  try {
    const id = request.session ?? (await sessionOfEvent(request, person, zone));
    if (id === null) return { session: null, note: null };
    const session = await sessionShow(sessionRequest(request, id, zone));
    if (isSamePerson(session.person, person.person)) return { session, note: null };
    return { session: null, note: "The session of this link belongs to somebody else." };
  } catch (thrown) {
    return { session: null, note: asApiError(thrown).message };
  }
}

async function sessionOfEvent(
  request: SubjectRequest,
  person: PersonDetail,
  zone: string,
): Promise<string | null> {
  if (request.event === null) return null;
  const { application, event: event_id } = request;
  const event = await eventShow({ application, event_id, zone });
  const own = event.sessions.find((one) => one.definition === person.definition);
  return own?.session_id ?? null;
}
