import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useSearchParams } from "react-router";

import { Page } from "@/components/page";
import { ErrorNotice, Notice, StaleNotice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { addDays, today } from "@/lib/format/days";
import { integer } from "@/lib/format/numbers";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { dailyQuery, type Metrics, metricsQuery } from "./api/queries";
import { ChartSkeleton } from "./components/chart-skeleton";
import { FeedCard } from "./components/feed-card";
import { KpiCard, KpiCardSkeleton } from "./components/kpi-card";
import { PeriodPicker } from "./components/period-picker";
import { YesterdayCard } from "./components/yesterday-card";
import { CARDS } from "./lib/cards";
import { DEFAULT_PERIOD, isPeriod, labelBefore, type PeriodName, periodOf } from "./lib/period";
import { messagesPath } from "./lib/targets";
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
      <Indicators name={name} tenantId={tenant.id} zone={tenant.timezone} onShowAll={() => choose("60")} />
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="grid min-w-0 gap-5">
          {daily.data ? (
            <Suspense fallback={<ChartSkeleton />}>
              <DailyCharts days={daily.data} />
            </Suspense>
          ) : daily.isError ? (
            <Card>
              <ErrorNotice error={daily.error} onRetry={() => void daily.refetch()} />
            </Card>
          ) : (
            <ChartSkeleton />
          )}
        </div>
        <FeedCard zone={tenant.timezone} />
      </div>
    </Page>
  );
}

interface IndicatorsProps {
  name: PeriodName;
  tenantId: string;
  zone: string;
  onShowAll: () => void;
}

const GRID = "grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-3 2xl:grid-cols-6";

function Indicators({ name, tenantId, zone, onShowAll }: IndicatorsProps) {
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
            />
          ))}
        </div>
      )}
      <Provenance metrics={metrics} />
    </section>
  );
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
