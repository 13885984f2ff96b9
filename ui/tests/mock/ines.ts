//! The first person of the fixture: sessions in every state, a late-born one, one still open, and
//! an evening of play.

import type { PropertyRow } from "../../src/ipc/types";
import {
  bool,
  event,
  make,
  type MockEvent,
  number,
  type Person,
  rng,
  type Session,
  text,
} from "./people";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function inesSessions(person: Person): Session[] {
  const day = Date.UTC(2026, 10, 20);
  const clock = (back: number, hms: string): number => {
    const [h = 0, m = 0, s = 0] = hms.split(":").map(Number);
    return day - back * DAY + h * HOUR + m * MINUTE + s * SECOND;
  };
  const simple: [number, string, number, string, string, number][] = [
    [4, "06:41:00", 4, "06:50:00", "cold", 0],
    [4, "09:05:00", 4, "09:16:00", "warm", 0],
    [4, "12:12:00", 4, "12:54:00", "cold", 0],
    [4, "18:18:00", 4, "19:06:00", "none", 0],
    [4, "21:30:00", 4, "22:03:00", "cold", 0],
    [2, "20:06:00", 2, "20:42:00", "cold", 0],
    [1, "07:54:00", 1, "08:02:00", "none", 0],
    [1, "12:31:00", 1, "13:01:00", "cold", 0],
    [1, "19:24:00", 1, "20:21:00", "cold", 2],
    [1, "23:28:00", 0, "00:11:00", "none", 0],
    [0, "08:08:00", 0, "08:37:00", "cold", 0],
  ];
  const out = simple.map(([fromBack, from, toBack, to, kind, late], i) => {
    const a = clock(fromBack, from);
    const b = clock(toBack, to);
    const events = Array.from({ length: 12 }, (_, n) => {
      const name = n === 0 ? "app_foregrounded" : n % 3 === 0 ? "BetPlaced" : "ScreenViewed";
      const lateBy = n >= 5 && n < 5 + late ? 2 * HOUR : 0;
      return event(person, `i${i}-${n}`, name, a + ((b - a) * n) / 11, lateBy, []);
    });
    const played = i === 8 ? evening(person, a, b) : events;
    return make(person, `s-ines-${i}`, 0, kind, "timeout", played);
  });
  out.splice(5, 0, lateBorn(person, clock(2, "14:10:00")));
  out.push(make(person, "s-ines-213", 213, "warm", "timeout", session213(person, clock)));
  const live = ["14:11:40", "14:20:00", "14:31:02", "14:44:10", "14:58:20"].map((at, n) =>
    event(person, `live-${n}`, n === 0 ? "app_foregrounded" : "BetPlaced", clock(0, at), 0, []),
  );
  out.push(make(person, "s-ines-214", 214, "cold", "forced", live));
  return out.map((one, i) => ({ ...one, ordinal: 214 - (out.length - 1) + i }));
}

/** Sent a day and a half later in one piece: no session could take it any more. */
function lateBorn(person: Person, from: number): Session {
  const names = ["app_foregrounded", "LobbyViewed", "GameOpened", "BetPlaced", "BetPlaced"];
  const events = names.map((name, n) =>
    event(person, `late-${n}`, name, from + n * 3 * MINUTE, 42 * HOUR, []),
  );
  return make(person, "s-ines-late", 0, "warm", "late", events, true);
}

const GAMES: [string, string, number][] = [
  ["mahjong-2", "MAHJONG WAYS 2", 18],
  ["ra-dx", "Book of Ra Deluxe: the expanded evening edition", 9],
  ["ali", "كنوز علي بابا والأربعين", 14],
  ["mahjong-2", "MAHJONG WAYS 2", 12],
  ["lion", "Löwenplay", 1],
  ["roulette", "Lightning Roulette", 10],
  ["crash", "Crash", 8],
];

/** An evening of play: seven games, a trip to the background, two late bets. */
function evening(person: Person, from: number, to: number): MockEvent[] {
  const random = rng(8);
  const events = [event(person, "i8-0", "app_foregrounded", from, 0, [])];
  const bets = GAMES.flatMap(([id, name, count]) =>
    Array.from({ length: count }, () => [id, name]),
  );
  const step = (to - from) / (bets.length + 1);
  bets.forEach(([id = "", name = ""], n) => {
    const at = Math.round(from + step * (n + 1));
    const game = [text("game_id", id), text("game_name", name), text("currency", "EUR")];
    const amount = number("amount", (0.2 + random() * 9).toFixed(2));
    const late = n === 30 || n === 31 ? 2 * HOUR : 0;
    events.push(event(person, `i8-${n + 1}`, "BetPlaced", at, late, [amount, ...game]));
    if (random() < 0.3) {
      const won = number("amount", (random() * 24).toFixed(2));
      events.push(event(person, `i8-w${n}`, "WinPaid", at + 4 * SECOND, 0, [won, ...game]));
    }
    if (n === 44) {
      events.push(event(person, "i8-b", "app_backgrounded", at + 6 * SECOND, 0, []));
      events.push(event(person, "i8-f", "app_foregrounded", at + step - SECOND, 0, []));
    }
  });
  return events;
}

function session213(person: Person, clock: (back: number, hms: string) => number): MockEvent[] {
  const rows: [string, string, PropertyRow[], number?][] = [
    ["11:22:08", "app_foregrounded", [number("background_duration", "9900")]],
    ["11:22:31", "LobbyViewed", [text("section", "slots")]],
    ["11:22:58", "SearchPerformed", [text("query", "mahjong"), number("results", "12")]],
    ["11:23:40", "GameOpened", [text("game_id", "MAHJONG WAYS 2")]],
    ["11:24:02", "BetPlaced", [number("amount", "8.00"), text("currency", "EUR")]],
    ["11:24:19", "WinPaid", [number("amount", "12.50"), text("balance", "real")]],
    ["11:27:45", "app_backgrounded", []],
    ["11:31:02", "app_foregrounded", [number("background_duration", "197")]],
    [
      "11:37:12",
      "PurchaseCompleted",
      [
        text("plan", "annual"),
        number("price", "29.99"),
        text("currency", "EUR"),
        text("product_id", "sku_annual_2026"),
        text("source", "paywall_lobby"),
        bool("is_trial", "false"),
      ],
      3 * HOUR + 4 * MINUTE + 8 * SECOND,
    ],
    ["11:41:30", "BetPlaced", [number("amount", "20.00"), text("currency", "EUR")]],
    ["11:42:30", "ScreenViewed", [text("name", "lobby")]],
    ["11:43:00", "ScreenViewed", [text("name", "game")]],
    ["11:44:10", "ScreenViewed", [text("name", "cashier")]],
    ["11:45:40", "ScreenViewed", [text("name", "lobby")]],
    ["11:53:51", "BetPlaced", [number("amount", "5.00"), text("currency", "EUR")]],
  ];
  return rows.map(([at, name, props, late], n) =>
    event(person, `213-${n + 1}`, name, clock(0, at), late ?? 0, props),
  );
}
