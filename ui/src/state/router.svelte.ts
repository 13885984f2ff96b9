//! Where the window is: the hash route, so that every view has a link. Knows no view.
//! `app` is carried along by every step that does not name another one.

import { hashOf, type Params, parseHash, type Place } from "./hash";

export type { Params } from "./hash";

class Router {
  #place = $state.raw<Place>(parseHash(window.location.hash));

  constructor() {
    window.addEventListener("hashchange", () => {
      this.#place = parseHash(window.location.hash);
    });
  }

  /** Decoded path: `["users", "user", "u_7f3a91"]`. */
  get segments(): readonly string[] {
    return this.#place.segments;
  }

  /** The first segment: the section. Blank at the root. */
  get section(): string {
    return this.#place.segments[0] ?? "";
  }

  /** A parameter of the link; null where it has none. */
  param(name: string): string | null {
    return this.#place.params[name] ?? null;
  }

  /** The link to a place, for `href`. */
  href(segments: readonly string[], params: Params = {}): string {
    return hashOf(segments, { app: this.param("app"), ...params });
  }

  /** Goes to a place; its parameters are these alone (and `app`). */
  go(segments: readonly string[], params: Params = {}, how: { replace?: boolean } = {}): void {
    const hash = this.href(segments, params);
    if (hash === window.location.hash) return;
    if (how.replace === true) window.history.replaceState(null, "", hash);
    else window.history.pushState(null, "", hash);
    this.#place = parseHash(hash);
  }

  /** Goes where a link leads that somebody was given. */
  follow(hash: string): void {
    const { segments, params } = parseHash(hash);
    this.go(segments, params);
  }

  /** Changes some parameters and stays at the place. */
  setParams(params: Params, how: { replace?: boolean } = {}): void {
    this.go(this.segments, { ...this.#place.params, ...params }, how);
  }
}

export const router = new Router();
