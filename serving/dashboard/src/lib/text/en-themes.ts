import type { Translation } from "./pt";

export const themes: Translation["themes"] = {
  title: "Themes and drivers",
  subtitle: "What customers talk about, and which of it pulls the mood down or up.",
  net: (points) => `Net sentiment ${points}`,
  rests: (n) => `${n} scored messages`,
  emergingCount: (n) => (n === 1 ? "1 theme growing" : `${n} themes growing`),
  drivers: "What drives the mood",
  driversHint:
    "Points that each theme adds to net sentiment; together they make the total. Click to read the messages.",
  pullsDown: "← pulls down",
  pushesUp: "pushes up →",
  inMessages: (n, share) => `${n} messages (${share})`,
  table: "All themes",
  tableHint: "Grouped by what messages mean, once a day; the name is made of the words that set them apart.",
  theme: "Theme",
  none: "No theme",
  messages: "Messages",
  share: "Share",
  satisfaction: "Satisfaction",
  sentiment: "Sentiment",
  impact: "Effect (pp)",
  lift: "Pace over 7 days",
  times: (factor) => `${factor}×`,
  emerging: "growing",
  empty: "No themes yet",
  emptyHint: "Themes are formed once a day, from 40 customer messages on.",
};
