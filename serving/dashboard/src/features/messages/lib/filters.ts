/** The filters of the message list live in the address, so that they can be shared and gone back to. */
import { type Chats, chatsOf } from "@/lib/format/chats";
import { addDays, type DayText, isDay, startOfDay } from "@/lib/format/days";
import { EMOTIONS, type Emotion } from "@/lib/format/emotions";

export const MOODS = ["scored", "positive", "neutral", "negative", "very-negative"] as const;
export type MoodFilter = (typeof MOODS)[number];

export interface MessageFilters {
  direction: "in" | "out" | null;
  chats: Chats | null;
  mood: MoodFilter | null;
  emotion: Emotion | null;
  /** A theme's id. */
  theme: string | null;
  /** Only what figures count: nothing revoked, no sticker, reaction or system message. */
  counted: true | null;
  from: DayText | null;
  to: DayText | null;
}

export const NO_FILTERS: MessageFilters = {
  direction: null,
  chats: null,
  mood: null,
  emotion: null,
  theme: null,
  counted: null,
  from: null,
  to: null,
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const day = (value: string | null): DayText | null => (value !== null && isDay(value) ? value : null);

export function readFilters(search: URLSearchParams): MessageFilters {
  const direction = search.get("quem");
  const theme = search.get("tema");
  return {
    direction: direction === "in" || direction === "out" ? direction : null,
    chats: chatsOf(search.get("onde")),
    mood: MOODS.find((each) => each === search.get("humor")) ?? null,
    emotion: EMOTIONS.find((each) => each === search.get("emocao")) ?? null,
    theme: theme !== null && UUID.test(theme) ? theme : null,
    counted: search.get("contadas") === "sim" || null,
    from: day(search.get("de")),
    to: day(search.get("ate")),
  };
}

export function writeFilters(filters: MessageFilters): Record<string, string> {
  const { direction, chats, mood, emotion, theme, counted, from, to } = filters;
  return {
    ...(direction && { quem: direction }),
    ...(chats && { onde: chats }),
    ...(mood && { humor: mood }),
    ...(emotion && { emocao: emotion }),
    ...(theme && { tema: theme }),
    ...(counted && { contadas: "sim" }),
    ...(from && { de: from }),
    ...(to && { ate: to }),
  };
}

/** As the address is written, whatever the order of its parts. */
export const addressOf = (filters: MessageFilters): string =>
  new URLSearchParams(writeFilters(filters)).toString();

// Sentiments have three decimals; "above 0.1" is the same rule as that of the API's percentages.
const STEP = 0.001;
const BOUNDS: Record<MoodFilter, { sentiment_min?: number; sentiment_max?: number }> = {
  scored: { sentiment_min: -1 },
  positive: { sentiment_min: 0.1 + STEP },
  neutral: { sentiment_min: -0.1, sentiment_max: 0.1 },
  negative: { sentiment_max: -0.1 - STEP },
  "very-negative": { sentiment_max: -0.5 },
};

/** The same filters as the API takes them: local days become moments. */
export function toQuery(filters: MessageFilters, zone: string) {
  return {
    ...(filters.direction && { direction: filters.direction }),
    ...(filters.chats && { chat_kind: [filters.chats] }),
    ...(filters.mood && BOUNDS[filters.mood]),
    ...(filters.emotion && { emotion: [filters.emotion] }),
    ...(filters.theme && { theme_id: filters.theme }),
    ...(filters.counted && { spoken: true }),
    ...(filters.from && { from: startOfDay(filters.from, zone) }),
    ...(filters.to && { to: startOfDay(addDays(filters.to, 1), zone) }),
  };
}
