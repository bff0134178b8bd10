import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

import { ChartCard } from "@/components/charts/chart-card";
import { AXIS, Legend, Y_AXIS } from "@/components/charts/chart-parts";
import { Notice } from "@/components/states";
import { percent } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import type { Report } from "../api/queries";
import { columnName, periodName } from "../lib/names";
import type { View } from "../lib/view";

const { retention } = text;
const MEAN = "mean";

interface Point {
  column: string;
  shares: Record<string, number | null>;
}

const shown = (share: number | null | undefined): string => percent(share == null ? null : share * 100);

/** How each group thins out, and the mean of all: what is not over yet is not drawn. */
export default function CurveCard({ report, view }: { report: Report; view: View }) {
  const cohorts = report.cohorts.filter((cohort) => cohort.size > 0);
  const points: Point[] = report.columns.map((range, column) => ({
    column: columnName(range),
    shares: {
      [MEAN]: report.means[column] ?? null,
      ...Object.fromEntries(cohorts.map((cohort) => [cohort.starts_on, cohort.cells[column]?.value ?? null])),
    },
  }));
  const known = points.filter((point) => point.shares[MEAN] !== null);
  return (
    <ChartCard
      title={retention.curves}
      hint={retention.curvesHint}
      file="evosense-curvas.csv"
      head={[
        retention.column,
        retention.meanRow,
        ...cohorts.map((each) => periodName(each.starts_on, view.grain)),
      ]}
      rows={points.map((point) => ({
        key: point.column,
        shown: [
          point.column,
          shown(point.shares[MEAN]),
          ...cohorts.map((each) => shown(point.shares[each.starts_on])),
        ],
        raw: [
          point.column,
          point.shares[MEAN] ?? null,
          ...cohorts.map((each) => point.shares[each.starts_on] ?? null),
        ],
      }))}
    >
      {known.length < 2 ? (
        <Notice title={retention.tooYoung} hint={retention.tooYoungHint} />
      ) : (
        <>
          <div className="h-64 w-full">
            <ResponsiveContainer width="100%" height="100%">
              <LineChart data={known} margin={{ top: 8, right: 8, bottom: 0, left: -8 }} accessibilityLayer>
                <CartesianGrid vertical={false} stroke="var(--border)" />
                <XAxis dataKey="column" {...AXIS} />
                <YAxis
                  domain={[0, 1]}
                  ticks={[0, 0.25, 0.5, 0.75, 1]}
                  tickFormatter={(value: number) => `${Math.round(value * 100)}%`}
                  {...Y_AXIS}
                />
                {cohorts.map((cohort) => (
                  <Line
                    key={cohort.starts_on}
                    dataKey={(point: Point) => point.shares[cohort.starts_on]}
                    stroke="var(--chart-2)"
                    strokeWidth={1.25}
                    dot={false}
                    activeDot={false}
                    connectNulls={false}
                    isAnimationActive={false}
                  />
                ))}
                <Line
                  dataKey={(point: Point) => point.shares[MEAN]}
                  stroke="var(--chart-1)"
                  strokeWidth={2.5}
                  dot={{ r: 2.5, fill: "var(--chart-1)" }}
                  isAnimationActive={false}
                />
                <Tooltip
                  cursor={{ stroke: "var(--border)" }}
                  isAnimationActive={false}
                  content={({ active, payload }) => {
                    const point = payload[0]?.payload as Point | undefined;
                    return active && point ? <Hint point={point} /> : null;
                  }}
                />
              </LineChart>
            </ResponsiveContainer>
          </div>
          <Legend
            entries={[
              { label: retention.meanRow, color: "var(--chart-1)", shape: "line" },
              { label: retention.eachCohort, color: "var(--chart-2)", shape: "line" },
            ]}
          />
        </>
      )}
    </ChartCard>
  );
}

function Hint({ point }: { point: Point }) {
  const shares = Object.entries(point.shares).flatMap(([name, share]) =>
    name === MEAN || share === null ? [] : [share],
  );
  return (
    <div className="rounded-lg border bg-popover px-3 py-2 text-[13px] text-popover-foreground tabular-nums shadow-md">
      <p className="font-medium">{point.column}</p>
      <p>{`${retention.meanRow}: ${shown(point.shares[MEAN])}`}</p>
      {shares.length > 1 && (
        <p className="text-muted-foreground">
          {retention.between(shown(Math.min(...shares)), shown(Math.max(...shares)))}
        </p>
      )}
    </div>
  );
}
