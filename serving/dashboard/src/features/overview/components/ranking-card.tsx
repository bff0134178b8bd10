import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import { Segmented } from "@/components/ui/segmented";
import { integer } from "@/lib/format/numbers";
import { inUnit } from "@/lib/format/units";
import type { Period } from "@/lib/period/period";
import { conversationsPath } from "@/lib/period/targets";
import { text } from "@/lib/text";

import { rankingQuery, type RankedBy } from "../api/insight-queries";

const { ranking } = text.insight;
const UNITS = { connection: "points", author: "milliseconds" } as const;
const FILTERS = { connection: "conexao", author: "pessoa" } as const;

/** Connections or people side by side, few cases never above many. */
export function RankingCard({ tenantId, period }: { tenantId: string; period: Period }) {
  const [by, setBy] = useState<RankedBy>("connection");
  const found = useQuery(rankingQuery(tenantId, period, by));
  const show = inUnit(UNITS[by]);
  const standings = found.data?.standings ?? [];
  return (
    <Box
      title={ranking.title}
      hint={ranking.hints[by]}
      isFlush
      actions={
        <>
          <Segmented
            label={ranking.by}
            value={by}
            onChange={setBy}
            options={[
              { value: "connection", label: ranking.connection },
              { value: "author", label: ranking.author },
            ]}
          />
          {standings.length > 0 && (
            <DownloadButton
              file="evosense-comparacao.csv"
              rows={() => [
                [ranking.name, ranking.values[by], ...ranking.bounds, "n"],
                ...standings.map(({ name, value }) => [name, value.value, value.low, value.high, value.n]),
              ]}
            />
          )}
        </>
      }
    >
      <Answered query={found}>
        {() =>
          standings.length === 0 ? (
            <p className="px-5 pb-3 text-sm text-muted-foreground">{ranking.empty}</p>
          ) : (
            <DataTable
              label={ranking.title}
              rows={standings}
              keyOf={(each) => each.id}
              columns={[
                {
                  key: "name",
                  head: ranking.name,
                  cell: (each) => (
                    <Link
                      to={conversationsPath(period, { [FILTERS[by]]: each.id })}
                      className="text-accent-foreground hover:underline"
                    >
                      {each.name || text.common.nothing}
                    </Link>
                  ),
                },
                {
                  key: "value",
                  head: ranking.values[by],
                  cell: (each) => show(each.value.value),
                  isNumber: true,
                },
                {
                  key: "interval",
                  head: ranking.interval,
                  cell: (each) =>
                    each.place === null || each.value.low === null || each.value.high === null
                      ? ranking.few
                      : `${show(each.value.low)} – ${show(each.value.high)}`,
                  isNumber: true,
                  className: "whitespace-nowrap",
                },
                { key: "n", head: "n", cell: (each) => integer(each.value.n), isNumber: true },
              ]}
            />
          )
        }
      </Answered>
    </Box>
  );
}
