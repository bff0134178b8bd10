import { describe, expect, it } from "vitest";

import { pooled } from "@/lib/stats/pool";

describe("a mean over several days", () => {
  it("weighs the days by n and is surer than each of them", () => {
    const found = pooled([
      { value: 50, n: 100, low: 46, high: 54 },
      { value: 60, n: 300, low: 58, high: 62 },
      { value: null, n: 0, low: null, high: null },
    ]);
    expect(found.value).toBeCloseTo(57.5);
    expect(found.n).toBe(400);
    expect((found.high ?? 0) - (found.low ?? 0)).toBeCloseTo((2 * Math.hypot(100 * 4, 300 * 2)) / 400);
  });

  it("claims nothing where no day knows how sure it is", () => {
    expect(pooled([{ value: 50, n: 1, low: null, high: null }])).toEqual({
      value: 50,
      n: 1,
      low: null,
      high: null,
    });
    expect(pooled([])).toEqual({ value: null, n: 0, low: null, high: null });
  });
});
