// Written from the types of crates/api by `DWELL_WRITE_TYPES=1 cargo test -p dwell-api --test types`.
// Do not edit: a test holds it to them.

export type ErrorCode = "not_found" | "bad_input" | "cancelled" | "locked" | "not_a_workspace" | "no_room" | "storage";

export type ApiError = { 
/**
 * For the program.
 */
code: ErrorCode, 
/**
 * For the person.
 */
message: string, };

export type ZoneUndo = { 
/**
 * The zone before.
 */
zone: string, 
/**
 * When it was changed, UTC ms.
 */
edited_at_ms: number, };

export type ApplicationRow = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its IANA zone (app time).
 */
zone: string, 
/**
 * What an undo of the last change of its zone would bring back; null where there is none.
 */
zone_undo: ZoneUndo | null, 
/**
 * Stored events.
 */
event_count: number, 
/**
 * Known users and anonymous people.
 */
person_count: number, 
/**
 * Devices.
 */
device_count: number, 
/**
 * Sessions of all definitions.
 */
session_count: number, 
/**
 * Imports.
 */
import_count: number, 
/**
 * The newest arrival, UTC ms: the moment as of which states are shown. Null without events.
 */
newest_arrival_ms: number | null, 
/**
 * Session definitions, the oldest first; that one is shown unless another is chosen.
 */
definitions: Array<string>, };

export type WorkspaceStatus = { 
/**
 * `casino.dwell`, without its folder.
 */
file_name: string, 
/**
 * The whole path.
 */
path: string, 
/**
 * Where links lead: the same for every name of the file.
 */
real_path: string, 
/**
 * Size of the file in bytes.
 */
file_bytes: number, 
/**
 * Applications in the order of their names; empty in a new workspace.
 */
applications: Array<ApplicationRow>, 
/**
 * Version of the IANA zone data in use.
 */
zone_data_version: string, 
/**
 * Version of Dwell.
 */
version: string, };

export type ZoneRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * IANA zone.
 */
zone: string, };

export type BackupRequest = { 
/**
 * The copy.
 */
path: string, };

export type BackupPhase = "copying" | "checking" | "replacing";

export type BackupProgress = { 
/**
 * What is being done.
 */
phase: BackupPhase, 
/**
 * 0 to 1 of the phase; null where nobody can tell.
 */
done: number | null, 
/**
 * Of the phase; null where nobody can tell.
 */
seconds_left: number | null, };

export type BackupDone = { 
/**
 * The whole path.
 */
path: string, 
/**
 * Without its folder.
 */
file_name: string, 
/**
 * Its size.
 */
bytes: number, };

export type RestoreDone = { 
/**
 * The workspace.
 */
path: string, 
/**
 * What it held before; null where it did not exist.
 */
before: BackupDone | null, };

export type KeptWhy = "update" | "restore";

export type KeptBackup = { 
/**
 * The whole path.
 */
path: string, 
/**
 * Without its folder.
 */
file_name: string, 
/**
 * Its size.
 */
bytes: number, 
/**
 * When it was made, as its name has it: `2026-11-20 14:58:20`, UTC.
 */
made_at: string, 
/**
 * Why.
 */
why: KeptWhy, };

export type Theme = "system" | "light" | "dark";

export type Density = "compact" | "standard" | "comfortable";

export type ZoneShown = "user" | "app" | "utc";

export type Settings = { 
/**
 * What the window looks like.
 */
theme: Theme, 
/**
 * How close rows stand.
 */
density: Density, 
/**
 * The zone in which a person's days are shown first.
 */
zone_shown: ZoneShown, 
/**
 * The file; null where there is no folder for it, and nothing is kept.
 */
path: string | null, 
/**
 * What is wrong with the file, in words; null where all is well.
 */
problem: string | null, };

export type SettingsChange = { 
/**
 * What the window looks like.
 */
theme?: Theme | null, 
/**
 * How close rows stand.
 */
density?: Density | null, 
/**
 * The zone in which a person's days are shown first.
 */
zone_shown?: ZoneShown | null, };

export type RecentWorkspace = { 
/**
 * The whole path.
 */
path: string, 
/**
 * `casino.dwell`, without its folder.
 */
file_name: string, 
/**
 * The folder alone.
 */
folder: string, 
/**
 * When it was opened last, UTC ms.
 */
opened_at_ms: number, 
/**
 * Whether there is no file now.
 */
is_missing: boolean, };

export type PersonKind = "user" | "anonymous";

export type PersonKey = { 
/**
 * User or anonymous.
 */
kind: PersonKind, 
/**
 * The user's or the device's id as text.
 */
id: string, };

export type PropertyRow = { 
/**
 * Name.
 */
key: string, 
/**
 * text, number, bool, null or list.
 */
type: string, 
/**
 * As people read it.
 */
value: string, };

export type PeopleRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * Part of a name, id, e-mail, device id or any property; blank is everyone. Case and accents do
 * not matter.
 */
search: string, 
/**
 * Only people whose id, name or a word of the name begins with the search: found at once among
 * any number of people. Absent is no.
 */
only_beginning?: boolean, 
/**
 * Only people seen within so many hours before the newest arrival.
 */
last_seen_hours: number | null, 
/**
 * `next` of the page before.
 */
after: string | null, 
/**
 * Rows wanted, 1 to 500.
 */
limit: number, };

export type PersonRow = { 
/**
 * Key.
 */
person: PersonKey, 
/**
 * Display name from the properties name, full_name, first_name + last_name, username or email.
 */
name: string | null, 
/**
 * Time of the last event, UTC ms.
 */
last_seen_ms: number, 
/**
 * Whether a session is active as of the newest arrival.
 */
is_active: boolean, 
/**
 * Sessions of the application's first definition.
 */
session_count: number, 
/**
 * Events.
 */
event_count: number, 
/**
 * Sessions a day over the last 14 UTC days up to the newest arrival, oldest first.
 */
daily_sessions: Array<number>, 
/**
 * Where the search was found, when it is neither name nor id: property and value.
 */
found_in: PropertyRow | null, };

export type PeoplePage = { 
/**
 * At most `limit` rows.
 */
rows: Array<PersonRow>, 
/**
 * How many match in all.
 */
total: number, 
/**
 * For the next page; null at the end.
 */
next: string | null, 
/**
 * The newest arrival, UTC ms.
 */
as_of_ms: number, };

export type PersonRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * Definition whose sessions count; blank is the application's first.
 */
definition: string, 
/**
 * Who.
 */
person: PersonKey, };

