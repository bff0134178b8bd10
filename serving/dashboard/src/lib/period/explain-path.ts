import type { Period } from "./period";

interface Part {
  hour?: number;
  /** Monday is 1. */
  weekday?: number;
}

/** Where a number says what it rests on: of a whole period, or of one hour or weekday of it. */
export function explainPath(metric: string, period: Period, { hour, weekday }: Part = {}): string {
  const search = new URLSearchParams({ metrica: metric, de: period.from, ate: period.to });
  if (hour !== undefined) search.set("hora", String(hour));
  if (weekday !== undefined) search.set("dia", String(weekday));
  return `/explicar?${search.toString()}`;
}
