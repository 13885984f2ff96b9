//! The local day of a moment as requests to Rust name it, and zones in words. Only paints: where a
//! day begins and how long it is stays with Rust.

const formats = new Map<string, Intl.DateTimeFormat | null>();

/** `2026-11-20`; null where the web view does not know the zone. */
export function localDate(ms: number, zone: string): string | null {
  let format = formats.get(zone);
  if (format === undefined) {
    format = build(zone);
    formats.set(zone, format);
  }
  if (format === null || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return null;
  const parts = format.formatToParts(ms);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
}

function build(zone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      calendar: "gregory",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
  } catch {
    return null;
  }
}
