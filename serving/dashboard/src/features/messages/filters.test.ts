import { describe, expect, it } from "vitest";

import { areInOrder } from "@/lib/format/days";

import { NO_FILTERS, readFilters, toQuery, writeFilters } from "./lib/filters";

describe("message filters", () => {
  it("survive the address and ignore what nobody offers", () => {
    const filters = {
      direction: "in",
      chats: "individual",
      mood: "negative",
      emotion: "raiva",
      theme: "019a0000-0000-7000-8000-0000000000e1",
      counted: true,
      from: "2026-11-14",
      to: "2026-11-20",
    } as const;
    expect(readFilters(new URLSearchParams(writeFilters(filters)))).toEqual(filters);
    expect(
      readFilters(
        new URLSearchParams("quem=x&onde=rua&humor=y&emocao=z&tema=1&contadas=1&de=2026-99-99&ate=ontem"),
      ),
    ).toEqual(NO_FILTERS);
  });

  it("become moments of the company's days, the last one included", () => {
    const query = toQuery({ ...NO_FILTERS, from: "2026-11-20", to: "2026-11-20" }, "America/Sao_Paulo");
    expect(query).toEqual({ from: "2026-11-20T03:00:00.000Z", to: "2026-11-21T03:00:00.000Z" });
  });

  it("ask for what figures count", () => {
    const query = toQuery({ ...NO_FILTERS, chats: "individual", counted: true, mood: "scored" }, "UTC");
    expect(query).toEqual({ chat_kind: ["individual"], spoken: true, sentiment_min: -1 });
  });

  it("know a wrong order", () => {
    expect(areInOrder({ ...NO_FILTERS, from: "2026-11-21", to: "2026-11-20" })).toBe(false);
    expect(areInOrder({ ...NO_FILTERS, from: "2026-11-20", to: "2026-11-20" })).toBe(true);
  });
});