export type PersonDevice = { 
/**
 * Id as text.
 */
device_id: string, 
/**
 * Model or type, where known.
 */
model: string | null, 
/**
 * Operating system and version, where known.
 */
system: string | null, 
/**
 * App version, where known.
 */
app_version: string | null, 
/**
 * This person's first event on it, UTC ms.
 */
first_seen_ms: number, 
/**
 * This person's last event on it, UTC ms.
 */
last_seen_ms: number, 
/**
 * This person's events on it.
 */
event_count: number, };

export type PersonDetail = { 
/**
 * Key.
 */
person: PersonKey, 
/**
 * Display name.
 */
name: string | null, 
/**
 * State of the newest session; null without sessions.
 */
state: StateName | null, 
/**
 * First event, UTC ms.
 */
first_seen_ms: number, 
/**
 * Last event, UTC ms.
 */
last_seen_ms: number, 
/**
 * Events.
 */
event_count: number, 
/**
 * Sessions of the definition.
 */
session_count: number, 
/**
 * The definition these are of.
 */
definition: string, 
/**
 * Custom properties, by name.
 */
properties: Array<PropertyRow>, 
/**
 * Devices, the last seen first.
 */
devices: Array<PersonDevice>, 
/**
 * The zone of the newest context snapshot or of a `timezone` property; null where unknown.
 */
zone: string | null, };

export type StateName = "active" | "closed" | "expired";

export type SessionRow = { 
/**
 * Application.
 */
application: string, 
/**
 * Definition.
 */
definition: string, 
/**
 * UUID.
 */
session_id: string, 
/**
 * The device or user whose stream it is of.
 */
stream: string, 
/**
 * The user that it knows.
 */
user_id: string | null, 
/**
 * Its device.
 */
device_id: string | null, 
/**
 * First extending event.
 */
started_at: number, 
/**
 * Last extending event.
 */
ended_at: number, 
/**
 * See sessions, section 3.1.
 */
closes_at: number, 
/**
 * See sessions, section 4.1.
 */
expires_at: number, 
/**
 * As of the moment asked for.
 */
state: StateName, 
/**
 * Why it started: first, forced, ended, timeout, background, midnight, max_length,
 * user_switched, session_id, late.
 */
start_reason: string, 
/**
 * Why it ended; `open` while it is active.
 */
end_reason: string, 
/**
 * cold, warm or none.
 */
start_kind: string, 
/**
 * Events in it, passive ones too.
 */
event_count: number, 
/**
 * ended_at - started_at.
 */
duration_ms: number, 
/**
 * See sessions, section 3.5.
 */
engaged_ms: number, 
/**
 * Events that arrived late.
 */
late_count: number, 
/**
 * Whether it was born after its own grace.
 */
late_born: boolean, 
/**
 * Its place among its person's sessions of this definition by start, from 1; null only where it
 * was not asked for.
 */
session_number: number | null, 
/**
 * Figures of the definition's own; empty for a plain definition.
 */
metrics: Record<string, unknown>, };

export type SessionRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * Its id, or the id of any session that was merged into it.
 */
session_id: string, 
/**
 * IANA zone for the times in the explanation.
 */
zone: string, 
/**
 * Moment as of which states are told, UTC ms; null is the newest arrival.
 */
as_of_ms: number | null, };

export type BackgroundSpan = { 
/**
 * UTC ms.
 */
from_ms: number, 
/**
 * UTC ms.
 */
to_ms: number, };

export type StripMark = { 
/**
 * Which event.
 */
event_id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * UTC ms.
 */
time_ms: number, 
/**
 * Whether it arrived late.
 */
is_late: boolean, };

export type SessionStrip = { 
/**
 * Start of the session.
 */
from_ms: number, 
/**
 * When it closes: the end of the tail.
 */
to_ms: number, 
/**
 * Last extending event: where the body ends and the tail begins.
 */
body_to_ms: number, 
/**
 * Times in the background, between a background event and the next one.
 */
background: Array<BackgroundSpan>, 
/**
 * At most 400 marks; more are thinned evenly, late ones never.
 */
marks: Array<StripMark>, 
/**
 * Words for the tail: “30 min timeout”; null where it has no length.
 */
tail: string | null, };

export type GameRow = { 
/**
 * Id of the game session.
 */
game_session_id: string, 
/**
 * The game's id; null where no bet named one.
 */
game_id: string | null, 
/**
 * The game's name for people.
 */
game_name: string, 
/**
 * First bet, UTC ms.
 */
started_at_ms: number, 
/**
 * Last bet, UTC ms.
 */
ended_at_ms: number, 
/**
 * Bets.
 */
bets_count: number, 
/**
 * Wins.
 */
wins_count: number, 
/**
 * Sum of the bets as an exact decimal.
 */
total_bet_amount: string, 
/**
 * Sum of the wins as an exact decimal.
 */
total_win_amount: string, };

export type SessionDetail = { 
/**
 * The row.
 */
row: SessionRow, 
/**
 * Whose timeline it stands in.
 */
person: PersonKey, 
/**
 * Its place among the person's sessions of this definition by start, from 1.
 */
ordinal: number, 
/**
 * Why it started, in words with the real numbers.
 */
why_started: string, 
/**
 * Why it ended or is still open, in words with the real numbers.
 */
why_ended: string, 
/**
 * The strip to scale.
 */
strip: SessionStrip, 
/**
 * The person's session before; null at the first.
 */
earlier: string | null, 
/**
 * The person's session after; null at the last.
 */
later: string | null, 
/**
 * What would have to be different for this session and the one before it in its stream to be
 * one, in words; null at the first.
 */
one_with_previous: string | null, 
/**
 * The same for the one after it; null at the last.
 */
one_with_next: string | null, 
/**
 * Figures of the definition's own in words, in their order; empty for a plain definition.
 */
figures: Array<PropertyRow>, 
/**
 * Game sessions inside a gameplay session, by start; empty for a plain definition.
 */
games: Array<GameRow>, };

export type FindSessions = { 
/**
 * Application.
 */
application: string, 
/**
 * Definition; blank is the application's first.
 */
definition: string, 
/**
 * Which ones: `duration > 10m and late_count > 0`; blank is all. Figures are named as in the
 * rows; lengths are `90s` or `1h30m`, times `2026-11-20` or `2026-11-20T14:58:20Z`; words are
 * compared by `=`, `!=` and `in (…)`; parts are joined by `and`, `or`, `not` and parentheses.
 */
filter: string, 
/**
 * Of this user.
 */
user: string | null, 
/**
 * Of this device.
 */
device: string | null, 
/**
 * Started at or after, UTC ms.
 */
from_ms: number | null, 
/**
 * Started before, UTC ms.
 */
to_ms: number | null, 
/**
 * The figure by which they stand; blank is `started_at`. Sessions without it come last.
 */
order_by: string, 
/**
 * The largest first.
 */
descending: boolean, 
/**
 * IANA zone of times in the filter that name none; blank is UTC.
 */
zone: string, 
/**
 * Moment as of which states are told, UTC ms; null is the newest arrival.
 */
as_of_ms: number | null, 
/**
 * `next` of the page before.
 */
after: string | null, 
/**
 * Rows wanted, 1 to 500.
 */
limit: number, };

