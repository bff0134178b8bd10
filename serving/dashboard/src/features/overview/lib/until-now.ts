/** A period that holds today is not over: it is held against the one before up to the same time of its last day. */
import { pooled } from "@/lib/stats/pool";

import type { Cell } from "../api/insight-queries";
import type { Metrics } from "../api/queries";

/** What is asked of the hours. */
export const HOUR_METRICS = [
  "messages_in",
  "conversations",
  "scored",
  "satisfaction_mean",
  "positive_pct",
  "negative_pct",
] as const;
type HourMetric = (typeof HOUR_METRICS)[number];

/**
 * The period before without what came later on its last day than `time` (in hours, 14.5 is half past two). Of the hour
 * that `time` is in counts the same share. Waits and shares of conversations stay those of whole days.
 */
export function untilNow(before: Metrics, hours: readonly Cell[], time: number): Metrics {
  const later = hours.map((cell) => ({
    cell,
    share: Math.min(1, Math.max(0, (cell.hour ?? 0) + 1 - time)),
  }));
  const count = (metric: HourMetric): number =>
    later.reduce((sum, { cell, share }) => sum + share * (cell.values[metric]?.value ?? 0), 0);
  const mean = (metric: HourMetric, whole: number | null): number | null => {
    const gone = later.flatMap(({ cell, share }) => {
      const part = cell.values[metric];
      return part ? [{ ...part, n: -share * part.n }] : [];
    });
    const left = pooled([{ value: whole, n: before.scored, low: null, high: null }, ...gone]);
    // Less than one message is what rounding left.
    return left.n < 1 ? null : left.value;
  };
  return {
    ...before,
    messages_in: Math.max(0, before.messages_in - count("messages_in")),
    conversations: Math.max(0, before.conversations - count("conversations")),
    scored: Math.max(0, before.scored - count("scored")),
    avg_satisfaction: mean("satisfaction_mean", before.avg_satisfaction),
    positive_pct: mean("positive_pct", before.positive_pct),
    negative_pct: mean("negative_pct", before.negative_pct),
  };
}
