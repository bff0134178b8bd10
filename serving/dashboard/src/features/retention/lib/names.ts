import { fullDay, monthName, shortDay } from "@/lib/format/days";
import { text } from "@/lib/text";

import type { Grain } from "./view";

const { retention } = text;

/** A period by its first day. */
export const periodName = (day: string, grain: Grain): string =>
  grain === "month" ? monthName(day) : grain === "week" ? retention.weekOf(shortDay(day)) : shortDay(day);

export const longPeriodName = (day: string, grain: Grain): string =>
  grain === "month" ? monthName(day) : grain === "week" ? retention.weekOf(fullDay(day)) : fullDay(day);

/** "+1", "+2–3": how many periods after the first. */
export function columnName(range: readonly number[]): string {
  const [low = 0, high = low] = range;
  if (low === 0 && high === 0) return retention.first;
  return low === high ? `+${low}` : `+${low}–${high}`;
}
