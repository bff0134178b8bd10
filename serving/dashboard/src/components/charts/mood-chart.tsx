import {
  Bar,
  BarChart,
  CartesianGrid,
  ReferenceArea,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

import { shortDay } from "@/lib/format/days";
import { integer, percent } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { AXIS, DayHint, Hatch, labelled, Legend, Y_AXIS } from "./chart-parts";
import { type ChartProps, type DayPoint, gapsOf } from "./day-point";

const { charts } = text;
const SERIES = [
  { key: "negative_pct", label: charts.negative, color: "var(--chart-bad)" },
  { key: "neutral_pct", label: charts.neutral, color: "var(--chart-neutral)" },
  { key: "positive_pct", label: charts.positive, color: "var(--chart-good)" },
] as const;
const HATCH = "mood-gap";

/** How each day's messages divide into negative, neutral and positive; days without a score stay empty. */
export function MoodChart({ days, onOpen }: ChartProps) {
  return (
    <>
      <div className="h-52 w-full">
        <ResponsiveContainer width="100%" height="100%">
          <BarChart
            data={[...days]}
            margin={{ top: 8, right: 0, bottom: 0, left: -8 }}
            barCategoryGap="12%"
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
            <YAxis
              domain={[0, 100]}
              ticks={[0, 50, 100]}
              tickFormatter={(value: number) => `${value}%`}
              {...Y_AXIS}
            />
            {gapsOf(days).map((gap) => (
              <ReferenceArea
                key={gap.from}
                x1={gap.from}
                x2={gap.to}
                fill={`url(#${HATCH})`}
                ifOverflow="visible"
              />
            ))}
            {SERIES.map((series) => (
              <Bar
                key={series.key}
                dataKey={series.key}
                stackId="mood"
                fill={series.color}
                isAnimationActive={false}
              />
            ))}
            <Tooltip
              cursor={{ fill: "var(--accent)", opacity: 0.5 }}
              isAnimationActive={false}
              content={({ active, payload }) => {
                const day = payload[0]?.payload as DayPoint | undefined;
                return active && day ? <Hint day={day} /> : null;
              }}
            />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <Legend
        entries={[
          ...SERIES.toReversed().map(({ label, color }) => ({ label, color })),
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
        ...SERIES.toReversed().map(({ key, label, color }) => ({ label, value: percent(day[key]), color })),
        { label: charts.scored, value: integer(day.scored) },
      ]}
      note={day.has_gap ? text.insight.gap : day.is_open ? charts.openDay : undefined}
    />
  );
}
