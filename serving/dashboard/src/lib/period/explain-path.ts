import type { Period } from "./period";

/** Where a number says what it rests on. */
export function explainPath(metric: string, period: Period, hour?: number): string {
  const search = new URLSearchParams({ metrica: metric, de: period.from, ate: period.to });
  if (hour !== undefined) search.set("hora", String(hour));
  return `/explicar?${search.toString()}`;
}
