import { ArrowDownRight, ArrowRight, ArrowUpRight, Info } from "lucide-react";
import { Link } from "react-router";

import { MovingNumber } from "@/components/moving-number";
import { Card as Box } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import { text } from "@/lib/text";

import type { Metrics } from "../api/queries";
import type { Card } from "../lib/cards";
import { type Trend, trendOf } from "../lib/trend";

interface KpiCardProps {
  card: Card;
  now: Metrics;
  before: Metrics | undefined;
  beforeLabel: string;
  /** The messages behind the figure. */
  target: string;
  interval: readonly [number, number] | null;
}

export function KpiCard({ card, now, before, beforeLabel, target, interval }: KpiCardProps) {
  const value = card.value(now);
  const trend = before ? trendOf(card, value, card.value(before)) : null;
  return (
    <Box data-kpi={card.key} aria-label={card.title} className="flex flex-col p-4 sm:p-5">
      <div className="flex items-start justify-between gap-2">
        <h3 className="text-[13px] font-medium text-muted-foreground">{card.title}</h3>
        <Tooltip hint={card.hint}>
          <button
            type="button"
            aria-label={card.hint}
            className="-m-2 rounded-full p-2 text-muted-foreground"
          >
            <Info className="size-3.5" aria-hidden="true" />
          </button>
        </Tooltip>
      </div>
      <Link to={target} className="group mt-1 w-fit rounded-lg" title={text.overview.seeMessages}>
        <MovingNumber
          value={card.show(value)}
          className="text-2xl font-semibold tracking-tight group-hover:underline sm:text-3xl"
        />
        {card.unit && value !== null && (
          <span className="ml-1.5 text-sm text-muted-foreground">{card.unit}</span>
        )}
        <span className="sr-only">{`. ${text.overview.seeMessages}`}</span>
      </Link>
      <TrendLine card={card} trend={trend} isKnown={before !== undefined} beforeLabel={beforeLabel} />
      {interval && (
        <p className="mt-1 text-xs text-muted-foreground tabular-nums">
          {text.insight.interval(card.show(interval[0]), card.show(interval[1]))}
        </p>
      )}
      <p className="mt-auto pt-2 text-xs text-muted-foreground tabular-nums">{card.basis(now).join(" · ")}</p>
    </Box>
  );
}

interface TrendLineProps {
  card: Card;
  trend: Trend | null;
  isKnown: boolean;
  beforeLabel: string;
}

const LOOK = { better: "text-good", worse: "text-bad", plain: "text-muted-foreground" } as const;
const ARROW = { up: ArrowUpRight, down: ArrowDownRight, flat: ArrowRight } as const;

function TrendLine({ card, trend, isKnown, beforeLabel }: TrendLineProps) {
  if (!isKnown) return <Skeleton className="mt-1.5 h-4 w-28" />;
  if (!trend)
    return <p className="mt-1.5 text-xs text-muted-foreground">{text.overview.noTrend(beforeLabel)}</p>;
  const Arrow = ARROW[trend.direction];
  const words = trend.direction === "flat" ? text.overview.unchanged : card.showDelta(trend.delta);
  return (
    <p className="mt-1.5 flex flex-wrap items-center gap-x-1.5 text-xs">
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
    <Box className="flex h-36 flex-col gap-3 p-5" aria-hidden="true">
      <Skeleton className="h-3.5 w-2/3" />
      <Skeleton className="h-8 w-1/2" />
      <Skeleton className="h-3.5 w-3/4" />
      <Skeleton className="mt-auto h-3 w-1/2" />
    </Box>
  );
}
