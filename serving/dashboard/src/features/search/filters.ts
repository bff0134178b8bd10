import { type Chats, chatsOf } from "@/lib/format/chats";
import { addDays, type DayText, isDay, startOfDay } from "@/lib/format/days";
import { EMOTIONS, type Emotion } from "@/lib/format/emotions";

export const MODES = ["ambas", "palavras", "semelhanca"] as const;
export type SearchMode = (typeof MODES)[number];
export const MOODS = ["positive", "negative"] as const;

export interface SearchFilters {
  direction: "in" | "out" | null;
  chats: Chats | null;
  mood: (typeof MOODS)[number] | null;
  emotion: Emotion | null;
  connection: string | null;
  from: DayText | null;
  to: DayText | null;
}

const day = (value: string | null): DayText | null => (value !== null && isDay(value) ? value : null);

export function readSearch(search: URLSearchParams) {
  const direction = search.get("quem");
  const filters: SearchFilters = {
    direction: direction === "in" || direction === "out" ? direction : null,
    chats: chatsOf(search.get("onde")),
    mood: MOODS.find((each) => each === search.get("humor")) ?? null,
    emotion: EMOTIONS.find((each) => each === search.get("emocao")) ?? null,
    connection: search.get("conexao"),
    from: day(search.get("de")),
    to: day(search.get("ate")),
  };
  return {
    words: (search.get("q") ?? "").trim(),
    mode: MODES.find((each) => each === search.get("modo")) ?? MODES[0],
    /** Messages like this one, instead of words. */
    like: search.get("como"),
    filters,
  };
}

/** As the address holds them; null takes one away. */
export const writeFilters = (filters: SearchFilters): Record<string, string | null> => ({
  quem: filters.direction,
  onde: filters.chats,
  humor: filters.mood,
  emocao: filters.emotion,
  conexao: filters.connection,
  de: filters.from,
  ate: filters.to,
});

export function toApi(filters: SearchFilters, zone: string) {
  return {
    ...(filters.direction && { direction: filters.direction }),
    ...(filters.chats && { chat_kind: [filters.chats] }),
    ...(filters.mood === "positive" && { sentiment_min: 0.101 }),
    ...(filters.mood === "negative" && { sentiment_max: -0.101 }),
    ...(filters.emotion && { emotion: [filters.emotion] }),
    ...(filters.connection && { connection_id: filters.connection }),
    ...(filters.from && { from: startOfDay(filters.from, zone) }),
    ...(filters.to && { to: startOfDay(addDays(filters.to, 1), zone) }),
  };
}

export const API_MODE = { ambas: "hybrid", palavras: "text", semelhanca: "semantic" } as const;
