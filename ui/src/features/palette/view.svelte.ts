//! What the palette shows: what was typed, what Rust found for it and the commands of the registry, as
//! one list with one row chosen. Rows are of one answer: while the next one is on its way, those of
//! the one before stay. Must not know how anything is drawn.

import Activity from "@lucide/svelte/icons/activity";
import CircleDot from "@lucide/svelte/icons/circle-dot";
import Hash from "@lucide/svelte/icons/hash";
import LinkIcon from "@lucide/svelte/icons/link";
import Smartphone from "@lucide/svelte/icons/smartphone";
import type { Component } from "svelte";

import { ago } from "../../format/duration";
import { markMatch, markNear, middleCut, type Piece } from "../../format/match";
import { count, plural } from "../../format/number";
import { dateTime } from "../../format/time";
import { asApiError, find, findNewest } from "../../ipc/client";
import type {
  ApiError,
  Found,
  FoundDevice,
  FoundEvent,
  FoundSession,
  PersonKey,
  PersonRow,
} from "../../ipc/types";
import { shownKeys } from "../../keys/commands";
import { type Offer, offers, runCommand } from "../../keys/registry.svelte";
import { type Link } from "../../state/link";
import { Query } from "../../state/query.svelte";
import { router } from "../../state/router.svelte";
import { workspace } from "../../state/workspace.svelte";
import { initials, matchingOffers, readTyped, type Typed } from "./typed";

/** One row of the list. */
export interface Entry {
  key: string;
  icon: Component<Record<string, unknown>> | null;
  /** In place of an icon: a person's. */
  initials: string;
  title: Piece[];
  /** The title is an id. */
  isMono: boolean;
  /** Beside it: the id, or where it was found. */
  second: Piece[];
  isSecondMono: boolean;
  /** On the right. */
  note: string;
  isActive: boolean;
  /** Keys that do the same. */
  keys: string;
  /** Goes there; a failure is told. False keeps the palette open. */
  open: () => Promise<void> | void;
}

export interface Section {
  title: string;
  entries: Entry[];
  /** What there is more of than is listed: “9 more users”; blank where there is none. */
  more: string;
}

interface Answer {
  typed: Typed;
  found: Found | null;
}

/** Commands among everything else. */
const FEW_COMMANDS = 6;

const plain = (text: string): Piece[] => (text === "" ? [] : [{ text, isMatch: false }]);

const BARE = {
  icon: null,
  initials: "",
  isMono: false,
  second: [],
  isSecondMono: true,
  note: "",
  isActive: false,
  keys: "",
};

/** Made while the palette is set up: it lives as long as it is open. */
export class PaletteView {
  text = $state("");
  /** Why the row that was opened did not lead anywhere. */
  error = $state.raw<ApiError | null>(null);
  /** A row is being opened that has to be asked for. */
  isOpening = $state(false);
  readonly query: Query<Answer>;
  readonly #close: () => void;
  #at = $state(0);
  /** Enter was pressed before the answer was here. */
  #isEnterAhead = $state(false);

