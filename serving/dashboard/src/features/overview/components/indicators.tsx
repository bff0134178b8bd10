import { useQuery } from "@tanstack/react-query";

import { ErrorNotice, Notice, StaleNotice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { integer } from "@/lib/format/numbers";
import { hoursOf, today } from "@/lib/format/days";
import { labelBefore, type Period, type PeriodName, periodOf } from "@/lib/period/period";
import { text } from "@/lib/text";

import { type Cell, hoursQuery, waitsQuery } from "../api/insight-queries";
import { type Metrics, metricsQuery } from "../api/queries";
import { type Card as Indicator, CARDS, daysIn, type Figures } from "../lib/cards";
import { untilNow } from "../lib/until-now";
import { KpiCard, KpiCardSkeleton } from "./kpi-card";

interface IndicatorsProps {
  /** Sixty days, of which those of the period say how sure a figure is. */
  cells: readonly Cell[] | undefined;
  name: PeriodName;
  tenantId: string;
  zone: string;
  onShowAll: () => void;
}

const GRID = "grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-4";

/** The figures of the period, each against the period before. */
export function Indicators({ cells, name, tenantId, zone, onShowAll }: IndicatorsProps) {
  const period = periodOf(name, zone);
  const isRunning = period.now.to === today(zone);
  const now = useQuery(metricsQuery(tenantId, period.now));
  const waits = useQuery(waitsQuery(tenantId, period.now));
  const before = useBefore(tenantId, period.before, isRunning ? hoursOf(new Date(), zone) : null);
  if (now.isError && !now.data) {
    return (
      <Card>
        <ErrorNotice error={now.error} onRetry={() => void now.refetch()} />
      </Card>
    );
  }
  if (!now.data) {
    return (
      <div className={GRID} role="status" aria-label={text.states.loading}>
        {CARDS.map((card) => (
          <KpiCardSkeleton key={card.key} />
        ))}
      </div>
    );
  }
  const metrics = now.data;
  return (
    <section aria-label={text.overview.indicators} className="grid gap-3">
      {now.isError && <StaleNotice />}
      {metrics.total_messages === 0 ? (
        <Card>
          <Notice title={text.overview.empty} hint={text.overview.emptyHint}>
            {name !== "60" && (
              <Button variant="outline" onClick={onShowAll}>
                {text.overview.showAll}
              </Button>
            )}
          </Notice>
        </Card>
      ) : (
        <div className={GRID}>
          {CARDS.map((card) => (
            <KpiCard
              key={card.key}
              card={card}
              now={{
                metrics,
                waits: waits.data ?? (waits.isError ? null : undefined),
                cells: cells && daysIn(cells, period.now),
              }}
              before={name === "hoje" && card.needsWholeDay ? null : before}
              beforeLabel={labelBefore(name)}
              comparison={isRunning ? comparisonOf(card, name) : ""}
              period={period.now}
            />
          ))}
        </div>
      )}
      <Provenance metrics={metrics} />
    </section>
  );
}

/** How a period that is not over is held against the one before, in words. */
function comparisonOf(card: Indicator, name: PeriodName): string {
  const { comparison } = text.overview;
  if (name !== "hoje") return card.needsWholeDay ? "" : comparison.days;
  return card.needsWholeDay ? comparison.wholeDay : comparison.today;
}

/** The period before; `time` in hours: only up to then on its last day. Null where it could not be asked for. */
function useBefore(tenantId: string, period: Period, time: number | null): Figures | null | undefined {
  const metrics = useQuery(metricsQuery(tenantId, period));
  const waits = useQuery(waitsQuery(tenantId, period));
  const hours = useQuery({ ...hoursQuery(tenantId, period.to), enabled: time !== null });
  if (metrics.isError || hours.isError) return null;
  if (!metrics.data || metrics.isPlaceholderData) return undefined;
  if (time !== null && !hours.data) return undefined;
  return {
    metrics: time === null || !hours.data ? metrics.data : untilNow(metrics.data, hours.data, time),
    waits: waits.isError ? null : waits.isPlaceholderData ? undefined : waits.data,
    cells: undefined,
  };
}

/** Which model is behind the numbers, and whether anything is listening. */
function Provenance({ metrics }: { metrics: Metrics }) {
  const { overview } = text;
  const names = metrics.scored_by.map((each) =>
    each.provider === "embedded" ? overview.embedded : `${each.model} (${each.provider})`,
  );
  const isListening = metrics.live_connections > 0;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Badge variant={isListening ? "plain" : "warn"}>
        {metrics.active_connections === 0
          ? overview.noConnection
          : overview.connections(integer(metrics.live_connections), integer(metrics.active_connections))}
      </Badge>
      {names.length > 0 && (
        <Badge title={metrics.scored_by.map((each) => each.model).join(", ")}>
          {overview.scoredBy([...new Set(names)].join(", "))}
        </Badge>
      )}
    </div>
  );
}