export type SessionPage = { 
/**
 * At most `limit` rows.
 */
rows: Array<SessionRow>, 
/**
 * How many there are in all.
 */
total: number, 
/**
 * For the next page; null at the end.
 */
next: string | null, 
/**
 * The moment as of which states are told, UTC ms.
 */
as_of_ms: number, };

export type FindScope = "everything" | "people" | "events";

export type FindRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * What was typed; blank finds the people last seen, and of events all names.
 */
text: string, 
/**
 * What is looked for.
 */
scope: FindScope, };

export type FoundDevice = { 
/**
 * Id.
 */
device_id: string, 
/**
 * Model or type, where known.
 */
model: string | null, 
/**
 * Last event, UTC ms.
 */
last_seen_ms: number, 
/**
 * Whose it is: its users, else the one without a name.
 */
people: Array<PersonKey>, };

export type FoundSession = { 
/**
 * The id that it has now.
 */
session_id: string, 
/**
 * Definition.
 */
definition: string, 
/**
 * Start, UTC ms.
 */
started_at_ms: number, 
/**
 * In whose timeline it stands.
 */
person: PersonKey, };

export type FoundEvent = { 
/**
 * Id.
 */
event_id: string, 
/**
 * Name.
 */
name: string, 
/**
 * UTC ms.
 */
time_ms: number, 
/**
 * In whose timeline it stands.
 */
person: PersonKey, };

export type Found = { 
/**
 * People, those whose name or id begins with the text first, then the last seen.
 */
people: Array<PersonRow>, 
/**
 * How many there are in all.
 */
people_count: number, 
/**
 * Devices whose id begins with the text.
 */
devices: Array<FoundDevice>, 
/**
 * The session of that id.
 */
session: FoundSession | null, 
/**
 * The event of that id.
 */
event: FoundEvent | null, 
/**
 * Names of the workspace's events with the text in them, those that begin with it first.
 */
event_names: Array<string>, 
/**
 * How many of these there are in all.
 */
event_name_count: number, 
/**
 * The newest arrival, UTC ms.
 */
as_of_ms: number, };

export type NewestRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * Name, to the letter.
 */
name: string, };

export type RowFormat = "json_lines" | "csv";

export type ExportList = "people" | "sessions" | "events" | "imports" | "quarantine" | "conflicts";

export type ExportRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * Which list.
 */
list: ExportList, 
/**
 * How it is written.
 */
format: RowFormat, 
/**
 * Of sessions and events: those of this person alone.
 */
person: PersonKey | null, 
/**
 * Of sessions: of this definition; blank is the application's first.
 */
definition: string, 
/**
 * Of people: those whom this search finds; blank is everyone.
 */
search: string, 
/**
 * Of people: those seen within so many hours before the newest arrival.
 */
last_seen_hours: number | null, 
/**
 * Of sessions: moment as of which states are told, UTC ms; null is the newest arrival.
 */
as_of_ms: number | null, };

export type ExportProgress = { 
/**
 * Rows written.
 */
rows: number, 
/**
 * Done part, 0 to 1; null where it is not known how many rows there are.
 */
done: number | null, };

export type Exported = { 
/**
 * The whole path.
 */
path: string, 
/**
 * Its name.
 */
file_name: string, 
/**
 * Rows in it.
 */
row_count: number, 
/**
 * Size in bytes.
 */
file_bytes: number, };

export type EventName = { 
/**
 * Application.
 */
application: string, 
/**
 * The name.
 */
name: string, 
/**
 * How many there are.
 */
event_count: number, 
/**
 * The first one.
 */
first_seen: number, 
/**
 * The last one.
 */
last_seen: number, };

export type DaysRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * Definition; blank is the application's first.
 */
definition: string, 
/**
 * IANA zone of the days.
 */
zone: string, 
/**
 * Whether the middle of single sessions is wanted too.
 */
with_single: boolean, 
/**
 * Moment as of which sessions are open, UTC ms; null is the newest arrival.
 */
as_of_ms: number | null, };

export type Day = { 
/**
 * The local date, `2026-11-20`.
 */
date: string, 
/**
 * First instant, UTC ms.
 */
from_ms: number, 
/**
 * Sessions that start on it.
 */
session_count: number, 
/**
 * People with such a session.
 */
person_count: number, 
/**
 * The sum of their lengths.
 */
duration_ms: number, 
/**
 * The middle of what the sessions of each person last together; null without any.
 */
median_person_ms: number | null, 
/**
 * The middle of the lengths of single sessions; null without any, or where it is not wanted.
 */
median_session_ms: number | null, };

export type Days = { 
/**
 * Every day from the first session's to the last one's.
 */
days: Array<Day>, 
/**
 * Sessions that are still open: they are in no day.
 */
active_count: number, };

export type TimelineRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * Definition; blank is the application's first.
 */
definition: string, 
/**
 * Who.
 */
person: PersonKey, 
/**
 * IANA zone whose days are shown.
 */
zone: string, 
/**
 * How many days, 1 to 62.
 */
day_count: number, 
/**
 * The newest day shown, `2026-11-20`; null is the day of the last activity.
 */
last_day: string | null, 
/**
 * Moment as of which states are told, UTC ms; null is the newest arrival.
 */
as_of_ms: number | null, };

export type SessionBlock = { 
/**
 * Id.
 */
session_id: string, 
/**
 * Left edge.
 */
left: number, 
/**
 * Right edge, never left of `left`.
 */
right: number, 
/**
 * Whether it began on an earlier day.
 */
continues_before: boolean, 
/**
 * Whether it goes on after this day.
 */
continues_after: boolean, 
/**
 * UTC ms.
 */
started_at_ms: number, 
/**
 * UTC ms.
 */
ended_at_ms: number, 
/**
 * As of the moment asked for.
 */
state: StateName, 
/**
 * cold, warm or none.
 */
start_kind: string, 
/**
 * Whether it was born after its own grace.
 */
is_late_born: boolean, 
/**
 * Events.
 */
event_count: number, 
/**
 * Places of late events, 0 to 1; at most 20.
 */
late_at: Array<number>, 
/**
 * Pause since the end of the session before it on this lane; null for the first.
 */
pause_ms: number | null, };

