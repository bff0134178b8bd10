import { useNavigate } from "react-router";

import { ChartCard } from "@/components/charts/chart-card";
import { MoodChart } from "@/components/charts/mood-chart";
import { SatisfactionChart } from "@/components/charts/satisfaction-chart";
import { fullDay } from "@/lib/format/days";
import { decimal, integer, percent, share } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import type { DayPoint } from "@/components/charts/day-point";
import { customerMessagesPath, scoredMessagesPath } from "@/lib/period/targets";

const { charts } = text;

export interface ChartDay extends DayPoint {
  coverage: number | null;
}

export default function DailyCharts({ days }: { days: readonly ChartDay[] }) {
  const navigate = useNavigate();
  const open = (path: typeof customerMessagesPath) => (day: string) =>
    void navigate(path({ from: day, to: day }));
  return (
    <>
      <ChartCard
        title={charts.satisfaction}
        hint={charts.lastDays(days.length)}
        file="evosense-satisfacao.csv"
        head={[
          charts.day,
          charts.satisfactionLine,
          text.insight.band,
          charts.volumeBars,
          charts.scored,
          charts.coverage,
        ]}
        rows={days.map((day) => ({
          key: day.day,
          shown: [
            fullDay(day.day),
            decimal(day.avg_satisfaction),
            day.band ? `${decimal(day.band[0])} – ${decimal(day.band[1])}` : text.common.nothing,
            integer(day.messages_in),
            integer(day.scored),
            share(day.coverage),
          ],
          raw: [
            day.day,
            day.avg_satisfaction,
            day.band ? `${decimal(day.band[0])} – ${decimal(day.band[1])}` : "",
            day.messages_in,
            day.scored,
            day.coverage,
          ],
        }))}
      >
        <SatisfactionChart days={days} onOpen={open(customerMessagesPath)} />
      </ChartCard>
      <ChartCard
        title={charts.sentiment}
        hint={charts.lastDays(days.length)}
        file="evosense-sentimento.csv"
        head={[charts.day, charts.positive, charts.neutral, charts.negative, charts.scored]}
        rows={days.map((day) => ({
          key: day.day,
          shown: [
            fullDay(day.day),
            percent(day.positive_pct),
            percent(day.neutral_pct),
            percent(day.negative_pct),
            integer(day.scored),
          ],
          raw: [day.day, day.positive_pct, day.neutral_pct, day.negative_pct, day.scored],
        }))}
      >
        <MoodChart days={days} onOpen={open(scoredMessagesPath)} />
      </ChartCard>
    </>
  );
}
