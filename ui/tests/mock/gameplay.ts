//! Gameplay and derived events of the fixture: what Rust would make of its bets and wins. Rough
//! sums for looking at screens; the rules themselves are Rust's.

import type { DerivedNote, EventRow, GameRow, PropertyRow } from "../../src/ipc/types";
import type { MockEvent, Session } from "./people";

/** A stretch of bets and wins without a longer pause between bets. */
export type Play = Pick<Session, "events" | "started_ms" | "ended_ms">;

const isBet = (event: MockEvent) => event.name === "BetPlaced";
const isWin = (event: MockEvent) => event.name === "WinPaid";
const property = (event: MockEvent, key: string) =>
  event.properties.find((one) => one.key === key)?.value;
const amount = (event: MockEvent) => Number(property(event, "amount") ?? "1.00");
const sum = (events: readonly MockEvent[]) => events.reduce((all, one) => all + amount(one), 0);

/** Bets and wins of all visits, parted where no bet came for `timeout` ms. */
export function playsOf(visits: readonly Session[], timeout: number): Play[] {
  const plays: Play[] = [];
  for (const event of visits.flatMap((one) => one.events)) {
    const last = plays.at(-1);
    if (isBet(event)) {
      if (last !== undefined && event.time_ms - last.ended_ms < timeout) {
        last.events.push(event);
        last.ended_ms = event.time_ms;
      } else {
        plays.push({ events: [event], started_ms: event.time_ms, ended_ms: event.time_ms });
      }
    } else if (isWin(event) && last !== undefined && event.time_ms - last.ended_ms < timeout) {
      last.events.push(event);
    }
  }
  return plays;
}

/** Runs of bets on one game. */
export function gamesOf(session: Play): GameRow[] {
  const runs: MockEvent[][] = [];
  const idOf = (event: MockEvent) => property(event, "game_id") ?? null;
  for (const event of session.events) {
    const run = runs.at(-1);
    const first = run?.[0];
    if (run !== undefined && (isWin(event) || (first && idOf(first) === idOf(event)))) {
      run.push(event);
    } else {
      runs.push([event]);
    }
  }
  return runs.map((run, at): GameRow => {
    const bets = run.filter(isBet);
    const wins = run.filter(isWin);
    const first = run[0] as MockEvent;
    const name = property(first, "game_name") ?? "No game named";
    return {
      game_session_id: `${first.time_ms}_${at}_${name}`,
      game_id: idOf(first),
      game_name: name,
      started_at_ms: first.time_ms,
      ended_at_ms: bets.at(-1)?.time_ms ?? first.time_ms,
      bets_count: bets.length,
      wins_count: wins.length,
      total_bet_amount: sum(bets).toFixed(2),
      total_win_amount: sum(wins).toFixed(2),
    };
  });
}

const row = (key: string, value: string | number, type = "number"): PropertyRow => ({
  key,
  type,
  value: String(value),
});

export function figuresOf(session: Play): PropertyRow[] {
  const bets = session.events.filter(isBet);
  const wins = session.events.filter(isWin);
  const minutes = (session.ended_ms - session.started_ms) / 60_000;
  return [
    row("gs_session_length_seconds", Math.floor(minutes * 60)),
    row("gs_bets_count", bets.length),
    row("gs_total_bet_amount", sum(bets).toFixed(2)),
    row("gs_avg_bet_amount", (sum(bets) / bets.length).toFixed(2)),
    row("gs_max_bet_amount", Math.max(...bets.map(amount)).toFixed(2)),
    row("gs_wins_count", wins.length),
    row("gs_total_win_amount", sum(wins).toFixed(2)),
    row("gs_max_win_amount", Math.max(0, ...wins.map(amount)).toFixed(2)),
    row(
      "gs_all_game_ids",
      gamesOf(session)
        .map((game) => game.game_id ?? "")
        .join(", "),
      "list",
    ),
    row("currency", "EUR", "text"),
    row("net_amount", (sum(bets) - sum(wins)).toFixed(2)),
    minutes === 0
      ? row("bets_per_minute", "", "null")
      : row("bets_per_minute", (bets.length / minutes).toFixed(2)),
    row("bets_rollback_count", bets.length > 40 ? 1 : 0),
    row("total_rollback_bet_amount", bets.length > 40 ? "2.40" : "0"),
  ];
}

/** Those that have happened by a moment; told again where a late event changed the session. */
export function derivedEvents(session: Session, closes_ms: number, as_of_ms: number): EventRow[] {
  const isChanged = session.events.some((one) => one.arrival_ms > closes_ms);
  const note: DerivedNote = {
    revision: isChanged && !session.isLateBorn ? 2 : 1,
    emitted_at_ms: session.id === "s-ines-214" ? session.started_ms + 800 : null,
  };
  const made: [string, number, PropertyRow[]][] = [];
  if (session.definition === "visit") {
    made.push([
      "SessionStarted",
      session.started_ms,
      [
        row("start_kind", session.start_kind, "text"),
        row("start_reason", session.start_reason, "text"),
      ],
    ]);
    made.push([
      "SessionFinished",
      closes_ms,
      [
        row("duration_seconds", Math.floor((session.ended_ms - session.started_ms) / 1000)),
        row("event_count", session.events.length),
        row("end_reason", "timeout", "text"),
      ],
    ]);
  } else {
    gamesOf(session).forEach((game, at, games) => {
      const next = games[at + 1];
      if (next === undefined) return;
      made.push([
        "gs_game_session_changed",
        next.started_at_ms,
        [
          row("gs_game_name", game.game_name, "text"),
          row("gs_game_old_id", game.game_id ?? "", "text"),
          row("gs_game_new_id", next.game_id ?? "", "text"),
          row("gs_bets_count", game.bets_count),
          row("gs_total_bet_amount", game.total_bet_amount),
        ],
      ]);
    });
    made.push(["gs_game_session_ended", closes_ms, figuresOf(session)]);
  }
  return made
    .filter(([, time_ms]) => time_ms <= as_of_ms)
    .map(([name, time_ms, properties], at): EventRow => ({
      event_id: `d~${session.id}~${at}`,
      name,
      type: "system",
      time_ms,
      gap_ms: null,
      role: "ignored",
      late_by_ms: null,
      properties: properties.slice(0, 6),
      property_count: properties.length,
      derived: note,
    }));
}
