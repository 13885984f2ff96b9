//! Which part of a text a search has found, so that it can be marked: case and accents do not
//! matter, as in the search itself. Pure.

/** A piece of a text; the pieces together are the text, or a cut of it around the match. */
export interface Piece {
  text: string;
  isMatch: boolean;
}

interface Folded {
  text: string;
  /** For every UTF-16 unit of `text` the place in the original, and the end at last. */
  from: number[];
}

/** Folds case and accents and remembers where each unit came from. */
function fold(text: string): Folded {
  let out = "";
  const from: number[] = [];
  let at = 0;
  for (const char of text) {
    const plain = char.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    for (let i = 0; i < plain.length; i += 1) from.push(at);
    out += plain;
    at += char.length;
  }
  from.push(at);
  return { text: out, from };
}

/** Start and end of the first match in `text`, in UTF-16 units; null where there is none. */
export function findMatch(text: string, search: string): [number, number] | null {
  const wanted = fold(search.trim()).text;
  if (wanted === "") return null;
  const folded = fold(text);
  const at = folded.text.indexOf(wanted);
  if (at < 0) return null;
  const start = folded.from[at] ?? 0;
  let end = folded.from[at + wanted.length] ?? text.length;
  // Accents written as marks of their own belong to the letter before them.
  while (end < text.length && /\p{M}/u.test(text[end] ?? "")) end += 1;
  return [start, Math.max(end, start)];
}

/** Cuts a text into pieces with its first match marked. */
export function markMatch(text: string, search: string): Piece[] {
  const match = findMatch(text, search);
  if (match === null) return text === "" ? [] : [{ text, isMatch: false }];
  const [start, end] = match;
  return pieces([
    [text.slice(0, start), false],
    [text.slice(start, end), true],
    [text.slice(end), false],
  ]);
}

/** Like `markMatch`, but begins at most `lead` characters before the match, after a “…”. */
export function markNear(text: string, search: string, lead: number): Piece[] {
  const match = findMatch(text, search);
  if (match === null || match[0] <= lead + 1) return markMatch(text, search);
  const [start, end] = match;
  // Never cut a surrogate pair in two.
  let from = start - lead;
  if (/[\uDC00-\uDFFF]/.test(text[from] ?? "")) from += 1;
  return pieces([
    [`…${text.slice(from, start)}`, false],
    [text.slice(start, end), true],
    [text.slice(end), false],
  ]);
}

function pieces(parts: [string, boolean][]): Piece[] {
  return parts.filter(([text]) => text !== "").map(([text, isMatch]) => ({ text, isMatch }));
}

/** A long id with “…” for its middle: `9d41b0e2…10c2`. */
export function middleCut(id: string): string {
  const letters = [...id];
  if (letters.length <= 18) return id;
  return `${letters.slice(0, 8).join("")}…${letters.slice(-4).join("")}`;
}
