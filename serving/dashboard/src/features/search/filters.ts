export type SearchMode = "palavras" | "semelhanca";
export type MoodFilter = "positive" | "negative";

export interface SearchFilters {
  direction: "in" | "out" | null;
  mood: MoodFilter | null;
}

export function readSearch(search: URLSearchParams): {
  words: string;
  mode: SearchMode;
  filters: SearchFilters;
} {
  const direction = search.get("quem");
  const mood = search.get("humor");
  return {
    words: (search.get("q") ?? "").trim(),
    mode: search.get("modo") === "semelhanca" ? "semelhanca" : "palavras",
    filters: {
      direction: direction === "in" || direction === "out" ? direction : null,
      mood: mood === "positive" || mood === "negative" ? mood : null,
    },
  };
}

export function toApi(filters: SearchFilters) {
  return {
    ...(filters.direction && { direction: filters.direction }),
    ...(filters.mood === "positive" && { sentiment_min: 0.101 }),
    ...(filters.mood === "negative" && { sentiment_max: -0.101 }),
  };
}
