import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { HeatTable } from "@/components/charts/heat-table";
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
            className="h-8 w-52"
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
          const scale = scaleOf(cells, metric);
          return (
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
                  return {
                    shown: isThere && metric === "messages_in" ? integer(known) : "",
                    strength: isThere ? scale(known) : null,
                    hint: heat.cell(name, hour, SHOW[metric](known), integer(n)),
                    ...(isThere && { to: explainPath(metric, period, hour) }),
                  };
                }),
              }))}
            />
          );
        }}
      </Answered>
    </Box>
  );
}

const cellAt = (cells: readonly Cell[], weekday: number, hour: number): Cell | undefined =>
  cells.find((cell) => cell.weekday === weekday && cell.hour === hour);

/** Counts and shares from nothing to their highest; satisfaction over its own hundred. */
function scaleOf(cells: readonly Cell[], metric: HeatMetric): (value: number) => number {
  const highest = Math.max(...cells.map((cell) => cell.values[metric]?.value ?? 0), 1e-9);
  return metric === "satisfaction_mean" ? (value) => value / 100 : (value) => value / highest;
}