export type DayLane = { 
/**
 * `2026-11-20`.
 */
date: string, 
/**
 * First instant of the day, UTC ms.
 */
starts_at_ms: number, 
/**
 * First instant of the next day, UTC ms.
 */
ends_at_ms: number, 
/**
 * Whether the moment as of which states are told lies in it.
 */
is_today: boolean, 
/**
 * Place of that moment on the lane, 0 to 1; null on other days.
 */
now_at: number | null, 
/**
 * Sessions that overlap it, by start.
 */
sessions: Array<SessionBlock>, 
/**
 * Sessions that start on it.
 */
session_count: number, 
/**
 * Sum of the durations of the sessions that start on it.
 */
duration_ms: number, };

export type Timeline = { 
/**
 * The zone.
 */
zone: string, 
/**
 * Its offset at the newest day in words: “UTC+1”, “UTC-3:30”.
 */
offset: string, 
/**
 * Lanes.
 */
days: Array<DayLane>, 
/**
 * `last_day` of the stretch before; null where nothing is older.
 */
earlier: string | null, 
/**
 * `last_day` of the stretch after; null where nothing is newer.
 */
later: string | null, 
/**
 * The moment as of which states are told, UTC ms.
 */
as_of_ms: number, };

export type EventScope = { "session": string } | { "person": PersonKey };

export type EventsRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * Which.
 */
scope: EventScope, 
/**
 * `next` of the page before.
 */
after: string | null, 
/**
 * Rows wanted, 1 to 1,000.
 */
limit: number, 
/**
 * Whether a session's derived events are wanted among its rows.
 */
with_derived: boolean, 
/**
 * Moment up to which derived events are wanted, UTC ms; null is the newest arrival.
 */
as_of_ms: number | null, };

export type DerivedNote = { 
/**
 * From 1; counted up when a late event changes what was already told.
 */
revision: number, 
/**
 * When it was emitted live, UTC ms; null where it came with an import.
 */
emitted_at_ms: number | null, };

export type EventRow = { 
/**
 * Id.
 */
event_id: string, 
/**
 * Name.
 */
name: string, 
/**
 * custom or system.
 */
type: string, 
/**
 * UTC ms, corrected.
 */
time_ms: number, 
/**
 * Since the event before it in the same list by time; null for the first.
 */
gap_ms: number | null, 
/**
 * Role in the definition: activity, extend, passive, start, foreground, background, end, ignored.
 */
role: string, 
/**
 * How late it arrived; null where it was not late.
 */
late_by_ms: number | null, 
/**
 * The first properties in words, at most six.
 */
properties: Array<PropertyRow>, 
/**
 * How many properties there are in all.
 */
property_count: number, 
/**
 * Set for an event that Dwell derived from the session; `event_show` takes its id too.
 */
derived: DerivedNote | null, };

export type EventPage = { 
/**
 * At most `limit` rows.
 */
rows: Array<EventRow>, 
/**
 * How many in all.
 */
total: number, 
/**
 * For the next page; null at the end.
 */
next: string | null, };

export type EventRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * Id.
 */
event_id: string, 
/**
 * IANA zone for the times in the explanations.
 */
zone: string, };

export type ContextGroup = { 
/**
 * Group.
 */
group: string, 
/**
 * Fields.
 */
fields: Array<PropertyRow>, };

export type EventSession = { 
/**
 * Definition.
 */
definition: string, 
/**
 * Role there.
 */
role: string, 
/**
 * The session; null where it is in none.
 */
session_id: string | null, 
/**
 * Why it is in none, in words; null where it is in one.
 */
why_none: string | null, };

export type LateNote = { 
/**
 * “Arrived late, still attached”.
 */
title: string, 
/**
 * arrival - time.
 */
delay_ms: number, 
/**
 * What it meant for the session.
 */
explanation: string, };

export type EventDetail = { 
/**
 * Id.
 */
event_id: string, 
/**
 * Whether the source had none and it was derived from the content.
 */
id_is_derived: boolean, 
/**
 * Name.
 */
name: string, 
/**
 * custom or system.
 */
type: string, 
/**
 * UTC ms, corrected.
 */
time_ms: number, 
/**
 * UTC ms as the source wrote it.
 */
raw_time_ms: number, 
/**
 * What was added to the raw time.
 */
skew_ms: number, 
/**
 * When the server got it, or its time.
 */
arrival_ms: number, 
/**
 * As the source wrote it.
 */
received_at_ms: number | null, 
/**
 * As the source wrote it.
 */
sent_at_ms: number | null, 
/**
 * User.
 */
user_id: string | null, 
/**
 * Device.
 */
device_id: string | null, 
/**
 * The source's own session id.
 */
source_session_id: string | null, 
/**
 * All properties in the order of the source.
 */
properties: Array<PropertyRow>, 
/**
 * The event's own context by group; empty where it has none.
 */
context: Array<ContextGroup>, 
/**
 * The device's newest snapshot at or before this event, by group, and whose it is.
 */
context_then: Array<ContextGroup>, 
/**
 * Time of the event that brought `context_then`; null where there is none.
 */
context_then_ms: number | null, 
/**
 * The event as JSON in the native form, indented.
 */
json: string, 
/**
 * The file that brought it.
 */
import_file: string, 
/**
 * Its line in that file.
 */
import_line: number, 
/**
 * Its session of each definition.
 */
sessions: Array<EventSession>, 
/**
 * Why it counts as late, in words; null where it does not.
 */
late: LateNote | null, 
/**
 * Set for an event that Dwell derived: it has no file and no line.
 */
derived: DerivedNote | null, };

export type ColumnChoice = { 
/**
 * A field as events spell it: timestamp, user_id, …
 */
field: string, 
/**
 * The column's name; blank for none, so that the column called like the field is a property.
 */
column: string, };

export type ImportRequest = { 
/**
 * Application that the events go to; made where it does not exist.
 */
application: string, 
/**
 * The file or folder.
 */
path: string, 
/**
 * IANA zone for times without an offset.
 */
time_zone: string, 
/**
 * The format, one of [`formats`]; by the content where it is absent.
 */
format?: string, 
/**
 * Which columns of a table fields stand in, where they are not called like them.
 */
columns?: Array<ColumnChoice>, };

export type ImportPhase = "reading" | "storing" | "sessions" | "saving";

export type ImportProgress = { 
/**
 * What it is doing.
 */
phase: ImportPhase, 
/**
 * The file.
 */
file_name: string, 
/**
 * Bytes of the file read.
 */
bytes_read: number, 
/**
 * Size of the file; null for a pipe.
 */
bytes_total: number | null, 
/**
 * Rows read so far.
 */
read: number, 
/**
 * Good rows so far.
 */
good: number, 
/**
 * New events among them; null until all rows are read and it is known.
 */
stored: number | null, 
/**
 * Good rows whose event was already there; null as long.
 */
duplicates: number | null, 
/**
 * Rejected rows so far.
 */
quarantined: number, 
/**
 * Rows a second over the last second.
 */
rows_per_second: number, 
/**
 * Seconds left; null until it can be told.
 */
seconds_left: number | null, 
/**
 * Done part of everything, 0 to 1; null for a pipe.
 */
done: number | null, };

