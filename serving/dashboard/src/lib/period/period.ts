import { addDays, type DayText, today } from "@/lib/format/days";
import { text } from "@/lib/text";

export const PERIODS = ["hoje", "ontem", "7", "14", "30", "60"] as const;
export type PeriodName = (typeof PERIODS)[number];
export const DEFAULT_PERIOD: PeriodName = "7";

export interface Period {
  from: DayText;
  to: DayText;
}

export const isPeriod = (value: string | null): value is PeriodName => PERIODS.some((name) => name === value);

/** The days of a period and of the one just before it, which is equally long. */
export function periodOf(name: PeriodName, zone: string): { now: Period; before: Period } {
  const day = today(zone);
  const last = name === "ontem" ? addDays(day, -1) : day;
  const length = lengthOf(name);
  const from = addDays(last, 1 - length);
  return { now: { from, to: last }, before: { from: addDays(from, -length), to: addDays(from, -1) } };
}

export const lengthOf = (name: PeriodName): number =>
  name === "hoje" || name === "ontem" ? 1 : Number(name);

export function labelOf(name: PeriodName): string {
  if (name === "hoje") return text.period.today;
  return name === "ontem" ? text.period.yesterday : text.period.days(Number(name));
}

export function labelBefore(name: PeriodName): string {
  if (name === "hoje") return text.period.before.today;
  return name === "ontem" ? text.period.before.yesterday : text.period.before.days(Number(name));
}
