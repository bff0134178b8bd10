import { describe, expect, it } from "vitest";

import { en } from "./en";
import { pt } from "./pt";

type Leaf = string | ((...words: never[]) => unknown);

/** Every text with its place, as `billing.title`; a function is one text. */
function leaves(texts: object, at = ""): Map<string, Leaf> {
  const found = new Map<string, Leaf>();
  for (const [key, value] of Object.entries(texts) as [string, unknown][]) {
    const place = at ? `${at}.${key}` : key;
    if (typeof value === "object" && value !== null) {
      for (const [inner, leaf] of leaves(value, place)) found.set(inner, leaf);
    } else found.set(place, value as Leaf);
  }
  return found;
}

/** What a text says, its places filled with numbers. */
const said = (leaf: Leaf): string =>
  typeof leaf === "string" ? leaf : JSON.stringify((leaf as (...all: unknown[]) => unknown)(7, 7, 7, 7, 7));

// What customers write is in Portuguese.
const THEIRS = /^search\.(placeholder|exampleList|idleHint)/;

describe("English", () => {
  const portuguese = leaves(pt);
  const english = leaves(en);

  it("says everything that Portuguese says, and nothing else", () =>
    expect([...english.keys()].sort()).toEqual([...portuguese.keys()].sort()));

  it("leaves nothing empty", () => expect([...english.values()].filter((leaf) => leaf === "")).toEqual([]));

  it("has no word of Portuguese", () => {
    const words = /[ãõçáâéêíóôú]|\b(de|da|dos|das|não|com|para|em|uma?|sem|mais|que|seu|sua)\b/iu;
    const leaked = [...english].filter(([place, leaf]) => !THEIRS.test(place) && words.test(said(leaf)));
    expect(leaked.map(([place]) => place)).toEqual([]);
  });

  it("fills the same places", () => {
    const holes = (leaf: Leaf): number => (typeof leaf === "string" ? 0 : leaf.length);
    const other = [...portuguese].filter(([place, leaf]) => {
      const there = english.get(place);
      return there === undefined || holes(there) !== holes(leaf);
    });
    expect(other.map(([place]) => place)).toEqual([]);
  });
});

describe("every language", () => {
  it("names no setting of the server, which nobody who reads it can change", () => {
    const setting = /[A-Z]{2,}_[A-Z_]{2,}/u;
    const leaked = [...leaves(pt), ...leaves(en)].filter(([, leaf]) => setting.test(String(leaf)));
    expect(leaked.map(([place]) => place)).toEqual([]);
  });
});
