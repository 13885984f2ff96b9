//! Games keep their hue, four at most; their bands stand inside the strip.

import { describe, expect, it } from "vitest";
import type { GameRow } from "../ipc/types";
import { BAND_MIN_PX, gameKey, huesOf, placeGames } from "./games";

function game(id: string | null, from: number, to: number, name = id ?? "none"): GameRow {
  return {
    game_session_id: `${from}`,
    game_id: id,
    game_name: name,
    started_at_ms: from,
    ended_at_ms: to,
    bets_count: 1,
    wins_count: 0,
    total_bet_amount: "1",
    total_win_amount: "0",
  };
}

const sequence = (ids: string) => [...ids].map((id, at) => game(id, at, at));
const hues = (ids: string) => sequence(ids).map((one) => huesOf(sequence(ids)).get(gameKey(one)));

describe("huesOf", () => {
  it.each([
    ["a", [1]],
    ["abab", [1, 2, 1, 2]],
    ["abcdef", [1, 2, 3, 4, 0, 0]],
    ["abcdeae", [1, 2, 3, 4, 0, 1, 0]],
  ])("the_first_four_games_have_a_hue_of_their_own %s", (ids, expected) => {
    expect(hues(ids)).toEqual(expected);
  });

  it("games_without_an_id_are_told_apart_by_name_and_never_taken_for_an_id", () => {
    const all = [game(null, 0, 1, "a"), game(null, 1, 2, "b"), game("a", 2, 3)];
    expect(huesOf(all).size).toBe(3);
  });

  it("one_id_is_one_game_whatever_its_name", () => {
    expect(huesOf([game("a", 0, 1, "Lion"), game("a", 1, 2, "Löwe")]).size).toBe(1);
  });
});

describe("placeGames", () => {
  const x = (ms: number) => ms * 10;

  it("bands_are_to_scale", () => {
    const [band] = placeGames([game("a", 5, 20)], x, 400);
    expect(band).toMatchObject({ left: 50, width: 150, hue: 1, hasName: true });
  });

  it("a_game_of_one_bet_can_be_seen_and_stays_inside", () => {
    const [band] = placeGames([game("a", 40, 40)], x, 400);
    expect(band).toMatchObject({ left: 400 - BAND_MIN_PX, width: BAND_MIN_PX, hasName: false });
  });

  it("nothing_is_wider_than_the_strip", () => {
    expect(placeGames([game("a", 0, 1)], x, 2)[0]).toMatchObject({ left: 0, width: 2 });
    expect(placeGames([], x, 400)).toEqual([]);
  });
});
