import { expect, test } from "vitest";

import { labelled } from "./chart-parts";

const days = (count: number) => Array.from({ length: count }, (_, place) => ({ day: `day ${place + 1}` }));

test("the last day may always have a label, and every fifth one before it", () => {
  expect(labelled(days(12))).toEqual(["day 2", "day 7", "day 12"]);
  expect(labelled(days(1))).toEqual(["day 1"]);
  expect(labelled([])).toEqual([]);
});
