import { useQuery } from "@tanstack/react-query";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Progress } from "@/components/ui/progress";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { shortDay } from "@/lib/format/days";
import { integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { BackfillForm } from "./backfill-form";

const { exporting } = text;
const isOpen = (each: Schemas["BackfillStatus"]): boolean => ["requested", "running"].includes(each.state);
const LOOK = {
  done: "good",
  failed: "bad",
  running: "accent",
  requested: "plain",
  canceled: "plain",
} as const;

/** Days to be made again. */
export function Backfills({ zone }: { zone: string }) {
  const found = useQuery({
    queryKey: [...keys.exports, "backfills"],
    queryFn: ({ signal }) => unwrap(http.GET("/api/backfills", { signal })),
    refetchInterval: (query) => (query.state.data?.some(isOpen) ? 3_000 : false),
  });
  const canceling = useAction({
    act: (id: string) =>
      unwrap(http.POST("/api/backfills/{backfill_id}/cancel", { params: { path: { backfill_id: id } } })),
    renews: [keys.exports],
    told: exporting.canceled,
  });
  return (
    <Box title={exporting.backfills} hint={exporting.backfillsHint} isFlush>
      <BackfillForm zone={zone} />
      <Answered query={found}>
        {(all) =>
          all.length === 0 ? (
            <p className="px-5 pb-3 text-sm text-muted-foreground">{exporting.noBackfills}</p>
          ) : (
            <DataTable
              label={exporting.backfills}
              rows={all}
              keyOf={(each) => each.id}
              columns={[
                { key: "kind", head: exporting.kind, cell: (each) => exporting.kinds[each.kind] },
                {
                  key: "period",
                  head: exporting.period,
                  cell: (each) => `${shortDay(each.first_day)} – ${shortDay(each.last_day)}`,
                },
                {
                  key: "state",
                  head: exporting.state,
                  cell: (each) => (
                    <Badge variant={LOOK[each.state]}>{exporting.backfillStates[each.state]}</Badge>
                  ),
                },
                {
                  key: "progress",
                  head: exporting.progress,
                  className: "min-w-32",
                  cell: (each) => (
                    <>
                      <Progress
                        label={exporting.progress}
                        value={each.items_done}
                        max={Math.max(each.items, each.items_done)}
                      />
                      <span className="text-xs text-muted-foreground tabular-nums">
                        {`${integer(each.items_done)} / ${integer(each.items)}`}
                      </span>
                    </>
                  ),
                },
                {
                  key: "cancel",
                  head: "",
                  className: "text-right",
                  cell: (each) =>
                    isOpen(each) && (
                      <Button
                        variant="outline"
                        size="sm"
                        disabled={canceling.isPending}
                        onClick={() => canceling.mutate(each.id)}
                      >
                        {exporting.cancel}
                      </Button>
                    ),
                },
              ]}
            />
          )
        }
      </Answered>
    </Box>
  );
}
