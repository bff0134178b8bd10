import type { Schemas } from "@/lib/api/client";
import type { DayText } from "@/lib/format/days";

/** What is asked of a day. */
export type KnownDay = Pick<
  Schemas["Day"],
  | "day"
  | "messages_in"
  | "scored"
  | "avg_satisfaction"
  | "negative_pct"
  | "unanswered_pct"
  | "first_response_seconds"
  | "conversations"
>;

export interface Yesterday {
  day: DayText;
  messages: number;
  /** Against the mean of the same weekday of four weeks, as a share: 0.1 is a tenth more. Null before there is one. */
  messagesChange: number | null;
  satisfaction: number | null;
  /** Against the mean of the seven days before it, weighted by scored messages. */
  difference: number | null;
  /** Null where nothing was scored. */
  negatives: number | null;
  negativePct: number | null;
  /** In percentage points, against the seven days before. */
  negativeChange: number | null;
  unansweredPct: number | null;
  firstResponseSeconds: number | null;
  conversations: number;
  /** So few were scored that nothing of it is held against other days. */
  isFew: boolean;
}

const WEEK = 7;
// Volume follows the weekday: held against all days, every Monday of a shop would be odd.
const WEEKS_BACK = [1, 2, 3, 4];
// As the metric registry has it for figures of scored messages.
const ENOUGH = 20;

/** What `day` was like, from a series that reaches at least four weeks further back; null when it is not in it. */
export function yesterdayOf(days: readonly KnownDay[], day: DayText): Yesterday | null {
  const place = days.findIndex((each) => each.day === day);
  const found = days[place];
  if (!found) return null;
  const week = days.slice(Math.max(0, place - WEEK), place);
  const usual = weighted(week, (each) => each.avg_satisfaction);
  const usualNegative = weighted(week, (each) => each.negative_pct);
  const first = days.findIndex((each) => each.messages_in > 0);
  const sameWeekday = WEEKS_BACK.map((weeks) => place - weeks * WEEK)
    .filter((each) => each >= Math.max(0, first))
    .map((each) => days[each]?.messages_in ?? 0);
  const usualMessages = sameWeekday.reduce((sum, each) => sum + each, 0) / (sameWeekday.length || 1);
  return {
    day,
    messages: found.messages_in,
    messagesChange: usualMessages === 0 ? null : found.messages_in / usualMessages - 1,
    satisfaction: found.avg_satisfaction,
    difference: minus(found.avg_satisfaction, usual),
    negatives: found.negative_pct === null ? null : Math.round((found.negative_pct / 100) * found.scored),
    negativePct: found.negative_pct,
    negativeChange: minus(found.negative_pct, usualNegative),
    unansweredPct: found.unanswered_pct,
    firstResponseSeconds: found.first_response_seconds,
    conversations: found.conversations,
    isFew: found.scored < ENOUGH,
  };
}

const minus = (value: number | null, other: number | null): number | null =>
  value === null || other === null ? null : value - other;

/** The mean of several days, each weighing as many messages as were scored. */
function weighted(days: readonly KnownDay[], of: (day: KnownDay) => number | null): number | null {
  let sum = 0;
  let weight = 0;
  for (const day of days) {
    const value = of(day);
    if (value === null) continue;
    sum += value * day.scored;
    weight += day.scored;
  }
  return weight === 0 ? null : sum / weight;
}
