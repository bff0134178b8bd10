/** The cards of the overview: what each shows and whether more is better. */
import { decimal, duration, integer, percent, share, signed } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import type { Metrics } from "../api/queries";

export interface Card {
  key: string;
  title: string;
  hint: string;
  value: (metrics: Metrics) => number | null;
  show: (value: number | null) => string;
  unit?: string;
  /** The difference to the period before, as people read it. */
  showDelta: (delta: number) => string;
  /** `relative`: the delta is a share of the value before. */
  delta: "absolute" | "relative";
  moreIs: "better" | "worse" | "neither";
  /** What the figure rests on. */
  basis: (metrics: Metrics) => string[];
  /** Its name in the registry, where its interval comes from. */
  metric?: string;
  /** Which messages are behind it. */
  filter: Record<string, string>;
}

const { overview } = text;
const bySentiment = (m: Metrics): string[] => [
  overview.n(integer(m.scored)),
  overview.coverage(share(m.coverage)),
];
const inPoints = (delta: number) => `${signed(delta)} ${overview.points}`;
const inPercent = (delta: number) => `${signed(delta * 100)}%`;

export const netSentiment = (m: Pick<Metrics, "positive_pct" | "negative_pct">): number | null =>
  m.positive_pct === null || m.negative_pct === null ? null : m.positive_pct - m.negative_pct;

export const CARDS: readonly Card[] = [
  {
    key: "satisfaction",
    title: overview.satisfaction,
    hint: overview.satisfactionHint,
    metric: "satisfaction_mean",
    value: (m) => m.avg_satisfaction,
    show: decimal,
    unit: overview.outOf100,
    showDelta: (delta) => signed(delta),
    delta: "absolute",
    moreIs: "better",
    basis: bySentiment,
    filter: { quem: "in" },
  },
  {
    key: "net-sentiment",
    title: overview.netSentiment,
    hint: overview.netSentimentHint,
    metric: "net_sentiment",
    value: netSentiment,
    show: signed,
    unit: overview.points,
    showDelta: (delta) => signed(delta),
    delta: "absolute",
    moreIs: "better",
    basis: (m) => [overview.negative(percent(m.negative_pct)), ...bySentiment(m)],
    filter: { quem: "in", humor: "negative" },
  },
  {
    key: "positive",
    title: overview.positive,
    hint: overview.positiveHint,
    metric: "positive_pct",
    value: (m) => m.positive_pct,
    show: percent,
    showDelta: inPoints,
    delta: "absolute",
    moreIs: "better",
    basis: bySentiment,
    filter: { quem: "in", humor: "positive" },
  },
  {
    key: "volume",
    title: overview.volume,
    hint: overview.volumeHint,
    value: (m) => m.messages_in,
    show: integer,
    showDelta: inPercent,
    delta: "relative",
    moreIs: "neither",
    basis: (m) => [overview.conversations(integer(m.conversations)), overview.sent(integer(m.messages_out))],
    filter: { quem: "in" },
  },
  {
    key: "first-response",
    title: overview.firstResponse,
    hint: overview.firstResponseHint,
    value: (m) => m.first_response_seconds,
    show: duration,
    showDelta: inPercent,
    delta: "relative",
    moreIs: "worse",
    basis: (m) => [overview.conversations(integer(m.conversations))],
    filter: { quem: "out" },
  },
  {
    key: "unanswered",
    title: overview.unanswered,
    hint: overview.unansweredHint,
    value: (m) => m.unanswered_pct,
    show: percent,
    showDelta: inPoints,
    delta: "absolute",
    moreIs: "worse",
    basis: (m) => [overview.conversations(integer(m.conversations))],
    filter: { quem: "in" },
  },
];
