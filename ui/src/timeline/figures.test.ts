//! Figures of gameplay: in words, by currency, never summed across them.

import { describe, expect, it } from "vitest";
import type { PropertyRow } from "../ipc/types";
import { currenciesLeftOut, figureGroups } from "./figures";

const rows = (values: Record<string, string | null>): PropertyRow[] =>
  Object.entries(values).map(([key, value]) => ({
    key,
    type: value === null ? "null" : "number",
    value: value ?? "null",
  }));

describe("figureGroups", () => {
  it("a_plain_session_has_none", () => {
    expect(figureGroups([])).toEqual([]);
  });

  it("amounts_come_first_with_as_many_digits_as_the_longest", () => {
    const [own] = figureGroups(
      rows({
        gs_gameplay_session_id: "20261120112208_u1",
        gs_bets_count: "1240",
        gs_total_bet_amount: "1204.5",
        gs_total_win_amount: "900",
        net_amount: "304.5",
        bets_per_minute: "6.32",
        currency: "EUR",
      }),
    );
    expect(own).toEqual({
      currency: "EUR",
      figures: [
        { name: "Total bet", value: "1,204.50" },
        { name: "Total win", value: "900.00" },
        { name: "Net", value: "304.50" },
        { name: "Bets", value: "1,240" },
        { name: "Bets a minute", value: "6.32" },
      ],
    });
  });

  it("what_is_null_is_left_out", () => {
    const [own] = figureGroups(rows({ gs_bets_count: "1", bets_per_minute: null, currency: null }));
    expect(own).toEqual({ currency: "", figures: [{ name: "Bets", value: "1" }] });
  });

  it("rollbacks_are_told_only_where_there_were_any", () => {
    const [own] = figureGroups(
      rows({
        bets_rollback_count: "2",
        total_rollback_bet_amount: "3.5",
        wins_rollback_count: "0",
        total_rollback_win_amount: "0",
      }),
    );
    expect(own?.figures).toEqual([{ name: "Bets rolled back", value: "2 of 3.50" }]);
  });

  it("other_currencies_stand_apart", () => {
    const all = rows({
      gs_total_bet_amount: "10",
      currency: "EUR",
      "other_currencies.USD.gs_total_bet_amount": "7",
      "other_currencies.B.C.gs_total_bet_amount": "1",
      other_currencies_left_out: "3",
    });
    const groups = figureGroups(all);
    expect(currenciesLeftOut(all)).toBe(3);
    expect(currenciesLeftOut([])).toBe(0);
    expect(groups.map((group) => [group.currency, group.figures[0]?.value])).toEqual([
      ["EUR", "10"],
      ["USD", "7"],
      ["B.C", "1"],
    ]);
  });
});
