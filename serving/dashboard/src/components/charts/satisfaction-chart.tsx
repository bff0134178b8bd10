import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

import { shortDay } from "@/lib/format/days";
import { compact, decimal, integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { AXIS, DayHint, Hatch, labelled, Legend, Y_AXIS } from "./chart-parts";
import { type ChartProps, type DayPoint, gapsOf } from "./day-point";

const { charts } = text;
const HATCH = "satisfaction-gap";

/** Satisfaction as a line over volume as bars. Days without a score are hatched, never drawn as zero. */
export function SatisfactionChart({ days, onOpen }: ChartProps) {
  return (
    <>
      <div className="h-64 w-full">
        <ResponsiveContainer width="100%" height="100%">
          <ComposedChart
            data={[...days]}
            margin={{ top: 8, right: 0, bottom: 0, left: -16 }}
            accessibilityLayer
            onClick={(state) => {
              const day = state.activeLabel;
              if (typeof day === "string") onOpen(day);
            }}
            className="cursor-pointer"
          >
            <Hatch id={HATCH} />
            <CartesianGrid vertical={false} stroke="var(--border)" />
            <XAxis dataKey="day" ticks={labelled(days)} tickFormatter={shortDay} minTickGap={28} {...AXIS} />
            <YAxis yAxisId="satisfaction" domain={[0, 100]} ticks={[0, 25, 50, 75, 100]} {...Y_AXIS} />
            <YAxis yAxisId="volume" orientation="right" tickFormatter={compact} width={44} {...Y_AXIS} />
            {gapsOf(days).map((gap) => (
              <ReferenceArea
                key={gap.from}
                yAxisId="satisfaction"
                x1={gap.from}
                x2={gap.to}
                fill={`url(#${HATCH})`}
                ifOverflow="visible"
              />
            ))}
            <Bar
              yAxisId="volume"
              dataKey="messages_in"
              fill="var(--chart-2)"
              radius={[3, 3, 0, 0]}
              isAnimationActive={false}
            />
            <Area
              yAxisId="satisfaction"
              dataKey="band"
              type="monotone"
              stroke="none"
              fill="var(--chart-1)"
              fillOpacity={0.18}
              connectNulls={false}
              isAnimationActive={false}
            />
            <Line
              yAxisId="satisfaction"
              dataKey="avg_satisfaction"
              type="monotone"
              stroke="var(--chart-1)"
              strokeWidth={2.5}
              connectNulls={false}
              isAnimationActive={false}
              dot={<Dot days={days} />}
              activeDot={{ r: 5, stroke: "var(--card)", strokeWidth: 2 }}
            />
            <Tooltip
              cursor={{ fill: "var(--accent)", opacity: 0.5 }}
              isAnimationActive={false}
              content={({ active, payload }) => {
                const day = payload[0]?.payload as DayPoint | undefined;
                return active && day ? <Hint day={day} /> : null;
              }}
            />
          </ComposedChart>
        </ResponsiveContainer>
      </div>
      <Legend
        entries={[
          { label: charts.satisfactionLine, color: "var(--chart-1)", shape: "line" },
          { label: text.insight.band, color: "color-mix(in oklab, var(--chart-1) 18%, var(--card))" },
          { label: charts.volumeBars, color: "var(--chart-2)" },
          { label: charts.noData, color: `url(#${HATCH})`, shape: "hatch" },
        ]}
      >
        {charts.clickHint}
      </Legend>
    </>
  );
}

function Hint({ day }: { day: DayPoint }) {
  return (
    <DayHint
      day={day.day}
      lines={[
        { label: charts.satisfactionLine, value: decimal(day.avg_satisfaction), color: "var(--chart-1)" },
        ...(day.band
          ? [{ label: text.insight.band, value: `${decimal(day.band[0])} – ${decimal(day.band[1])}` }]
          : []),
        { label: charts.volumeBars, value: integer(day.messages_in), color: "var(--chart-2)" },
        { label: charts.scored, value: integer(day.scored) },
      ]}
      note={day.has_gap ? text.insight.gap : day.is_open ? charts.openDay : undefined}
    />
  );
}

interface DotProps {
  days: readonly DayPoint[];
  cx?: number | null;
  cy?: number | null;
  index?: number;
}

/** A dot for a day that no line reaches, and a ring for the day that is still open. */
function Dot({ days, cx, cy, index }: DotProps) {
  const day = index === undefined ? undefined : days[index];
  if (!day || index === undefined || day.avg_satisfaction === null) return null;
  if (typeof cx !== "number" || typeof cy !== "number") return null;
  const isAlone =
    (days[index - 1]?.avg_satisfaction ?? null) === null &&
    (days[index + 1]?.avg_satisfaction ?? null) === null;
  if (day.is_open && index === days.length - 1) {
    return <circle cx={cx} cy={cy} r={4} fill="var(--card)" stroke="var(--chart-1)" strokeWidth={2.5} />;
  }
  return isAlone ? <circle cx={cx} cy={cy} r={3} fill="var(--chart-1)" /> : null;
}