export type ImportRow = { 
/**
 * Number.
 */
import_id: number, 
/**
 * Application.
 */
application: string, 
/**
 * The file's name.
 */
file_name: string, 
/**
 * The format it was read as.
 */
format: string, 
/**
 * Size in bytes.
 */
file_bytes: number, 
/**
 * When it was done, UTC ms.
 */
finished_at_ms: number, 
/**
 * Rows.
 */
read: number, 
/**
 * New events.
 */
stored: number, 
/**
 * Rows whose event was already there.
 */
duplicates: number, 
/**
 * Duplicates that differ in more than their arrival.
 */
conflicts: number, 
/**
 * Rejected rows.
 */
quarantined: number, 
/**
 * Rejected rows that somebody dropped; they are not among those read any more.
 */
skipped: number, 
/**
 * Rows left out as those of somebody who is to stay forgotten.
 */
forgotten: number, 
/**
 * Sessions in the application after it, over all definitions.
 */
sessions: number, 
/**
 * New users and anonymous people.
 */
new_people: number, 
/**
 * New devices.
 */
new_devices: number, 
/**
 * How long it took.
 */
seconds: number, };

export type ImportDetailRequest = { 
/**
 * Number.
 */
import_id: number, };

export type RejectGroup = { 
/**
 * Stable code: not_json, bad_time, …
 */
reason: string, 
/**
 * The reason in short words.
 */
title: string, 
/**
 * The field; blank where the whole row is meant.
 */
field: string, 
/**
 * The file of the first; of a part of a folder or an archive, with theirs before it.
 */
file: string, 
/**
 * Its line in that file.
 */
first_line: number, 
/**
 * The first row's sentence with the real value.
 */
example: string, 
/**
 * The beginning of the first row, at most 200 characters, unprintable bytes shown as such.
 */
excerpt: string, 
/**
 * How many.
 */
row_count: number, };

export type ConflictRow = { 
/**
 * The event.
 */
event_id: string, 
/**
 * The file of this copy, as [`RejectGroup::file`].
 */
file: string, 
/**
 * Its line in that file.
 */
line: number, 
/**
 * What differs, in words.
 */
differs: string, };

export type NewestRow = { 
/**
 * Id.
 */
event_id: string, 
/**
 * UTC ms.
 */
time_ms: number, 
/**
 * Name.
 */
name: string, 
/**
 * User.
 */
user_id: string | null, 
/**
 * Device.
 */
device_id: string | null, 
/**
 * The first properties, at most four.
 */
properties: Array<PropertyRow>, 
/**
 * Its session in the application's first definition.
 */
session_id: string | null, };

export type FileRow = { 
/**
 * Its path in the folder or archive.
 */
name: string, 
/**
 * The format that it was read as; blank where it was left out.
 */
format: string, 
/**
 * Why it was left out, as a sentence; null where it was not.
 */
left_out: string | null, };

export type ColumnUse = { 
/**
 * Its name.
 */
column: string, 
/**
 * A field as events spell it, `properties.` and a property, or `context.` and a context field.
 */
target: string, 
/**
 * Rows that were looked at in which it is not empty.
 */
filled: number, };

export type ImportChoices = { 
/**
 * The formats.
 */
formats: Array<NamedChoice>, 
/**
 * The fields of events that a column of a table can hold.
 */
column_fields: Array<NamedChoice>, };

export type NamedChoice = { 
/**
 * Its name, to ask for it.
 */
name: string, 
/**
 * As people read it.
 */
title: string, };

export type ImportPreview = { 
/**
 * Its name.
 */
file_name: string, 
/**
 * Why an import of it would be refused, as a sentence; null where nothing that was seen says so.
 */
problem: string | null, 
/**
 * The files that were looked at, in order: one, or the first of a folder or an archive; then the first
 * 20 of those that are none of events.
 */
files: Array<PreviewFile>, 
/**
 * Files that an import would leave out, as far as it was looked.
 */
left_out: number, 
/**
 * Its first rows, at most 20.
 */
rows: Array<PreviewRow>, 
/**
 * How many rows were looked at, of files that would be read: usually about 1 MiB of text.
 */
read: number, 
/**
 * Those that would be events.
 */
good: number, 
/**
 * Those that would be rejected.
 */
rejected: number, 
/**
 * Different names among the events.
 */
names: number, 
/**
 * The earliest of the events, UTC ms; null where there is none.
 */
first_ms: number | null, 
/**
 * The latest of them.
 */
last_ms: number | null, 
/**
 * Whether these are all rows.
 */
is_all: boolean, 
/**
 * Why rows that were looked at would be rejected, the largest group first.
 */
rejects: Array<RejectGroup>, };

export type PreviewFile = { 
/**
 * Its path in the folder or archive; blank where it is the file itself.
 */
name: string, 
/**
 * The format; blank where it is none of events.
 */
format: string, 
/**
 * Why no event of it would be read, as a sentence: alone it is refused, among others left out.
 */
problem: string | null, 
/**
 * Of a table, the field that none of its columns holds and that events need.
 */
missing: string | null, 
/**
 * Whether it is a table, whose columns can be mapped.
 */
is_table: boolean, 
/**
 * Rows of it that were looked at.
 */
read: number, 
/**
 * The columns of a table, in order, or the fields of its rows in JSON, as they came; with what becomes of
 * each.
 */
columns: Array<ColumnUse>, };

export type PreviewRow = { 
/**
 * Its file in the folder or archive; blank where it is the file itself.
 */
file: string, 
/**
 * Its line there.
 */
line: number, 
/**
 * The event as it would be stored; null where it would be rejected.
 */
event: PreviewEvent | null, 
/**
 * Why it would be rejected; null where it would not.
 */
reject: PreviewReject | null, };

export type PreviewEvent = { 
/**
 * Id.
 */
event_id: string, 
/**
 * Whether the id is made of the content, as the source has none.
 */
id_is_derived: boolean, 
/**
 * Name.
 */
name: string, 
/**
 * custom or system.
 */
type: string, 
/**
 * Corrected time, UTC ms.
 */
time_ms: number, 
/**
 * Arrival, UTC ms; null where the source has none.
 */
received_at_ms: number | null, 
/**
 * User.
 */
user_id: string | null, 
/**
 * Device.
 */
device_id: string | null, 
/**
 * The session that the source believes in.
 */
session_id: string | null, 
/**
 * Properties.
 */
properties: Array<PropertyRow>, 
/**
 * Context fields.
 */
context: Array<PropertyRow>, };

