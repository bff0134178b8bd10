import { useQuery } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { lazy, Suspense } from "react";

import { Answered, CardSkeleton } from "@/components/answered";
import { Box } from "@/components/box";
import { Facts } from "@/components/facts";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Progress } from "@/components/ui/progress";
import type { Schemas } from "@/lib/api/client";
import { moment } from "@/lib/format/days";
import { integer, interval, signedDigits } from "@/lib/format/numbers";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { shadowsQuery } from "./api/queries";
import { ExperimentTabs } from "./components/parts";
import { measureName } from "./lib/names";

const { experiments } = text;
const { shadows } = experiments;
const SequenceChart = lazy(() => import("./components/sequence-chart"));
type Shadow = Schemas["RunningShadow"];
const DECISION = { harm_stop: "bad", futility: "warn", promote_ready: "good", go_on: "plain" } as const;
/** Below this the sample did not get the messages it should have. */
const ODD_RATIO = 0.001;

export function ShadowsPage() {
  const found = useQuery(shadowsQuery);
  return (
    <Page title={experiments.title} subtitle={experiments.subtitle}>
      <ExperimentTabs />
      <Answered query={found}>
        {(all) =>
          all.length === 0 ? (
            <Card>
              <Notice icon={Eye} title={shadows.empty} hint={shadows.emptyHint} />
            </Card>
          ) : (
            all.map((shadow) => <ShadowBox key={shadow.experiment_id + shadow.arm} shadow={shadow} />)
          )
        }
      </Answered>
    </Page>
  );
}

function ShadowBox({ shadow }: { shadow: Shadow }) {
  const { timezone } = useMe().tenant;
  const units = shadows.units(integer(shadow.units), integer(shadow.planned_chats));
  return (
    <Box
      title={`${shadow.name} · ${shadow.arm}`}
      hint={shadow.hypothesis}
      actions={
        <Badge variant={DECISION[shadow.decision]} data-decision={shadow.decision}>
          {shadows.decisions[shadow.decision]}
        </Badge>
      }
    >
      <div className="grid gap-5">
        <div className="grid gap-1">
          <Progress label={units} value={shadow.units} max={shadow.planned_chats} />
          <p className="text-xs text-muted-foreground tabular-nums">{units}</p>
        </div>
        {shadow.primary ? (
          <Suspense fallback={<CardSkeleton />}>
            <SequenceChart measure={shadow.primary} />
          </Suspense>
        ) : (
          <Notice title={shadows.none} />
        )}
        <div className="grid gap-x-10 gap-y-4 sm:grid-cols-2">
          <Facts
            facts={[
              [shadows.since, shadow.started_at ? moment(shadow.started_at, timezone) : text.common.nothing],
              [shadows.sampled, integer(shadow.sampled)],
              [shadows.dropped, integer(shadow.dropped)],
              [
                shadows.ratio,
                shadow.sample_ratio_p !== null && shadow.sample_ratio_p < ODD_RATIO
                  ? shadows.ratioOff
                  : shadows.ratioFine,
              ],
            ]}
          />
          <Guardrails shadow={shadow} />
        </div>
      </div>
    </Box>
  );
}

function Guardrails({ shadow }: { shadow: Shadow }) {
  if (shadow.guardrails.length === 0) return null;
  return (
    <div>
      <h3 className="mb-2 text-sm font-medium">{shadows.guardrails}</h3>
      <ul className="grid gap-1.5 text-sm">
        {shadow.guardrails.map((rail) => {
          const isBroken = rail.high !== null && rail.high < -rail.margin;
          const isHeld = rail.low !== null && rail.low > -rail.margin;
          return (
            <li key={rail.measure} className="flex flex-wrap items-center gap-2">
              <Badge variant={isBroken ? "bad" : isHeld ? "good" : "plain"}>
                {isBroken ? shadows.broken : isHeld ? shadows.holds : shadows.open}
              </Badge>
              {measureName(rail.measure)}
              <span className="text-muted-foreground tabular-nums">
                {`${signedDigits(rail.estimate)} (${interval(rail.low, rail.high)})`}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
