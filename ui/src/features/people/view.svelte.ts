//! What the users screen shows: the list, the chosen person with days and sessions, the chosen
//! session's events, the chosen event. Follows the link, asks Rust, computes no metric. Must not
//! know how anything is drawn.

import { eventShow, eventsList, peopleList } from "../../ipc/client";
import type { EventDetail, EventPage, EventRow, EventsRequest } from "../../ipc/types";
import type { PeoplePage, PersonKey, PersonRow } from "../../ipc/types";
import { Pages } from "../../state/pages.svelte";
import { Query } from "../../state/query.svelte";
import { preferences } from "../../state/preferences.svelte";
import { router } from "../../state/router.svelte";
import { workspace } from "../../state/workspace.svelte";
import { sessionsByStart } from "../../timeline/lanes";
import { stepEvent } from "../../timeline/runs";
import { isSamePerson, LAST_SEEN_HOURS, readPlace, routeOf, type UsersPlace } from "./place";
import { openSubject, type Subject } from "./subject";

const PEOPLE_PAGE = 100;
const EVENTS_PAGE = 500;
/** Steps by key are shown at once, and asked for and linked when they pause. */
const SETTLE_MS = 110;

/** Made while the users screen is set up: it lives as long as that screen. */
export class UsersView {
  /** Steps that are shown but not linked yet. */
  #ahead = $state.raw<Partial<UsersPlace> | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Set while the first person of a list is to be opened that is not there yet. */
  #onFirst = $state.raw<(() => void) | null>(null);
  /** Who was forgotten, and may still be in the list that is shown. */
  #left: PersonKey | null = null;

