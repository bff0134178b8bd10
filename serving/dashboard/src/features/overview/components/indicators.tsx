import { useQuery } from "@tanstack/react-query";

import { ErrorNotice, Notice, StaleNotice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { integer } from "@/lib/format/numbers";
import { labelBefore, type PeriodName, periodOf } from "@/lib/period/period";
import { text } from "@/lib/text";

import { type Cell, waitsQuery } from "../api/insight-queries";
import { type Metrics, metricsQuery } from "../api/queries";
import { CARDS, daysIn } from "../lib/cards";
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
  const now = useQuery(metricsQuery(tenantId, period.now));
  const before = useQuery(metricsQuery(tenantId, period.before));
  const waits = useQuery(waitsQuery(tenantId, period.now));
  const waitsBefore = useQuery(waitsQuery(tenantId, period.before));
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
  const known = before.isPlaceholderData ? undefined : before.data;
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
              before={
                known && {
                  metrics: known,
                  waits: waitsBefore.isError
                    ? null
                    : waitsBefore.isPlaceholderData
                      ? undefined
                      : waitsBefore.data,
                  cells: undefined,
                }
              }
              beforeLabel={labelBefore(name)}
              period={period.now}
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
