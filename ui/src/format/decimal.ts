//! Exact decimals as Rust sends them, in words: digits are grouped and never computed with.

/** `1,204.50` of `1204.5` with two digits at least; what is no decimal stays as it is. */
export function decimal(value: string, leastDigits = 0): string {
  const parts = /^([-−]?)(\d+)(?:\.(\d+))?$/.exec(value);
  if (parts === null) return value;
  const [, sign = "", whole = "", part = ""] = parts;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const digits = part.padEnd(leastDigits, "0");
  return `${sign === "" ? "" : "−"}${grouped}${digits === "" ? "" : `.${digits}`}`;
}

/** How many digits a column needs so that its points stand under each other: 0, or 2 and more. */
export function digitsOf(values: readonly string[]): number {
  const digits = values.map((value) => value.split(".")[1]?.length ?? 0);
  const most = Math.max(0, ...digits);
  return most === 0 ? 0 : Math.max(2, most);
}