export type PreviewReject = { 
/**
 * Stable code.
 */
reason: string, 
/**
 * Field; blank where the whole row is meant.
 */
field: string, 
/**
 * Column in bytes, from 1, where known.
 */
column: number | null, 
/**
 * The reason in plain words.
 */
message: string, 
/**
 * The beginning of the row, at most 200 characters, unprintable bytes shown as such.
 */
excerpt: string, };

export type ImportDetail = { 
/**
 * The row.
 */
row: ImportRow, 
/**
 * Rejected rows by reason and field, the largest group first.
 */
rejects: Array<RejectGroup>, 
/**
 * The first 100 conflicting copies.
 */
conflicts: Array<ConflictRow>, 
/**
 * The newest events that it brought, at most 8.
 */
newest: Array<NewestRow>, 
/**
 * The files of a folder or an archive, those that were left out last; of a single file none.
 */
files: Array<FileRow>, };

export type ImportRemovalRequest = { 
/**
 * Number.
 */
import_id: number, 
/**
 * Only says what would go; nothing is changed.
 */
dry_run: boolean, };

export type ImportRemovalPhase = "events" | "sessions" | "saving";

export type ImportRemovalProgress = { 
/**
 * What it is doing.
 */
phase: ImportRemovalPhase, 
/**
 * Done part of everything, 0 to 1.
 */
done: number, 
/**
 * Seconds left; null until it can be told.
 */
seconds_left: number | null, };

export type ImportRemoval = { 
/**
 * The import as it was.
 */
import: ImportRow, 
/**
 * Events that are no more.
 */
events_removed: number, 
/**
 * Events that it had brought first and that another import brought as well: these stay.
 */
events_kept: number, 
/**
 * Sessions left in the application, over all definitions.
 */
sessions: number, 
/**
 * How long it took.
 */
seconds: number, };

export type Whom = "user" | "device";

export type ForgetRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * A user or a device.
 */
whom: Whom, 
/**
 * Its id; any of those that aliases join.
 */
id: string, 
/**
 * Only says what would go; nothing is changed.
 */
dry_run: boolean, };

export type ForgetPhase = "events" | "sessions" | "saving";

export type ForgetProgress = { 
/**
 * What it is doing.
 */
phase: ForgetPhase, 
/**
 * Done part of everything, 0 to 1.
 */
done: number, 
/**
 * Seconds left; null until it can be told.
 */
seconds_left: number | null, };

export type ForgottenOfImport = { 
/**
 * Number.
 */
import_id: number, 
/**
 * The file's name.
 */
file_name: string, 
/**
 * Its rows that go.
 */
rows: number, };

export type Forgetting = { 
/**
 * Application.
 */
application: string, 
/**
 * A user or a device.
 */
whom: Whom, 
/**
 * The ids that go: of a user all that aliases join.
 */
ids: Array<string>, 
/**
 * Events that are no more.
 */
events_removed: number, 
/**
 * Events of others that stay: of a row that went somebody else's row is a copy, and counts now.
 */
events_kept: number, 
/**
 * Copies of events that did not count.
 */
copies_removed: number, 
/**
 * Rejected rows that name one of the ids.
 */
rejected_rows_removed: number, 
/**
 * Notes of copies that differ.
 */
conflicts_removed: number, 
/**
 * Sessions of the application before, over all definitions.
 */
sessions_before: number, 
/**
 * Sessions left in it.
 */
sessions: number, 
/**
 * Users that nothing names any more.
 */
users_removed: number, 
/**
 * Devices that have no events any more.
 */
devices_removed: number, 
/**
 * The imports that brought what goes, the oldest first.
 */
imports: Array<ForgottenOfImport>, 
/**
 * What of them stays, and why: a sentence each.
 */
stays: Array<string>, 
/**
 * Why pieces of what went can still be found in the bytes of the file, by means that read no
 * database; null where they cannot. The next time that somebody is forgotten they go as well.
 */
not_erased: string | null, 
/**
 * How long it took, but for writing the file anew.
 */
seconds: number, };

export type ForgettingRow = { 
/**
 * Number.
 */
forgetting_id: number, 
/**
 * Application.
 */
application: string, 
/**
 * A user or a device.
 */
whom: Whom, 
/**
 * When, UTC ms.
 */
forgotten_at_ms: number, 
/**
 * Events that went then.
 */
events_removed: number, };

export type FixKind = "time_zone" | "offset" | "day_first" | "month_first" | "year_first" | "decimal_comma" | "default_device" | "default_user" | "rename" | "as_property" | "windows_1252" | "skip";

export type Fix = { 
/**
 * What.
 */
kind: FixKind, 
/**
 * The field, where it is of one.
 */
field?: string, 
/**
 * What it needs to be told, if anything.
 */
value?: string, };

export type AskKind = "zone" | "choice" | "text";

export type Ask = { 
/**
 * Its place among the fixes.
 */
fix: number, 
/**
 * What is asked for.
 */
label: string, 
/**
 * What is to be typed or chosen.
 */
kind: AskKind, 
/**
 * What there is to choose from; blank where anything can be typed.
 */
choices: Array<string>, };

export type FixOffer = { 
/**
 * In a few words.
 */
title: string, 
/**
 * What is said. None: the rows are read again as they are.
 */
fixes: Array<Fix>, 
/**
 * How many of the rows it mends; null where that hangs on what is asked.
 */
mends: number | null, 
/**
 * Whether it is the one that is meant, as far as the rows tell.
 */
is_sure: boolean, 
/**
 * What a person has to say, or may say otherwise.
 */
asks: Ask | null, };

export type FixGroup = { 
/**
 * The rows.
 */
group: RejectGroup, 
/**
 * What stands in the first one where something else should; blank where that is not one value.
 */
value: string, 
/**
 * Those among them of which only the beginning was kept: they can only be skipped.
 */
cut_off: number, 
/**
 * What can be said of them, what helps most first; skipping is last.
 */
offers: Array<FixOffer>, };

export type FixGroupsRequest = { 
/**
 * The import.
 */
import_id: number, };

export type GroupFixes = { 
/**
 * Stable code of the reason.
 */
reason: string, 
/**
 * Its field; blank where the whole row is meant.
 */
field: string, 
/**
 * None: the rows are read again as they are.
 */
fixes: Array<Fix>, };

export type RetryRequest = { 
/**
 * The import.
 */
import_id: number, 
/**
 * Which rows, and what is said of them.
 */
groups: Array<GroupFixes>, 
/**
 * Only says what would become of them; nothing is changed.
 */
dry_run: boolean, };

export type GroupRetry = { 
/**
 * Stable code of the reason.
 */
reason: string, 
/**
 * Its field.
 */
field: string, 
/**
 * Events now.
 */
mended: number, 
/**
 * Dropped.
 */
skipped: number, 
/**
 * Still rejected, for the same reason or another one.
 */
left: number, 
/**
 * Those among them of which only the beginning is there, so that they cannot be read.
 */
cut_off: number, };

