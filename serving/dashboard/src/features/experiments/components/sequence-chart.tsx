import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

import { AXIS, Legend } from "@/components/charts/chart-parts";
import { TableBehind } from "@/components/charts/chart-card";
import type { Schemas } from "@/lib/api/client";
import { integer, interval, signedDigits } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { measureName } from "../lib/names";

const { shadows, report } = text.experiments;
type Point = Schemas["PathPoint"];

interface SequenceChartProps {
  measure: string;
  margin: number;
  path: readonly Point[];
}

/** The confidence sequence as it grew: the band may be looked at any time. */
export default function SequenceChart({ measure, margin, path }: SequenceChartProps) {
  const points = path.map((point) => ({
    ...point,
    band: point.low === null || point.high === null ? null : [point.low, point.high],
  }));
  const title = shadows.sequence(measureName(measure));
  return (
    <figure aria-label={title} data-sequence="">
      <figcaption className="mb-2 text-sm font-medium">{title}</figcaption>
      <div className="h-60 w-full">
        <ResponsiveContainer width="100%" height="100%">
          <ComposedChart data={points} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} accessibilityLayer>
            <CartesianGrid vertical={false} stroke="var(--border)" />
            <XAxis dataKey="t" type="number" domain={["dataMin", "dataMax"]} {...AXIS} />
            <YAxis tickFormatter={(value: number) => signedDigits(value)} width={64} {...AXIS} />
            <ReferenceArea y1={-margin} y2={margin} fill="var(--muted)" ifOverflow="extendDomain" />
            <ReferenceLine y={0} stroke="var(--muted-foreground)" strokeDasharray="4 4" />
            <Area
              dataKey="band"
              stroke="none"
              fill="var(--chart-2)"
              fillOpacity={0.7}
              connectNulls={false}
              isAnimationActive={false}
            />
            <Line
              dataKey="estimate"
              stroke="var(--chart-1)"
              strokeWidth={2.5}
              dot={false}
              isAnimationActive={false}
            />
            <Tooltip
              isAnimationActive={false}
              content={({ active, payload }) => {
                const point = payload[0]?.payload as Point | undefined;
                return active && point ? <Hint point={point} /> : null;
              }}
            />
          </ComposedChart>
        </ResponsiveContainer>
      </div>
      <Legend
        entries={[
          { label: shadows.estimate, color: "var(--chart-1)", shape: "line" },
          { label: shadows.band, color: "var(--chart-2)" },
          { label: shadows.margin, color: "var(--muted)" },
        ]}
      >
        {points.length < 50 ? shadows.burnIn : shadows.sequenceHint}
      </Legend>
      <TableBehind
        title={title}
        head={[shadows.unitsAxis, report.delta, report.interval]}
        rows={path.map((point) => ({
          key: String(point.t),
          shown: [integer(point.t), signedDigits(point.estimate), interval(point.low, point.high)],
          raw: [point.t, point.estimate, interval(point.low, point.high)],
        }))}
      />
    </figure>
  );
}

function Hint({ point }: { point: Point }) {
  return (
    <div className="rounded-lg border bg-popover px-3 py-2 text-[13px] text-popover-foreground tabular-nums shadow-md">
      <p className="font-medium">{`${integer(point.t)} ${shadows.unitsAxis.toLocaleLowerCase(text.locale)}`}</p>
      <p>{`${signedDigits(point.estimate)} (${interval(point.low, point.high)})`}</p>
    </div>
  );
}
