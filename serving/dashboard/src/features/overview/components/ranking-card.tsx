import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { Segmented } from "@/components/ui/segmented";
import { decimal, integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { rankingQuery } from "../api/insight-queries";
import type { Period } from "@/lib/period/period";

const { ranking } = text.insight;

/** Connections or people side by side, few cases never above many. */
export function RankingCard({ tenantId, period }: { tenantId: string; period: Period }) {
  const [by, setBy] = useState<"connection" | "author">("connection");
  const found = useQuery(rankingQuery(tenantId, period, by));
  return (
    <Box
      title={ranking.title}
      hint={ranking.hint}
      isFlush
      actions={
        <Segmented
          label={ranking.by}
          value={by}
          onChange={setBy}
          options={[
            { value: "connection", label: ranking.connection },
            { value: "author", label: ranking.author },
          ]}
        />
      }
    >
      <Answered query={found}>
        {({ standings }) =>
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
                  cell: (each) =>
                    by === "connection" ? (
                      <Link
                        to={`/conversas?conexao=${each.id}&de=${period.from}&ate=${period.to}`}
                        className="text-accent-foreground hover:underline"
                      >
                        {each.name}
                      </Link>
                    ) : (
                      each.name
                    ),
                },
                {
                  key: "value",
                  head: ranking.value,
                  cell: (each) => decimal(each.value.value),
                  isNumber: true,
                },
                {
                  key: "interval",
                  head: ranking.interval,
                  cell: (each) =>
                    each.place === null || each.value.low === null || each.value.high === null
                      ? ranking.few
                      : `${decimal(each.value.low)} – ${decimal(each.value.high)}`,
                  isNumber: true,
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
