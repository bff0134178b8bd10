/** Sentiment in words; the bounds are those of the API's percentages. */
export type Mood = "positive" | "neutral" | "negative";

export const POSITIVE_ABOVE = 0.1;
export const NEGATIVE_BELOW = -0.1;

export function moodOf(sentiment: number): Mood {
  if (sentiment > POSITIVE_ABOVE) return "positive";
  return sentiment < NEGATIVE_BELOW ? "negative" : "neutral";
}
