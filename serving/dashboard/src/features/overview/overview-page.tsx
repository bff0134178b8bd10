import { useQuery } from "@tanstack/react-query";
import { Suspense, useMemo } from "react";
import { useSearchParams } from "react-router";

import { lazyPart } from "@/components/lazy-part";
import { Page } from "@/components/page";
import { PeriodPicker } from "@/components/period-picker";
import { ErrorNotice } from "@/components/states";
import { Card } from "@/components/ui/card";
import { WhenNear } from "@/components/when-near";
import { addDays, today } from "@/lib/format/days";
import { DEFAULT_PERIOD, isPeriod, type PeriodName, periodOf } from "@/lib/period/period";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { seriesQuery } from "./api/insight-queries";
import { ChartSkeleton } from "./components/chart-skeleton";
import { CoverageCard } from "./components/coverage-card";
import { EmotionsCard } from "./components/emotions-card";
import { FeedCard } from "./components/feed-card";
import { HeatCard } from "./components/heat-card";
import { Indicators } from "./components/indicators";
import { RankingCard } from "./components/ranking-card";
import { WaitsCard } from "./components/waits-card";
import { YesterdayCard, YesterdaySkeleton } from "./components/yesterday-card";
import { chartDays } from "./lib/chart-days";
import { yesterdayOf } from "./lib/yesterday";

// The chart library is half of all code: it comes after the numbers.
const DailyCharts = lazyPart(() => import("./components/daily-charts"));
const CHART_DAYS = 60;

export function OverviewPage() {
  const { tenant } = useMe();
  const [search, setSearch] = useSearchParams();
  const wanted = search.get("periodo");
  const name = isPeriod(wanted) ? wanted : DEFAULT_PERIOD;
  const day = today(tenant.timezone);
  const series = useQuery(seriesQuery(tenant.id, { from: addDays(day, 1 - CHART_DAYS), to: day }));
  const charted = useMemo(() => series.data && chartDays(series.data), [series.data]);
  const period = periodOf(name, tenant.timezone).now;
  const yesterday = charted && yesterdayOf(charted, addDays(day, -1));

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
      {series.isPending && <YesterdaySkeleton />}
      {yesterday && <YesterdayCard yesterday={yesterday} tenantId={tenant.id} />}
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
          <WhenNear>
            <HeatCard tenantId={tenant.id} period={period} />
          </WhenNear>
          <WhenNear>
            <RankingCard tenantId={tenant.id} period={period} />
          </WhenNear>
        </div>
        <div className="grid min-w-0 gap-5">
          <FeedCard zone={tenant.timezone} />
          <WaitsCard tenantId={tenant.id} period={period} />
          <WhenNear>
            <EmotionsCard tenantId={tenant.id} period={period} />
          </WhenNear>
          <WhenNear>
            <CoverageCard tenantId={tenant.id} period={period} zone={tenant.timezone} />
          </WhenNear>
        </div>
      </div>
    </Page>
  );
}
