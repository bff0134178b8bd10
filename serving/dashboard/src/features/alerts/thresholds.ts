import { inUnit } from "@/lib/format/units";
import { share } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import type { AlertRule, Condition } from "./rule-queries";

const { rules } = text.alerts;

/** How much of the API's unit one of what people write is: they write minutes, percent and dollars. */
const FACTORS: Record<string, number> = { milliseconds: 60_000, share: 0.01, micro_usd: 1_000_000 };

/** A change is in percent of the usual, whatever the metric counts. */
export const isRelative = (condition: Condition): boolean => condition === "rises" || condition === "falls";

/** Of a scale that goes through zero there is no percentage. */
export const hasPercentages = (unit: string): boolean => unit !== "points" && unit !== "score";

/** What a threshold is written in. */
export const unitOf = (condition: Condition, unit: string): string | undefined =>
  isRelative(condition) ? rules.units.percent : rules.units[unit];

const SCALES: Record<string, { min: number; max?: number }> = {
  percent: { min: 0, max: 100 },
  share: { min: 0, max: 100 },
  points: { min: -100, max: 100 },
  score: { min: -1, max: 1 },
};

/** Between which figures, as written, a rule can ever be broken. */
export const scaleOf = (condition: Condition, unit: string): { min: number; max?: number } =>
  isRelative(condition) ? { min: 1, max: condition === "falls" ? 100 : 1_000 } : (SCALES[unit] ?? { min: 0 });

/** What somebody wrote, in the API's unit. */
export const fromWritten = (written: number, condition: Condition, unit: string): number =>
  isRelative(condition) ? written : written * (FACTORS[unit] ?? 1);

/** A rule in words, without its metric. */
export function sentence({ condition, threshold }: AlertRule, unit: string | undefined): string {
  const value = isRelative(condition) ? share(threshold / 100) : inUnit(unit)(threshold);
  return rules.sentence[condition]?.(value) ?? value;
}
