import {
  Bar,
  BarChart,
  type BarShapeProps,
  CartesianGrid,
  Rectangle,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { Link } from "react-router";

import { DownloadButton } from "@/components/download-button";
import { Box } from "@/components/box";
import { AXIS, Legend, RUNNING, Y_AXIS } from "@/components/charts/chart-parts";
import { DataTable } from "@/components/data-table";
import { Notice } from "@/components/states";
import { compact, integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { type Stage, type StageName, STAGES } from "../api/queries";
import { longPeriodName, periodName } from "../lib/names";
import { stagePath } from "../lib/paths";
import type { Grain } from "../lib/view";

const { retention } = text;
const COLOURS: Record<StageName, string> = {
  new: "var(--chart-1)",
  returning: "var(--chart-good)",
  resurrecting: "var(--chart-2)",
  dormant: "var(--chart-bad)",
};

/** Who is new, stays, is back, and is gone, period by period; every number leads to its contacts. */
export default function LifecycleCard({ stages, grain }: { stages: readonly Stage[]; grain: Grain }) {
  // Those who went are drawn downwards.
  const drawn = stages.map((stage) => ({
    ...stage,
    dormant: stage.dormant === null ? null : -stage.dormant,
  }));
  const isEmpty = stages.every((stage) => !stage.active && !stage.dormant);
  return (
    <Box
      title={retention.lifecycle}
      hint={retention.lifecycleHint}
      actions={
        !isEmpty && (
          <DownloadButton
            file="evosense-ciclo.csv"
            rows={() => [
              [retention.period, ...STAGES.map((name) => retention.stages[name]), retention.active],
              ...stages.map((stage) => [stage.starts_on, ...STAGES.map((name) => stage[name]), stage.active]),
            ]}
          />
        )
      }
    >
      {isEmpty ? (
        <Notice title={retention.empty} hint={retention.emptyHint} />
      ) : (
        <>
          <div className="h-56 w-full">
            <ResponsiveContainer width="100%" height="100%">
              <BarChart
                data={drawn}
                stackOffset="sign"
                margin={{ top: 8, right: 8, bottom: 0, left: -8 }}
                accessibilityLayer
              >
                <CartesianGrid vertical={false} stroke="var(--border)" />
                <XAxis
                  dataKey="starts_on"
                  tickFormatter={(day: string) => periodName(day, grain)}
                  minTickGap={24}
                  {...AXIS}
                />
                <YAxis tickFormatter={(value: number) => compact(Math.abs(value))} {...Y_AXIS} />
                <ReferenceLine y={0} stroke="var(--muted-foreground)" />
                {STAGES.map((name) => (
                  <Bar
                    key={name}
                    dataKey={name}
                    stackId="stages"
                    fill={COLOURS[name]}
                    shape={StageBar}
                    isAnimationActive={false}
                  />
                ))}
                <Tooltip
                  cursor={{ fill: "var(--accent)", opacity: 0.5 }}
                  isAnimationActive={false}
                  content={({ active, payload }) => {
                    const stage = payload[0]?.payload as Stage | undefined;
                    return active && stage ? <Hint stage={stage} grain={grain} /> : null;
                  }}
                />
              </BarChart>
            </ResponsiveContainer>
          </div>
          <Legend
            entries={[
              ...STAGES.map((name) => ({ label: retention.stages[name], color: COLOURS[name] })),
              ...(stages.some((stage) => !stage.is_complete)
                ? [{ label: retention.runningBar[grain], color: "var(--chart-1)", shape: "dashed" as const }]
                : []),
            ]}
          />
          <details className="mt-3">
            <summary className="w-fit rounded text-[13px] font-medium text-accent-foreground">
              {text.charts.asTable}
            </summary>
            <StageTable stages={stages.toReversed()} grain={grain} />
          </details>
        </>
      )}
    </Box>
  );
}

/** Lighter and dashed while its period runs. */
function StageBar({ payload, ...bar }: BarShapeProps) {
  const isRunning = !(payload as Stage).is_complete;
  return <Rectangle {...bar} {...(isRunning && { ...RUNNING, stroke: bar.fill })} />;
}

function StageTable({ stages, grain }: { stages: readonly Stage[]; grain: Grain }) {
  return (
    <DataTable
      label={retention.lifecycle}
      className="mt-2 rounded-lg border"
      rows={stages}
      keyOf={(stage) => stage.starts_on}
      columns={[
        {
          key: "period",
          head: retention.period,
          cell: (stage) =>
            stage.is_complete
              ? periodName(stage.starts_on, grain)
              : `${periodName(stage.starts_on, grain)} ${retention.running}`,
          className: "whitespace-nowrap",
        },
        ...STAGES.map((name) => ({
          key: name,
          head: retention.stages[name],
          isNumber: true,
          cell: (stage: Stage) =>
            // What the plan no longer keeps is unknown, never zero.
            !stage[name] ? (
              integer(stage[name])
            ) : (
              <Link
                to={stagePath(grain, stage.starts_on, name)}
                className="text-accent-foreground hover:underline"
              >
                {integer(stage[name])}
              </Link>
            ),
        })),
        { key: "active", head: retention.active, cell: (stage) => integer(stage.active), isNumber: true },
      ]}
    />
  );
}

function Hint({ stage, grain }: { stage: Stage; grain: Grain }) {
  return (
    <div className="rounded-lg border bg-popover px-3 py-2 text-[13px] text-popover-foreground tabular-nums shadow-md">
      <p className="mb-1 font-medium">{longPeriodName(stage.starts_on, grain)}</p>
      {STAGES.map((name) => (
        <p key={name} className="flex items-center gap-2">
          <svg width="8" height="8" aria-hidden="true">
            <circle cx="4" cy="4" r="4" fill={COLOURS[name]} />
          </svg>
          <span className="text-muted-foreground">{retention.stages[name]}</span>
          <span className="ml-auto pl-3 font-medium">
            {integer(stage[name] === null ? null : Math.abs(stage[name]))}
          </span>
        </p>
      ))}
      {!stage.is_complete && <p className="mt-1 text-xs text-muted-foreground">{retention.running}</p>}
    </div>
  );
}
