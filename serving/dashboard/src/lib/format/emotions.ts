/** The closed list of emotions, as the API names them. */
export const EMOTIONS = [
  "alegria",
  "gratidao",
  "confianca",
  "surpresa",
  "neutro",
  "confusao",
  "ansiedade",
  "medo",
  "tristeza",
  "frustracao",
  "raiva",
] as const;

export type Emotion = (typeof EMOTIONS)[number];
