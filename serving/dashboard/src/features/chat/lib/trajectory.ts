import type { Schemas } from "@/lib/api/client";

export type Message = Schemas["Message"];
export interface ScoredMessage extends Message {
  sentiment: number;
}

export interface TurningPoint {
  message: ScoredMessage;
  change: number;
}

export const scoredOf = (messages: readonly Message[]): ScoredMessage[] =>
  messages.filter(
    (message): message is ScoredMessage => message.direction === "in" && message.sentiment !== null,
  );

const AROUND = 3;
const SMALLEST_CHANGE = 0.35;

/**
 * The message from which on the customer's mood differs most from before: largest difference between the means of up
 * to three scored messages before it and of up to three from it on. Null when nothing moved by at least 0.35.
 */
export function turningPoint(scored: readonly ScoredMessage[]): TurningPoint | null {
  let best: TurningPoint | null = null;
  for (let place = 1; place < scored.length; place++) {
    const message = scored[place];
    if (!message) continue;
    const before = mean(scored.slice(Math.max(0, place - AROUND), place));
    const after = mean(scored.slice(place, place + AROUND));
    const change = after - before;
    if (Math.abs(change) > Math.abs(best?.change ?? 0)) best = { message, change };
  }
  return best && Math.abs(best.change) >= SMALLEST_CHANGE ? best : null;
}

export const mean = (scored: readonly ScoredMessage[]): number =>
  scored.reduce((sum, message) => sum + message.sentiment, 0) / scored.length;

export function meanSatisfaction(scored: readonly ScoredMessage[]): number | null {
  const known = scored.map((message) => message.satisfaction).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
