import type { DayText } from "@/lib/format/days";

import type { Day } from "../api/queries";

export interface Yesterday {
  day: DayText;
  messages: number;
  satisfaction: number | null;
  /** Against the mean of the seven days before it, weighted by scored messages. */
  difference: number | null;
  negatives: number;
}

const WEEK = 7;

/** What `day` was like, from a series that reaches at least a week further back; null when it is not in it. */
export function yesterdayOf(days: readonly Day[], day: DayText): Yesterday | null {
  const place = days.findIndex((each) => each.day === day);
  const found = days[place];
  if (!found) return null;
  const week = days.slice(Math.max(0, place - WEEK), place);
  const mean = meanSatisfaction(week);
  return {
    day,
    messages: found.messages_in,
    satisfaction: found.avg_satisfaction,
    difference: found.avg_satisfaction === null || mean === null ? null : found.avg_satisfaction - mean,
    negatives: Math.round(((found.negative_pct ?? 0) / 100) * found.scored),
  };
}

function meanSatisfaction(days: readonly Day[]): number | null {
  let sum = 0;
  let weight = 0;
  for (const day of days) {
    if (day.avg_satisfaction === null) continue;
    sum += day.avg_satisfaction * day.scored;
    weight += day.scored;
  }
  return weight === 0 ? null : sum / weight;
}