  readonly typed: Typed = $derived(readTyped(this.text));
  readonly #isAsked = $derived(
    this.typed.scope !== "commands" && this.typed.link === null && workspace.applicationName !== "",
  );

  /** What the rows are of. */
  readonly #answer: Answer | null = $derived.by(() => {
    if (!this.#isAsked || this.query.error !== null) return { typed: this.typed, found: null };
    return this.query.data;
  });
  readonly sections: readonly Section[] = $derived.by(() => this.#sections());
  readonly entries: readonly Entry[] = $derived(
    this.sections.flatMap((section) => section.entries),
  );

  /** `close` takes the palette away: the focus is back where it was when it returns. */
  constructor(close: () => void) {
    this.#close = close;
    this.query = new Query(() => {
      const typed = this.typed;
      const application = workspace.applicationName;
      if (!this.#isAsked) return null;
      const scope = typed.scope === "commands" ? "everything" : typed.scope;
      return find({ application, text: typed.text, scope }).then((found) => ({ typed, found }));
    });
    $effect(() => {
      if (!this.#isEnterAhead || this.isWaiting) return;
      this.#isEnterAhead = false;
      this.open(this.at);
    });
  }

  /** What there is more of. */
  get more(): string[] {
    return this.sections.flatMap(({ more }) => (more === "" ? [] : [more]));
  }

  /** The rows are not of what is typed yet. */
  get isWaiting(): boolean {
    return this.#isAsked && this.query.isLoading;
  }

  /** There is nothing to show yet, and it is taking long. */
  get isSlow(): boolean {
    return this.#answer === null && this.query.isSlow;
  }

  /** What was typed has an answer, which is nothing. */
  get isNothing(): boolean {
    return this.#answer !== null && this.query.error === null && this.entries.length === 0;
  }

  /** The chosen row. */
  get at(): number {
    return Math.min(this.#at, Math.max(0, this.entries.length - 1));
  }

  type(text: string): void {
    this.text = text;
    this.#at = 0;
    this.#isEnterAhead = false;
    this.error = null;
  }

  /** Moves the choice by rows, around the corner at both ends by single steps. */
  move(delta: number): void {
    const rows = this.entries.length;
    if (rows === 0) return;
    const to = this.at + delta;
    this.#at = Math.abs(delta) === 1 ? (to + rows) % rows : Math.max(0, Math.min(rows - 1, to));
  }

  choose(at: number): void {
    this.#at = at;
  }

  /** Opens the chosen row, as soon as the rows are of what is typed. */
  enter(): void {
    if (this.isWaiting) this.#isEnterAhead = true;
    else this.open(this.at);
  }

  open(at: number): void {
    const entry = this.entries[at];
    if (entry !== undefined && !this.isOpening) void entry.open();
  }

  // ---- rows ----

  #sections(): Section[] {
    const answer = this.#answer;
    if (answer === null) return [];
    const { typed, found } = answer;
    if (typed.link !== null) {
      return [{ title: "Link", entries: [this.#link(typed.link)], more: "" }];
    }
    const sections: Section[] = [];
    const add = (title: string, entries: Entry[], all = entries.length, noun = "") => {
      const left = all - entries.length;
      const more = left === 0 ? "" : `${count(left)} more ${left === 1 ? noun : `${noun}s`}`;
      if (entries.length > 0) sections.push({ title, entries, more });
    };
    const { text } = typed;
    if (found !== null) {
      const people = found.people.map((row) => this.#person(row, text, found.as_of_ms));
      const title = text === "" ? "Users, the last seen first" : "Users";
      add(title, people, text === "" ? people.length : found.people_count, "user");
      add(
        "Devices",
        found.devices.map((row) => this.#device(row, text, found.as_of_ms)),
      );
      if (found.session !== null) add("Session", [this.#session(found.session, text)]);
      if (found.event !== null) add("Event", [this.#event(found.event, text)]);
      const names = found.event_names.map((name) => this.#name(name, text));
      add("Events by name", names, found.event_name_count, "event name");
    }
    if (typed.scope === "everything" || typed.scope === "commands") {
      const all = matchingOffers(offers(), text);
      const few = typed.scope === "commands" ? all : all.slice(0, FEW_COMMANDS);
      add(
        "Commands",
        few.map((offer) => this.#command(offer, text)),
        text === "" ? few.length : all.length,
        "command",
      );
    }
    return sections;
  }

  #person(row: PersonRow, text: string, asOf: number): Entry {
    const isAnonymous = row.person.kind === "anonymous";
    const { id } = row.person;
    const marked = markNear(id, text, 8);
    const idPieces = marked.length > 1 ? marked : markMatch(middleCut(id), text);
    const second =
      row.found_in === null
        ? isAnonymous || row.name !== null
          ? idPieces
          : []
        : [...plain(`${row.found_in.key} `), ...markNear(row.found_in.value, text, 8)];
    const seen = ago(row.last_seen_ms, asOf);
    return {
      ...BARE,
      key: `person ${row.person.kind} ${id}`,
      initials: isAnonymous && row.name === null ? "?" : initials(row.name ?? id),
      title:
        row.name !== null
          ? markMatch(row.name, text)
          : isAnonymous
            ? plain("anonymous")
            : markMatch(id, text),
      isMono: row.name === null && !isAnonymous,
      second,
      isSecondMono: row.found_in === null,
      note: seen === "now" ? seen : `${seen} ago`,
      isActive: row.is_active,
      open: () => this.#go(["users", row.person.kind, id]),
    };
  }

  #device(row: FoundDevice, text: string, asOf: number): Entry {
    const [first] = row.people;
    const seen = ago(row.last_seen_ms, asOf);
    const owners = plural(row.people.length, "user");
    return {
      ...BARE,
      key: `device ${row.device_id}`,
      icon: Smartphone,
      title: markMatch(row.device_id, text),
      isMono: true,
      second: plain(
        [row.model, row.people.length > 1 ? owners : null]
          .filter((part) => part !== null)
          .join(", "),
      ),
      isSecondMono: false,
      note: seen === "now" ? seen : `${seen} ago`,
      // Of several people, those who were on it are listed.
      open: () =>
        row.people.length === 1 && first !== undefined
          ? this.#go(["users", first.kind, first.id], { tab: "devices" })
          : this.#go(["users"], { q: row.device_id, tab: "devices" }),
    };
  }

  #session(row: FoundSession, text: string): Entry {
    return {
      ...BARE,
      key: `session ${row.session_id}`,
      icon: Activity,
      title: markMatch(row.session_id, text),
      isMono: true,
      second: plain(`${row.definition}, ${whose(row.person)}`),
      isSecondMono: false,
      note: dateTime(row.started_at_ms, workspace.zone),
      open: () => this.#go(personPath(row.person), { session: row.session_id }),
    };
  }

  #event(row: FoundEvent, text: string): Entry {
    return {
      ...BARE,
      key: `event ${row.event_id}`,
      icon: CircleDot,
      title: plain(row.name),
      second: markMatch(row.event_id, text),
      note: dateTime(row.time_ms, workspace.zone),
      open: () => this.#go(personPath(row.person), { event: row.event_id }),
    };
  }

  #name(name: string, text: string): Entry {
    return {
      ...BARE,
      key: `name ${name}`,
      icon: Hash,
      title: markMatch(name, text),
      second: [],
      note: "open the newest one",
      open: () => this.#openNewest(name),
    };
  }

  #command({ id, command, label }: Offer, text: string): Entry {
    return {
      ...BARE,
      key: `command ${id}`,
      icon: command.icon ?? null,
      title: markMatch(label, text),
      keys: command.keys[0] === undefined ? "" : shownKeys(command.keys[0]),
      open: () => {
        this.#close();
        runCommand(id);
      },
    };
  }

  #link({ hash, fileName }: Link): Entry {
    const isOther = fileName !== null && fileName !== workspace.status?.file_name;
    return {
      ...BARE,
      key: "link",
      icon: LinkIcon,
      title: plain("Go to this link"),
      second: plain(decodeURI(hash)),
      note: isOther ? `made in ${fileName}` : "",
      open: () => {
        this.#close();
        router.follow(hash);
      },
    };
  }

  // ---- going there ----

  #go(segments: string[], params: Record<string, string> = {}): void {
    this.#close();
    router.go(segments, params);
  }

  /** The newest event of a name is looked for only now: it may take a while. */
  async #openNewest(name: string): Promise<void> {
    const application = workspace.applicationName;
    const { text } = this;
    this.isOpening = true;
    this.error = null;
    try {
      const event = await findNewest({ application, name });
      if (this.text === text) this.#go(personPath(event.person), { event: event.event_id });
    } catch (thrown) {
      const error = asApiError(thrown);
      // Who typed on has changed their mind.
      if (error.code !== "cancelled") this.error = error;
    } finally {
      this.isOpening = false;
    }
  }

  /** How many there are, for readers. */
  get news(): string {
    if (this.#answer === null || this.isWaiting) return "";
    return this.entries.length === 0 ? "Nothing found" : `${count(this.entries.length)} found`;
  }
}

function personPath(person: PersonKey): string[] {
  return ["users", person.kind, person.id];
}

function whose(person: PersonKey): string {
  return person.kind === "user" ? person.id : "anonymous";
}
