import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { useSearchParams } from "react-router";

import { Page } from "@/components/page";
import { ErrorNotice, Notice, StaleNotice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { addDays, today } from "@/lib/format/days";
import { integer } from "@/lib/format/numbers";
import { useMe } from "@/lib/session/me";
import { pooled } from "@/lib/stats/pool";
import { text } from "@/lib/text";

import { type Cell, seriesQuery } from "./api/insight-queries";
import { dailyQuery, type Metrics, metricsQuery } from "./api/queries";
import { ChartSkeleton } from "./components/chart-skeleton";
import { CoverageCard } from "./components/coverage-card";
import { EmotionsCard } from "./components/emotions-card";
import { FeedCard } from "./components/feed-card";
import { HeatCard } from "./components/heat-card";
import { KpiCard, KpiCardSkeleton } from "./components/kpi-card";
import { PeriodPicker } from "@/components/period-picker";
import { RankingCard } from "./components/ranking-card";
import { WaitsCard } from "./components/waits-card";
import { YesterdayCard } from "./components/yesterday-card";
import { CARDS } from "./lib/cards";
import { chartDays } from "./lib/chart-days";
import { DEFAULT_PERIOD, isPeriod, labelBefore, type Period, type PeriodName, periodOf } from "@/lib/period/period";
import { messagesPath } from "@/lib/period/targets";
import { yesterdayOf } from "./lib/yesterday";

// The chart library is half of all code: it comes after the numbers.
const DailyCharts = lazy(() => import("./components/daily-charts"));
const CHART_DAYS = 60;

export function OverviewPage() {
  const { tenant } = useMe();
  const [search, setSearch] = useSearchParams();
  const wanted = search.get("periodo");
  const name = isPeriod(wanted) ? wanted : DEFAULT_PERIOD;
  const day = today(tenant.timezone);
  const daily = useQuery(dailyQuery(tenant.id, { from: addDays(day, 1 - CHART_DAYS), to: day }));
  const series = useQuery(seriesQuery(tenant.id, { from: addDays(day, 1 - CHART_DAYS), to: day }));
  const charted = useMemo(() => series.data && chartDays(series.data), [series.data]);
  const period = periodOf(name, tenant.timezone).now;
  const yesterday = daily.data && yesterdayOf(daily.data, addDays(day, -1));

  const choose = (chosen: PeriodName): void =>
    setSearch(chosen === DEFAULT_PERIOD ? {} : { periodo: chosen }, {
      replace: true,
      preventScrollReset: true,
    });

  return (
    <Page
      title={text.overview.title}
      subtitle={tenant.name}
      actions={<PeriodPicker value={name} onChange={choose} />}
    >
      {yesterday && <YesterdayCard yesterday={yesterday} />}
      <Indicators
        cells={series.data}
        name={name}
        tenantId={tenant.id}
        zone={tenant.timezone}
        onShowAll={() => choose("60")}
      />
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="grid min-w-0 gap-5">
          {charted ? (
            <Suspense fallback={<ChartSkeleton />}>
              <DailyCharts days={charted} />
            </Suspense>
          ) : series.isError ? (
            <Card>
              <ErrorNotice error={series.error} onRetry={() => void series.refetch()} />
            </Card>
          ) : (
            <ChartSkeleton />
          )}
          <HeatCard tenantId={tenant.id} period={period} />
          <RankingCard tenantId={tenant.id} period={period} />
        </div>
        <div className="grid min-w-0 gap-5">
          <FeedCard zone={tenant.timezone} />
          <WaitsCard tenantId={tenant.id} period={period} />
          <EmotionsCard tenantId={tenant.id} period={period} />
          <CoverageCard tenantId={tenant.id} period={period} zone={tenant.timezone} />
        </div>
      </div>
    </Page>
  );
}

interface IndicatorsProps {
  /** Sixty days, of which those of the period say how sure a figure is. */
  cells: readonly Cell[] | undefined;
  name: PeriodName;
  tenantId: string;
  zone: string;
  onShowAll: () => void;
}

const GRID = "grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-3 2xl:grid-cols-6";

function Indicators({ cells, name, tenantId, zone, onShowAll }: IndicatorsProps) {
  const period = periodOf(name, zone);
  const now = useQuery(metricsQuery(tenantId, period.now));
  const before = useQuery(metricsQuery(tenantId, period.before));
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
              now={metrics}
              before={before.isPlaceholderData ? undefined : before.data}
              beforeLabel={labelBefore(name)}
              target={messagesPath(period.now, card.filter)}
              interval={intervalOf(cells, card.metric, period.now)}
            />
          ))}
        </div>
      )}
      <Provenance metrics={metrics} />
    </section>
  );
}

function intervalOf(cells: readonly Cell[] | undefined, metric: string | undefined, period: Period) {
  if (!cells || !metric) return null;
  const days = cells.filter((cell) => cell.day !== null && cell.day >= period.from && cell.day <= period.to);
  const { low, high } = pooled(days.flatMap((cell) => cell.values[metric] ?? []));
  return low === null || high === null ? null : ([low, high] as const);
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
