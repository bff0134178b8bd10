import { describe, expect, it } from "vitest";

import { message } from "@/test/samples";

import { scoredOf, turningPoint } from "./lib/trajectory";

const scored = (...values: number[]) =>
  scoredOf(values.map((sentiment, place) => message({ id: String(place), sentiment })));

describe("the turning point", () => {
  it("is where before and after differ most", () => {
    expect(turningPoint(scored(0.5, 0.4, 0.6, -0.5, -0.6, -0.4))?.message.id).toBe("3");
    expect(turningPoint(scored(-0.8, -0.7, 0.7))?.change).toBeGreaterThan(0);
  });

  it("is none where nothing moved", () => {
    expect(turningPoint(scored(0.1, 0.2, 0.1, 0.2))).toBeNull();
    expect(turningPoint(scored(0.9))).toBeNull();
    expect(turningPoint([])).toBeNull();
  });

  it("looks at customers' scored messages only", () => {
    expect(scoredOf([message({ direction: "out" }), message({ sentiment: null })])).toEqual([]);
  });
});