export type Retry = { 
/**
 * The import as it is now.
 */
import: ImportRow, 
/**
 * What was asked for, group by group.
 */
groups: Array<GroupRetry>, 
/**
 * Rows that are read now: stored + duplicates + forgotten.
 */
mended: number, 
/**
 * New events among them.
 */
stored: number, 
/**
 * Those whose event was already there.
 */
duplicates: number, 
/**
 * Duplicates that differ in more than their arrival.
 */
conflicts: number, 
/**
 * Left out as those of somebody who is to stay forgotten.
 */
forgotten: number, 
/**
 * Rows that were dropped.
 */
skipped: number, 
/**
 * Rows that were asked for and are rejected still.
 */
left: number, 
/**
 * How long it took.
 */
seconds: number, };

export type RetryPhase = "reading" | "storing" | "sessions" | "saving";

export type RetryProgress = { 
/**
 * What it is doing.
 */
phase: RetryPhase, 
/**
 * Done part of everything, 0 to 1.
 */
done: number, 
/**
 * Seconds left; null until it can be told.
 */
seconds_left: number | null, };

export type RejectedExportRequest = { 
/**
 * Of these imports, in this order.
 */
import_ids: Array<number>, 
/**
 * Only those with a reason of this code.
 */
reason?: string, 
/**
 * Only those with this field; blank where the whole row is meant.
 */
field?: string, };

export type RejectedExport = { 
/**
 * Rows.
 */
rows: number, 
/**
 * Those of which only the beginning was kept.
 */
cut_off: number, 
/**
 * The columns that somebody chose for the import: to be chosen again (field, column).
 */
choices: Array<[string, string]>, };

export type StartKind = "cold" | "warm" | "none";

export type Scope = "device" | "user";

export type SessionIds = "ignore" | "prefer" | "trust";

export type GapAtTimeout = "new" | "same";

export type Role = "activity" | "extend" | "passive" | "start" | "foreground" | "background" | "end" | "ignored";

export type Operator = "exists" | "not_exists" | "eq" | "neq" | "gt" | "gte" | "lt" | "lte";

export type Condition = { 
/**
 * The property's name; nested ones with dots.
 */
property: string, 
/**
 * The comparison.
 */
operator: Operator, 
/**
 * What it compares with: a text, a number or a boolean; none for `exists` and `not_exists`.
 */
value?: string | number | boolean | null, };

export type RoleRule = { 
/**
 * The event's exact name.
 */
event: string, 
/**
 * All of these hold.
 */
where?: Array<Condition>, 
/**
 * What such an event does.
 */
role: Role, 
/**
 * The start kind of the session that such an event starts; absent, the role's own.
 */
start_kind?: StartKind | null, };

export type Limits = { 
/**
 * So long without an extending event.
 */
inactivity_seconds: number | null, 
/**
 * So long in the background, where that is shorter.
 */
background_seconds: number | null, 
/**
 * So long after its start, whatever happens.
 */
max_length_seconds: number | null, 
/**
 * When a new local day begins in this zone.
 */
day_in: string | null, 
/**
 * While the app is in the foreground, inactivity does not close a session.
 */
foreground_holds: boolean, };

export type Gameplay = { 
/**
 * Events that are a bet.
 */
bets: Array<string>, 
/**
 * Events that are a win.
 */
wins: Array<string>, 
/**
 * Events that are a bet and a win, where each amount is there.
 */
bet_wins: Array<string>, 
/**
 * Events that take a bet back.
 */
bet_rollbacks: Array<string>, 
/**
 * Events that take a win back.
 */
win_rollbacks: Array<string>, 
/**
 * Properties that add up to the amount of a bet.
 */
bet_amount: Array<string>, 
/**
 * Properties that add up to the amount of a win.
 */
win_amount: Array<string>, 
/**
 * Properties that add up to the amount of a rollback.
 */
rollback_amount: Array<string>, 
/**
 * Property that names the game exactly.
 */
game_id: string | null, 
/**
 * Property that names the game for people.
 */
game_name: string | null, 
/**
 * Property that names the currency.
 */
currency: string | null, };

export type Definition = { 
/**
 * Its name inside the application, 1 to 100 characters. Session ids depend on it.
 */
name: string, 
/**
 * Whose events form one stream.
 */
scope: Scope, 
/**
 * What the source's own session ids are good for.
 */
session_ids: SessionIds, 
/**
 * When a session closes by itself.
 */
limits: Limits, 
/**
 * Where a pause of exactly the timeout belongs.
 */
gap_at_timeout: GapAtTimeout, 
/**
 * How long after its closing a session takes late events.
 */
grace_seconds: number, 
/**
 * The first rule that matches an event gives its role.
 */
roles: Array<RoleRule>, 
/**
 * The role of an event that no rule matches.
 */
default_role: Role, 
/**
 * Which events are bets and wins, where sessions are of gameplay.
 */
gameplay?: Gameplay | null, };

export type RulesRequest = { 
/**
 * Application.
 */
application: string, };

export type RulesRow = { 
/**
 * Name.
 */
name: string, 
/**
 * The definition.
 */
definition: Definition, 
/**
 * Its sessions.
 */
session_count: number, 
/**
 * What an undo would bring back; null where there is nothing to undo.
 */
undo: UndoRow | null, 
/**
 * Where zone data is old, a sentence about it; null where all is well or no zone is in use.
 */
zone_note: string | null, 
/**
 * Whether a rebuild would use newer zone data than its sessions were built with.
 */
is_behind: boolean, };

export type PresetRow = { 
/**
 * What the command line calls it.
 */
key: string, 
/**
 * Its name.
 */
title: string, 
/**
 * What it is for.
 */
purpose: string, 
/**
 * What is documented, and what is our choice.
 */
basis: string, 
/**
 * Whether it does as another product does, for comparison.
 */
is_comparison: boolean, 
/**
 * The definition, with the application's zone where it needs one.
 */
definition: Definition, };

export type FieldRange = { 
/**
 * The field: `limits.inactivity_seconds`.
 */
field: string, 
/**
 * Smallest.
 */
low: number, 
/**
 * Largest.
 */
high: number, 
/**
 * In words: “1 min to 24 h”.
 */
words: string, };

export type RemovedRules = { 
/**
 * Name.
 */
name: string, 
/**
 * What an undo would bring back.
 */
undo: UndoRow, };

export type UndoRow = { 
/**
 * All of it: “Back to Web visit, 30 min timeout, as until Sat 21 Nov 10:05”.
 */
words: string, 
/**
 * The rules that it brings back: “Web visit, 30 min timeout”; null where it removes the
 * definition, which that change added.
 */
rules: string | null, 
/**
 * When the rules were changed, UTC ms.
 */
edited_at_ms: number, };

