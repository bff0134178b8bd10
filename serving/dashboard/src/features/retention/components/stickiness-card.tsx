import { useQuery } from "@tanstack/react-query";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import { Progress } from "@/components/ui/progress";
import { integer, percent } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { stickinessQuery } from "../api/queries";
import type { Grain } from "../lib/view";

const { retention } = text;

/** In how many periods contacts wrote at all. */
export function StickinessCard({ tenantId, grain, day }: { tenantId: string; grain: Grain; day: string }) {
  const found = useQuery(stickinessQuery(tenantId, grain, day));
  const lines = Object.entries(found.data?.contacts ?? {}).map(([periods, contacts]) => ({
    periods: Number(periods),
    contacts,
  }));
  const total = lines.reduce((sum, line) => sum + line.contacts, 0);
  const shown = lines.filter((line) => line.contacts > 0);
  return (
    <Box
      title={retention.stickiness}
      hint={retention.stickinessHint[grain]}
      isFlush
      actions={
        shown.length > 0 && (
          <DownloadButton
            file="evosense-frequencia.csv"
            rows={() => [
              [retention.periodsWritten[grain], retention.contacts],
              ...lines.map((line) => [line.periods, line.contacts]),
            ]}
          />
        )
      }
    >
      <Answered query={found}>
        {() =>
          shown.length === 0 ? (
            <p className="px-5 pb-3 text-sm text-muted-foreground">{retention.empty}</p>
          ) : (
            <DataTable
              label={retention.stickiness}
              rows={shown}
              keyOf={(line) => String(line.periods)}
              columns={[
                {
                  key: "periods",
                  head: retention.periodsWritten[grain],
                  cell: (line) => integer(line.periods),
                  className: "w-24",
                },
                {
                  key: "bar",
                  head: retention.share,
                  cell: (line) => (
                    <span className="flex items-center gap-3">
                      <Progress
                        label={percent((line.contacts / total) * 100)}
                        value={line.contacts}
                        max={total}
                        className="min-w-24 flex-1"
                      />
                      <span className="w-14 text-right tabular-nums">
                        {percent((line.contacts / total) * 100)}
                      </span>
                    </span>
                  ),
                  className: "w-full",
                },
                {
                  key: "contacts",
                  head: retention.contacts,
                  cell: (line) => integer(line.contacts),
                  isNumber: true,
                },
              ]}
            />
          )
        }
      </Answered>
    </Box>
  );
}
