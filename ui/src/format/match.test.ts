//! Marks what a search has found: case and accents do not matter, nothing is lost.

import { describe, expect, it } from "vitest";
import { findMatch, markMatch, markNear, middleCut } from "./match";

const shown = (text: string, search: string): string =>
  markMatch(text, search)
    .map((piece) => (piece.isMatch ? `[${piece.text}]` : piece.text))
    .join("");

describe("markMatch", () => {
  it.each([
    ["Inês Carvalho", "ines", "[Inês] Carvalho"],
    ["Ines Carvalho", "INÊS", "[Ines] Carvalho"],
    ["Ine\u0302s", "nes", "I[ne\u0302s]"],
    ["Ine\u0302s", "ine", "[Ine\u0302]s"],
    ["ines.c@example.com", " .c@ ", "ines[.c@]example.com"],
    ["ﬁnance", "fin", "[ﬁn]ance"],
    ["ياسمين", "سم", "يا[سم]ين"],
    ["abc", "x", "abc"],
    ["abc", "", "abc"],
    ["", "x", ""],
    ["😀 smile", "smile", "😀 [smile]"],
  ])("%s for %s", (text, search, expected) => {
    expect(shown(text, search)).toBe(expected);
  });

  it("the_pieces_together_are_the_text", () => {
    for (const text of ["Zoë Ångström", "ﬁre 😀", "İstanbul", "ß straße"]) {
      for (let from = 0; from < text.length; from += 1) {
        for (let to = from; to <= text.length; to += 1) {
          const joined = markMatch(text, text.slice(from, to)).map((piece) => piece.text);
          expect(joined.join("")).toBe(text);
        }
      }
    }
  });

  it("finds_nothing_for_blank_searches", () => {
    expect(findMatch("abc", "  ")).toBeNull();
  });
});

describe("markNear", () => {
  it("cuts_the_beginning_so_that_the_match_can_be_seen", () => {
    const pieces = markNear("a very long value with the needle in it", "needle", 4);
    expect(pieces.map((piece) => piece.text)).toEqual(["…the ", "needle", " in it"]);
  });

  it("leaves_a_match_near_the_beginning_as_it_is", () => {
    expect(markNear("my needle", "needle", 4)[0]?.text).toBe("my ");
  });

  it("never_cuts_a_pair_of_surrogates", () => {
    expect(markNear("aaaa😀bcd needle", "needle", 5)[0]?.text).toBe("…bcd ");
  });
});

it("a_long_id_keeps_its_ends", () => {
  expect(middleCut("9d41b0e2-51c7-4a41-9a0f-2f7b9c3310c2")).toBe("9d41b0e2…10c2");
  expect(middleCut("u_7f3a91")).toBe("u_7f3a91");
});
