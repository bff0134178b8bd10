/** The cards of the overview: what each shows and whether more is better. */
import type { Schemas } from "@/lib/api/client";
import { decimal, duration, integer, percent, share, signed } from "@/lib/format/numbers";
import { explainPath } from "@/lib/period/explain-path";
import type { Period } from "@/lib/period/period";
import { conversationsPath, customerMessagesPath, scoredMessagesPath } from "@/lib/period/targets";
import { pooled } from "@/lib/stats/pool";
import { text } from "@/lib/text";

import type { Cell } from "../api/insight-queries";
import type { Metrics } from "../api/queries";

type Times = Pick<Schemas["Waits"], "n" | "p50_ms" | "p90_ms">;

export interface Waits {
  first_response: Times;
  turn: Times;
  unanswered: Schemas["Bounds"] | null;
  closed_conversations: number;
}

/** Everything that the figures of a period come from; what is not there yet is still asked for. */
export interface Figures {
  metrics: Metrics;
  /** Null when they could not be asked for. */
  waits: Waits | null | undefined;
  /** The days of the period, of which their intervals are made. */
  cells: readonly Cell[] | undefined;
}

export type Span = readonly [low: number, high: number];

export interface Card {
  key: string;
  title: string;
  hint: string;
  /** Undefined while it is asked for, null where nothing is known. */
  value: (figures: Figures) => number | null | undefined;
  show: (value: number | null) => string;
  unit?: string;
  /** What stands beside the figure, such as the ninth tenth of a wait. */
  beside?: (figures: Figures) => string | null;
  /** What is behind that, where it is a part of what is behind the figure. */
  besideTarget?: (period: Period) => string;
  /** The 95 % interval. */
  interval?: (figures: Figures) => Span | null;
  /** The difference to the period before, as people read it. */
  showDelta: (delta: number) => string;
  /** `relative`: the delta is a share of the value before. */
  delta: "absolute" | "relative";
  moreIs: "better" | "worse" | "neither";
  /** How many messages or conversations it rests on, and from how many on it is compared at all. */
  n: (figures: Figures) => number;
  minimum: number;
  /** It goes on changing after a day is over, so a day that runs is held against none. */
  needsWholeDay?: boolean;
  /** What the figure rests on, in words. */
  basis: (figures: Figures) => string[];
  /** Its name in the registry, for the little line of its days. */
  metric: string;
  /** What is behind it. */
  target: (period: Period) => string;
}

const { overview, insight } = text;
const SCORED_AT_LEAST = 20;
const CONVERSATIONS_AT_LEAST = 5;

const bySentiment = ({ metrics }: Figures): string[] => [
  overview.n(integer(metrics.scored)),
  overview.coverage(share(metrics.coverage)),
];
const inPoints = (delta: number) => `${signed(delta)} ${overview.points}`;
const inPercent = (delta: number) => `${signed(delta * 100)}%`;

export const netSentiment = (m: Pick<Metrics, "positive_pct" | "negative_pct">): number | null =>
  m.positive_pct === null || m.negative_pct === null ? null : m.positive_pct - m.negative_pct;

const fromDays =
  (metric: string) =>
  ({ cells }: Figures): Span | null => {
    if (!cells) return null;
    const { low, high } = pooled(cells.flatMap((cell) => cell.values[metric] ?? []));
    return low === null || high === null ? null : [low, high];
  };

type WaitName = "first_response" | "turn";
const WAIT_METRICS = { first_response: "first_response_p50_ms", turn: "turn_wait_p50_ms" } as const;

/** A waiting time: its median, with its ninth tenth beside it. */
function wait(name: WaitName, key: string, title: string, hint: string): Card {
  return {
    key,
    title,
    hint,
    metric: WAIT_METRICS[name],
    value: ({ waits }) => waits && inSeconds(waits[name].p50_ms),
    show: duration,
    beside: ({ waits }) =>
      waits?.[name].p90_ms ? `${insight.waits.p90} ${duration(inSeconds(waits[name].p90_ms))}` : null,
    interval: ({ waits }) => {
      const bounds = waits?.[name].p50_ms;
      return bounds?.low == null || bounds.high === null ? null : [bounds.low / 1000, bounds.high / 1000];
    },
    showDelta: inPercent,
    delta: "relative",
    moreIs: "worse",
    needsWholeDay: true,
    n: ({ waits }) => waits?.[name].n ?? 0,
    minimum: CONVERSATIONS_AT_LEAST,
    basis: ({ waits }) => (waits ? [overview.n(integer(waits[name].n))] : []),
    target: (period) => explainPath(WAIT_METRICS[name], period),
  };
}

