/** Values of the metric registry, each in the way of its unit. */
import { decimal, digits, duration, integer, microDollars, percent, sentiment, share } from "./numbers";

type Show = (value: number | null | undefined) => string;

const SHOW: Record<string, Show> = {
  count: integer,
  percent,
  share,
  points: decimal,
  score: sentiment,
  milliseconds: (value) => duration(value === null || value === undefined ? value : value / 1000),
  micro_usd: microDollars,
};

/** How a value of `unit` is written; three digits where the unit is unknown. */
export const inUnit = (unit: string | undefined): Show => SHOW[unit ?? ""] ?? digits;