  /** The place of the link. */
  readonly #linked = $derived(readPlace(router.segments, (name) => router.param(name)));
  /** The place as it is shown: the link and the steps that are ahead of it. */
  readonly place: UsersPlace = $derived({ ...this.#linked, ...this.#ahead });

  /** Whether the inspector beside the subject is open, and whether the one over it is. */
  isInspectorOpen = $state(true);
  isOverlayOpen = $state(false);
  /** Whether there is room for the inspector beside the subject. */
  isWide = $state(true);

  // Single values, so that a question depends on no more of the link than it needs.
  readonly #person = $derived(JSON.stringify(this.#linked.person));
  readonly #session = $derived(this.#linked.session);
  readonly #event = $derived(this.#linked.event);
  /** The event only where it must bring its session. */
  readonly #eventAlone = $derived(
    this.#linked.session === null && this.#linked.tab === "timeline" ? this.#linked.event : null,
  );
  readonly #day = $derived(this.#linked.day);
  readonly #days = $derived(this.#linked.days);
  readonly #zone = $derived(this.#linked.zone ?? preferences.zoneShown);
  readonly #asOf = $derived(this.#linked.asOf);
  readonly #hasDerived = $derived(this.#linked.hasDerived);
  /** Blank is the application's first; so is one that the application does not have. */
  readonly #definition = $derived.by(() => {
    const wanted = this.#linked.definition;
    return wanted !== null && this.definitions.includes(wanted) ? wanted : "";
  });
  readonly #isEventsTab = $derived(this.#linked.tab === "events");
  readonly #search = $derived(this.place.search);
  readonly #isRecent = $derived(this.place.isRecent);

  readonly people: Pages<PersonRow, PeoplePage>;
  readonly subjectQuery: Query<Subject>;
  readonly sessionEvents: Pages<EventRow, EventPage>;
  readonly personEvents: Pages<EventRow, EventPage>;
  readonly eventQuery: Query<EventDetail>;

  readonly #shownSession = $derived.by(() => this.subject?.session?.row.session_id ?? null);
  readonly #shownPerson = $derived.by(() => JSON.stringify(this.subject?.person.person ?? null));

  constructor() {
    this.people = new Pages(() => this.#wantedPeople());
    this.subjectQuery = new Query(() => {
      const person = JSON.parse(this.#person) as PersonKey | null;
      const application = workspace.applicationName;
      const appZone = workspace.zone;
      const [session, event] = [this.#session, this.#eventAlone];
      const [day, days, zone] = [this.#day, this.#days, this.#zone];
      const [definition, asOf] = [this.#definition, this.#asOf];
      if (person === null || application === "") return null;
      const whose = { application, appZone, person, definition, asOf };
      return openSubject({ ...whose, session, event, day, days, zone });
    });
    this.sessionEvents = new Pages(() => {
      const session = this.#shownSession;
      const derived = { with_derived: this.#hasDerived, as_of_ms: this.#asOf };
      return session === null ? null : wantedEvents({ session }, derived);
    });
    this.personEvents = new Pages(() => {
      const person = JSON.parse(this.#shownPerson) as PersonKey | null;
      return person === null || !this.#isEventsTab ? null : wantedEvents({ person }, NOT_DERIVED);
    });
    this.eventQuery = new Query(() => {
      const event_id = this.#event;
      const zone = this.zoneName;
      if (event_id === null || zone === null) return null;
      return eventShow({ application: workspace.applicationName, event_id, zone });
    });
    $effect(() => {
      this.#openNewest();
    });
    $effect(() => {
      this.#openWanted();
    });
    $effect(() => () => {
      clearTimeout(this.#timer);
    });
  }

  // ---- what is shown ----

  /** Who is chosen in the list: at once, before the answer is here. */
  get chosenPerson(): PersonKey | null {
    return this.place.person;
  }

  /** The person shown, perhaps still the one before. */
  get subject(): Subject | null {
    return this.subjectQuery.data;
  }

  /** The definitions of the application, the oldest first. */
  get definitions(): readonly string[] {
    return workspace.application?.definitions ?? [];
  }

  /** The definition whose sessions are shown. */
  get definition(): string {
    return this.subject?.person.definition ?? this.place.definition ?? this.definitions[0] ?? "";
  }

  /** IANA name of the zone of every time on the screen; null before the person is known. */
  get zoneName(): string | null {
    return this.subject?.zoneName ?? null;
  }

  /** The session that is chosen on the lanes: at once, before the answer is here. */
  get chosenSession(): string | null {
    const isAhead = this.#ahead !== null || this.subjectQuery.isLoading;
    return (isAhead ? this.place.session : null) ?? this.#shownSession;
  }

  /** Whether there is an event or a session to inspect. */
  get canInspect(): boolean {
    const { tab, event } = this.place;
    if (tab === "properties" || tab === "devices") return false;
    return tab === "events" || event !== null || this.subject?.session !== null;
  }

  get isInspectorShown(): boolean {
    if (!this.canInspect) return false;
    return this.isWide ? this.isInspectorOpen : this.isOverlayOpen;
  }

  /** The event of the inspector, perhaps still the one before; null where none is chosen. */
  get event(): EventDetail | null {
    return this.place.event === null ? null : this.eventQuery.data;
  }

  /** Whether the event lies after the moment that was picked: it has not happened there yet. */
  get isEventAhead(): boolean {
    const { asOf } = this.place;
    return asOf !== null && this.event !== null && this.event.time_ms > asOf;
  }

  /** Whether the rows do not show the event as of that moment: those that Dwell derives. */
  get isEventHidden(): boolean {
    return this.isEventAhead && this.event?.derived != null && this.place.tab === "timeline";
  }

  // ---- steps ----

  showInspector(isShown: boolean): void {
    if (this.isWide) this.isInspectorOpen = isShown;
    else this.isOverlayOpen = isShown;
  }

  /** Filters the list; who is shown stays. */
  search(search: string): void {
    this.#onFirst = null;
    this.step({ search });
  }

  /** Opens the first person of the list that is searched for, at once or when it is there, and
   * calls `onOpened` then. Who types on or chooses somebody has changed their mind. */
  openFirst(onOpened: () => void): void {
    this.#onFirst = onOpened;
  }

  /** Goes to another place now. */
  go(changes: Partial<UsersPlace>, how: { replace?: boolean } = {}): void {
    clearTimeout(this.#timer);
    const place = { ...this.place, ...changes };
    const { segments, params } = routeOf(place);
    router.go(segments, params, how);
    this.#ahead = null;
  }

  /** Shows another place at once, and links it when the steps pause. */
  step(changes: Partial<UsersPlace>): void {
    clearTimeout(this.#timer);
    this.#ahead = { ...this.#ahead, ...changes };
    this.#timer = setTimeout(() => {
      this.go({}, { replace: true });
    }, SETTLE_MS);
  }

  #move(changes: Partial<UsersPlace>, how: "now" | "step"): void {
    if (how === "now") this.go(changes);
    else this.step(changes);
  }

  /** Chooses a person: with its newest day and session. */
  choosePerson(person: PersonKey, how: "now" | "step" = "now"): void {
    this.#onFirst = null;
    if (isSamePerson(person, this.chosenPerson)) return;
    this.#move({ person, session: null, event: null, day: null }, how);
  }

  /** Leaves a person who is no more for the one seen last. */
  leavePerson(person: PersonKey): void {
    this.#left = person;
    this.go({ person: null, session: null, event: null, day: null }, { replace: true });
  }

  chooseSession(session: string, how: "now" | "step" = "now"): void {
    if (session === this.chosenSession && this.place.event === null) return;
    this.#move({ session, event: null }, how);
  }

  /** Shows a session of any definition, with an event of it. */
  showSession(definition: string, session: string, event: string | null): void {
    this.go({ definition: this.#linkOf(definition), session, event, tab: "timeline" });
  }

  /** Shows the sessions of another definition: that of the chosen event, else the newest. */
  chooseDefinition(definition: string): void {
    if (definition === this.definition) return;
    const sessions = this.event?.derived === null ? this.event.sessions : [];
    const own = sessions.find((one) => one.definition === definition)?.session_id ?? null;
    const event = own === null ? null : this.place.event;
    this.go({ definition: this.#linkOf(definition), session: own, event });
  }

  /** Tells states as of another moment, UTC ms; null is the newest arrival. */
  chooseMoment(asOf: number | null): void {
    const days = this.subject?.timeline.days ?? [];
    const isShown =
      asOf === null || days.some((day) => day.starts_at_ms <= asOf && asOf < day.ends_at_ms);
    // What is on the screen stays there, so that only the states change.
    if (isShown) this.go({ asOf, day: days[0]?.date ?? null, session: this.chosenSession });
    else this.go({ asOf, day: null, session: null, event: null });
  }

  /** Shows or hides derived events; one that is chosen goes with them. */
  showDerived(hasDerived: boolean): void {
    const isGone = !hasDerived && this.event?.derived != null;
    this.go({ hasDerived, session: this.chosenSession, ...(isGone && { event: null }) });
  }

  /** The first definition needs no word in a link. */
  #linkOf(definition: string): string | null {
    return definition === this.definitions[0] ? null : definition;
  }

  /** Chooses an event of the session shown; null none. */
  chooseEvent(event: string | null, how: "now" | "step" = "now"): void {
    this.#move({ event, session: this.chosenSession }, how);
  }

  /** Chooses an event of the person's list: the timeline then shows its session. */
  choosePersonEvent(event: string, how: "now" | "step" = "now"): void {
    this.#move({ event, session: null, day: null }, how);
  }

  /** Steps through the session's events by time; false where there is nothing to step to. */
  stepEvent(delta: -1 | 1): boolean {
    const events = this.sessionEvents;
    const next = stepEvent(events.rows, this.place.event, delta);
    if (next === undefined) return false;
    if (next.event_id !== this.place.event) this.chooseEvent(next.event_id, "step");
    else if (delta > 0 && events.hasMore) void events.more().then(() => this.stepEvent(delta));
    return true;
  }

  /** Steps to the session before or after, among the days shown or beyond them. */
  stepSession(delta: -1 | 1): boolean {
    const shown = sessionsByStart(this.subject?.timeline.days ?? []);
    const at = shown.findIndex((one) => one.session_id === this.chosenSession);
    const near = at < 0 ? undefined : shown[at + delta]?.session_id;
    const session = this.subject?.session;
    const isAnswered = session?.row.session_id === this.chosenSession;
    const far = isAnswered ? (delta < 0 ? session?.earlier : session?.later) : undefined;
    const next = near ?? far;
    if (typeof next !== "string") return false;
    this.chooseSession(next, "step");
    return true;
  }

  /** Shows the stretch of days before or after; its newest session is then chosen. */
  stepDays(delta: -1 | 1): boolean {
    const { earlier, later } = this.subject?.timeline ?? { earlier: null, later: null };
    const day = delta < 0 ? earlier : later;
    if (day === null) return false;
    this.go({ day, session: null, event: null });
    return true;
  }

  /** Back to the last activity. */
  goNewest(): void {
    this.go({ day: null, session: null, event: null });
  }

  // ---- what is asked for ----

  #wantedPeople() {
    const application = workspace.applicationName;
    const search = this.#search;
    const last_seen_hours = this.#isRecent ? LAST_SEEN_HOURS : null;
    if (application === "") return null;
    return {
      key: JSON.stringify([application, search, last_seen_hours]),
      load: (after: string | null) =>
        peopleList({ application, search, last_seen_hours, after, limit: PEOPLE_PAGE }),
    };
  }

  /** What `openFirst` asked for; a list of nobody or one that failed opens nobody. */
  #openWanted(): void {
    const { isFresh, error, rows } = this.people;
    const onOpened = this.#onFirst;
    if (onOpened === null || (!isFresh && error === null)) return;
    this.#onFirst = null;
    const first = rows[0]?.person;
    if (!isFresh || first === undefined) return;
    this.choosePerson(first);
    onOpened();
  }

  /** A link without a person opens the one seen last. */
  #openNewest(): void {
    const people = this.people.rows.map((row) => row.person);
    const newest = people.find((person) => !isSamePerson(person, this.#left));
    if (this.#person !== "null" || newest === undefined || !this.people.isFresh) return;
    this.go({ person: newest }, { replace: true });
  }
}

type Derived = Pick<EventsRequest, "with_derived" | "as_of_ms">;
const NOT_DERIVED: Derived = { with_derived: false, as_of_ms: null };

function wantedEvents(scope: EventsRequest["scope"], derived: Derived) {
  const application = workspace.applicationName;
  return {
    key: JSON.stringify([application, scope, derived]),
    load: (after: string | null) =>
      eventsList({ application, scope, after, limit: EVENTS_PAGE, ...derived }),
  };
}
