import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";

import { lazyPart } from "@/components/lazy-part";
import { Answered, CardSkeleton } from "@/components/answered";
import { Box } from "@/components/box";
import { Facts } from "@/components/facts";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Progress } from "@/components/ui/progress";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { moment } from "@/lib/format/days";
import { integer, interval, signedDigits } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { promptsQuery, shadowQuery } from "../api/queries";
import { candidateName, measureName } from "../lib/names";

const { shadows } = text.experiments;
const SequenceChart = lazyPart(() => import("./sequence-chart"));
type Detail = Schemas["ShadowDetail"];
type Reading = Schemas["ShadowReading"];
const DECISION = { harm_stop: "bad", futility: "warn", promote_ready: "good" } as Record<
  string,
  "bad" | "warn" | "good"
>;
const STATE = {
  running: "accent",
  ready: "good",
  promoted: "good",
  harm_stopped: "bad",
  futile: "warn",
} as Record<string, "accent" | "good" | "bad" | "warn">;
/** Below this the sample is not the planned share (as the API says). */
const ODD_RATIO = 0.01;

interface ShadowBoxProps {
  shadow: Schemas["Shadow"];
  isAdmin: boolean;
  zone: string;
}

/** One shadow: the question, what the monitor last saw of each challenger, and what was decided. */
export function ShadowBox({ shadow, isAdmin, zone }: ShadowBoxProps) {
  const found = useQuery(shadowQuery(shadow.id));
  return (
    <Box
      title={shadow.name}
      hint={shadow.hypothesis}
      actions={
        <>
          <Badge variant={STATE[shadow.state] ?? "plain"}>
            {shadows.states[shadow.state] ?? shadow.state}
          </Badge>
          {isAdmin && <Steps shadow={shadow} />}
        </>
      }
    >
      {shadow.state === "draft" ? (
        <p className="text-sm text-muted-foreground">{shadows.draft}</p>
      ) : (
        <Answered query={found}>
          {(detail) => (
            <div className="grid gap-6">
              {detail.readings.length === 0 && (
                <p className="text-sm text-muted-foreground">{shadows.noReading}</p>
              )}
              {detail.readings.map((reading) => (
                <ReadingPart key={reading.arm} reading={reading} shadow={detail} zone={zone} />
              ))}
              <Decisions events={detail.events} zone={zone} />
            </div>
          )}
        </Answered>
      )}
    </Box>
  );
}

function Steps({ shadow }: { shadow: Schemas["Shadow"] }) {
  const params = { params: { path: { experiment_id: shadow.id } } };
  const beginning = useAction({
    act: () => unwrap(http.POST("/api/experiments/shadows/{experiment_id}/begin", params)),
    renews: [keys.shadows],
    told: shadows.began,
  });
  const stopping = useAction({
    act: () => unwrap(http.POST("/api/experiments/shadows/{experiment_id}/stop", params)),
    renews: [keys.shadows],
    told: shadows.stopped,
  });
  if (shadow.state === "draft") {
    return (
      <Button size="sm" disabled={beginning.isPending} onClick={() => beginning.mutate()}>
        {shadows.begin}
      </Button>
    );
  }
  if (shadow.state !== "running" && shadow.state !== "ready") return null;
  return (
    <Button size="sm" variant="danger" disabled={stopping.isPending} onClick={() => stopping.mutate()}>
      {shadows.stop}
    </Button>
  );
}

function ReadingPart({ reading, shadow, zone }: { reading: Reading; shadow: Detail; zone: string }) {
  const versions = useQuery(promptsQuery).data;
  const units = shadows.units(integer(reading.units), integer(shadow.planned_chats));
  const primary = reading.measures.find((each) => each.is_primary);
  const isOdd = reading.sample_ratio_p !== null && reading.sample_ratio_p < ODD_RATIO;
  const total = (part: "sampled" | "dropped"): string =>
    integer(reading.drops.reduce((sum, hour) => sum + hour[part], 0));
  return (
    <section aria-label={reading.arm} className="grid gap-5">
      <div className="grid gap-1.5">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {candidateName(versions, reading.arm)}
          <Badge variant={DECISION[reading.decision] ?? "plain"} data-decision={reading.decision}>
            {shadows.decisions[reading.decision] ?? reading.decision}
          </Badge>
        </p>
        <Progress label={units} value={reading.units} max={shadow.planned_chats} />
        <p className="text-xs text-muted-foreground tabular-nums">{units}</p>
      </div>
      {primary && reading.path.length > 0 && (
        <Suspense fallback={<CardSkeleton />}>
          <SequenceChart measure={primary.measure} margin={primary.margin} path={reading.path} />
        </Suspense>
      )}
      <div className="grid gap-x-10 gap-y-4 sm:grid-cols-2">
        <Facts
          facts={[
            [shadows.readAt, moment(reading.read_at, zone)],
            [shadows.sampled, total("sampled")],
            [shadows.dropped, total("dropped")],
            [shadows.ratio, isOdd ? shadows.ratioOff : shadows.ratioFine],
            ...(reading.drift
              ? [
                  [
                    shadows.drift,
                    reading.drift.is_drift === true ? shadows.drifting : shadows.steady,
                  ] as const,
                ]
              : []),
          ]}
        />
        <Guardrails measures={reading.measures.filter((each) => !each.is_primary)} />
      </div>
    </section>
  );
}

function Guardrails({ measures }: { measures: readonly Schemas["WatchedMeasure"][] }) {
  if (measures.length === 0) return null;
  return (
    <div>
      <h3 className="mb-2 text-sm font-medium">{shadows.guardrails}</h3>
      <ul className="grid gap-1.5 text-sm">
        {measures.map((rail) => {
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

function Decisions({ events, zone }: { events: readonly Schemas["ShadowEvent"][]; zone: string }) {
  if (events.length === 0) return null;
  return (
    <details>
      <summary className="w-fit rounded text-[13px] font-medium text-accent-foreground">
        {shadows.history}
      </summary>
      <ol className="mt-2 grid gap-1 text-sm">
        {events.map((event) => (
          <li key={event.at + event.kind}>
            <span className="text-muted-foreground">{moment(event.at, zone)}</span>{" "}
            {shadows.kinds[event.kind] ?? event.kind}
            {event.arm && ` · ${event.arm}`}
          </li>
        ))}
      </ol>
    </details>
  );
}
