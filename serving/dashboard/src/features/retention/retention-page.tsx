import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { useSearchParams } from "react-router";

import { lazyPart } from "@/components/lazy-part";
import { Answered, CardSkeleton } from "@/components/answered";
import { Page } from "@/components/page";
import { WhenNear } from "@/components/when-near";
import { Segmented } from "@/components/ui/segmented";
import { today } from "@/lib/format/days";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { lifecycleQuery, retentionQuery } from "./api/queries";
import { ChurnCard } from "./components/churn-card";
import { CohortCard } from "./components/cohort-card";
import { StickinessCard } from "./components/stickiness-card";
import { ViewBar } from "./components/view-bar";
import { type Grain, GRAINS, readView, type View, writeView } from "./lib/view";

const { retention } = text;
const CurveCard = lazyPart(() => import("./components/curve-card"));
const LifecycleCard = lazyPart(() => import("./components/lifecycle-card"));

/** Who comes back, who does not, and who left without a word. */
export function RetentionPage() {
  const { tenant } = useMe();
  const [search, setSearch] = useSearchParams();
  const view = readView(search);
  const day = today(tenant.timezone);
  const found = useQuery(retentionQuery(tenant.id, view, day));
  const stages = useQuery(lifecycleQuery(tenant.id, view.grain, day));
  const change = (part: Partial<View>): void =>
    setSearch(writeView({ ...view, ...part }), { replace: true, preventScrollReset: true });
  return (
    <Page
      title={retention.title}
      subtitle={retention.subtitle}
      actions={
        <Segmented<Grain>
          label={retention.grain}
          value={view.grain}
          options={GRAINS.map((value) => ({ value, label: retention.grains[value] }))}
          onChange={(grain) => change({ grain })}
        />
      }
    >
      <Answered query={found} loading={<CardSkeleton lines={8} />}>
        {(report) => (
          <CohortCard report={report} view={view}>
            <ViewBar view={view} onChange={change} />
          </CohortCard>
        )}
      </Answered>
      <div className="grid items-start gap-5 xl:grid-cols-2">
        <Answered query={found}>
          {(report) => (
            <Suspense fallback={<CardSkeleton />}>
              <CurveCard report={report} view={view} />
            </Suspense>
          )}
        </Answered>
        <Answered query={stages}>
          {(rows) => (
            <Suspense fallback={<CardSkeleton />}>
              <LifecycleCard stages={rows} grain={view.grain} />
            </Suspense>
          )}
        </Answered>
        <WhenNear>
          <ChurnCard tenantId={tenant.id} grain={view.grain} day={day} />
        </WhenNear>
        <WhenNear>
          <StickinessCard tenantId={tenant.id} grain={view.grain} day={day} />
        </WhenNear>
      </div>
    </Page>
  );
}
