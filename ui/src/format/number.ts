//! Numbers in words: grouped counts, short counts, sizes, shares, plurals. English throughout.

const grouped = new Intl.NumberFormat("en-US");
const compactFormat = new Intl.NumberFormat("en-US", {
  notation: "compact",
  maximumSignificantDigits: 3,
});

/** `48,214` */
export function count(value: number): string {
  return grouped.format(value);
}

/** `4.82M`: for headings, beside which the full count can be read. Below 10,000 the full count. */
export function compact(value: number): string {
  return Math.abs(value) < 10_000 ? count(value) : compactFormat.format(value);
}

/** `3 sessions`, `1 session`; pass the plural where it is not the word with an s. */
export function plural(value: number, word: string, words = `${word}s`): string {
  return `${count(value)} ${value === 1 ? word : words}`;
}

const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/** `1.3 GB`, in powers of 1,000 as files are shown by the system. */
export function bytes(value: number): string {
  let unit = 0;
  let size = value;
  // 999.5 would be shown as 1,000: it belongs to the next unit.
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 9.95 ? 0 : 1;
  return `${size.toFixed(digits)} ${UNITS[unit] ?? "B"}`;
}

/** `62 %` of a part from 0 to 1, never 100 before it is whole. */
export function percentDone(part: number): string {
  return `${Math.max(0, Math.min(part >= 1 ? 100 : 99, Math.floor(part * 100)))} %`;
}

/** `0.05 %`: a share of a whole with two digits that say something; blank where there is none. */
export function share(part: number, whole: number): string {
  if (part === 0 || whole === 0) return "";
  const value = (part / whole) * 100;
  if (part === whole) return "100 %";
  if (value < 0.01) return "under 0.01 %";
  if (value > 99.99) return "over 99.99 %";
  const digits = value < 1 || value > 99 ? 2 : value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} %`;
}
