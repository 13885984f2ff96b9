//! A gameplay session's figures in words: those that a person asks for, in their order. Pure.

import { decimal, digitsOf } from "../format/decimal";
import type { PropertyRow } from "../ipc/types";

export interface Figure {
  name: string;
  value: string;
}

/** The figures of one currency; blank where none is named. */
export interface FigureGroup {
  currency: string;
  figures: Figure[];
}

const AMOUNTS: readonly [string, string][] = [
  ["gs_total_bet_amount", "Total bet"],
  ["gs_total_win_amount", "Total win"],
  ["net_amount", "Net"],
  ["gs_avg_bet_amount", "Average bet"],
];
const COUNTS: readonly [string, string][] = [
  ["gs_bets_count", "Bets"],
  ["gs_wins_count", "Wins"],
  ["bets_per_minute", "Bets a minute"],
];
/** Shown only where there were any: they are rare. */
const ROLLBACKS: readonly [string, string, string][] = [
  ["bets_rollback_count", "total_rollback_bet_amount", "Bets rolled back"],
  ["wins_rollback_count", "total_rollback_win_amount", "Wins rolled back"],
];
const OTHER = "other_currencies.";

/** By currency, that of the first bet first; empty where there are no figures. */
export function figureGroups(rows: readonly PropertyRow[]): FigureGroup[] {
  const values = new Map(rows.map((row) => [row.key, row]));
  const others = [...values.keys()].filter((key) => key.startsWith(OTHER));
  const prefixes = [...new Set(others.map((key) => key.slice(0, key.lastIndexOf(".") + 1)))];
  const own = { currency: known(values, "currency") ?? "", figures: figuresOf(values, "") };
  const groups = prefixes.map((prefix) => ({
    currency: prefix.slice(OTHER.length, -1),
    figures: figuresOf(values, prefix),
  }));
  return [own, ...groups].filter((group) => group.figures.length > 0);
}

function figuresOf(values: ReadonlyMap<string, PropertyRow>, prefix: string): Figure[] {
  const get = (key: string) => known(values, prefix + key);
  const amounts = [...AMOUNTS.map(([key]) => key), ...ROLLBACKS.map(([, key]) => key)];
  const digits = digitsOf(amounts.flatMap((key) => get(key) ?? []));
  const money = AMOUNTS.flatMap(([key, name]) => shown(name, get(key), digits));
  const counts = COUNTS.flatMap(([key, name]) => shown(name, get(key), 0));
  const rollbacks = ROLLBACKS.flatMap(([key, amount, name]) => {
    const [count, total] = [get(key), get(amount)];
    if (count === undefined || count === "0") return [];
    const worth = total === undefined ? "" : ` of ${decimal(total, digits)}`;
    return [{ name, value: `${decimal(count)}${worth}` }];
  });
  return [...money, ...counts, ...rollbacks];
}

/** How many currencies have figures that are not listed at all. */
export function currenciesLeftOut(rows: readonly PropertyRow[]): number {
  return Number(rows.find((row) => row.key === `${OTHER.slice(0, -1)}_left_out`)?.value ?? 0);
}

/** The value of a figure; undefined where there is none or it is null. */
function known(values: ReadonlyMap<string, PropertyRow>, key: string): string | undefined {
  const row = values.get(key);
  return row === undefined || row.type === "null" || row.value === "" ? undefined : row.value;
}

function shown(name: string, value: string | undefined, digits: number): Figure[] {
  return value === undefined ? [] : [{ name, value: decimal(value, digits) }];
}
