import { describe, expect, it } from "vitest";

import { message } from "@/test/samples";

import { isOver, withScores } from "./live-bridge";

describe("a message of today", () => {
  it("is no part of a period that is over, and of all others it may be", () => {
    expect(isOver({ meta: { until: "2026-11-29" } }, "2026-11-30")).toBe(true);
    expect(isOver({ meta: { until: "2026-11-30" } }, "2026-11-30")).toBe(false);
    expect(isOver({ meta: undefined }, "2026-11-30")).toBe(false);
  });
});

describe("a score that arrives", () => {
  it("goes into the row that is shown and leaves all other pages alone", () => {
    const first = { items: [message({ id: "a", sentiment: null })], next_page: "p" };
    const second = { items: [message({ id: "b" })], next_page: null };
    const pages = { pages: [first, second], pageParams: [null, "p"] };
    const score = { sentiment: 0.4, satisfaction: 80, emotion: "alegria", tone: "cordial" };
    const next = withScores(pages, new Map([["a", score]]));
    expect(next.pages[0]?.items[0]).toMatchObject({ id: "a", ...score });
    expect(next.pages[1]).toBe(second);
    expect(withScores(pages, new Map([["c", score]]))).toBe(pages);
  });
});
