import type { Schemas } from "@/lib/api/client";
import { text } from "@/lib/text";

export type Theme = Schemas["ThemeRow"];
export type Report = Pick<Schemas["ThemeReport"], "themes" | "scored" | "net_sentiment">;

/** A theme is called by the words that tell it from the others. */
export const nameOf = (theme: Theme): string =>
  theme.theme_id === null ? text.themes.none : theme.words.join(", ");
