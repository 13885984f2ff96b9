//! Game sessions on the strip and in their table: which hue a game has, and where its bands stand.
//! Pure: knows no component.

import type { GameRow } from "../ipc/types";
import type { Span } from "./strip";

/** Hues that can be told apart; games beyond them are neutral. */
export const HUE_COUNT = 4;
/** Narrowest band that can still be seen. */
export const BAND_MIN_PX = 4;
/** A band narrower than this bears no name: a few letters would say nothing. */
const NAME_MIN_PX = 30;

/** 1 to `HUE_COUNT`, or 0 for neutral. */
export type Hue = 0 | 1 | 2 | 3 | 4;

export interface GameBand extends Span {
  game: GameRow;
  hue: Hue;
  hasName: boolean;
}

/** What makes two game sessions the same game. */
export function gameKey(game: GameRow): string {
  return game.game_id === null ? `name ${game.game_name}` : `id ${game.game_id}`;
}

/** The hue of each game: the first played have one of their own, the others are neutral. */
export function huesOf(games: readonly GameRow[]): ReadonlyMap<string, Hue> {
  const hues = new Map<string, Hue>();
  for (const game of games) {
    const key = gameKey(game);
    if (hues.has(key)) continue;
    hues.set(key, (hues.size < HUE_COUNT ? hues.size + 1 : 0) as Hue);
  }
  return hues;
}

/** The bands of game sessions, `x` giving the pixels of a moment on a strip `width` wide. */
export function placeGames(
  games: readonly GameRow[],
  x: (time_ms: number) => number,
  width: number,
): GameBand[] {
  const hues = huesOf(games);
  return games.map((game) => {
    const wide = Math.min(
      width,
      Math.max(BAND_MIN_PX, x(game.ended_at_ms) - x(game.started_at_ms)),
    );
    const left = Math.max(0, Math.min(x(game.started_at_ms), width - wide));
    const hue = hues.get(gameKey(game)) ?? 0;
    return { game, hue, left, width: wide, hasName: wide >= NAME_MIN_PX };
  });
}
