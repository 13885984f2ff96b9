//! Lengths of time in words. Units are named; two of them as a rule, the smaller cut, not rounded,
//! so that a length never reads longer than it was.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (value: number) => String(value).padStart(2, "0");

/** `340 ms`, `23s`, `31m 43s`, `2h 09m`, `3d 4h`. Negative lengths bear a minus. */
export function duration(ms: number): string {
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms === 0) return "0s";
  if (ms < SECOND) return `${ms} ms`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < HOUR) {
    const seconds = Math.floor((ms % MINUTE) / SECOND);
    return `${Math.floor(ms / MINUTE)}m${seconds === 0 ? "" : ` ${two(seconds)}s`}`;
  }
  if (ms < DAY) {
    const minutes = Math.floor((ms % HOUR) / MINUTE);
    return `${Math.floor(ms / HOUR)}h${minutes === 0 ? "" : ` ${two(minutes)}m`}`;
  }
  const hours = Math.floor((ms % DAY) / HOUR);
  return `${Math.floor(ms / DAY)}d${hours === 0 ? "" : ` ${hours}h`}`;
}

/** Every unit down to the second: `3h 04m 08s`, `1d 0h 00m 12s`. */
export function durationExact(ms: number): string {
  if (ms < 0) return `−${durationExact(-ms)}`;
  if (ms < MINUTE) return duration(ms);
  const seconds = `${two(Math.floor((ms % MINUTE) / SECOND))}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m ${seconds}`;
  const minutes = `${two(Math.floor((ms % HOUR) / MINUTE))}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h ${minutes} ${seconds}`;
  return `${Math.floor(ms / DAY)}d ${Math.floor((ms % DAY) / HOUR)}h ${minutes} ${seconds}`;
}

/** How long ago, one unit: `now`, `6m`, `2h`, `4d`, `3 mo`, `2 y`; a moment ahead reads as now. */
export function ago(ms: number, nowMs: number): string {
  const past = nowMs - ms;
  if (past < MINUTE) return "now";
  if (past < HOUR) return `${Math.floor(past / MINUTE)}m`;
  if (past < DAY) return `${Math.floor(past / HOUR)}h`;
  if (past < 60 * DAY) return `${Math.floor(past / DAY)}d`;
  if (past < 730 * DAY) return `${Math.floor(past / (30 * DAY))} mo`;
  return `${Math.floor(past / (365 * DAY))} y`;
}

/** `41 s`, `3 min`, `1 h 5 min`: time left, never a false zero. */
export function timeLeft(seconds: number): string {
  if (seconds < 1) return "1 s";
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? "" : ` ${rest} min`}`;
}
