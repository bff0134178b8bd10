import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { HeatLegend, HeatTable } from "@/components/charts/heat-table";
import { DownloadButton } from "@/components/download-button";
import { Select } from "@/components/ui/input";
import { decimal, integer, percent } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { type Cell, HEAT_METRICS, type HeatMetric, heatQuery } from "../api/insight-queries";
import { explainPath } from "@/lib/period/explain-path";
import type { Period } from "@/lib/period/period";

const { heat } = text.insight;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const SHOW = {
  messages_in: integer,
  satisfaction_mean: decimal,
  negative_pct: percent,
  positive_pct: percent,
} as const;

/** Day of the week by hour, as a table. */
export function HeatCard({ tenantId, period }: { tenantId: string; period: Period }) {
  const [metric, setMetric] = useState<HeatMetric>("messages_in");
  const found = useQuery(heatQuery(tenantId, period, metric));
  const value = (cell: Cell | undefined): number | null => cell?.values[metric]?.value ?? null;
  return (
    <Box
      title={heat.title}
      hint={heat.hint}
      actions={
        <>
          <Select
            aria-label={heat.metric}
            className="h-8 w-60"
            value={metric}
            onChange={(event) =>
              setMetric(HEAT_METRICS.find((each) => each === event.target.value) ?? "messages_in")
            }
          >
            {HEAT_METRICS.map((each) => (
              <option key={each} value={each}>
                {heat.metrics[each]}
              </option>
            ))}
          </Select>
          {found.data && (
            <DownloadButton
              file="evosense-horas.csv"
              rows={() => [
                ["", ...HOURS],
                ...heat.weekdays.map((name, place) => [
                  name,
                  ...HOURS.map((hour) => value(cellAt(found.data.cells, place + 1, hour))),
                ]),
              ]}
            />
          )}
        </>
      }
    >
      <Answered query={found}>
        {({ cells }) => {
          const { low, high, at } = scaleOf(cells, metric);
          return (
            <>
              <HeatTable
                label={heat.title}
                isTight
                columns={HOURS.map(String)}
                rows={heat.weekdays.map((name, place) => ({
                  name,
                  cells: HOURS.map((hour) => {
                    const cell = cellAt(cells, place + 1, hour);
                    const known = value(cell);
                    const n = cell?.values[metric]?.n ?? 0;
                    const isThere = known !== null && n > 0;
                    const isFew = isThere && cell?.values[metric]?.is_enough === false;
                    const hint = heat.cell(name, hour, SHOW[metric](known), integer(n));
                    return {
                      shown: isThere && metric === "messages_in" ? integer(known) : "",
                      strength: isThere && !isFew ? at(known) : null,
                      hint: isFew ? `${hint}, ${heat.few}` : hint,
                      ...(isThere && { to: explainPath(metric, period, { hour, weekday: place + 1 }) }),
                    };
                  }),
                }))}
              />
              <HeatLegend low={SHOW[metric](low)} high={SHOW[metric](high)} none={heat.few} />
            </>
          );
        }}
      </Answered>
    </Box>
  );
}

const cellAt = (cells: readonly Cell[], weekday: number, hour: number): Cell | undefined =>
  cells.find((cell) => cell.weekday === weekday && cell.hour === hour);

/** Counts and shares from nothing to their highest; satisfaction between its lowest and highest of enough cases. */
function scaleOf(cells: readonly Cell[], metric: HeatMetric) {
  const values = cells.flatMap((cell) => {
    const known = cell.values[metric];
    return known && known.value !== null && known.is_enough && known.n > 0 ? [known.value] : [];
  });
  const high = values.length === 0 ? null : Math.max(...values);
  const low = metric === "satisfaction_mean" ? (values.length === 0 ? null : Math.min(...values)) : 0;
  const reach = (high ?? 0) - (low ?? 0);
  return {
    low,
    high,
    // The palest step is for what is least, not for nothing.
    at: (value: number): number => (reach <= 0 ? 1 : Math.max(0.01, (value - (low ?? 0)) / reach)),
  };
}
