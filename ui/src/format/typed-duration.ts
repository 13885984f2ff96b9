//! Lengths of time as people write them in a field, and back: whole seconds. Reading and writing
//! agree: what is written here reads as the same length.

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const UNITS: Record<string, number> = {};
for (const [words, seconds] of [
  ["s sec secs second seconds", SECOND],
  ["m min mins minute minutes", MINUTE],
  ["h hr hrs hour hours", HOUR],
  ["d day days", DAY],
] as const) {
  for (const word of words.split(" ")) UNITS[word] = seconds;
}

/** What a number without a unit is counted in, after a unit: `1 h 30`, `2 min 30`. */
const NEXT_UNIT = new Map([
  [DAY, HOUR],
  [HOUR, MINUTE],
  [MINUTE, SECOND],
]);

/**
 * Seconds of `15 min`, `90 s`, `1 h 30 min`, `1h30`, `1.5 h`, `900` (seconds); null for what cannot
 * be read as a whole number of seconds. Units go from large to small, none twice.
 */
export function secondsOf(text: string): number | null {
  const parts = text
    .trim()
    .toLowerCase()
    .match(/\d+(?:\.\d+)?\s*[a-z]*\s*/g);
  if (parts === null || parts.join("") !== text.trim().toLowerCase()) return null;
  let total = 0;
  let last = Infinity;
  for (const part of parts) {
    const [, number = "", word = ""] = /^([\d.]+)\s*([a-z]*)/.exec(part) ?? [];
    const bare = last === Infinity ? SECOND : NEXT_UNIT.get(last);
    const unit = word === "" ? bare : UNITS[word];
    if (unit === undefined || unit >= last) return null;
    total += Number(number) * unit;
    last = unit;
  }
  const whole = Math.round(total);
  return Math.abs(total - whole) < 1e-6 && Number.isSafeInteger(whole) ? whole : null;
}

/** `15 min`, `1 min 30 s`, `1 h 30 min`, `24 h`, `3 d`: days only where they come out even. */
export function secondsWords(seconds: number): string {
  if (seconds > DAY && seconds % DAY === 0) return `${seconds / DAY} d`;
  const parts = [
    [Math.floor(seconds / HOUR), "h"],
    [Math.floor((seconds % HOUR) / MINUTE), "min"],
    [seconds % MINUTE, "s"],
  ] as const;
  const words = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount} ${unit}`);
  return words.length === 0 ? "0 s" : words.join(" ");
}
