/** The filters of the message list live in the address, so that they can be shared and gone back to. */
import { addDays, type DayText, isDay, startOfDay } from "@/lib/format/days";

export const MOODS = ["positive", "neutral", "negative", "very-negative"] as const;
export type MoodFilter = (typeof MOODS)[number];

export interface MessageFilters {
  direction: "in" | "out" | null;
  mood: MoodFilter | null;
  from: DayText | null;
  to: DayText | null;
}

export const NO_FILTERS: MessageFilters = { direction: null, mood: null, from: null, to: null };

const day = (value: string | null): DayText | null => (value !== null && isDay(value) ? value : null);

export function readFilters(search: URLSearchParams): MessageFilters {
  const direction = search.get("quem");
  const mood = search.get("humor");
  return {
    direction: direction === "in" || direction === "out" ? direction : null,
    mood: MOODS.find((each) => each === mood) ?? null,
    from: day(search.get("de")),
    to: day(search.get("ate")),
  };
}

export function writeFilters(filters: MessageFilters): Record<string, string> {
  const written: Record<string, string> = {};
  if (filters.direction) written.quem = filters.direction;
  if (filters.mood) written.humor = filters.mood;
  if (filters.from) written.de = filters.from;
  if (filters.to) written.ate = filters.to;
  return written;
}

export const areInOrder = ({ from, to }: MessageFilters): boolean => !from || !to || from <= to;

// Sentiments have three decimals; "above 0.1" is the same rule as that of the API's percentages.
const STEP = 0.001;
const BOUNDS: Record<MoodFilter, { sentiment_min?: number; sentiment_max?: number }> = {
  positive: { sentiment_min: 0.1 + STEP },
  neutral: { sentiment_min: -0.1, sentiment_max: 0.1 },
  negative: { sentiment_max: -0.1 - STEP },
  "very-negative": { sentiment_max: -0.5 },
};

/** The same filters as the API takes them: local days become moments. */
export function toQuery(filters: MessageFilters, zone: string) {
  return {
    ...(filters.direction && { direction: filters.direction }),
    ...(filters.mood && BOUNDS[filters.mood]),
    ...(filters.from && { from: startOfDay(filters.from, zone) }),
    ...(filters.to && { to: startOfDay(addDays(filters.to, 1), zone) }),
  };
}
