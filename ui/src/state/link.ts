//! Links that people send each other: `dwell://demo.dwell/#/users/user/u_7f3a91?app=casino`. They name
//! the workspace's file and the application, and then the view as the window's own route does. Pure.

import { hashOf, parseHash } from "./hash";

/** A link that somebody was given. */
export interface Link {
  /** The route: `#/users/…`. */
  hash: string;
  /** Name of the workspace's file; null where the link has none. */
  fileName: string | null;
}

/** The link to the view of a route, which always names the application. */
export function linkOf(hash: string, fileName: string, application: string): string {
  const { segments, params } = parseHash(hash);
  const whole = hashOf(segments, { ...params, app: application });
  return `dwell://${encodeURIComponent(fileName)}/${whole}`;
}

/** Reads a link, or the route of one alone; null where the text is none. */
export function readLink(text: string): Link | null {
  const [, file, hash] = /^(?:dwell:\/\/([^/#?\s]*)\/?)?(#\/\S*)$/.exec(text.trim()) ?? [];
  if (hash === undefined) return null;
  return { hash, fileName: file === undefined || file === "" ? null : decoded(file) };
}

/** A hand-made link may hold a stray `%`: it is then taken as written. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
