//! What is being tried, for as long as the window lives: a look at somebody's timeline must not
//! lose it. Knows no component.

import type { Form } from "./draft";

export interface Draft {
  form: Form;
  /** The text, while it is edited as JSON. */
  json: string | null;
}

class Drafts {
  #all = $state.raw<Readonly<Record<string, Draft>>>({});

  /** Null where nothing is tried. */
  of(application: string, definition: string): Draft | null {
    return this.#all[keyOf(application, definition)] ?? null;
  }

  set(application: string, definition: string, draft: Draft | null): void {
    const others = { ...this.#all };
    const key = keyOf(application, definition);
    if (draft === null) Reflect.deleteProperty(others, key);
    else others[key] = draft;
    this.#all = others;
  }
}

const keyOf = (application: string, definition: string) =>
  JSON.stringify([application, definition]);

export const drafts = new Drafts();