export type RulesPage = { 
/**
 * The definitions, the oldest first.
 */
definitions: Array<RulesRow>, 
/**
 * Ready definitions to start from.
 */
presets: Array<PresetRow>, 
/**
 * What each number may be.
 */
ranges: Array<FieldRange>, 
/**
 * Events that a rebuild goes through.
 */
event_count: number, 
/**
 * About how long a rebuild takes; null where there are no events.
 */
rebuild_seconds: number | null, 
/**
 * Definitions that were removed and can be brought back.
 */
removed: Array<RemovedRules>, };

export type ApplyRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * The definition as JSON.
 */
json: string, };

export type DefinitionRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * The definition's name.
 */
name: string, };

export type RebuildProgress = { 
/**
 * Streams done.
 */
done: number, 
/**
 * Streams in all.
 */
total: number, 
/**
 * Seconds left; null until it can be told.
 */
seconds_left: number | null, };

export type WhatIfRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * The definition in use to compare with, by name; blank is the application's first.
 */
definition: string, 
/**
 * The definition to try, as JSON.
 */
json: string, 
/**
 * Which people are shown as examples.
 */
examples: ExampleChoice, 
/**
 * IANA zone whose days are counted and shown.
 */
zone: string, };

export type ExampleChoice = "most" | "random";

export type FieldProblem = { 
/**
 * The field, for example `limits.inactivity_seconds`; blank where the whole is meant.
 */
path: string, 
/**
 * What is wrong, and what is allowed, in words.
 */
problem: string, };

export type SessionFigures = { 
/**
 * Sessions.
 */
session_count: number, 
/**
 * Half of them are shorter; null where there is none.
 */
median_length_ms: number | null, 
/**
 * Sessions by days on which a person has any, averaged over those days.
 */
sessions_per_person_day: number | null, 
/**
 * Sessions of one event.
 */
one_event_count: number, 
/**
 * Events that arrived late, by the definition's own measure.
 */
late_count: number, 
/**
 * Those of them in a session that was not born of late events alone.
 */
late_attached_count: number, };

export type Span = { 
/**
 * UTC ms.
 */
from_ms: number, 
/**
 * UTC ms.
 */
to_ms: number, };

export type ExampleDay = { 
/**
 * Who.
 */
person: PersonKey, 
/**
 * Their name, where it is known.
 */
name: string | null, 
/**
 * The local date, `2026-11-20`.
 */
date: string, 
/**
 * First instant of the day, UTC ms.
 */
from_ms: number, 
/**
 * First instant of the next day, UTC ms.
 */
to_ms: number, 
/**
 * Sessions that lie in it with the definition in use, by start.
 */
now: Array<Span>, 
/**
 * Sessions that lie in it with the one tried, by start.
 */
tried: Array<Span>, 
/**
 * What changes, in words: “A pause of 18 min splits 1 session into 2”.
 */
why: string, };

export type CurvePoint = { 
/**
 * Inactivity timeout.
 */
timeout_seconds: number, 
/**
 * Sessions.
 */
session_count: number, };

export type RuleChange = { 
/**
 * Events looked at: all of the application.
 */
event_count: number, 
/**
 * People looked at.
 */
person_count: number, 
/**
 * With the definition in use.
 */
now: SessionFigures, 
/**
 * With the one that is tried.
 */
tried: SessionFigures, 
/**
 * Sessions in use that would hold exactly the same events.
 */
same: number, 
/**
 * Sessions in use whose events would lie in several sessions.
 */
split: number, 
/**
 * Sessions in use that would be one with others.
 */
merged: number, 
/**
 * Sessions in use that would lose or gain events otherwise.
 */
otherwise: number, 
/**
 * People with another number of sessions, or other sessions, on any day.
 */
changed_person_count: number, 
/**
 * People and the day that changes most for each, at most 20.
 */
examples: Array<ExampleDay>, 
/**
 * How many sessions there were if a pause of each length alone parted them, by length.
 */
curve: Array<CurvePoint>, 
/**
 * How long it took.
 */
seconds: number, };

export type WhatIf = { 
/**
 * What is wrong with the definition.
 */
problem: FieldProblem | null, 
/**
 * What it would change.
 */
change: RuleChange | null, };

export type SourceRequest = { 
/**
 * Application.
 */
application: string, 
/**
 * Definition; blank is the application's first.
 */
definition: string, 
/**
 * IANA zone for the times in words; blank is the application's.
 */
zone: string, };

export type SourceProgress = { 
/**
 * Streams done.
 */
done: number, 
/**
 * Streams in all.
 */
total: number, };

export type KindCount = { 
/**
 * Groups.
 */
groups: number, 
/**
 * The source's sessions in them.
 */
source_sessions: number, 
/**
 * Ours in them.
 */
our_sessions: number, };

export type SourceDifference = { 
/**
 * Device or user.
 */
stream: string, 
/**
 * Whose the first of our sessions is; null where there is none of ours.
 */
person: PersonKey | null, 
/**
 * Their name, where it is known.
 */
person_name: string | null, 
/**
 * First event of the first of the source's sessions, UTC ms.
 */
from_ms: number, 
/**
 * split, merged, both, partly or outside.
 */
kind: string, 
/**
 * Ids of ours, at most 20.
 */
our_sessions: Array<string>, 
/**
 * The source's ids, at most 20.
 */
source_sessions: Array<string>, 
/**
 * What differs, in words.
 */
words: string, };

export type SourceComparison = { 
/**
 * Application.
 */
application: string, 
/**
 * Definition.
 */
definition: string, 
/**
 * Sessions that the source names, once on each stream on which it does.
 */
source_session_count: number, 
/**
 * Our sessions.
 */
our_session_count: number, 
/**
 * agreed, split, merged, both, partly, outside: how many groups of sessions that share events.
 */
kinds: { [key in string]: KindCount }, 
/**
 * How often one of ours began for this reason in the midst of one of the source's.
 */
split_by: { [key in string]: number }, 
/**
 * Times that one of ours goes on over a pause from one of the source's to another.
 */
merged_over_pause: number, 
/**
 * The same, where the two of the source's lie in each other.
 */
merged_interleaved: number, 
/**
 * Our sessions whose events have no id.
 */
ours_without_id: number, 
/**
 * Events of our sessions that have no id.
 */
events_without_id: number, 
/**
 * Events with an id that are in none of ours.
 */
events_outside: number, 
/**
 * The first differences, at most 10 of each kind.
 */
differences: Array<SourceDifference>, 
/**
 * Differences that are not listed.
 */
differences_left_off: number, };
