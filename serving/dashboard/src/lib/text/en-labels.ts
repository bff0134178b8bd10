import type { Translation } from "./pt";

export const labelling: Translation["labelling"] = {
  title: "Label messages",
  subtitle:
    "Your judgement tells which version of the prompt is right more often. The model's scores are not shown here.",
  waiting: (n) => `${n} in your queue`,
  empty: "Nothing to label now",
  emptyHint: "When somebody asks for labels to compare versions, the messages appear here.",
  doneTitle: "You finished the queue",
  doneHint: "Thank you! Each label counts for the calibration of the reports.",
  done: (n) => `${n} labelled in this session`,
  sentiment: "The customer's sentiment",
  sentimentKeys: "Keys 1 to 5",
  sentiments: ["Very negative", "Negative", "Neutral", "Positive", "Very positive"],
  emotion: "Emotion",
  emotionKeys: "Optional: keys Q W E R T Y U I O P A",
  tone: "Tone",
  save: "Save and next",
  skip: "Skip",
  undo: "Redo the previous one",
  keys: "Keys: 1–5 sentiment, letters emotion, Enter saves, S skips, Z goes back.",
  message: "Message to label",
  saved: "Saved",
};