const inSeconds = (bounds: Schemas["Bounds"] | null): number | null => (bounds ? bounds.value / 1000 : null);

export const CARDS: readonly Card[] = [
  {
    key: "satisfaction",
    title: overview.satisfaction,
    hint: overview.satisfactionHint,
    metric: "satisfaction_mean",
    value: ({ metrics }) => metrics.avg_satisfaction,
    show: decimal,
    unit: overview.outOf100,
    interval: fromDays("satisfaction_mean"),
    showDelta: (delta) => signed(delta),
    delta: "absolute",
    moreIs: "better",
    n: ({ metrics }) => metrics.scored,
    minimum: SCORED_AT_LEAST,
    basis: bySentiment,
    target: (period) => scoredMessagesPath(period),
  },
  {
    key: "net-sentiment",
    title: overview.netSentiment,
    hint: overview.netSentimentHint,
    metric: "net_sentiment",
    value: ({ metrics }) => netSentiment(metrics),
    show: signed,
    unit: overview.points,
    beside: ({ metrics }) => overview.negative(percent(metrics.negative_pct)),
    besideTarget: (period) => scoredMessagesPath(period, { humor: "negative" }),
    interval: fromDays("net_sentiment"),
    showDelta: (delta) => signed(delta),
    delta: "absolute",
    moreIs: "better",
    n: ({ metrics }) => metrics.scored,
    minimum: SCORED_AT_LEAST,
    basis: bySentiment,
    target: (period) => scoredMessagesPath(period),
  },
  {
    key: "positive",
    title: overview.positive,
    hint: overview.positiveHint,
    metric: "positive_pct",
    value: ({ metrics }) => metrics.positive_pct,
    show: percent,
    interval: fromDays("positive_pct"),
    showDelta: inPoints,
    delta: "absolute",
    moreIs: "better",
    n: ({ metrics }) => metrics.scored,
    minimum: SCORED_AT_LEAST,
    basis: bySentiment,
    target: (period) => scoredMessagesPath(period, { humor: "positive" }),
  },
  {
    key: "volume",
    title: overview.volume,
    hint: overview.volumeHint,
    metric: "messages_in",
    value: ({ metrics }) => metrics.messages_in,
    show: integer,
    showDelta: inPercent,
    delta: "relative",
    moreIs: "neither",
    n: ({ metrics }) => metrics.messages_in,
    minimum: 0,
    basis: ({ metrics }) => [overview.sent(integer(metrics.messages_out))],
    target: (period) => customerMessagesPath(period),
  },
  wait("first_response", "first-response", overview.firstResponse, overview.firstResponseHint),
  wait("turn", "turn-response", overview.turnResponse, overview.turnResponseHint),
  {
    key: "unanswered",
    title: overview.unanswered,
    hint: overview.unansweredHint,
    metric: "unanswered_pct",
    value: ({ metrics }) => metrics.unanswered_pct,
    show: percent,
    interval: ({ waits }) => {
      const bounds = waits?.unanswered;
      return bounds?.low == null || bounds.high === null ? null : [bounds.low * 100, bounds.high * 100];
    },
    showDelta: inPoints,
    delta: "absolute",
    moreIs: "worse",
    needsWholeDay: true,
    n: ({ waits, metrics }) => waits?.unanswered?.n ?? metrics.conversations,
    minimum: CONVERSATIONS_AT_LEAST,
    basis: ({ waits }) => (waits?.unanswered ? [overview.n(integer(waits.unanswered.n))] : []),
    target: (period) => conversationsPath(period, { resposta: "sem", inicio: "customer" }),
  },
  {
    key: "conversations",
    title: overview.conversationCount,
    hint: overview.conversationCountHint,
    metric: "conversations",
    value: ({ metrics }) => metrics.conversations,
    show: integer,
    showDelta: inPercent,
    delta: "relative",
    moreIs: "neither",
    n: ({ metrics }) => metrics.conversations,
    minimum: 0,
    basis: ({ waits }) => (waits ? [overview.closed(integer(waits.closed_conversations))] : []),
    target: (period) => conversationsPath(period, {}),
  },
];

/** The days of `cells` that lie in the period. */
export const daysIn = (cells: readonly Cell[], period: Period): Cell[] =>
  cells.filter((cell) => cell.day !== null && cell.day >= period.from && cell.day <= period.to);
