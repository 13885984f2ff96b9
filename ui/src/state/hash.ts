//! Links as text: `#/users/user/u_7f3a91?app=shop&session=…`, path segments and parameters, each
//! percent-encoded. Pure.

export interface Place {
  /** Decoded path segments; empty at the root. */
  segments: string[];
  params: Record<string, string>;
}

/** A parameter of null is removed. */
export type Params = Record<string, string | null>;

export function parseHash(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return {
    segments: path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decoded),
    params: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** A hand-made link may hold a stray `%`: it is then taken as written. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function hashOf(segments: readonly string[], params: Params): string {
  const present = Object.entries(params).filter(
    (entry): entry is [string, string] => entry[1] !== null && entry[1] !== "",
  );
  const query = new URLSearchParams(present).toString();
  return `#/${segments.map(encodeURIComponent).join("/")}${query === "" ? "" : `?${query}`}`;
}
