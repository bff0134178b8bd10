import { ArrowDownRight, ArrowRight, ArrowUpRight, Info } from "lucide-react";
import { Link } from "react-router";

import { Sparkline } from "@/components/charts/sparkline";
import { MovingNumber } from "@/components/moving-number";
import { Card as Box } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import type { Period } from "@/lib/period/period";
import { text } from "@/lib/text";

import type { Card, Figures } from "../lib/cards";
import { type Trend, trendOf } from "../lib/trend";

interface KpiCardProps {
  card: Card;
  now: Figures;
  /** The period before; undefined while it is asked for, null where this card is not compared. */
  before: Figures | null | undefined;
  beforeLabel: string;
  /** How the two are held against each other, where that is not plain. */
  comparison: string;
  period: Period;
}

export function KpiCard({ card, now, before, beforeLabel, comparison, period }: KpiCardProps) {
  const hint = [card.hint, comparison].filter(Boolean).join(" ");
  const value = card.value(now);
  const interval = card.interval?.(now);
  const beside = card.beside?.(now);
  const days = now.cells?.map((cell) => cell.values[card.metric]?.value ?? null) ?? [];
  return (
    <Box data-kpi={card.key} aria-label={card.title} className="flex flex-col p-4">
      <div className="flex items-start justify-between gap-2">
        <h3 className="text-[13px] font-medium text-muted-foreground">{card.title}</h3>
        <Tooltip hint={hint}>
          <button type="button" aria-label={hint} className="-m-2 rounded-full p-2 text-muted-foreground">
            <Info className="size-3.5" aria-hidden="true" />
          </button>
        </Tooltip>
      </div>
      {value === undefined ? (
        <Skeleton className="mt-2 h-8 w-24" />
      ) : (
        <div className="mt-1 flex flex-wrap items-baseline gap-x-2">
          <Link to={card.target(period)} className="group w-fit rounded-lg" title={text.overview.seeBehind}>
            <MovingNumber
              value={card.show(value)}
              className="text-2xl font-semibold tracking-tight group-hover:underline sm:text-[1.75rem]"
            />
            {card.unit && value !== null && (
              <span className="ml-1.5 text-sm text-muted-foreground">{card.unit}</span>
            )}
            <span className="sr-only">{`. ${text.overview.seeBehind}`}</span>
          </Link>
          {beside && value !== null && <Beside card={card} period={period} words={beside} />}
        </div>
      )}
      <TrendLine card={card} now={now} before={before} beforeLabel={beforeLabel} />
      {now.cells ? (
        days.length > 1 && <Sparkline values={days} className="mt-2" />
      ) : (
        <div className="mt-2 h-7" />
      )}
      <p className="mt-auto pt-2 text-xs text-muted-foreground tabular-nums">
        {interval && (
          <span className="block">
            {text.insight.interval(card.show(interval[0]), card.show(interval[1]))}
          </span>
        )}
        {card.basis(now).join(" · ")}
      </p>
    </Box>
  );
}

function Beside({ card, period, words }: { card: Card; period: Period; words: string }) {
  const look = "text-[13px] text-muted-foreground tabular-nums";
  if (!card.besideTarget) return <span className={look}>{words}</span>;
  return (
    <Link to={card.besideTarget(period)} className={cn(look, "min-h-6 rounded leading-6 hover:underline")}>
      {words}
    </Link>
  );
}

type TrendLineProps = Pick<KpiCardProps, "card" | "now" | "before" | "beforeLabel">;

const LOOK = { better: "text-good", worse: "text-bad", plain: "text-muted-foreground" } as const;
const ARROW = { up: ArrowUpRight, down: ArrowDownRight, flat: ArrowRight } as const;

function TrendLine({ card, now, before, beforeLabel }: TrendLineProps) {
  const value = card.value(now);
  const former = before && card.value(before);
  if (before === null)
    return <p className="mt-1 text-xs text-muted-foreground">{text.overview.notCompared}</p>;
  if (!before || value === undefined || former === undefined) return <Skeleton className="mt-1.5 h-4 w-28" />;
  const isFew = Math.min(card.n(now), card.n(before)) < card.minimum;
  const trend = trendOf(card, value, former);
  if (!trend || isFew) {
    return (
      <p className="mt-1 text-xs text-muted-foreground">
        {former !== null && isFew ? text.overview.few : text.overview.noTrend(beforeLabel)}
      </p>
    );
  }
  return <Delta card={card} trend={trend} beforeLabel={beforeLabel} />;
}

function Delta({ card, trend, beforeLabel }: { card: Card; trend: Trend; beforeLabel: string }) {
  const Arrow = ARROW[trend.direction];
  const words = trend.direction === "flat" ? text.overview.unchanged : card.showDelta(trend.delta);
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-1.5 text-xs">
      <span className={cn("inline-flex items-center gap-0.5 font-medium tabular-nums", LOOK[trend.meaning])}>
        <Arrow className="size-3.5" aria-hidden="true" />
        {words}
        {trend.meaning !== "plain" && <span className="sr-only">{` (${text.overview[trend.meaning]})`}</span>}
      </span>
      <span className="text-muted-foreground">{text.overview.versus(beforeLabel)}</span>
    </p>
  );
}

export function KpiCardSkeleton() {
  return (
    <Box className="flex h-47.5 flex-col gap-3 p-4" aria-hidden="true">
      <Skeleton className="h-3.5 w-2/3" />
      <Skeleton className="h-8 w-1/2" />
      <Skeleton className="h-3.5 w-3/4" />
      <Skeleton className="h-7 w-full" />
      <Skeleton className="mt-auto h-3 w-1/2" />
    </Box>
  );
}
