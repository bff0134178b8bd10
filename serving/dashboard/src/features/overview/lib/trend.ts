import type { Card } from "./cards";

export interface Trend {
  delta: number;
  direction: "up" | "down" | "flat";
  meaning: "better" | "worse" | "plain";
}

// Less than what the card shows counts as no change.
const FLAT_ABSOLUTE = 0.05;
const FLAT_RELATIVE = 0.0005;

/** How a figure moved since the period before; null where one of the two is unknown. */
export function trendOf(
  card: Pick<Card, "delta" | "moreIs">,
  now: number | null,
  before: number | null,
): Trend | null {
  if (now === null || before === null) return null;
  if (card.delta === "relative" && before === 0) return null;
  const delta = card.delta === "relative" ? (now - before) / before : now - before;
  const flat = card.delta === "relative" ? FLAT_RELATIVE : FLAT_ABSOLUTE;
  if (Math.abs(delta) < flat) return { delta: 0, direction: "flat", meaning: "plain" };
  const isUp = delta > 0;
  const meaning =
    card.moreIs === "neither" ? "plain" : isUp === (card.moreIs === "better") ? "better" : "worse";
  return { delta, direction: isUp ? "up" : "down", meaning };
}
